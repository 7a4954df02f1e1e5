#include "pantomime/motion/retarget.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/motion/contacts.h"

namespace pantomime::motion {
namespace {

using JointFrames = std::array<Quat, kJointCount>;

/// A point of the source skeleton: `along` of the way from joint `from` to joint `to`, or to end
/// site `site` of `from`.
struct Point {
  int from = -1;
  int to = -1;
  int site = -1;
  float along = 1;
};

/// Mapping with names looked up in one skeleton.
struct Wiring {
  std::array<int, kJointCount> rotation{};               ///< source joint, or -1
  std::array<std::optional<Point>, kJointCount> points;  ///< nothing: on the canonical parent
};

int joint_named(const Skeleton& source, const Mapping& mapping, std::string_view name, size_t j) {
  const auto joint = source.find(name);
  PANTOMIME_CHECK(joint, "mapping \"{}\": no joint \"{}\" (for {})", mapping.name, name,
                  kJointNames[j]);
  return *joint;
}

Point parse_point(const Skeleton& source, const Mapping& mapping, std::string_view text, size_t j) {
  Point point;
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::string_view number = text.substr(at + 1);
    const auto [rest, error] =
        std::from_chars(number.data(), number.data() + number.size(), point.along);
    PANTOMIME_CHECK(error == std::errc() && rest == number.data() + number.size() &&
                        point.along >= 0 && point.along <= 1,
                    "mapping \"{}\": {}: \"{}\", expected a number from 0 to 1 after the @",
                    mapping.name, kJointNames[j], text);
    text = text.substr(0, at);
  }
  constexpr std::string_view kEnd = "/end";
  if (!text.ends_with(kEnd)) {
    point.to = joint_named(source, mapping, text, j);
    point.from = source.parents[static_cast<size_t>(point.to)];
    if (point.from < 0) point.from = point.to;
    return point;
  }
  text.remove_suffix(kEnd.size());
  point.from = joint_named(source, mapping, text, j);
  const auto site =
      std::find_if(source.end_sites.begin(), source.end_sites.end(),
                   [&](const Skeleton::EndSite& s) { return s.parent == point.from; });
  PANTOMIME_CHECK(site != source.end_sites.end(), "mapping \"{}\": joint \"{}\" has no end site",
                  mapping.name, text);
  point.site = static_cast<int>(site - source.end_sites.begin());
  return point;
}

Wiring wire(const Skeleton& source, const Mapping& mapping) {
  Wiring wiring;
  for (size_t j = 0; j < kJointCount; ++j) {
    const std::string& rotation = mapping.rotation_from[j];
    wiring.rotation[j] = rotation.empty() ? -1 : joint_named(source, mapping, rotation, j);
    const std::string& position =
        mapping.position_from[j].empty() ? rotation : mapping.position_from[j];
    if (!position.empty()) wiring.points[j] = parse_point(source, mapping, position, j);
  }
  PANTOMIME_CHECK(wiring.rotation[kPelvis] >= 0 && wiring.points[kPelvis],
                  "mapping \"{}\": the pelvis needs a joint", mapping.name);
  return wiring;
}

/// The skeleton with lost bones put back.
Skeleton repaired(Skeleton skeleton, const Mapping& mapping) {
  for (const Mapping::LostBone& bone : mapping.lost_bones) {
    const auto joint = skeleton.find(bone.joint), like = skeleton.find(bone.like);
    PANTOMIME_CHECK(joint && like, "mapping \"{}\": no joint \"{}\" (lost bone)", mapping.name,
                    joint ? bone.like : bone.joint);
    skeleton.offsets[static_cast<size_t>(*joint)] +=
        bone.times * skeleton.offsets[static_cast<size_t>(*like)];
  }
  return skeleton;
}

Vec3 locate(const Point& point, const Skeleton& skeleton, const Vec3* positions,
            const Quat* rotations) {
  const auto from = static_cast<size_t>(point.from);
  const Vec3 target =
      point.site < 0
          ? positions[point.to]
          : positions[from] +
                rotations[from] * skeleton.end_sites[static_cast<size_t>(point.site)].offset;
  return point.along == 1 ? target : lerp(positions[from], target, point.along);
}

/// Canonical joints' places in the source's rest pose, source axes; nothing: on the parent.
std::array<Vec3, kJointCount> rest_positions(const Clip& source, const Wiring& wiring) {
  const size_t moving = source.moving_joints.size();
  Clip rest;
  rest.skeleton = source.skeleton;
  for (size_t m = 0; m < moving; ++m) {
    // OFFSET of a moving joint is no part of the motion; the mean of what replaces it is.
    Vec3 sum;
    for (size_t f = 0; f < source.frame_count(); ++f) sum += source.translations[f * moving + m];
    rest.skeleton.offsets[static_cast<size_t>(source.moving_joints[m])] =
        (1 / static_cast<float>(source.frame_count())) * sum;
  }
  rest.root_positions.resize(1);
  rest.rotations.resize(source.joint_count());
  const WorldPose pose = forward_kinematics(rest);
  std::array<Vec3, kJointCount> out;
  for (size_t j = 0; j < kJointCount; ++j)
    out[j] = wiring.points[j] ? locate(*wiring.points[j], rest.skeleton, pose.positions.data(),
                                       pose.rotations.data())
                              : out[static_cast<size_t>(kJointParents[j])];
  return out;
}

/// Joint at the other end of a bone that has a direction in the rest pose, or -1.
int directed_child(size_t joint, const Mapping& mapping) {
  for (size_t c = joint + 1; c < kJointCount; ++c)
    if (kJointParents[c] == static_cast<int>(joint) && mapping.directions[c])
      return static_cast<int>(c);
  return -1;
}

std::array<std::optional<Vec3>, kJointCount> default_directions() {
  std::array<std::optional<Vec3>, kJointCount> out;
  for (const Joint j : {kLeftKnee, kRightKnee, kLeftAnkle, kRightAnkle}) out[j] = Vec3{0, -1, 0};
  for (const Joint j : {kLeftElbow, kLeftWrist}) out[j] = Vec3{1, 0, 0};
  for (const Joint j : {kRightElbow, kRightWrist}) out[j] = Vec3{-1, 0, 0};
  return out;
}

/// Frame whose X is the line from right to left and whose Y is as near as possible to `up`.
Quat square_up(Vec3 left_minus_right, Vec3 up) {
  const Vec3 x = normalized(left_minus_right, {1, 0, 0});
  const Vec3 z = normalized(cross(x, up), {0, 0, 1});
  return from_matrix(Mat3::from_columns(x, cross(z, x), z));
}

/// R of every joint (see Mapping).
JointFrames joint_frames(const Clip& source, const Mapping& given, const Wiring& wiring) {
  Mapping mapping = given;
  const auto defaults = default_directions();
  for (size_t j = 0; j < kJointCount; ++j)
    if (!mapping.directions[j]) mapping.directions[j] = defaults[j];
  const auto rest = rest_positions(source, wiring);
  JointFrames frames;
  for (size_t j = 0; j < kJointCount; ++j) {
    const Quat inherited = j == kPelvis ? conjugate(canonical_from(mapping.axes))
                                        : frames[static_cast<size_t>(kJointParents[j])];
    frames[j] = inherited;
    if (mapping.frames[j]) {
      frames[j] = normalized(*mapping.frames[j]);
    } else if (mapping.posed_rest && j == kPelvis) {
      frames[j] = square_up(rest[kLeftHip] - rest[kRightHip], rest[kSpine3] - rest[kPelvis]);
    } else if (mapping.posed_rest && j == kSpine3) {
      frames[j] =
          square_up(rest[kLeftShoulder] - rest[kRightShoulder], rest[kNeck] - rest[kSpine3]);
    } else if (const int child = directed_child(j, mapping); child >= 0) {
      const Vec3 bone = rest[static_cast<size_t>(child)] - rest[j];
      const Vec3 wanted = *mapping.directions[static_cast<size_t>(child)];
      if (length(bone) > 1e-6f)
        frames[j] = normalized(rotation_between(inherited * wanted, bone) * inherited);
    }
  }
  return frames;
}

/// Height of the lowest foot joint, [F].
std::vector<float> lowest_feet(const Clip& clip) {
  const WorldPose pose = forward_kinematics(clip);
  std::vector<float> lowest(clip.frame_count(), std::numeric_limits<float>::max());
  for (size_t f = 0; f < lowest.size(); ++f)
    for (const size_t j : {kLeftAnkle, kRightAnkle, kLeftFoot, kRightFoot})
      lowest[f] = std::min(lowest[f], pose.positions[f * kJointCount + j].y);
  return lowest;
}

/// Solvers of motion capture sometimes give a deeply bent leg as its other solution: the thigh
/// turned half about itself and the knee bent backwards. Nothing moves, but rotations jump by half
/// a turn. This gives the thigh its half turn back; all positions and the foot stay.
void bend_knees_forward(Clip& clip) {
  constexpr float kBackwards = -25 * std::numbers::pi_v<float> / 180;
  constexpr Quat kHalfTurn{0, 0, 1, 0};
  struct Leg {
    Joint hip, knee, ankle;
  };
  for (const auto [hip, knee, ankle] :
       {Leg{kLeftHip, kLeftKnee, kLeftAnkle}, Leg{kRightHip, kRightKnee, kRightAnkle}})
    for (size_t f = 0; f < clip.frame_count(); ++f) {
      const Quat bend = clip.rotation(f, knee);
      if (to_rotation_vector(twist_about(bend, {1, 0, 0})).x >= kBackwards) continue;
      clip.rotation(f, hip) = clip.rotation(f, hip) * kHalfTurn;
      clip.rotation(f, knee) = conjugate(kHalfTurn) * bend * kHalfTurn;
      clip.rotation(f, ankle) = conjugate(kHalfTurn) * clip.rotation(f, ankle);
    }
}

/// The same with feet: sole up, turned half about the line to the toe, and pitched so that the toe
/// is in place. Where that half turn brings the ankle much nearer to rest, the foot gets it, toes
/// too.
void turn_soles_down(Clip& clip) {
  constexpr float kTwisted = 100 * std::numbers::pi_v<float> / 180;
  constexpr float kGain = 40 * std::numbers::pi_v<float> / 180;
  for (const bool left : {true, false}) {
    const size_t ankle = left ? kLeftAnkle : kRightAnkle, toe = left ? kLeftFoot : kRightFoot;
    const Vec3 axis = normalized(clip.skeleton.offsets[toe], {0, 0, 1});
    const Quat half_turn{0, axis.x, axis.y, axis.z};
    for (size_t f = 0; f < clip.frame_count(); ++f) {
      const float now = angle_between(clip.rotation(f, ankle), {});
      if (now < kTwisted) continue;
      const Quat turned = clip.rotation(f, ankle) * half_turn;
      if (angle_between(turned, {}) < now - kGain) clip.rotation(f, ankle) = turned;
    }
  }
}

Clip on_average_body(Clip clip) {
  const auto leg_length = [](const std::vector<Vec3>& offsets) {
    return length(offsets[kLeftKnee]) + length(offsets[kLeftAnkle]);
  };
  const std::vector<float> before = lowest_feet(clip);
  const Skeleton average = canonical_skeleton(default_geometry());
  const float longer =
      leg_length(average.offsets) / std::max(leg_length(clip.skeleton.offsets), 1e-3f);
  for (Vec3& position : clip.root_positions) position = longer * position;
  clip.skeleton = average;
  // With other proportions the same angles lift the feet differently; they stay as high as they
  // were.
  const std::vector<float> after = lowest_feet(clip);
  for (size_t f = 0; f < after.size(); ++f) clip.root_positions[f].y += before[f] - after[f];
  return clip;
}

}  // namespace

