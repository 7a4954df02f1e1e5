#include "pantomime/render/stage.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pantomime/base/error.h"
#include "pantomime/render/home_scene.h"
#include "pantomime/render/pixel_rays.h"

namespace pantomime::render {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
/// A joint is seen when the first surface towards it is its own body, at most so deep around it:
/// the half thickness of a clothed limb and of a trunk of an adult of 1.7 m.
constexpr float kLimb = 0.12f, kTrunk = 0.22f, kUsualHeight = 1.7f;

bool in_trunk(size_t joint) {
  using namespace motion;  // NOLINT: names of joints
  if (joint < kFirstCoco)
    return joint == kPelvis || joint == kSpine1 || joint == kSpine2 || joint == kSpine3 ||
           joint == kLeftCollar || joint == kRightCollar || joint == kLeftHip ||
           joint == kRightHip || joint == kNeck;
  if (joint < kFirstNtu) return joint == kFirstCoco + 11 || joint == kFirstCoco + 12;  // hips
  const size_t ntu = joint - kFirstNtu;
  return ntu == 0 || ntu == 1 || ntu == 12 || ntu == 16 || ntu == 20;
}

void include(PixelBox& box, int x, int y) {
  if (box.empty()) {
    box = {x, y, x + 1, y + 1};
    return;
  }
  box.left = std::min(box.left, x);
  box.right = std::max(box.right, x + 1);
  box.top = std::min(box.top, y);
  box.bottom = std::max(box.bottom, y + 1);
}

/// The picture going on for its own size on each side.
PixelBox grown_picture(const Camera& camera) {
  return {-camera.width, -camera.height, 2 * camera.width, 2 * camera.height};
}

/// Whether a direction is seen at (u, v): past the borders a lens model may not be invertible.
bool seen_at(const Camera& camera, Vec3 direction, float u, float v) {
  const auto there = project(camera, camera.position + direction);
  return there && std::abs(there->u - u) < 0.5f && std::abs(there->v - v) < 0.5f;
}

/// Metres from sole to crown in the bind pose.
float height_of(const body::Character& character) {
  float low = 1e9f, high = -1e9f;
  for (const body::SkinnedMesh& mesh : character.meshes)
    for (const Vec3 p : mesh.positions) low = std::min(low, p.y), high = std::max(high, p.y);
  return high > low ? high - low : kUsualHeight;
}

}  // namespace

class Stage::Alone : public CutOut {
 public:
  Alone(const Scene3d& scene, int first, size_t count) : scene_(scene), first_(first) {
    for (size_t i = 0; i < count; ++i) {
      const Mesh& mesh = scene.mesh(static_cast<size_t>(first) + i);
      rays_.add_mesh(mesh.positions, mesh.triangles,
                     scene.is_see_through(static_cast<size_t>(first) + i));
    }
  }
  void show(const std::vector<std::vector<Vec3>>& positions) {
    for (size_t i = 0; i < positions.size(); ++i)
      rays_.move_mesh(static_cast<uint32_t>(i), positions[i]);
    rays_.commit();
  }
  float coverage(uint32_t mesh, uint32_t triangle, float u, float v,
                 float footprint) const override {
    return scene_.coverage(mesh + static_cast<uint32_t>(first_), triangle, u, v, footprint);
  }
  const RayScene& rays() const { return rays_; }

 private:
  const Scene3d& scene_;
  int first_;
  RayScene rays_{true};
};

Stage::Stage(const scene::Home& home, std::shared_ptr<TextureStore> textures)
    : scene_(std::move(textures), true) {
  add_home(scene_, home);
}

int Stage::add_person(const body::Character& character, const motion::WorldPose& pose) {
  const int object = kFirstPerson + static_cast<int>(people_.size());
  Person person{&character, &pose,  pose.positions.size() / motion::kJointCount,
                {},         object, height_of(character),
                {}};
  person.mover.first_mesh = static_cast<int>(scene_.mesh_count());
  const PosedCharacter added(scene_, character, object);
  person.alone = std::make_shared<Alone>(scene_, person.mover.first_mesh, character.meshes.size());
  people_.push_back(std::move(person));
  return object;
}

