// Recordings brought into our axes and put into the order of a point set. Used by the pose solver.
#pragma once

#include <vector>

#include "pantomime/motion/point_recording.h"
#include "pantomime/motion/point_set.h"
#include "pantomime/motion/pose_problem.h"

namespace pantomime::motion {

/// Confidence below which a point is as good as missing.
inline constexpr float kLeastConfidence = 0.05f;

/// Points of a set that a recording has.
struct PointTracks {
  std::vector<size_t> points;         ///< [P] index in the set
  std::vector<Observation> observed;  ///< [F * P] weight: confidence
  size_t frames = 0;
  std::vector<std::string> unknown;  ///< names of the recording that the set doesn't have
  std::vector<std::string> absent;   ///< points of the set that the recording doesn't have
};

/// Throws Error naming the set when the recording has none of its points, two columns for one
/// point, or a place further than 10 km away.
PointTracks point_tracks(const PointRecording& recording, const PointSet& set);

/// Standard deviation of each point's jitter per axis, [P] metres: from differences of high order,
/// that motion hardly has (median over the frames; the smaller of third and fifth differences).
std::vector<double> jitter_of(const PointTracks& tracks);

/// Joints that turn because some of these points move with them, [22].
std::array<bool, kJointCount> turning_joints(const PointSet& set,
                                             const std::vector<size_t>& points);

}  // namespace pantomime::motion