Clip to_canonical(const Clip& source, const Mapping& mapping) {
  PANTOMIME_CHECK(source.frame_count() > 0, "mapping \"{}\": the clip has no frames", mapping.name);
  Clip fixed = source;
  fixed.skeleton = repaired(source.skeleton, mapping);
  const Wiring wiring = wire(fixed.skeleton, mapping);
  const JointFrames frames = joint_frames(fixed, mapping, wiring);
  const Quat axes = canonical_from(mapping.axes);
  const auto scale = static_cast<float>(mapping.axes.metres_per_unit);

  const WorldPose pose = forward_kinematics(fixed);
  const size_t count = fixed.frame_count(), joints = fixed.joint_count();
  std::vector<Quat> world(count * kJointCount);
  std::array<std::array<double, 3>, kJointCount> sums{};
  Clip out;
  out.fps = source.fps;
  out.root_positions.resize(count);
  for (size_t f = 0; f < count; ++f) {
    const Vec3* positions = &pose.positions[f * joints];
    const Quat* rotations = &pose.rotations[f * joints];
    Quat* turned = &world[f * kJointCount];
    std::array<Vec3, kJointCount> at;
    for (size_t j = 0; j < kJointCount; ++j) {
      const auto parent = static_cast<size_t>(std::max(kJointParents[j], 0));
      turned[j] = wiring.rotation[j] < 0
                      ? turned[parent]
                      : normalized(axes * rotations[wiring.rotation[j]] * frames[j]);
      at[j] = wiring.points[j]
                  ? scale * (axes * locate(*wiring.points[j], fixed.skeleton, positions, rotations))
                  : at[parent];
      if (j == kPelvis) continue;
      const Vec3 bone = conjugate(turned[parent]) * (at[j] - at[parent]);
      sums[j][0] += bone.x, sums[j][1] += bone.y, sums[j][2] += bone.z;
    }
    out.root_positions[f] = at[kPelvis];
  }
  std::array<Vec3, kJointCount> offsets{};
  for (size_t j = 1; j < kJointCount; ++j) {
    const auto mean = [&](size_t axis) {
      return static_cast<float>(sums[j][axis] / static_cast<double>(count));
    };
    offsets[j] = {mean(0), mean(1), mean(2)};
  }
  for (size_t j = 1; j < kJointCount; ++j)
    if (mapping.lengths[j]) offsets[j] = *mapping.lengths[j] * normalized(offsets[j], {0, 0, 1});
  out.skeleton = canonical_skeleton(offsets);
  out.rotations = local_rotations(out.skeleton, world);
  bend_knees_forward(out);
  turn_soles_down(out);
  return mapping.average_body ? on_average_body(std::move(out)) : out;
}

