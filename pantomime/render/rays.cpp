#include "pantomime/render/rays.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "pantomime/base/error.h"

namespace pantomime::render {
namespace {

#if PANTOMIME_EMBREE == 4
using EmbreeContext = RTCRayQueryContext;
void start(EmbreeContext& context) {
  rtcInitRayQueryContext(&context);
}
#else
using EmbreeContext = RTCIntersectContext;
void start(EmbreeContext& context) {
  rtcInitIntersectContext(&context);
}
#endif

/// What the filter function needs beside Embree's own context; Embree hands back the pointer.
struct Context {
  EmbreeContext embree;
  const RayQuery* query;
};

void filter(const RTCFilterFunctionNArguments* args) {
  const RayQuery& query = *reinterpret_cast<const Context*>(args->context)->query;
  if (query.met_see_through != nullptr) *query.met_see_through = true;
  if (query.cut_out == nullptr) return;
  for (unsigned i = 0; i < args->N; ++i) {
    if (args->valid[i] == 0) continue;
    const float distance = RTCRayN_tfar(args->ray, args->N, i);
    const float coverage = query.cut_out->coverage(
        RTCHitN_geomID(args->hit, args->N, i), RTCHitN_primID(args->hit, args->N, i),
        RTCHitN_u(args->hit, args->N, i), RTCHitN_v(args->hit, args->N, i),
        query.width + query.spread * distance);
    if (coverage < query.least_coverage) args->valid[i] = 0;
  }
}

/// Marks the lanes whose rays pass through a box; false when none does. Eight at once: plain loops
/// that the compiler turns into vector code.
template <class Rays>
bool meets(motion::Vec3 low, motion::Vec3 high, const Rays& rays, const LaneMask& valid,
           LaneMask& out) {
  alignas(32) std::array<float, kPacket> from, to;
  for (size_t i = 0; i < kPacket; ++i) {
    from[i] = rays.tnear[i];
    to[i] = rays.tfar[i];
  }
  auto slab = [&](float l, float h, const float* origin, const float* direction) {
    for (size_t i = 0; i < kPacket; ++i) {
      // Directions of exactly zero give infinities, which keep or lose the ray as they should; only
      // 0 * infinity is lost, on the very face of the box, so it is made a little larger.
      const float inverse = 1 / direction[i];
      const float a = (l - 1e-4f - origin[i]) * inverse, b = (h + 1e-4f - origin[i]) * inverse;
      from[i] = std::max(from[i], std::min(a, b));
      to[i] = std::min(to[i], std::max(a, b));
    }
  };
  slab(low.x, high.x, rays.org_x, rays.dir_x);
  slab(low.y, high.y, rays.org_y, rays.dir_y);
  slab(low.z, high.z, rays.org_z, rays.dir_z);
  int any = 0;
  for (size_t i = 0; i < kPacket; ++i) {
    out[i] = valid[i] & (from[i] <= to[i] ? -1 : 0);
    any |= out[i];
  }
  return any != 0;
}

/// Gives lanes without a ray that of another lane: Embree looks at all of them when it decides how
/// to walk through the tree, and anybody's numbers would make results differ now and then. False
/// when there is no ray at all.
template <class Rays>
bool fill_idle(const LaneMask& valid, Rays& rays) {
  size_t used = 0;
  while (used < kPacket && valid[used] == 0) ++used;
  if (used == kPacket) return false;
  for (size_t i = 0; i < kPacket; ++i) {
    if (valid[i] != 0) continue;
    rays.org_x[i] = rays.org_x[used], rays.org_y[i] = rays.org_y[used];
    rays.org_z[i] = rays.org_z[used];
    rays.dir_x[i] = rays.dir_x[used], rays.dir_y[i] = rays.dir_y[used];
    rays.dir_z[i] = rays.dir_z[used];
    rays.tnear[i] = rays.tnear[used], rays.tfar[i] = rays.tfar[used];
    rays.time[i] = rays.time[used], rays.mask[i] = rays.mask[used];
    rays.id[i] = rays.id[used], rays.flags[i] = rays.flags[used];
  }
  return true;
}

/// One device for the process: it holds no scene, only settings.
RTCDevice device() {
  // One thread: trees come out the same on every machine, and frames run side by side instead.
  // AVX2: the same arithmetic on processors with and without AVX-512.
  static const RTCDevice shared = [] {
    RTCDevice made = rtcNewDevice("threads=1,isa=avx2");
    if (made == nullptr || rtcGetDeviceError(made) != RTC_ERROR_NONE) {
      if (made != nullptr) rtcReleaseDevice(made);
      made = rtcNewDevice("threads=1");
    }
    return made;
  }();
  if (shared == nullptr)
    fail("render: Embree can't start (error {})", static_cast<int>(rtcGetDeviceError(nullptr)));
  return shared;
}

void check(const char* what) {
  const RTCError error = rtcGetDeviceError(device());
  if (error != RTC_ERROR_NONE) fail("render: Embree, {}: error {}", what, static_cast<int>(error));
}

}  // namespace

struct RayScene::Handles {
  /// One tree over some of the meshes.
  struct Tree {
    RTCScene scene = nullptr;
    bool changed = true, empty = true;
  };
  Tree still, moving;
  // What stands still once more, for rays to lights: frames take a tenth less time. A ray in a
  // million that slips between two triangles takes a shadow from a sample, and shows no wrong
  // surface.
  Tree shading;
  motion::Vec3 low, high;  // bounds of what moves
  std::vector<RTCGeometry> geometries;
  std::vector<size_t> vertex_counts;
  std::vector<bool> moves;
  bool mixed;

