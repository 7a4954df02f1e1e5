// Solves the poses of many frames together. Used by the pose solver.
#pragma once

#include <vector>

#include "pantomime/motion/pose_problem.h"

namespace pantomime::motion {

struct SmootherOptions {
  int alone = 4;          ///< iterations of each frame alone, held lightly at its first pose
  int together = 12;      ///< iterations of all frames together, at most
  double enough = 1e-4;   ///< share by which the cost must fall to go on
  double nothing = 0.05;  ///< or by so much a frame: half a squared deviation of one unknown is 0.5
  size_t window = 240;    ///< frames that are solved together
  size_t overlap = 24;    ///< of these, so many at the end are solved again in the next window
};

/// Cost of frames [first, last) and their motion, with up to two fixed frames before.
double motion_cost(const PoseProblem& problem, const std::vector<Pose>& poses, size_t first,
                   size_t last);

/// Brings poses [F] to the (nearest) least cost: Levenberg-Marquardt with a block-banded Cholesky.
/// Returns the most iterations that a window took.
int smooth_poses(const PoseProblem& problem, std::vector<Pose>& poses,
                 const SmootherOptions& options = {});

}  // namespace pantomime::motion
