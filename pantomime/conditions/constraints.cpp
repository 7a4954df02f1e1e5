#include "pantomime/conditions/constraints.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "pantomime/base/error.h"
#include "pantomime/features/features.h"
#include "pantomime/features/kinematics.h"
#include "pantomime/motion/fit_to_body.h"

namespace pantomime::conditions {

using namespace motion;
using features::kFeatureSize;
using features::kGeometry;
using features::kJointRotations;
using features::kRootHeight;
using features::kRootRotation;
using features::kRootVelocity;

JointMask parse_joints(std::string_view text) {
  static const std::map<std::string, std::vector<Joint>, std::less<>> kGroups = {
      {"root", {kPelvis}},
      {"upper",
       {kSpine1, kSpine2, kSpine3, kNeck, kHead, kLeftCollar, kRightCollar, kLeftShoulder,
        kRightShoulder, kLeftElbow, kRightElbow, kLeftWrist, kRightWrist}},
      {"lower",
       {kPelvis, kLeftHip, kRightHip, kLeftKnee, kRightKnee, kLeftAnkle, kRightAnkle, kLeftFoot,
        kRightFoot}},
      {"legs",
       {kLeftHip, kRightHip, kLeftKnee, kRightKnee, kLeftAnkle, kRightAnkle, kLeftFoot,
        kRightFoot}},
      {"arms",
       {kLeftCollar, kRightCollar, kLeftShoulder, kRightShoulder, kLeftElbow, kRightElbow,
        kLeftWrist, kRightWrist}},
      {"left arm", {kLeftCollar, kLeftShoulder, kLeftElbow, kLeftWrist}},
      {"right arm", {kRightCollar, kRightShoulder, kRightElbow, kRightWrist}},
      {"head and hands", {kHead, kLeftWrist, kRightWrist}}};
  JointMask mask{};
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word == "all") {
      mask.fill(true);
    } else if (const auto group = kGroups.find(word); group != kGroups.end()) {
      for (const Joint joint : group->second) mask[static_cast<size_t>(joint)] = true;
    } else if (const auto joint = find_joint(word)) {
      mask[static_cast<size_t>(*joint)] = true;
    } else {
      fail(
          "joints \"{}\": expected all, upper, lower, legs, arms, left arm, right arm, root, head "
          "and "
          "hands, or names of joints such as left_wrist",
          word);
    }
  }
  return mask;
}

Constraints::Constraints(int64_t frame_count)
    : frames(frame_count),
      known(at::zeros({frame_count, kFeatureSize}, at::kBool)),
      value(at::zeros({frame_count, kFeatureSize}, at::kFloat)) {}

bool Constraints::empty() const {
  return places.empty() && goals.empty() && !loop && !known.any().item<bool>();
}

at::Tensor Constraints::bones(const at::Tensor& raw) const {
  if (offsets.empty())
    return features::bone_offsets(raw.narrow(2, kGeometry, kGeometrySize).mean(1));
  at::Tensor all = at::empty({1, kJointCount, 3}, at::kFloat);
  float* to = all.data_ptr<float>();
  for (const Vec3& o : offsets)
    for (const float v : {o.x, o.y, o.z}) *to++ = v;
  return all.to(raw.options());
}

bool Constraints::fixes_height() const {
  return !goals.empty() || known.select(1, kRootHeight).any().item<bool>();
}

bool Constraints::leads_on() const {
  return std::ranges::any_of(goals, [](const auto& goal) { return goal->leads(); }) ||
         (!places.empty() &&
          std::ranges::all_of(goals, [](const auto& goal) { return goal->is_angle(); }));
}

double Constraints::pace() const {
  constexpr int64_t kEvery = 12;  // frames: a head sways by the step
  std::map<int64_t, std::array<double, 2>> way;
  for (const Place& place : places)
    if (place.x && place.z && place.from == 0) way[place.frame] = {*place.x, *place.z};
  if (!way.empty()) way[0] = {0, 0};
  for (const auto& goal : goals)
    if (goal->leads())
      for (const Aim& aim : goal->aims())
        if (aim.frame % kEvery == 0) way[aim.frame] = {aim.point.x, aim.point.z};
  if (way.size() < 2) return 0;
  double metres = 0;
  for (auto at = way.begin(), next = std::next(at); next != way.end(); ++at, ++next)
    metres += std::hypot(next->second[0] - at->second[0], next->second[1] - at->second[1]);
  return metres * motion::kFps / static_cast<double>(way.rbegin()->first - way.begin()->first);
}

