// Where the points of a sensor or a marker system sit on the canonical skeleton.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/axes.h"
#include "pantomime/motion/point_recording.h"
#include "pantomime/motion/skeleton.h"

namespace pantomime::motion {

/// One point of a set. It moves rigidly with a canonical joint: at the joint, plus an offset in the
/// joint's frame.
struct BodyPoint {
  std::string name;
  std::vector<std::string> aliases;  ///< other names of the same point
  int joint = 0;                     ///< canonical joint whose frame carries it
  Vec3 offset;  ///< metres in the rest pose (T-pose), for a body of default_geometry(); grows with
                ///< the body
  float spread = 0;  ///< metres (standard deviation) by which a person's offset may differ from
                     ///< that; it is then estimated. 0: exactly there
  float noise = 1;   ///< how many times worse than the set's other points it is measured
};

/// A family of recordings. Filled from a TOML file (formats/point_set_file.h); docs/POSE_SOLVER.md
/// tells how to write one.
struct PointSet {
  std::string name;
  Axes axes;  ///< up of the recording; forward only fixes which way its other axes go
  std::vector<BodyPoint> points;

  /// Point called `name` (itself or an alias), or -1.
  int find(std::string_view name) const;
  /// Throws Error for an empty set, a name used twice (aliases too), a joint that isn't canonical,
  /// or numbers out of range: offset up to 1 m, spread 0 to 0.3 m, noise 0.1 to 100.
  void validate() const;
};

/// How well a set fits names of points.
struct PointMatch {
  size_t known = 0;     ///< names that are points of the set
  size_t expected = 0;  ///< points of the set
};
PointMatch match(const PointSet& set, const std::vector<std::string>& names);

/// The set that knows most of the names; of equals the one with the fewest other points, then the
/// first. Throws Error naming `what` and the nearest set when none knows at least three quarters of
/// the names.
const PointSet& recognise(const std::vector<std::string>& names, const std::vector<PointSet>& sets,
                          const std::string& what);

}  // namespace pantomime::motion
