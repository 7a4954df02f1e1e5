// Recordings made from clean clips: what a sensor would have given.
#pragma once

#include <array>
#include <cmath>
#include <vector>

#include "pantomime/base/random.h"
#include "pantomime/motion/clip.h"
#include "pantomime/motion/point_set.h"

namespace pantomime::test {

/// A sensor's faults. Jitter is new in every frame; drift wanders slowly (first-order
/// autoregression). Both are standard deviations per axis, in metres, for a point of noise 1, and
/// half as large again for one of noise 2 and more.
struct SensorFaults {
  uint64_t seed = 1;
  float jitter = 0;
  float drift = 0;
  float drift_seconds = 0.5f;  ///< after which drift has forgotten 63 %
  float person = 0;            ///< how far offsets lie from the set's, in units of its spread
  /// Points are lost for so long, once in each stretch of `every` seconds: each by itself, or all
  /// points of a joint together. 0: never.
  float lost_seconds = 0;
  float every_seconds = 5;
  bool lost_by_joint = false;
  float lost_confidence = 0;  ///< of lost points; above 0 they stay where they were last seen
};

struct SyntheticPoints {
  motion::PointRecording recording;
  std::vector<motion::Vec3> clean;  ///< [F * P] where the points truly are, in our axes
  std::vector<bool> lost;           ///< [F * P]
};

/// The points of a set on a canonical clip. They are in the set's axes.
inline SyntheticPoints points_of(const motion::Clip& clip, const motion::PointSet& set,
                                 const SensorFaults& faults = {}) {
  using namespace motion;
  Random random(faults.seed);
  const WorldPose pose = forward_kinematics(clip);
  const Quat out_of_ours = conjugate(canonical_from(set.axes));
  const float size = approximate_stature(geometry_of(clip.skeleton.offsets)) /
                     approximate_stature(default_geometry());
  const auto normal = [&] { return static_cast<float>(random.normal()); };
  const size_t frames = clip.frame_count(), count = set.points.size();
  SyntheticPoints out;
  out.recording.fps = clip.fps;
  out.recording.positions.resize(3 * frames * count);
  out.recording.confidence.assign(frames * count, 1);
  out.clean.resize(frames * count);
  out.lost.assign(frames * count, false);
  if (faults.lost_seconds > 0) {
    const auto every = static_cast<size_t>(faults.every_seconds * static_cast<float>(clip.fps));
    const auto length = static_cast<size_t>(faults.lost_seconds * static_cast<float>(clip.fps));
    for (size_t p = 0; p < count; ++p) {
      const auto who = faults.lost_by_joint ? static_cast<uint64_t>(set.points[p].joint) : p;
      Random when(derive_seed(faults.seed, "lost", who));
      for (size_t begin = 0; begin + every <= frames; begin += every) {
        const size_t at = begin + when.below(static_cast<uint32_t>(every - length));
        for (size_t f = at; f < at + length; ++f) out.lost[f * count + p] = true;
      }
    }
  }
  const float keep = std::exp(-1 / (faults.drift_seconds * static_cast<float>(clip.fps)));
  const float renew = std::sqrt(1 - keep * keep);
  for (size_t p = 0; p < count; ++p) {
    const BodyPoint& point = set.points[p];
    const auto joint = static_cast<size_t>(point.joint);
    out.recording.names.push_back(point.name);
    const Vec3 offset =
        size * point.offset + faults.person * point.spread * Vec3{normal(), normal(), normal()};
    const float worse = point.noise >= 2 ? 1.5f : 1.0f;
    Vec3 drift = faults.drift * worse * Vec3{normal(), normal(), normal()}, last;
    for (size_t f = 0; f < frames; ++f) {
      const size_t at = f * kJointCount + joint, to = f * count + p;
      const Vec3 jitter = faults.jitter * worse * Vec3{normal(), normal(), normal()};
      drift = keep * drift + renew * faults.drift * worse * Vec3{normal(), normal(), normal()};
      out.clean[to] = pose.positions[at] + pose.rotations[at] * offset;
      Vec3 place = out_of_ours * (out.clean[to] + drift + jitter);
      if (out.lost[to]) {
        out.recording.confidence[to] = faults.lost_confidence;
        place = faults.lost_confidence > 0 ? last : Vec3{};
      }
      last = place;
      out.recording.positions[3 * to] = place.x;
      out.recording.positions[3 * to + 1] = place.y;
      out.recording.positions[3 * to + 2] = place.z;
    }
  }
  return out;
}

/// A person who swings arms and legs, bends and turns, within the limits of joints; the skeleton is
/// the default one times `size` with bones a little different left and right by `lopsided` metres.
inline motion::Clip human_clip(uint64_t seed, size_t frames, float size = 1, float lopsided = 0) {
  using namespace motion;
  Random random(seed);
  Geometry geometry = default_geometry();
  for (float& value : geometry) value *= size * static_cast<float>(random.uniform(0.92, 1.08));
  Clip clip;
  auto offsets = offsets_of(geometry);
  for (const Joint j : {kLeftKnee, kLeftAnkle}) offsets[j].y -= lopsided;
  for (const Joint j : {kLeftElbow, kLeftWrist}) offsets[j].x += lopsided;
  clip.skeleton = canonical_skeleton(offsets);
  /// Angle over time: middle, size, turns a second, phase.
  struct Swing {
    double middle = 0, size = 0, rate = 0, phase = 0;
    float at(double t) const {
      return static_cast<float>(middle + size * std::sin(2 * 3.14159265 * (rate * t + phase)));
    }
  };
  const auto swing = [&](double middle, double width) {
    return Swing{middle, width * random.uniform(0.5, 1), random.uniform(0.2, 0.9),
                 random.uniform(0, 1)};
  };
  struct Turn {
    Joint joint;
    std::array<Swing, 3> about;  ///< X, then Y, then Z
  };
  std::vector<Turn> turns;
  for (const Joint j : {kSpine1, kSpine2, kSpine3})
    turns.push_back({j, {swing(0.05, 0.12), swing(0, 0.1), swing(0, 0.08)}});
  for (const Joint j : {kNeck, kHead})
    turns.push_back({j, {swing(0, 0.2), swing(0, 0.3), swing(0, 0.1)}});
  for (const bool left : {true, false}) {
    const double s = left ? 1 : -1;
    const auto side = [&](Joint joint) {
      return left ? joint : static_cast<Joint>(kMirrorJoint[joint]);
    };
    turns.push_back(
        {side(kLeftHip), {swing(-0.5, 0.4), swing(0.1 * s, 0.15), swing(0.1 * s, 0.1)}});
    turns.push_back({side(kLeftKnee), {swing(0.8, 0.5), Swing{}, Swing{}}});
    turns.push_back({side(kLeftAnkle), {swing(0, 0.25), swing(0, 0.1), swing(0, 0.1)}});
    turns.push_back({side(kLeftCollar), {Swing{}, swing(0, 0.1), swing(0.1 * s, 0.1)}});
    turns.push_back(
        {side(kLeftShoulder), {swing(0, 0.3), swing(-0.3 * s, 0.4), swing(-0.9 * s, 0.4)}});
    turns.push_back({side(kLeftElbow), {Swing{}, swing(-0.9 * s, 0.6), Swing{}}});
    turns.push_back({side(kLeftWrist), {swing(0, 0.4), swing(0, 0.1), swing(0, 0.2)}});
  }
  const Swing heading = swing(0, 1.5), height = swing(0.9 * size, 0.1), along = swing(0, 1.2);
  for (size_t f = 0; f < frames; ++f) {
    const double t = static_cast<double>(f) / clip.fps;
    clip.root_positions.push_back({0.4f * along.at(t), height.at(t), along.at(t)});
    clip.rotations.insert(clip.rotations.end(), kJointCount, Quat{});
    clip.rotation(f, kPelvis) = from_axis_angle({0, 1, 0}, heading.at(t));
    for (const Turn& turn : turns)
      clip.rotation(f, turn.joint) = from_axis_angle({1, 0, 0}, turn.about[0].at(t)) *
                                     from_axis_angle({0, 1, 0}, turn.about[1].at(t)) *
                                     from_axis_angle({0, 0, 1}, turn.about[2].at(t));
  }
  return clip;
}

}  // namespace pantomime::test
