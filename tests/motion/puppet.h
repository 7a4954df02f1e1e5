// A person who does as told: clips made from scratch, whose movements are known exactly.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>

#include "pantomime/motion/clip.h"
#include "pantomime/motion/contacts.h"
#include "pantomime/motion/two_bone_ik.h"

namespace pantomime::test {

/// One moment, in metres and radians. Feet are ankles over the floor plan; arms are directions in
/// the body's frame (x to its left, y up, z ahead) of the upper arm and the forearm.
struct Pose {
  double x = 0, z = 0;
  double height = 0.97;                ///< of the pelvis, as a share of standing straight
  double facing = 0;                   ///< to the left positive
  double lean = 0;                     ///< of the trunk, forwards
  std::array<motion::Vec3, 2> feet{};  ///< ankles in the world; y: over their rest
  std::array<motion::Vec3, 2> upper_arm = {motion::Vec3{0.15f, -1, 0}, {-0.15f, -1, 0}};
  std::array<motion::Vec3, 2> forearm = {motion::Vec3{0.1f, -1, 0.1f}, {-0.1f, -1, 0.1f}};
};

inline double smooth(double u) {
  u = std::clamp(u, 0.0, 1.0);
  return u * u * (3 - 2 * u);
}

/// Both feet beside each other under the pelvis.
inline void stand(Pose& pose) {
  const auto c = static_cast<float>(std::cos(pose.facing));
  const auto s = static_cast<float>(std::sin(pose.facing));
  const auto x = static_cast<float>(pose.x), z = static_cast<float>(pose.z);
  for (size_t side = 0; side < 2; ++side) {
    const float out = side == 0 ? 0.09f : -0.09f;
    pose.feet[side] = {x + out * c, 0, z - out * s};
  }
}

/// A clip of `seconds` in which `pose(t)` says where everything is.
inline motion::Clip puppet(double seconds, const std::function<Pose(double)>& pose) {
  using namespace motion;
  Clip clip;
  clip.skeleton = canonical_skeleton(default_geometry());
  const auto& offsets = clip.skeleton.offsets;
  const auto rest = rest_heights(clip.skeleton);
  const float leg = length(offsets[kLeftKnee]) + length(offsets[kLeftAnkle]);
  const float standing = leg - offsets[kLeftHip].y + rest[kLeftHeel];
  const auto frames = static_cast<size_t>(std::lround(seconds * clip.fps)) + 1;
  for (size_t f = 0; f < frames; ++f) {
    const Pose now = pose(static_cast<double>(f) / clip.fps);
    const Quat body = from_axis_angle({0, 1, 0}, static_cast<float>(now.facing));
    const Vec3 root{static_cast<float>(now.x), static_cast<float>(now.height) * standing,
                    static_cast<float>(now.z)};
    std::array<Quat, kJointCount> world;
    world.fill(body);
    const Quat trunk = body * from_axis_angle({1, 0, 0}, static_cast<float>(now.lean));
    for (const int j : {kSpine1, kSpine2, kSpine3, kNeck, kHead, kLeftCollar, kRightCollar})
      world[static_cast<size_t>(j)] = trunk;
    for (size_t side = 0; side < 2; ++side) {
      const auto k = static_cast<int>(side);
      const auto at = [k](int joint) { return static_cast<size_t>(joint + k); };
      const Vec3 hip = root + body * offsets[at(kLeftHip)];
      Vec3 target = now.feet[side];
      target.y += rest[side == 0 ? kLeftHeel : kRightHeel];
      const auto bent = solve_two_bones({hip, body * offsets[at(kLeftKnee)],
                                         body * offsets[at(kLeftAnkle)], body * Vec3{1, 0, 0}},
                                        target, 0.999f);
      world[at(kLeftHip)] = bent.upper_turn * body;
      world[at(kLeftKnee)] = bent.lower_turn * body;
      const Vec3 out{side == 0 ? 1.0f : -1.0f, 0, 0};
      world[at(kLeftShoulder)] = body * rotation_between(out, now.upper_arm[side]);
      world[at(kLeftElbow)] = body * rotation_between(out, now.forearm[side]);
      world[at(kLeftWrist)] = world[at(kLeftElbow)];
    }
    clip.root_positions.push_back(root);
    for (size_t j = 0; j < kJointCount; ++j) {
      const int parent = kJointParents[j];
      const Quat above = parent < 0 ? Quat{} : world[static_cast<size_t>(parent)];
      clip.rotations.push_back(normalized(conjugate(above) * world[j]));
    }
  }
  return clip;
}

/// Somebody who stands for half a second, walks `steps` steps of `stride` metres in `step_seconds`
/// each, in a direction (radians to the left of straight ahead), and stands for half a second.
inline motion::Clip walker(int steps, double stride, double step_seconds, double direction = 0) {
  constexpr double kStand = 0.6;
  const double walk = steps * step_seconds;
  const double dx = std::sin(direction), dz = std::cos(direction);
  // Each foot swings from where it stood to half a stride before the body's place at that time; the
  // first and the last step are half as long, so that the feet end side by side.
  const auto place = [=](int step) { return stride * std::clamp(step - 0.5, 0.0, steps - 1.5); };
  return puppet(walk + 2 * kStand, [=](double t) {
    const double u = std::clamp((t - kStand) / step_seconds, 0.0, static_cast<double>(steps));
    Pose pose;
    pose.height = std::sqrt(1 - stride * stride / 2.8) - 0.01;  // legs reach half a stride
    std::array<double, 2> ways{};
    for (size_t side = 0; side < 2; ++side) {
      // Step s (from 1 on) is made by the left foot when it is odd.
      const int mine = side == 0 ? 1 : 0;
      double up = 0;
      for (int s = 1; s <= steps; ++s) {
        if (s % 2 != mine) continue;
        const double part = smooth(u - (s - 1));
        const double from = s <= 2 ? 0 : place(s - 2);
        const double to = s == steps ? place(steps + 1) : place(s);
        if (u > s - 1) ways[side] = from + (to - from) * part;
        if (u > s - 1 && u < s) up = 0.1 * std::sin(std::numbers::pi * part);
      }
      const float out = side == 0 ? 0.09f : -0.09f;
      pose.feet[side] = {out + static_cast<float>(ways[side] * dx), static_cast<float>(up),
                         static_cast<float>(ways[side] * dz)};
    }
    // The body is over the middle of the feet.
    pose.x = 0.5 * (ways[0] + ways[1]) * dx;
    pose.z = 0.5 * (ways[0] + ways[1]) * dz;
    return pose;
  });
}

}  // namespace pantomime::test