std::vector<char> Constraints::whole_frames() const {
  const at::Tensor whole = known.narrow(1, kRootHeight, kGeometry - kRootHeight).all(1);
  std::vector<char> flags(static_cast<size_t>(frames));
  for (int64_t f = 0; f < frames; ++f)
    flags[static_cast<size_t>(f)] = whole[f].item<bool>() ? 1 : 0;
  return flags;
}

std::vector<char> Constraints::placed_frames() const {
  std::vector<char> out(static_cast<size_t>(frames), 0);
  out[0] = 1;
  for (const Place& place : places)
    if (place.x && place.z && place.firm)
      out[static_cast<size_t>(place.frame)] = out[static_cast<size_t>(place.from)] = 1;
  for (const auto& goal : goals)
    if (goal->leads())
      for (const Aim& aim : goal->aims()) out[static_cast<size_t>(aim.frame)] = 1;
  // A step that is given leads from one given place to the next.
  const at::Tensor velocity = known.select(1, kRootVelocity).contiguous();
  for (size_t f = 1; f < out.size(); ++f)
    if (out[f - 1] != 0 && velocity.data_ptr<bool>()[f]) out[f] = 1;
  if (std::count(out.begin(), out.end(), 1) == 1) out.clear();
  return out;
}

Constraints Constraints::placed(const Placement& placement) const {
  Constraints out = *this;
  out.value = value.clone();
  // Lengths only: root velocity and height come first.
  out.value.narrow(1, kRootVelocity, 3).mul_(placement.ratio);
  const double c = std::cos(placement.turn), s = std::sin(placement.turn);
  const auto turn = [&](int64_t x, int64_t z) {
    const at::Tensor old_x = out.value.select(1, x).clone(), old_z = out.value.select(1, z).clone();
    out.value.select(1, x).copy_(c * old_x + s * old_z);
    out.value.select(1, z).copy_(c * old_z - s * old_x);
  };
  if (placement.turn != 0) {
    turn(kRootVelocity, kRootVelocity + 1);
    turn(kRootRotation, kRootRotation + 2);
    turn(kRootRotation + 3, kRootRotation + 5);
  }
  for (Place& place : out.places) {
    PANTOMIME_CHECK(placement.turn == 0 || (place.x && place.z),
                    "constraints: a place with only one of x and z can't be turned");
    const Vec3 p = placement(
        {static_cast<float>(place.x.value_or(0)), 0, static_cast<float>(place.z.value_or(0))});
    const bool absolute = place.from == 0;
    if (place.x) place.x = p.x - (absolute ? 0 : placement.shift.x);
    if (place.z) place.z = p.z - (absolute ? 0 : placement.shift.z);
  }
  for (auto& goal : out.goals) goal = goal->placed(placement);
  for (Vec3& offset : out.offsets) offset = static_cast<float>(placement.ratio) * offset;
  return out;
}

Constraints Constraints::within(int64_t first, int64_t count, int64_t at, int64_t total) const {
  PANTOMIME_CHECK(
      first >= 0 && count > 0 && first + count <= frames && at >= 0 && at + count <= total,
      "constraints: frames {} to {} of {} as {} to {} of {}", first, first + count, frames, at,
      at + count, total);
  Constraints out(total);
  out.known.narrow(0, at, count).copy_(known.narrow(0, first, count));
  out.value.narrow(0, at, count).copy_(value.narrow(0, first, count));
  for (Place place : places) {
    if (place.frame < first || place.frame >= first + count) continue;
    place.frame += at - first;
    if (place.from != 0) place.from += at - first;
    if (place.from < 0) continue;
    out.places.push_back(place);
  }
  for (const auto& goal : goals)
    if (auto part = goal->within(first, count, at)) out.goals.push_back(std::move(part));
  out.offsets = offsets;
  out.loop = loop && count == frames;
  return out;
}

namespace {

void check_frames(const Constraints& constraints, const Clip& clip, int64_t first, int64_t count,
                  int64_t at) {
  const auto total = static_cast<int64_t>(clip.frame_count());
  PANTOMIME_CHECK(first >= 0 && count > 0 && first + count <= total,
                  "keep: frames {} to {}, the clip has {}", first, first + count, total);
  PANTOMIME_CHECK(at >= 0 && at + count <= constraints.frames,
                  "keep: frames {} to {} of a clip that gets {}", at, at + count,
                  constraints.frames);
}

}  // namespace

