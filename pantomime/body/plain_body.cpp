#include "pantomime/body/plain_body.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/body/parts.h"
#include "pantomime/body/surface_net.h"

namespace pantomime::body {

using motion::Joint;
using motion::Quat;

namespace {

/// A tapered tube with round ends between two points, squeezed along one direction.
struct Tube {
  Joint joint;
  Vec3 a, b;
  float radius_a, radius_b;
  Vec3 flat_axis{0, 0, 1};
  float flatness = 1;  ///< thickness along flat_axis over thickness across it

  float distance(Vec3 p) const {
    const Vec3 ab = b - a, ap = p - a;
    const float u = std::clamp(dot(ap, ab) / std::max(dot(ab, ab), 1e-12f), 0.f, 1.f);
    Vec3 d = ap - u * ab;
    d += ((1 / flatness - 1) * dot(d, flat_axis)) * flat_axis;
    return (length(d) - (radius_a + u * (radius_b - radius_a))) * std::min(flatness, 1.f);
  }
};

/// One garment, or the skin that shows.
struct Piece {
  const char* name;
  std::vector<Tube> tubes;
  float blend;  ///< metres over which tubes flow into each other
  std::array<float, 3> colour;
  float roughness;
  float cell;  ///< metres between vertices, on a person 1.7 m tall
};

float smooth_least(float a, float b, float k) {
  const float h = std::max(k - std::abs(a - b), 0.f) / k;
  return std::min(a, b) - h * h * k * 0.25f;
}

float field(const Piece& piece, Vec3 p) {
  float d = 1e9f;
  for (const Tube& t : piece.tubes) d = smooth_least(d, t.distance(p), piece.blend);
  return d;
}

/// The pose that the figure is made in: arms half down, legs a little apart, so that no two parts
/// flow into each other that should not.
motion::Clip standing(const motion::Geometry& geometry) {
  motion::Clip clip;
  clip.skeleton = motion::canonical_skeleton(geometry);
  clip.root_positions = {Vec3{}};
  clip.rotations.assign(motion::kJointCount, Quat{});
  const Vec3 z{0, 0, 1};
  clip.rotations[motion::kLeftShoulder] = motion::from_axis_angle(z, -0.75f);
  clip.rotations[motion::kRightShoulder] = motion::from_axis_angle(z, 0.75f);
  clip.rotations[motion::kLeftHip] = motion::from_axis_angle(z, 0.13f);
  clip.rotations[motion::kRightHip] = motion::from_axis_angle(z, -0.13f);
  // Feet stay flat.
  clip.rotations[motion::kLeftAnkle] = motion::from_axis_angle(z, -0.13f);
  clip.rotations[motion::kRightAnkle] = motion::from_axis_angle(z, 0.13f);
  return clip;
}

/// Places on the body in its bind pose, from joints.
class Build {
 public:
  Build(const motion::Geometry& geometry, const motion::WorldPose& pose)
      : size(std::clamp(bones(geometry) / bones(motion::default_geometry()), 0.15f, 2.f)),
        head(std::pow(size, 0.6f)),
        pose_(pose) {}
  Vec3 at(Joint joint) const { return pose_.positions[joint]; }
  /// A point given in a joint's frame, metres on a person 1.7 m tall.
  Vec3 at(Joint joint, Vec3 offset) const {
    return at(joint) + pose_.rotations[joint] * ((joint == motion::kHead ? head : size) * offset);
  }
  Vec3 direction(Joint joint, Vec3 axis) const { return pose_.rotations[joint] * axis; }

  const float size;  ///< of the limbs, 1 for a person 1.7 m tall
  const float head;  ///< of the head: children's are larger next to their bodies

