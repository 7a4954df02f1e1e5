#include "pantomime/motion/dynamics.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/motion/contacts.h"
#include "pantomime/motion/fit_to_body.h"

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

namespace {

using Flat = std::array<float, 2>;  // x, z

float cross_of(Flat o, Flat a, Flat b) {
  return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
}

/// Metres from a point to the convex hull of others, 0 inside. Any pair of corners may be an edge,
/// any three a part of the inside: the few points of two feet need nothing cleverer.
float outside(Flat p, const std::vector<Flat>& corners) {
  float nearest = 1e9f;
  for (size_t i = 0; i < corners.size(); ++i)
    for (size_t k = i; k < corners.size(); ++k) {
      const Flat a = corners[i], b = corners[k];
      const float x = b[0] - a[0], z = b[1] - a[1], square = x * x + z * z;
      const float at =
          square > 0 ? std::clamp(((p[0] - a[0]) * x + (p[1] - a[1]) * z) / square, 0.0f, 1.0f) : 0;
      nearest = std::min(nearest, std::hypot(p[0] - a[0] - at * x, p[1] - a[1] - at * z));
      for (size_t m = k + 1; k > i && m < corners.size(); ++m) {
        const float u = cross_of(a, b, p), v = cross_of(b, corners[m], p),
                    w = cross_of(corners[m], a, p);
        if ((u >= 0 && v >= 0 && w >= 0) || (u <= 0 && v <= 0 && w <= 0)) return 0;
      }
    }
  return nearest;
}

}  // namespace

std::vector<float> overhang(const Clip& clip, const WorldPose& pose) {
  constexpr float kOn = 0.04f;    // metres over its rest height: still on the floor
  constexpr float kToes = 0.07f;  // metres from the ball of the foot to the tip of the shoe
  constexpr float kHeel = 0.06f;  // metres from the ankle back to the heel
  constexpr float kLow = 0.65f;   // of a leg's length
  const auto rest = rest_heights(clip.skeleton);
  const std::vector<Vec3> centres = body_centres(pose);
  const float lowest = kLow * leg_length(clip.skeleton);
  std::vector<float> out(clip.frame_count());
  for (size_t f = 0; f < out.size(); ++f) {
    const Vec3* at = &pose.positions[f * kJointCount];
    if (at[kPelvis].y < lowest) continue;
    std::vector<Flat> soles;
    for (const auto& [ankle, foot, heel, toe] :
         {std::array<size_t, 4>{kLeftAnkle, kLeftFoot, kLeftHeel, kLeftToe},
          {kRightAnkle, kRightFoot, kRightHeel, kRightToe}}) {
      const Vec3 along = at[foot] - at[ankle];
      const float size = std::max(std::hypot(along.x, along.z), 1e-3f);
      const float x = along.x / size, z = along.z / size;
      if (at[ankle].y < rest[heel] + kOn)
        soles.push_back({at[ankle].x - kHeel * x, at[ankle].z - kHeel * z});
      if (at[foot].y < rest[toe] + kOn)
        soles.push_back({at[foot].x + kToes * x, at[foot].z + kToes * z});
    }
    if (!soles.empty()) out[f] = outside({centres[f].x, centres[f].z}, soles);
  }
  return out;
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