Clip to_rig(const Clip& canonical, const Clip& rig, const Mapping& mapping) {
  PANTOMIME_CHECK(canonical.joint_count() == kJointCount && canonical.moving_joints.empty() &&
                      canonical.frame_count() > 0,
                  "mapping \"{}\": expected a canonical clip with frames", mapping.name);
  PANTOMIME_CHECK(rig.frame_count() > 0, "mapping \"{}\": the rig's clip has no frames",
                  mapping.name);
  Clip fixed = rig;
  fixed.skeleton = repaired(rig.skeleton, mapping);
  const Wiring wiring = wire(fixed.skeleton, mapping);
  const JointFrames frames = joint_frames(fixed, mapping, wiring);
  const Quat back = conjugate(canonical_from(mapping.axes));
  const size_t joints = rig.joint_count(), count = canonical.frame_count();
  std::vector<int> driver(joints, -1);  // canonical joint of each of the rig's
  for (size_t j = kJointCount; j-- > 0;)
    if (wiring.rotation[j] >= 0)
      driver[static_cast<size_t>(wiring.rotation[j])] = static_cast<int>(j);

  Clip out;
  out.fps = canonical.fps;
  out.skeleton = rig.skeleton;
  const size_t moving = rig.moving_joints.size();
  for (size_t m = 0; m < moving; ++m) {
    Vec3 sum;
    for (size_t f = 0; f < rig.frame_count(); ++f) sum += rig.translations[f * moving + m];
    out.skeleton.offsets[static_cast<size_t>(rig.moving_joints[m])] =
        (1 / static_cast<float>(rig.frame_count())) * sum;
  }
  const WorldPose pose = forward_kinematics(canonical);
  std::vector<Quat> world(count * joints);
  for (size_t f = 0; f < count; ++f)
    for (size_t s = 0; s < joints; ++s) {
      const int parent = rig.skeleton.parents[s];
      const Quat above = parent < 0 ? Quat{} : world[f * joints + static_cast<size_t>(parent)];
      const auto j = static_cast<size_t>(std::max(driver[s], 0));
      world[f * joints + s] =
          driver[s] < 0
              ? above
              : normalized(back * pose.rotations[f * kJointCount + j] * conjugate(frames[j]));
    }
  out.rotations = local_rotations(out.skeleton, world);
  out.root_positions.resize(count);

  // With the root at the origin the pelvis is somewhere; it belongs where the clip's is.
  const auto leg_of = [](const std::array<Vec3, kJointCount>& at) {
    return length(at[kLeftKnee] - at[kLeftHip]) + length(at[kLeftAnkle] - at[kLeftKnee]);
  };
  const float leg = length(canonical.skeleton.offsets[kLeftKnee]) +
                    length(canonical.skeleton.offsets[kLeftAnkle]);
  const float own_leg = leg_of(rest_positions(fixed, wiring));  // in the rig's units
  const float units = own_leg > 1e-6f && leg > 1e-6f
                          ? own_leg / leg
                          : 1 / static_cast<float>(mapping.axes.metres_per_unit);
  const WorldPose placed = forward_kinematics(out);
  for (size_t f = 0; f < count; ++f) {
    const Vec3 pelvis = locate(*wiring.points[kPelvis], out.skeleton, &placed.positions[f * joints],
                               &placed.rotations[f * joints]);
    out.root_positions[f] = units * (back * pose.positions[f * kJointCount + kPelvis]) - pelvis;
  }
  return out;
}

float floor_height(const Clip& clip) {
  PANTOMIME_CHECK(clip.joint_count() == kJointCount && clip.frame_count() > 0,
                  "floor: expected a canonical clip with frames");
  constexpr double kPercentile = 0.03;
  std::vector<float> lowest = lowest_feet(clip);
  const auto at = lowest.begin() +
                  static_cast<std::ptrdiff_t>(kPercentile * static_cast<double>(lowest.size() - 1));
  std::nth_element(lowest.begin(), at, lowest.end());
  return *at - kToeRestHeight;
}

Clip on_floor(const Clip& clip, double floor_offset) {
  return transformed(clip, {}, {0, static_cast<float>(floor_offset) - floor_height(clip), 0});
}

}  // namespace pantomime::motion