  explicit Handles(bool both) : mixed(both) {
    // Robust: no ray slips between two triangles that share an edge.
    still.scene = rtcNewScene(device());
    rtcSetSceneBuildQuality(still.scene, RTC_BUILD_QUALITY_MEDIUM);
    rtcSetSceneFlags(still.scene, RTC_SCENE_FLAG_ROBUST);
    if (!mixed) return;
    shading.scene = rtcNewScene(device());
    rtcSetSceneBuildQuality(shading.scene, RTC_BUILD_QUALITY_MEDIUM);
    moving.scene = rtcNewScene(device());
    rtcSetSceneBuildQuality(moving.scene, RTC_BUILD_QUALITY_LOW);
    rtcSetSceneFlags(moving.scene, RTC_SCENE_FLAG_ROBUST | RTC_SCENE_FLAG_DYNAMIC);
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;
  ~Handles() {
    for (RTCGeometry geometry : geometries) rtcReleaseGeometry(geometry);
    rtcReleaseScene(still.scene);
    if (!mixed) return;
    rtcReleaseScene(moving.scene);
    rtcReleaseScene(shading.scene);
  }

  /// A mesh that moved once will move again: it goes over to the tree that is adapted, not built
  /// anew.
  void set_moving(uint32_t mesh) {
    if (!mixed || moves[mesh]) return;
    moves[mesh] = true;
    rtcDetachGeometry(still.scene, mesh);
    rtcDetachGeometry(shading.scene, mesh);
    rtcSetGeometryBuildQuality(geometries[mesh], RTC_BUILD_QUALITY_REFIT);
    rtcAttachGeometryByID(moving.scene, geometries[mesh], mesh);
    still.changed = shading.changed = true;
    moving.empty = false;
  }
};

RayScene::RayScene(bool mixed) : handles_(std::make_unique<Handles>(mixed)) {}
RayScene::~RayScene() = default;
RayScene::RayScene(RayScene&&) noexcept = default;
RayScene& RayScene::operator=(RayScene&&) noexcept = default;

uint32_t RayScene::add_mesh(std::span<const motion::Vec3> positions,
                            std::span<const std::array<uint32_t, 3>> triangles, bool see_through) {
  RTCGeometry geometry = rtcNewGeometry(device(), RTC_GEOMETRY_TYPE_TRIANGLE);
  static_assert(sizeof(motion::Vec3) == 12 && sizeof(std::array<uint32_t, 3>) == 12);
  void* vertices = rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT3,
                                           sizeof(motion::Vec3), positions.size());
  void* indices = rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT3,
                                          sizeof(std::array<uint32_t, 3>), triangles.size());
  if ((vertices == nullptr && !positions.empty()) || (indices == nullptr && !triangles.empty())) {
    rtcReleaseGeometry(geometry);
    fail("render: no memory for a mesh of {} vertices and {} triangles", positions.size(),
         triangles.size());
  }
  if (!positions.empty()) std::memcpy(vertices, positions.data(), positions.size_bytes());
  if (!triangles.empty()) std::memcpy(indices, triangles.data(), triangles.size_bytes());
  if (see_through) {
    rtcSetGeometryIntersectFilterFunction(geometry, filter);
    rtcSetGeometryOccludedFilterFunction(geometry, filter);
  }
  rtcCommitGeometry(geometry);
  const auto id = static_cast<uint32_t>(handles_->geometries.size());
  rtcAttachGeometryByID(handles_->still.scene, geometry, id);
  if (handles_->mixed) rtcAttachGeometryByID(handles_->shading.scene, geometry, id);
  handles_->still.changed = handles_->shading.changed = true;
  handles_->geometries.push_back(geometry);
  handles_->moves.push_back(false);
  handles_->vertex_counts.push_back(positions.size());
  check("adding a mesh");
  return id;
}

