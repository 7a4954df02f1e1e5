// Points in space over time, as cameras, depth sensors and marker systems give them: no skeleton
// yet.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "pantomime/base/error.h"
#include "pantomime/motion/clip.h"

namespace pantomime::motion {

/// F frames of P named points (joints or markers), right-handed.
struct PointRecording {
  double fps = 30;                 ///< frames per second
  std::vector<std::string> names;  ///< [P]
  std::vector<float> positions;    ///< [F * P * 3] metres
  std::vector<float> confidence;   ///< [F * P] 0 to 1; 0: missing, its position means nothing

  size_t point_count() const { return names.size(); }
  size_t frame_count() const { return names.empty() ? 0 : confidence.size() / names.size(); }
  /// Throws Error when array sizes disagree, there are no points, a name is empty, fps is not in
  /// [1, 1000], a confidence is not in [0, 1], or a number is not finite.
  void validate() const {
    PANTOMIME_CHECK(!names.empty(), "points: no names");
    PANTOMIME_CHECK(fps >= 1 && fps <= 1000, "points: {} frames per second, expected 1 to 1000",
                    fps);
    PANTOMIME_CHECK(confidence.size() % names.size() == 0,
                    "points: {} confidences, expected a multiple of {}", confidence.size(),
                    names.size());
    PANTOMIME_CHECK(positions.size() == 3 * confidence.size(),
                    "points: {} coordinates, expected {}", positions.size(), 3 * confidence.size());
    for (const std::string& name : names)
      PANTOMIME_CHECK(!name.empty(), "points: a point without a name");
    for (const float value : confidence)
      PANTOMIME_CHECK(value >= 0 && value <= 1, "points: confidence {}, expected 0 to 1", value);
    for (const float value : positions)
      PANTOMIME_CHECK(std::isfinite(value), "points: a coordinate is not finite");
  }
};

/// The joints of a clip, all seen.
PointRecording points_of(const Clip& clip);

}  // namespace pantomime::motion