void keep(Constraints& constraints, const Clip& clip, int64_t first, int64_t count, int64_t at,
          const JointMask& joints, bool placed) {
  check_frames(constraints, clip, first, count, at);
  const at::Tensor features = features::encode_in_place(clip).narrow(0, first, count);
  const auto take = [&](int64_t channel, int64_t channels, int64_t skip = 0) {
    constraints.known.narrow(0, at + skip, count - skip).narrow(1, channel, channels).fill_(true);
    constraints.value.narrow(0, at + skip, count - skip)
        .narrow(1, channel, channels)
        .copy_(features.narrow(0, skip, count - skip).narrow(1, channel, channels));
  };
  if (joints[kPelvis]) {
    take(kRootHeight, 1);
    take(kRootRotation, 6);
    // The velocity of the first frame is that of the step towards it, which isn't kept.
    if (count > 1) take(kRootVelocity, 2, 1);
    const Vec3& root = clip.root_positions[static_cast<size_t>(first)];
    if (at > 0 && placed) constraints.places.push_back({at, root.x, root.z, 0});
  }
  for (int64_t j = 1; j < kJointCount; ++j)
    if (joints[static_cast<size_t>(j)]) take(kJointRotations + 6 * (j - 1), 6);
}

void track(Constraints& constraints, const Clip& clip, int64_t first, int64_t count, int64_t at,
           const JointMask& joints) {
  check_frames(constraints, clip, first, count, at);
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  for (size_t j = 0; j < joints.size(); ++j) {
    if (!joints[j]) continue;
    ReachOptions where{.joint = static_cast<Joint>(j), .first = at, .last = at + count};
    where.leads = j == kHead;
    for (int64_t f = first; f < first + count; ++f)
      where.points.push_back(pose.positions[static_cast<size_t>(f) * joints.size() + j]);
    constraints.goals.push_back(reach(where));
  }
}

namespace {

/// A joint's height in frames [first, last); where it is over the floor stays free.
void raise(Constraints& constraints, Joint joint, double height, int64_t first, int64_t last,
           double tolerance) {
  constraints.goals.push_back(reach({.joint = joint,
                                     .first = first,
                                     .last = last,
                                     .points = {{0, static_cast<float>(height), 0}},
                                     .axes = {false, true, false},
                                     .tolerance = tolerance}));
}

}  // namespace

void stand(Constraints& constraints, const Skeleton& body, int64_t first, int64_t last) {
  constexpr double kStretched = 0.97;
  const auto hip = static_cast<double>(body.offsets[kLeftHip].y);  // below the pelvis
  raise(constraints, kPelvis, kStretched * static_cast<double>(leg_length(body)) - hip, first, last,
        0.03);
}

void sit(Constraints& constraints, const Seat& seat, int64_t first, int64_t last) {
  // The hip joints of a sitting adult are some 9 cm above the seat, and 12 cm behind its middle.
  constexpr double kFlesh = 0.09, kBehind = 0.10;
  for (int64_t f = first; f < last; ++f)
    constraints.places.push_back({f, seat.x - kBehind * std::sin(seat.heading),
                                  seat.z - kBehind * std::cos(seat.heading), 0.01});
  raise(constraints, kPelvis, seat.height + kFlesh, first, last, 0.01);
  constraints.goals.push_back(face(first, last, {seat.heading}, 0.03));
}

void lie(Constraints& constraints, const Bed& bed, int64_t first, int64_t last) {
  constexpr double kFlesh = 0.11;  // from the bed up to the joints of the trunk
  for (int64_t f = first; f < last; ++f) constraints.places.push_back({f, bed.x, bed.z, 0.03});
  for (const Joint joint : {kPelvis, kSpine3, kHead, kLeftKnee, kRightKnee})
    raise(constraints, joint, bed.height + kFlesh, first, last, 0.02);
  for (const Joint joint : {kLeftAnkle, kRightAnkle})
    raise(constraints, joint, bed.height + 0.07, first, last, 0.02);
  // On the back: the head lies opposite to the feet.
  const auto sine = static_cast<float>(std::sin(bed.heading)),
             cosine = static_cast<float>(std::cos(bed.heading));
  const auto over = [&](Joint joint, float along) {
    constraints.goals.push_back(reach({.joint = joint,
                                       .first = first,
                                       .last = last,
                                       .points = {{static_cast<float>(bed.x) + along * sine, 0,
                                                   static_cast<float>(bed.z) + along * cosine}},
                                       .axes = {true, false, true},
                                       .tolerance = 0.05}));
  };
  over(kSpine3, -0.3f);
  over(kHead, -0.6f);
}

}  // namespace pantomime::conditions
