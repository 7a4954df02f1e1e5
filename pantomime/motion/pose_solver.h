// From points in space to a moving skeleton: joints of a depth sensor, keypoints, markers.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "pantomime/motion/body_fit.h"
#include "pantomime/motion/clip.h"

namespace pantomime::motion {

struct PoseOptions {
  /// Body of the person, from fit_body() over more of their recordings; without it is fitted to
  /// this one.
  std::optional<BodyFit> body;
  /// Axes of the recording where they aren't the set's: kCanonicalAxes when its reader has turned
  /// it already.
  std::optional<Axes> axes;
  float seen = 0.5f;      ///< confidence from which a joint counts as seen, for the report
  double smoothness = 1;  ///< 0.01 to 100; larger: smoother. 1 fits people
  int iterations = 12;    ///< at most, over all frames together
};

/// What was seen and what was made up.
struct PoseReport {
  /// Frames [first, first + count) in which none of a joint's own points was seen.
  struct Stretch {
    int joint = 0;
    size_t first = 0, count = 0;
  };
  struct Point {
    std::string name;
    float seen = 0;      ///< share of the frames, 0 to 1
    float rejected = 0;  ///< share of those in which it was too far off to be believed
    float jitter = 0;    ///< metres, standard deviation from frame to frame
    float misfit = 0;    ///< metres, root mean square distance from the solved body
  };

  std::vector<Point> points;                 ///< of the set, those the recording has
  std::vector<std::string> unknown;          ///< names of the recording that the set doesn't have
  std::vector<std::string> absent;           ///< points of the set that the recording doesn't have
  std::array<bool, kJointCount> measured{};  ///< the joint has points of its own; others follow
  std::vector<Stretch> bridged;     ///< by joint, then frame; low confidence and rejected count
  std::vector<Stretch> trunk_lost;  ///< frames without a trunk (joint: pelvis)
  int iterations = 0;               ///< the most that a stretch of frames took
};

struct PoseSolution {
  Clip clip;  ///< canonical, at the recording's rate, Y up; floor and heading as recorded
  BodyFit body;
  PoseReport report;
};

/// The motion that explains the points best: one skeleton for all frames, knees and elbows as
/// hinges, soft limits of joints, accelerations as people have them. Points weigh by their
/// confidence and by how well they fit (jitter and misfit); those far off hardly count. What is
/// missing is bridged by what its neighbours in the body and in time say, and reported. Memory and
/// time grow with the frames only (about 60 kB a frame in a window of 240).
/// Throws Error for recordings that are broken, empty, not of this set, or without a trunk.
PoseSolution solve_pose(const PointRecording& recording, const PointSet& set,
                        const PoseOptions& options = {});

}  // namespace pantomime::motion