 private:
  static float bones(const motion::Geometry& g) {
    return g[0] + g[2] + g[4] + g[6] + g[8] + g[21] + g[22];
  }
  const motion::WorldPose& pose_;
};

struct Side {
  Joint collar, shoulder, elbow, wrist, hip, knee, ankle, foot;
  float sign;
};
constexpr Side kSides[] = {
    {motion::kLeftCollar, motion::kLeftShoulder, motion::kLeftElbow, motion::kLeftWrist,
     motion::kLeftHip, motion::kLeftKnee, motion::kLeftAnkle, motion::kLeftFoot, 1},
    {motion::kRightCollar, motion::kRightShoulder, motion::kRightElbow, motion::kRightWrist,
     motion::kRightHip, motion::kRightKnee, motion::kRightAnkle, motion::kRightFoot, -1}};

std::vector<Tube> skin_tubes(const Build& b) {
  using namespace motion;  // NOLINT: the joints' names
  const float s = b.size, h = b.head;
  std::vector<Tube> out = {
      {kNeck, b.at(kNeck, {0, -0.03f, 0.005f}), b.at(kHead, {0, 0.02f, 0.005f}), 0.056f * s,
       0.052f * s},
      // Skull, jaw, nose.
      {kHead,
       b.at(kHead, {0, 0.105f, 0.005f}),
       b.at(kHead, {0, 0.1f, 0.04f}),
       0.082f * h,
       0.074f * h,
       {1, 0, 0},
       0.92f},
      {kHead,
       b.at(kHead, {0, 0.06f, 0.05f}),
       b.at(kHead, {0, 0.015f, 0.058f}),
       0.058f * h,
       0.04f * h,
       {1, 0, 0},
       0.95f},
      {kHead, b.at(kHead, {0, 0.085f, 0.112f}), b.at(kHead, {0, 0.055f, 0.124f}), 0.009f * h,
       0.014f * h},
  };
  for (const Side& side : kSides) {
    const float x = side.sign;
    out.push_back({kHead,
                   b.at(kHead, {0.077f * x, 0.09f, 0.008f}),
                   b.at(kHead, {0.073f * x, 0.055f, 0.012f}),
                   0.018f * h,
                   0.012f * h,
                   {1, 0, 0},
                   0.5f});
    const Vec3 middle = lerp(b.at(side.shoulder), b.at(side.elbow), 0.45f);
    out.push_back({side.shoulder, middle, b.at(side.elbow), 0.044f * s, 0.04f * s});
    out.push_back({side.elbow, b.at(side.elbow), lerp(b.at(side.elbow), b.at(side.wrist), 0.35f),
                   0.04f * s, 0.043f * s});
    out.push_back({side.elbow, lerp(b.at(side.elbow), b.at(side.wrist), 0.35f), b.at(side.wrist),
                   0.043f * s, 0.027f * s});
    // Palm, fingers as one, thumb.
    const Vec3 up = b.direction(side.wrist, {0, 1, 0});
    out.push_back({side.wrist, b.at(side.wrist, {0.02f * x, 0, 0}),
                   b.at(side.wrist, {0.075f * x, 0, 0}), 0.032f * s, 0.041f * s, up, 0.48f});
    out.push_back({side.wrist, b.at(side.wrist, {0.09f * x, 0, 0}),
                   b.at(side.wrist, {0.155f * x, -0.015f, 0}), 0.037f * s, 0.024f * s, up, 0.42f});
    out.push_back({side.wrist, b.at(side.wrist, {0.03f * x, -0.006f, 0.025f}),
                   b.at(side.wrist, {0.09f * x, -0.018f, 0.062f}), 0.017f * s, 0.013f * s});
  }
  return out;
}

std::vector<Tube> shirt_tubes(const Build& b) {
  using namespace motion;  // NOLINT: the joints' names
  const float s = b.size;
  const Vec3 z{0, 0, 1};
  const Vec3 hips = lerp(b.at(kLeftHip), b.at(kRightHip), 0.5f);
  const float chest = 0.62f * length(b.at(kLeftShoulder) - b.at(kRightShoulder));
  auto across = [&](Vec3 centre, float half) {
    return std::pair(centre - Vec3{half, 0, 0}, centre + Vec3{half, 0, 0});
  };
  const Vec3 waist = lerp(b.at(kPelvis), b.at(kSpine2), 0.45f) + s * Vec3{0, 0, 0.018f};
  const Vec3 ribs = b.at(kSpine3, {0, 0.02f, 0.012f});
  const auto [wl, wr] = across(waist, 0.045f * s);
  const auto [rl, rr] = across(ribs, chest * 0.3f);
  const auto [hl, hr] = across(hips + s * Vec3{0, 0.065f, 0.012f}, 0.06f * s);
  std::vector<Tube> out = {
      {kSpine3, rl, rr, 0.118f * s, 0.118f * s, z, 0.86f},
      {kSpine1, wl, wr, 0.112f * s, 0.112f * s, z, 0.88f},
      {kSpine2, lerp(waist, ribs, 0.25f), lerp(waist, ribs, 0.8f), 0.135f * s, 0.14f * s, z, 0.8f},
      {kPelvis, hl, hr, 0.112f * s, 0.112f * s, z, 0.95f},
      {kSpine3, lerp(ribs, b.at(kNeck), 0.55f), b.at(kNeck, {0, -0.035f, 0}), 0.075f * s,
       0.062f * s, z, 0.85f},
  };
  for (const Side& side : kSides) {
    out.push_back({side.collar, lerp(b.at(kNeck, {0, -0.045f, 0}), b.at(side.shoulder), 0.3f),
                   b.at(side.shoulder, {0, 0.004f, 0}), 0.055f * s, 0.06f * s});
    out.push_back({side.shoulder, b.at(side.shoulder),
                   lerp(b.at(side.shoulder), b.at(side.elbow), 0.62f), 0.064f * s, 0.056f * s});
  }
  return out;
}

std::vector<Tube> trouser_tubes(const Build& b) {
  using namespace motion;  // NOLINT: the joints' names
  const float s = b.size;
  const Vec3 hips = lerp(b.at(kLeftHip), b.at(kRightHip), 0.5f);
  std::vector<Tube> out = {{kPelvis,
                            hips + s * Vec3{-0.055f, 0.04f, 0},
                            hips + s * Vec3{0.055f, 0.04f, 0},
                            0.108f * s,
                            0.108f * s,
                            {0, 0, 1},
                            0.96f}};
  for (const Side& side : kSides) {
    out.push_back(
        {side.hip, b.at(side.hip, {0, -0.01f, -0.012f}), b.at(side.knee), 0.094f * s, 0.064f * s});
    out.push_back(
        {side.knee, b.at(side.knee), b.at(side.ankle, {0, -0.01f, 0}), 0.063f * s, 0.05f * s});
  }
  return out;
}

std::vector<Tube> shoe_tubes(const Build& b) {
  const float s = b.size;
  const Vec3 y{0, 1, 0};
  std::vector<Tube> out;
  for (const Side& side : kSides) {
    const Vec3 toe = b.at(side.foot), heel = b.at(side.ankle, {0, 0, -0.03f});
    const Vec3 low{0, toe.y - b.at(side.ankle).y, 0};
    out.push_back({side.ankle, b.at(side.ankle), heel + 0.75f * low, 0.042f * s, 0.04f * s});
    out.push_back(
        {side.ankle, heel + 0.85f * low, lerp(heel + low, toe, 0.8f), 0.036f * s, 0.04f * s});
    out.push_back({side.foot, lerp(heel + low, toe, 0.9f), b.at(side.foot, {0, -0.004f, 0.045f}),
                   0.043f * s, 0.034f * s, y, 0.78f});
  }
  return out;
}

std::vector<Tube> hair_tubes(const Build& b) {
  const float s = b.head;
  return {{motion::kHead,
           b.at(motion::kHead, {0, 0.128f, -0.012f}),
           b.at(motion::kHead, {0, 0.14f, 0.03f}),
           0.08f * s,
           0.068f * s,
           {1, 0, 0},
           0.95f},
          {motion::kHead,
           b.at(motion::kHead, {0, 0.115f, -0.022f}),
           b.at(motion::kHead, {0, 0.06f, -0.025f}),
           0.08f * s,
           0.066f * s,
           {1, 0, 0},
           0.95f}};
}

std::vector<Tube> eye_tubes(const Build& b) {
  std::vector<Tube> out;
  for (const Side& side : kSides) {
    const Vec3 eye = b.at(motion::kHead, {0.031f * side.sign, 0.088f, 0.099f});
    out.push_back({motion::kHead, eye, eye, 0.011f * b.head, 0.011f * b.head, {0, 1, 0}, 0.7f});
  }
  return out;
}

/// Joint weights at a point: tubes nearly as near as the nearest share it.
void weigh(const Piece& piece, Vec3 p, float reach, SkinnedMesh& mesh) {
  std::array<float, motion::kJointCount> share{};
  float least = 1e9f;
  for (const Tube& t : piece.tubes) least = std::min(least, t.distance(p));
  for (const Tube& t : piece.tubes) {
    const float extra = (t.distance(p) - least) / reach;
    float& s = share[static_cast<size_t>(t.joint)];
    s = std::max(s, std::exp(-extra * extra));
  }
  std::array<uint8_t, 4> joints{};
  std::array<float, 4> weights{};
  float total = 0;
  for (size_t k = 0; k < 4; ++k) {
    const auto most = std::max_element(share.begin(), share.end());
    joints[k] = *most > 0.02f ? static_cast<uint8_t>(most - share.begin()) : uint8_t{0};
    weights[k] = *most > 0.02f ? *most : 0.f;
    total += weights[k];
    *most = 0;
  }
  for (float& w : weights) w /= total;
  mesh.joints.push_back(joints);
  mesh.weights.push_back(weights);
}

SkinnedMesh mesh_of(const Piece& piece, float size) {
  Vec3 low{1e9f, 1e9f, 1e9f}, high = -low;
  for (const Tube& t : piece.tubes)
    for (const auto& [p, r] : {std::pair(t.a, t.radius_a), std::pair(t.b, t.radius_b)}) {
      const float m = r + 0.04f * size;
      low = {std::min(low.x, p.x - m), std::min(low.y, p.y - m), std::min(low.z, p.z - m)};
      high = {std::max(high.x, p.x + m), std::max(high.y, p.y + m), std::max(high.z, p.z + m)};
    }
  NetMesh net = surface_net([&](Vec3 p) { return field(piece, p); }, low, high, piece.cell * size);
  SkinnedMesh mesh;
  mesh.name = piece.name;
  for (const Vec3 p : net.positions) weigh(piece, p, 0.035f * size, mesh);
  mesh.positions = std::move(net.positions);
  mesh.normals = std::move(net.normals);
  mesh.uvs.assign(mesh.positions.size(), {0, 0});
  mesh.triangles = std::move(net.triangles);
  return mesh;
}

std::vector<Landmark> landmarks_of(const Build& b) {
  using namespace motion;  // NOLINT: the joints' names
  std::vector<Landmark> out;
  auto add = [&](const std::string& name, Joint joint, Vec3 offset) {
    Landmark l;
    l.name = name;
    l.position = b.at(joint, offset);
    l.joints[0] = static_cast<uint8_t>(joint);
    out.push_back(std::move(l));
  };
  add("nose", kHead, {0, 0.06f, 0.136f});
  add("head_centre", kHead, {0, 0.1f, 0.02f});
  add("head_top", kHead, {0, 0.2f, 0.01f});
  for (const Side& side : kSides) {
    const std::string name = side.sign > 0 ? "left_" : "right_";
    const float x = side.sign;
    add(name + "eye", kHead, {0.031f * x, 0.088f, 0.11f});
    add(name + "ear", kHead, {0.078f * x, 0.075f, 0.015f});
    add(name + "hand", side.wrist, {0.06f * x, 0, 0});
    add(name + "hand_tip", side.wrist, {0.178f * x, -0.018f, 0});
    add(name + "thumb_tip", side.wrist, {0.098f * x, -0.02f, 0.07f});
    add(name + "toe_tip", side.foot, {0, 0, 0.079f});
    Landmark heel;
    heel.name = name + "heel";
    heel.position = {b.at(side.ankle).x, b.at(side.foot).y, b.at(side.ankle).z - 0.066f * b.size};
    heel.joints[0] = static_cast<uint8_t>(side.ankle);
    out.push_back(std::move(heel));
  }
  return out;
}

std::vector<Piece> pieces_of(const Build& b, uint64_t seed) {
  using Colour = std::array<float, 3>;  // linear
  constexpr Colour skins[] = {
      {0.62f, 0.37f, 0.26f}, {0.5f, 0.28f, 0.18f}, {0.3f, 0.15f, 0.085f}, {0.12f, 0.055f, 0.03f}};
  constexpr Colour hairs[] = {{0.012f, 0.01f, 0.009f},
                              {0.05f, 0.025f, 0.014f},
                              {0.14f, 0.08f, 0.035f},
                              {0.4f, 0.39f, 0.37f}};
  constexpr Colour shirts[] = {{0.55f, 0.06f, 0.05f}, {0.05f, 0.16f, 0.42f}, {0.06f, 0.3f, 0.14f},
                               {0.62f, 0.6f, 0.56f},  {0.5f, 0.32f, 0.05f},  {0.25f, 0.08f, 0.3f}};
  constexpr Colour trousers[] = {
      {0.03f, 0.05f, 0.12f}, {0.05f, 0.05f, 0.055f}, {0.22f, 0.16f, 0.09f}, {0.12f, 0.13f, 0.14f}};
  constexpr Colour shoes[] = {{0.02f, 0.02f, 0.02f}, {0.16f, 0.07f, 0.03f}, {0.5f, 0.5f, 0.5f}};
  Random random(derive_seed(seed, "plain body"));
  auto pick = [&](const auto& from) {
    return from[random.below(static_cast<uint32_t>(std::size(from)))];
  };
  const float s = b.size;
  std::vector<Piece> out;
  out.push_back({"body", skin_tubes(b), 0.028f * s, pick(skins), 0.6f, 0.011f});
  out.push_back({"top shirt", shirt_tubes(b), 0.07f * s, pick(shirts), 0.9f, 0.016f});
  out.push_back({"bottom trousers", trouser_tubes(b), 0.05f * s, pick(trousers), 0.9f, 0.016f});
  out.push_back({"shoes plain", shoe_tubes(b), 0.03f * s, pick(shoes), 0.6f, 0.011f});
  out.push_back({"hair plain", hair_tubes(b), 0.03f * s, pick(hairs), 0.7f, 0.013f});
  out.push_back({"eyes plain", eye_tubes(b), 0.001f * s, {0.01f, 0.01f, 0.01f}, 0.2f, 0.004f});
  return out;
}

}  // namespace

Character plain_character(const motion::Geometry& geometry, uint64_t seed) {
  for (const float v : geometry)
    PANTOMIME_CHECK(std::isfinite(v) && std::abs(v) <= 3,
                    "plain body: a bone of {} m, expected at most 3 m", v);
  const float spine = geometry[0] + geometry[2] + geometry[4] + geometry[6];
  const float leg = geometry[21] + geometry[22], arm = geometry[16] + geometry[17];
  PANTOMIME_CHECK(spine > 0.1f && leg > 0.1f && arm > 0.1f,
                  "plain body: spine of {:.2f} m, legs of {:.2f} m, arms of {:.2f} m, expected at "
                  "least 0.1 m each",
                  spine, leg, arm);
  motion::Clip clip = standing(geometry);
  motion::WorldPose pose = motion::forward_kinematics(clip);
  {
    const Build probe(geometry, pose);
    float floor = 1e9f;
    for (const Tube& t : shoe_tubes(probe))
      floor = std::min({floor, t.a.y - t.radius_a * t.flatness, t.b.y - t.radius_b * t.flatness});
    clip.root_positions[0].y -= floor;
    pose = motion::forward_kinematics(clip);
  }
  const Build build(geometry, pose);
  Character out;
  out.skeleton = clip.skeleton;
  out.bind_positions = pose.positions;
  out.bind_rotations = pose.rotations;
  out.description = fmt::format("plain,seed={}", seed);
  for (const Piece& piece : pieces_of(build, seed)) {
    SkinnedMesh mesh = mesh_of(piece, build.size);
    mesh.material = static_cast<int>(out.materials.size());
    label_parts(out, mesh);
    out.meshes.push_back(std::move(mesh));
    out.materials.push_back(
        Material{.name = piece.name,
                 .base_colour = {piece.colour[0], piece.colour[1], piece.colour[2], 1},
                 .roughness = piece.roughness});
  }
  out.landmarks = landmarks_of(build);
  out.credits = {{"plain body", "Pantomime", "Apache-2.0", "made by the program"}};
  return out;
}

}  // namespace pantomime::body
