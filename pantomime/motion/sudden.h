// Steps between frames that come out of nothing: what mending and checking of recordings share.
#pragma once

#include <cstddef>
#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::motion {

/// No joint moves faster without speeding up first: a sprinter's foot reaches 20 m/s, but over
/// several frames. Metres per second.
inline constexpr float kImpossibleSpeed = 10.0f;
/// A body never rests so still that no joint moves 0.01 mm a frame, the last digit of most files;
/// for this long the recording itself stands still. Seconds.
inline constexpr double kFrozenSeconds = 0.3;

/// Steps [first, last] from frame `first` to frame `last + 1`.
struct StepRun {
  size_t first, last;
};

/// How far the quickest joint moves from frame f to f + 1, [F - 1] metres.
std::vector<float> fastest_steps(const Clip& clip, const WorldPose& pose);

/// Runs of at most three steps larger than `limit` while the steps before and after are less than
/// half as large as the largest of them: a fast kick speeds up over several frames, a flip does
/// not.
std::vector<StepRun> impossible_runs(const std::vector<float>& steps, float limit);

/// Runs of steps in which nothing moves, kFrozenSeconds or longer.
std::vector<StepRun> frozen_runs(const std::vector<float>& steps, double fps);

/// By how much each step stands out of its neighbourhood, [steps]: the smallest step of a run of
/// one to `longest` steps around it, minus the larger of the steps before and after the run; the
/// largest such number, at least 0. Zero for steady movement however fast.
std::vector<float> standing_out(const std::vector<float>& steps, size_t longest);

/// True when frame 0 is a pose put before the recording (a T-pose to check the rig by): all joints
/// turn at once to frame 1, though hands may stay below the impossible speed.
bool begins_with_a_pose(const Clip& clip);

}  // namespace pantomime::motion