void RayScene::move_mesh(uint32_t mesh, std::span<const motion::Vec3> positions) {
  PANTOMIME_CHECK(mesh < handles_->geometries.size(), "render: mesh {} of {}", mesh,
                  handles_->geometries.size());
  PANTOMIME_CHECK(positions.size() == handles_->vertex_counts[mesh],
                  "render: mesh {} has {} vertices, got {}", mesh, handles_->vertex_counts[mesh],
                  positions.size());
  if (positions.empty()) return;
  handles_->set_moving(mesh);
  (handles_->mixed ? handles_->moving : handles_->still).changed = true;
  RTCGeometry geometry = handles_->geometries[mesh];
  void* vertices = rtcGetGeometryBufferData(geometry, RTC_BUFFER_TYPE_VERTEX, 0);
  std::memcpy(vertices, positions.data(), positions.size_bytes());
  rtcUpdateGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, 0);
  rtcCommitGeometry(geometry);
}

void RayScene::commit() {
  for (Handles::Tree* tree : {&handles_->still, &handles_->shading, &handles_->moving}) {
    if (tree->scene == nullptr || !tree->changed) continue;
    rtcCommitScene(tree->scene);
    tree->changed = false;
  }
  if (!handles_->moving.empty) {
    RTCBounds bounds;
    rtcGetSceneBounds(handles_->moving.scene, &bounds);
    handles_->low = {bounds.lower_x, bounds.lower_y, bounds.lower_z};
    handles_->high = {bounds.upper_x, bounds.upper_y, bounds.upper_z};
  }
  check("building the tree");
}

bool RayScene::is_moving(uint32_t mesh) const {
  return handles_->moves[mesh];
}

bool RayScene::movers_bounds(motion::Vec3& low, motion::Vec3& high) const {
  low = handles_->low;
  high = handles_->high;
  return !handles_->moving.empty;
}

void RayScene::intersect(const RayQuery& query, const LaneMask& valid, HitPacket& rays) const {
  if (!fill_idle(valid, rays.ray)) return;
  Context context{{}, &query};
  start(context.embree);
#if PANTOMIME_EMBREE == 4
  RTCIntersectArguments arguments;
  rtcInitIntersectArguments(&arguments);
  arguments.context = &context.embree;
  arguments.flags = query.coherent ? RTC_RAY_QUERY_FLAG_COHERENT : RTC_RAY_QUERY_FLAG_INCOHERENT;
  auto trace = [&](RTCScene scene, const LaneMask& lanes) {
    rtcIntersect8(lanes.data(), scene, &rays, &arguments);
  };
#else
  context.embree.flags =
      query.coherent ? RTC_INTERSECT_CONTEXT_FLAG_COHERENT : RTC_INTERSECT_CONTEXT_FLAG_INCOHERENT;
  auto trace = [&](RTCScene scene, const LaneMask& lanes) {
    rtcIntersect8(lanes.data(), scene, &context.embree, &rays);
  };
#endif
  if (query.which != Meshes::Moving) trace(handles_->still.scene, valid);
  // The second tree only has to look as far as the first one's hits.
  LaneMask near;
  if (query.which != Meshes::Still && !handles_->moving.empty &&
      meets(handles_->low, handles_->high, rays.ray, valid, near))
    trace(handles_->moving.scene, near);
}

void RayScene::occluded(const RayQuery& query, const LaneMask& valid, RayPacket& rays,
                        std::array<bool, kPacket>& blocked) const {
  blocked.fill(false);
  if (!fill_idle(valid, rays)) return;
  Context context{{}, &query};
  start(context.embree);
#if PANTOMIME_EMBREE == 4
  RTCOccludedArguments arguments;
  rtcInitOccludedArguments(&arguments);
  arguments.context = &context.embree;
  arguments.flags = query.coherent ? RTC_RAY_QUERY_FLAG_COHERENT : RTC_RAY_QUERY_FLAG_INCOHERENT;
  auto trace = [&](RTCScene scene, const LaneMask& lanes) {
    rtcOccluded8(lanes.data(), scene, &rays, &arguments);
  };
#else
  context.embree.flags =
      query.coherent ? RTC_INTERSECT_CONTEXT_FLAG_COHERENT : RTC_INTERSECT_CONTEXT_FLAG_INCOHERENT;
  auto trace = [&](RTCScene scene, const LaneMask& lanes) {
    rtcOccluded8(lanes.data(), scene, &context.embree, &rays);
  };
#endif
  if (query.which != Meshes::Moving)
    trace(handles_->mixed ? handles_->shading.scene : handles_->still.scene, valid);
  LaneMask near;
  if (query.which != Meshes::Still && !handles_->moving.empty &&
      meets(handles_->low, handles_->high, rays, valid, near))
    trace(handles_->moving.scene, near);
  // Embree marks a blocked ray by tfar = -infinity, and does not look at it again.
  for (size_t i = 0; i < blocked.size(); ++i) blocked[i] = valid[i] != 0 && rays.tfar[i] < 0;
}

}  // namespace pantomime::render