int Stage::add_thing(const scene::Model& model, Movement movement) {
  PANTOMIME_CHECK(
      !movement.positions.empty() && movement.positions.size() == movement.rotations.size(),
      "stage: a thing with {} positions and {} rotations", movement.positions.size(),
      movement.rotations.size());
  scene::Placed place;
  place.object = next_thing_++;
  Thing thing{&model, std::move(movement), {}};
  thing.mover.first_mesh = static_cast<int>(scene_.mesh_count());
  add_model(scene_, model, place);
  things_.push_back(std::move(thing));
  return place.object;
}

int Stage::add_still(const scene::Model& model, scene::Placed place) {
  place.object = next_thing_++;
  add_model(scene_, model, place);
  return place.object;
}

template <class Fill>
void Stage::move(Mover& mover, size_t frame, size_t frames, const Fill& fill) {
  const size_t now = std::min(frame, frames - 1), next = std::min(frame + 1, frames - 1);
  if (mover.shown + 1 == now && mover.shown != SIZE_MAX) {
    std::swap(mover.positions, mover.next_positions);
    std::swap(mover.normals, mover.next_normals);
  } else if (mover.shown != now) {
    fill(now, mover.positions, mover.normals);
  }
  if (next != now)
    fill(next, mover.next_positions, mover.next_normals);
  else
    mover.next_positions = mover.positions, mover.next_normals = mover.normals;
  for (size_t i = 0; i < mover.positions.size(); ++i)
    scene_.move_mesh(mover.first_mesh + static_cast<int>(i), mover.positions[i], mover.normals[i]);
  mover.shown = now;
}

void Stage::show(size_t frame) {
  using Arrays = std::vector<std::vector<Vec3>>;
  frame_ = frame;
  for (Person& person : people_) {
    move(person.mover, frame, person.frames, [&](size_t f, Arrays& positions, Arrays& normals) {
      const auto& meshes = person.character->meshes;
      positions.resize(meshes.size());
      normals.resize(meshes.size());
      for (size_t i = 0; i < meshes.size(); ++i)
        body::skin(*person.character, meshes[i], *person.pose, f, positions[i], &normals[i]);
    });
    person.alone->show(person.mover.positions);
  }
  for (Thing& thing : things_)
    move(
        thing.mover, frame, thing.movement.positions.size(),
        [&](size_t f, Arrays& positions, Arrays& normals) {
          const auto& pieces = thing.model->pieces;
          positions.resize(pieces.size());
          normals.resize(pieces.size());
          for (size_t i = 0; i < pieces.size(); ++i) {
            positions[i].clear();
            normals[i].clear();
            for (const Vec3 p : pieces[i].positions)
              positions[i].push_back(thing.movement.positions[f] + thing.movement.rotations[f] * p);
            for (const Vec3 n : pieces[i].normals)
              normals[i].push_back(thing.movement.rotations[f] * n);
          }
        });
  scene_.commit();
}

void Stage::stand_still(const Camera& camera, int samples, const RenderOptions& options) {
  still_ = std::make_shared<StillView>(render_still(scene_, camera, samples, options));
}

void Stage::map_light(int samples, const RenderOptions& options) {
  maps_ = std::make_shared<LightMaps>(render::map_light(scene_, samples, options));
}

Image Stage::colour(const Camera& camera, RenderOptions options, const FrameTruth* truth) const {
  if (still_ && still_->camera == camera)
    options.still = still_.get();
  else if (truth != nullptr)
    options.known = &truth->surfaces;
  options.maps = maps_.get();
  return render_colour(scene_, camera, options);
}

FrameTruth Stage::truth(const Camera& camera, const Camera& next) const {
  FrameTruth out;
  const bool known = still_ && still_->camera == camera;
  out.surfaces = render_truth(scene_, camera, 1, Meshes::All, known ? still_.get() : nullptr);
  find_flow(camera, next, out);
  for (const Person& person : people_) {
    PersonTruth& truth = out.people.emplace_back();
    truth.object = person.object;
    find_amodal(camera, person, out.surfaces, truth);
    find_joints(camera, person, truth);
  }
  return out;
}

