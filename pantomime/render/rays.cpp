#include "pantomime/render/rays.h"

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
  RTCScene scene;
  std::vector<RTCGeometry> geometries;
  std::vector<size_t> vertex_counts;
  explicit Handles(bool mixed) : scene(rtcNewScene(device())) {
    rtcSetSceneBuildQuality(scene, mixed ? RTC_BUILD_QUALITY_LOW : RTC_BUILD_QUALITY_MEDIUM);
    // Robust: no ray slips between two triangles that share an edge.
    rtcSetSceneFlags(
        scene, mixed ? RTC_SCENE_FLAG_ROBUST | RTC_SCENE_FLAG_DYNAMIC : RTC_SCENE_FLAG_ROBUST);
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;
  ~Handles() {
    for (RTCGeometry geometry : geometries) rtcReleaseGeometry(geometry);
    rtcReleaseScene(scene);
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
  rtcAttachGeometryByID(handles_->scene, geometry, id);
  handles_->geometries.push_back(geometry);
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
  RTCGeometry geometry = handles_->geometries[mesh];
  void* vertices = rtcGetGeometryBufferData(geometry, RTC_BUFFER_TYPE_VERTEX, 0);
  std::memcpy(vertices, positions.data(), positions.size_bytes());
  rtcUpdateGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, 0);
  rtcCommitGeometry(geometry);
}

void RayScene::commit() {
  rtcCommitScene(handles_->scene);
  check("building the tree");
}

void RayScene::intersect(const RayQuery& query, const LaneMask& valid, HitPacket& rays) const {
  Context context{{}, &query};
  start(context.embree);
#if PANTOMIME_EMBREE == 4
  RTCIntersectArguments arguments;
  rtcInitIntersectArguments(&arguments);
  arguments.context = &context.embree;
  arguments.flags = query.coherent ? RTC_RAY_QUERY_FLAG_COHERENT : RTC_RAY_QUERY_FLAG_INCOHERENT;
  rtcIntersect8(valid.data(), handles_->scene, &rays, &arguments);
#else
  context.embree.flags =
      query.coherent ? RTC_INTERSECT_CONTEXT_FLAG_COHERENT : RTC_INTERSECT_CONTEXT_FLAG_INCOHERENT;
  rtcIntersect8(valid.data(), handles_->scene, &context.embree, &rays);
#endif
}

void RayScene::occluded(const RayQuery& query, const LaneMask& valid, RayPacket& rays,
                        std::array<bool, kPacket>& blocked) const {
  Context context{{}, &query};
  start(context.embree);
#if PANTOMIME_EMBREE == 4
  RTCOccludedArguments arguments;
  rtcInitOccludedArguments(&arguments);
  arguments.context = &context.embree;
  arguments.flags = query.coherent ? RTC_RAY_QUERY_FLAG_COHERENT : RTC_RAY_QUERY_FLAG_INCOHERENT;
  rtcOccluded8(valid.data(), handles_->scene, &rays, &arguments);
#else
  context.embree.flags =
      query.coherent ? RTC_INTERSECT_CONTEXT_FLAG_COHERENT : RTC_INTERSECT_CONTEXT_FLAG_INCOHERENT;
  rtcOccluded8(valid.data(), handles_->scene, &context.embree, &rays);
#endif
  // Embree marks a blocked ray by tfar = -infinity.
  for (size_t i = 0; i < blocked.size(); ++i) blocked[i] = valid[i] != 0 && rays.tfar[i] < 0;
}

}  // namespace pantomime::render
