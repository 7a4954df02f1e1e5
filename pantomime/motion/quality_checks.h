// Parts of check_quality(), apart so that each page stays short. For quality.cpp only.
#pragma once

#include <vector>

#include "pantomime/motion/quality.h"
#include "pantomime/motion/signal.h"

namespace pantomime::motion::checks {

/// A clip and what several checks need of it.
struct Subject {
  const Clip& clip;
  const QualityLimits& limits;
  WorldPose pose;
  std::vector<float> steps;      ///< [F - 1] metres of the quickest joint (sudden.h)
  std::vector<Vec3> centres;     ///< [F] of mass
  std::vector<float> clearance;  ///< [F] metres between the floor and the skin nearest to it

  size_t frames() const { return clip.frame_count(); }
  Vec3 at(size_t f, size_t j) const { return pose.positions[f * kJointCount + j]; }
};
Subject subject_of(const Clip& clip, const QualityLimits& limits);

/// Stretches of at least `shortest` of `frames` frames in which `flag(f)` holds.
template <typename Flag>
std::vector<Stretch> runs_of(size_t frames, size_t shortest, Flag flag) {
  std::vector<bool> flags(frames);
  for (size_t f = 0; f < frames; ++f) flags[f] = flag(f);
  return stretches(flags, 0, shortest);
}

/// A frame as findings count it.
inline int64_t whole(size_t f) {
  return static_cast<int64_t>(f);
}

// Each appends what it finds.
void sudden_steps(const Subject& s, std::vector<Finding>& out);  ///< teleports and flips
void shaking(const Subject& s, std::vector<Finding>& out);
void stillness(const Subject& s, std::vector<Finding>& out);  ///< frozen frames, dead joints
void floor_and_feet(const Subject& s, std::vector<Finding>& out);
void bones(const Subject& s, std::vector<Finding>& out);
void frame_rate(const Subject& s, std::vector<Finding>& out);

/// Vertical acceleration of the body's middle over frames [first, last), m/s² upwards, by a
/// parabola; with how badly it fits (rms residual over the parabola's height) and that height in
/// metres.
struct Fall {
  double acceleration = 0, misfit = 0, height = 0;
};
Fall fit_fall(const Subject& s, size_t first, size_t last);

}  // namespace pantomime::motion::checks
