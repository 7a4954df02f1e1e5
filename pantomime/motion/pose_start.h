// First guesses of poses, in closed form, for the pose solver to start from.
#pragma once

#include <vector>

#include "pantomime/motion/pose_problem.h"

namespace pantomime::motion {

/// First poses [F]. The trunk is laid on its points as a rigid body; limbs follow the centres that
/// their points suggest, knees and elbows bent the human way where a limb is nearly straight.
/// Joints and frames without enough points turn evenly between those with; `known` [F] tells in
/// which frames the trunk was found. Throws Error when it is found in none.
std::vector<Pose> first_poses(const PoseProblem& problem, std::vector<bool>* known = nullptr);

}  // namespace pantomime::motion
