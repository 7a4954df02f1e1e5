#include "pantomime/motion/dynamics.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/motion/contacts.h"

namespace pantomime::motion {

std::vector<Vec3> body_centres(const WorldPose& pose) {
  // Shares of the mass; they add up to 1.
  constexpr std::array<float, kJointCount> kMass = {
      0.130f, 0.000f, 0.000f, 0.111f, 0.093f, 0.093f, 0.111f, 0.046f, 0.046f, 0.111f,  0.009f,
      0.009f, 0.019f, 0.019f, 0.019f, 0.055f, 0.028f, 0.028f, 0.019f, 0.019f, 0.0175f, 0.0175f};
  std::vector<Vec3> centres(pose.positions.size() / kJointCount);
  for (size_t f = 0; f < centres.size(); ++f)
    for (size_t j = 0; j < kJointCount; ++j)
      centres[f] += kMass[j] * pose.positions[f * kJointCount + j];
  return centres;
}

std::vector<float> floor_clearance(const Clip& clip, const WorldPose& pose) {
  // Metres from a joint to the skin under it; wrists have hands, feet are as their rest heights.
  std::array<float, kJointCount> thickness = {
      0.12f, 0.10f, 0.10f, 0.12f, 0.06f, 0.06f, 0.12f, 0.08f, 0.08f, 0.12f, 0.02f,
      0.02f, 0.07f, 0.10f, 0.10f, 0.10f, 0.07f, 0.07f, 0.05f, 0.05f, 0.10f, 0.10f};
  const auto rest = rest_heights(clip.skeleton);
  thickness[kLeftAnkle] = rest[kLeftHeel];
  thickness[kRightAnkle] = rest[kRightHeel];
  std::vector<float> clearance(clip.frame_count());
  for (size_t f = 0; f < clearance.size(); ++f) {
    const Vec3* at = &pose.positions[f * kJointCount];
    clearance[f] = at[0].y - thickness[0];
    for (size_t j = 1; j < kJointCount; ++j)
      clearance[f] = std::min(clearance[f], at[j].y - thickness[j]);
  }
  return clearance;
}

Dynamics dynamics_of(const Clip& clip) {
  PANTOMIME_CHECK(clip.joint_count() == kJointCount && clip.moving_joints.empty(),
                  "dynamics: {} joints, expected a canonical clip of {}", clip.joint_count(),
                  kJointCount);
  constexpr size_t kReach = 2;     // frames before and after, so that noise counts little
  constexpr float kOff = 0.04f;    // metres: feet roll and soles are thick
  constexpr float kFalls = -5.0f;  // m/s²; standing on something unseen has 0
  const WorldPose pose = forward_kinematics(clip);
  const std::vector<Vec3> centre = body_centres(pose);
  const std::vector<float> clearance = floor_clearance(clip, pose);
  const size_t frames = clip.frame_count();
  Dynamics d;
  d.acceleration.resize(frames);
  d.speed.resize(frames);
  d.flies.resize(frames);
  if (frames <= 2 * kReach) return d;
  const auto fps = static_cast<float>(clip.fps);
  for (size_t f = 0; f < frames; ++f) {
    const size_t m = std::clamp(f, kReach, frames - 1 - kReach);
    const Vec3 before = centre[m - kReach], after = centre[m + kReach];
    const Vec3 a = (fps * fps / (kReach * kReach)) * ((before - centre[m]) + (after - centre[m]));
    const Vec3 v = (fps / (2 * kReach)) * (after - before);
    d.acceleration[f] = length(a);
    d.speed[f] = std::hypot(v.x, v.z);
    d.flies[f] = clearance[f] > kOff && a.y < kFalls;
  }
  return d;
}

}  // namespace pantomime::motion