void Stage::find_flow(const Camera& camera, const Camera& next, FrameTruth& out) const {
  const Truth& seen = out.surfaces;
  std::vector<const std::vector<Vec3>*> moved(scene_.mesh_count(), nullptr);
  auto note = [&](const Mover& mover) {
    for (size_t i = 0; i < mover.next_positions.size(); ++i)
      moved[static_cast<size_t>(mover.first_mesh) + i] = &mover.next_positions[i];
  };
  for (const Person& person : people_) note(person.mover);
  for (const Thing& thing : things_) note(thing.mover);
  out.flow.assign(seen.depth.size(), {kNan, kNan});
  const bool same_view = next == camera;
  for (int y = 0; y < seen.height; ++y)
    for (int x = 0; x < seen.width; ++x) {
      const size_t at = seen.index(x, y);
      if (seen.meshes[at] < 0) continue;
      const auto mesh = static_cast<size_t>(seen.meshes[at]);
      if (same_view && moved[mesh] == nullptr) {
        out.flow[at] = {0, 0};
        continue;
      }
      const Mesh& m = scene_.mesh(mesh);
      const std::vector<Vec3>& p = moved[mesh] != nullptr ? *moved[mesh] : m.positions;
      const auto& [a, b, c] = m.triangles[seen.triangles[at]];
      const auto [u, v] = seen.weights[at];
      const auto there = project(next, (1 - u - v) * p[a] + u * p[b] + v * p[c]);
      if (there)
        out.flow[at] = {there->u - static_cast<float>(x) - 0.5f,
                        there->v - static_cast<float>(y) - 0.5f};
    }
}

void Stage::find_amodal(const Camera& camera, const Person& person, const Truth& seen,
                        PersonTruth& out) const {
  // Pixels that it can be in.
  const PixelBox most = grown_picture(camera);
  float low_u = 1e9f, low_v = 1e9f, high_u = -1e9f, high_v = -1e9f;
  const Quat camera_from_world = conjugate(camera.world_from_camera);
  for (const std::vector<Vec3>& positions : person.mover.positions)
    for (const Vec3 p : positions) {
      const auto there = project(camera, p);
      if (!there) {
        // So far aside that the lens folds over, it is seen at no place of the picture, however
        // large; what of it still is lies in that direction. Behind the camera anything may be.
        const Vec3 q = camera_from_world * (p - camera.position);
        if (q.z < 0.05f) {
          low_u = low_v = -1e9f;
          high_u = high_v = 1e9f;
          continue;
        }
        if (std::abs(q.x) > 0.25f * q.z) (q.x < 0 ? low_u : high_u) = q.x < 0 ? -1e9f : 1e9f;
        if (std::abs(q.y) > 0.25f * q.z) (q.y < 0 ? low_v : high_v) = q.y < 0 ? -1e9f : 1e9f;
        continue;
      }
      low_u = std::min(low_u, there->u), high_u = std::max(high_u, there->u);
      low_v = std::min(low_v, there->v), high_v = std::max(high_v, there->v);
    }
  auto within = [](float value, int low, int high) {
    return static_cast<int>(
        std::clamp(std::floor(value), static_cast<float>(low), static_cast<float>(high)));
  };
  constexpr float kMargin = 8;  // pixels: triangles at the fold end somewhere between their corners
  const PixelBox area{within(low_u - kMargin, most.left, most.right),
                      within(low_v - kMargin, most.top, most.bottom),
                      within(high_u + kMargin, most.left, most.right),
                      within(high_v + kMargin, most.top, most.bottom)};
  out.amodal.assign(seen.depth.size(), 0);
  std::array<int64_t, body::kPartCount> all{}, visible{};
  auto count = [&](int x, int y, uint8_t part, bool is_seen) {
    ++out.whole_pixels;
    ++all[part];
    if (x < 0 || y < 0 || x >= seen.width || y >= seen.height) return;
    out.amodal[seen.index(x, y)] = 1;
    ++out.amodal_pixels;
    include(out.amodal_box, x, y);
    if (!is_seen) return;
    ++out.visible_pixels;
    ++visible[part];
    include(out.box, x, y);
  };
  const PixelRays pixel_rays(camera);
  const RayQuery query{person.alone.get(), 0.5f, 1 / std::max(camera.fx, camera.fy), 0, true};
  for (int y0 = area.top; y0 < area.bottom; y0 += kBlockHeight)
    for (int x0 = area.left; x0 < area.right; x0 += kBlockWidth) {
      alignas(32) HitPacket rays;
      LaneMask valid{};
      bool any = false;
      for (size_t i = 0; i < kPacket; ++i) {
        const int x = x0 + lane_x(i), y = y0 + lane_y(i);
        pixel_rays.start(rays, i, {0, 0, 1});
        if (x >= area.right || y >= area.bottom) continue;
        const bool inside = x >= 0 && y >= 0 && x < seen.width && y < seen.height;
        if (inside && seen.objects[seen.index(x, y)] == person.object) {
          count(x, y, seen.parts[seen.index(x, y)], true);  // what is seen needs no ray
          continue;
        }
        const float u = static_cast<float>(x) + 0.5f, v = static_cast<float>(y) + 0.5f;
        const Vec3 direction = pixel_rays.direction(u, v);
        if (!inside && !camera.is_pinhole() && !seen_at(camera, direction, u, v)) continue;
        pixel_rays.start(rays, i, direction);
        valid[i] = -1;
        any = true;
      }
      if (!any) continue;
      person.alone->rays().intersect(query, valid, rays);
      for (size_t i = 0; i < kPacket; ++i) {
        const uint32_t mesh = rays.hit.geomID[i];
        if (valid[i] == 0 || mesh == RTC_INVALID_GEOMETRY_ID) continue;
        count(x0 + lane_x(i), y0 + lane_y(i),
              scene_.part(mesh + static_cast<uint32_t>(person.mover.first_mesh), rays.hit.primID[i],
                          rays.hit.u[i], rays.hit.v[i]),
              false);
      }
    }
  for (size_t part = 0; part < all.size(); ++part)
    out.parts[part] =
        all[part] == 0 ? -1.0f : static_cast<float>(visible[part]) / static_cast<float>(all[part]);
}

