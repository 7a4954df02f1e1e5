#include "pantomime/library/mend.h"

#include <algorithm>
#include <vector>

namespace pantomime::library {
namespace {

using motion::Clip;
using motion::Vec3;

constexpr float kImpossibleSpeed = 10.0f;  // m/s
constexpr size_t kLongestStep = 3;         // steps in a run
constexpr double kRepairable = 0.15;       // seconds
constexpr double kFrozen = 0.3;            // seconds
constexpr float kStill = 1e-5f;            // metres in a step: below the last digit of any file

/// How far the quickest joint moves from frame f to f + 1, metres.
std::vector<float> steps_of(const Clip& clip) {
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  const size_t joints = clip.joint_count();
  std::vector<float> steps(clip.frame_count() - 1, 0.0f);
  for (size_t f = 0; f < steps.size(); ++f)
    for (size_t j = 0; j < joints; ++j)
      steps[f] = std::max(
          steps[f], length(pose.positions[(f + 1) * joints + j] - pose.positions[f * joints + j]));
  return steps;
}

/// True when frame 0 is a pose put before the recording (a T-pose to check the rig by): all joints
/// turn at once to frame 1, though hands may stay below the impossible speed.
bool begins_with_a_pose(const Clip& clip) {
  constexpr size_t kCompared = 7;   // steps after the first
  constexpr float kLarge = 0.087f;  // radians: 5 degrees, mean over the joints
  if (clip.frame_count() < kCompared + 2) return false;
  const auto mean_turn = [&](size_t f) {
    float sum = 0;
    for (size_t j = 0; j < clip.joint_count(); ++j)
      sum += motion::angle_between(clip.rotation(f, j), clip.rotation(f + 1, j));
    return sum / static_cast<float>(clip.joint_count());
  };
  float largest = 0;
  for (size_t f = 1; f <= kCompared; ++f) largest = std::max(largest, mean_turn(f));
  return mean_turn(0) > std::max(kLarge, 2.5f * largest);
}

/// Steps [first, last] of an impossible movement.
struct Run {
  size_t first, last;
};

std::vector<Run> impossible_runs(const std::vector<float>& steps, float limit) {
  std::vector<Run> runs;
  for (size_t f = 0; f < steps.size(); ++f) {
    if (steps[f] <= limit) continue;
    size_t last = f;
    while (last + 1 < steps.size() && steps[last + 1] > limit) ++last;
    const float peak = *std::max_element(&steps[f], &steps[last] + 1);
    const float before = f > 0 ? steps[f - 1] : 0;
    const float after = last + 1 < steps.size() ? steps[last + 1] : 0;
    if (last - f < kLongestStep && std::max(before, after) < peak / 2) runs.push_back({f, last});
    f = last;
  }
  return runs;
}

/// Frames (from, to) drawn anew between two good ones, if that leaves no impossible speed.
bool redraw(Clip& clip, size_t from, size_t to, float limit) {
  Clip drawn = motion::cut(clip, from, to - from + 1);
  const size_t joints = clip.joint_count(), count = to - from;
  for (size_t f = 1; f < count; ++f) {
    const float u = static_cast<float>(f) / static_cast<float>(count);
    drawn.root_positions[f] = motion::lerp(clip.root_positions[from], clip.root_positions[to], u);
    for (size_t j = 0; j < joints; ++j)
      drawn.rotation(f, j) = motion::slerp(clip.rotation(from, j), clip.rotation(to, j), u);
  }
  const std::vector<float> steps = steps_of(drawn);
  if (*std::max_element(steps.begin(), steps.end()) > limit) return false;
  for (size_t f = 1; f < count; ++f) {
    clip.root_positions[from + f] = drawn.root_positions[f];
    for (size_t j = 0; j < joints; ++j) clip.rotation(from + f, j) = drawn.rotation(f, j);
  }
  return true;
}

}  // namespace

Mended mend(const Clip& canonical) {
  Mended result{canonical, 0, 0, 0};
  Clip& clip = result.clip;
  if (clip.frame_count() < 3) return result;
  const auto fps = static_cast<float>(clip.fps);
  const float limit = kImpossibleSpeed / fps;
  std::vector<float> steps = steps_of(clip);
  const std::vector<Run> runs = impossible_runs(steps, limit);

  // cut_after[f]: frames f and f + 1 don't belong together.
  std::vector<bool> cut_after(steps.size(), false);
  cut_after[0] = begins_with_a_pose(clip);
  for (size_t r = 0; r < runs.size(); ++r) {
    // A run of several steps holds the bad frames itself; two runs have them between.
    size_t last = runs[r].last;
    const bool paired =
        r + 1 < runs.size() &&
        static_cast<double>(runs[r + 1].last - runs[r].first) <= kRepairable * clip.fps + 1;
    if (paired) last = runs[r + 1].last;
    if (last > runs[r].first && redraw(clip, runs[r].first, last + 1, limit)) {
      result.redrawn += last - runs[r].first;
      if (paired) ++r;
      continue;
    }
    for (size_t f = runs[r].first; f <= runs[r].last; ++f) cut_after[f] = true;
  }

  const auto frozen = static_cast<size_t>(kFrozen * clip.fps);
  for (size_t f = 0; f < steps.size(); ++f) {
    size_t end = f;
    while (end < steps.size() && steps[end] < kStill) ++end;
    if (end - f >= std::max<size_t>(frozen, 2))
      for (size_t k = f; k < end; ++k) cut_after[k] = true;
    f = std::max(f, end);
  }

  // The longest stretch of frames without a cut.
  size_t best_first = 0, best_count = 0;
  for (size_t first = 0, f = 0; f < clip.frame_count(); ++f) {
    if (f + 1 < clip.frame_count() && !cut_after[f]) continue;
    if (f + 1 - first > best_count) {
      best_first = first;
      best_count = f + 1 - first;
    }
    first = f + 1;
  }
  if (best_count < clip.frame_count()) {
    result.first = best_first;
    result.left_out = clip.frame_count() - best_count;
    clip = motion::cut(clip, best_first, best_count);
  }
  return result;
}

}  // namespace pantomime::library
