// How long a person's bones are and where on the body the points of a recording sit.
#pragma once

#include <array>
#include <vector>

#include "pantomime/motion/point_recording.h"
#include "pantomime/motion/point_set.h"

namespace pantomime::motion {

/// What stays the same over all recordings of one person with one set of points.
struct BodyFit {
  std::array<Vec3, kJointCount> offsets{};  ///< bones in the canonical rest pose, metres
  std::vector<Vec3> point_offsets;  ///< [P of the set] metres, in the frame of the point's joint
  /// [P of the set] metres: standard deviation per axis of what keeps points from the rigid body;
  /// at least what all points together have (times the set's noise), 0: never seen.
  std::vector<float> misfit;
  float scale = 1;    ///< size against default_geometry()
  size_t frames = 0;  ///< frames that were looked at
};

struct BodyFitOptions {
  size_t frames = 40;   ///< spread over the recordings
  int iterations = 16;  ///< at most
};

/// Bones and point offsets that fit best, together with the poses of some frames: Gauss-Newton with
/// the poses eliminated (Schur complement). Bones stay near those of an adult of this size (12 %)
/// and left near right (4 mm) where the points don't say otherwise; offsets stay within `spread`.
/// Throws Error when no point of the set is there, the trunk is never seen, or the body comes out
/// smaller than 0.4 m or taller than 4 m.
BodyFit fit_body(const std::vector<const PointRecording*>& recordings, const PointSet& set,
                 const BodyFitOptions& options = {});

}  // namespace pantomime::motion