void Stage::find_joints(const Camera& camera, const Person& person, PersonTruth& out) const {
  const size_t frame = std::min(frame_, person.frames - 1);
  for (size_t j = 0; j < motion::kJointCount; ++j)
    out.joints.push_back({.position = person.pose->positions[frame * motion::kJointCount + j]});
  for (const Vec3 p : body::coco_keypoints(*person.character, *person.pose, frame))
    out.joints.push_back({.position = p});
  for (const Vec3 p : body::ntu_joints(*person.character, *person.pose, frame))
    out.joints.push_back({.position = p});

  const float size = person.height / kUsualHeight;
  const PixelRays pixel_rays(camera);
  const RayQuery query{&scene_, 0.5f, 1 / std::max(camera.fx, camera.fy), 0, false};
  for (size_t first = 0; first < out.joints.size(); first += kPacket) {
    alignas(32) HitPacket rays;
    LaneMask valid{};
    std::array<float, kPacket> distance{};
    for (size_t i = 0; i < kPacket; ++i) {
      pixel_rays.start(rays, i, {0, 0, 1});
      if (first + i >= out.joints.size()) continue;
      JointTruth& joint = out.joints[first + i];
      const auto there = project(camera, joint.position);
      if (!there) {
        joint.u = joint.v = kNan;
        continue;
      }
      joint.u = there->u, joint.v = there->v, joint.depth = there->depth;
      if (!(joint.u >= 0 && joint.v >= 0 && joint.u < static_cast<float>(camera.width) &&
            joint.v < static_cast<float>(camera.height)))
        continue;
      const Vec3 way = joint.position - camera.position;
      distance[i] = length(way);
      pixel_rays.start(rays, i, (1 / distance[i]) * way);
      valid[i] = -1;
    }
    scene_.rays().intersect(query, valid, rays);
    for (size_t i = 0; i < kPacket; ++i) {
      if (valid[i] == 0) continue;
      JointTruth& joint = out.joints[first + i];
      joint.state = JointState::Visible;
      const uint32_t mesh = rays.hit.geomID[i];
      const float before = distance[i] - rays.ray.tfar[i];
      if (mesh == RTC_INVALID_GEOMETRY_ID || before <= 0) continue;
      const int object = scene_.mesh(mesh).object;
      const float deep = size * (in_trunk(first + i) ? kTrunk : kLimb);
      if (object == person.object)
        joint.state = before <= deep ? JointState::Visible : JointState::HiddenBySelf;
      else
        joint.state = object >= kFirstPerson && object < kFirstHeld ? JointState::HiddenByOther
                                                                    : JointState::HiddenByObject;
    }
  }
}

}  // namespace pantomime::render
