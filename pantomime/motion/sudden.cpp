#include "pantomime/motion/sudden.h"

#include <algorithm>

#include "pantomime/motion/signal.h"

namespace pantomime::motion {
namespace {

constexpr size_t kLongestStep = 3;  // steps in an impossible run
constexpr float kStill = 1e-5f;     // metres in a step

}  // namespace

std::vector<float> fastest_steps(const Clip& clip, const WorldPose& pose) {
  const size_t joints = clip.joint_count(), frames = clip.frame_count();
  std::vector<float> steps(frames > 0 ? frames - 1 : 0, 0.0f);
  for (size_t f = 0; f < steps.size(); ++f)
    for (size_t j = 0; j < joints; ++j)
      steps[f] = std::max(
          steps[f], length(pose.positions[(f + 1) * joints + j] - pose.positions[f * joints + j]));
  return steps;
}

std::vector<StepRun> impossible_runs(const std::vector<float>& steps, float limit) {
  std::vector<StepRun> runs;
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

std::vector<StepRun> frozen_runs(const std::vector<float>& steps, double fps) {
  const auto shortest = std::max<size_t>(static_cast<size_t>(kFrozenSeconds * fps), 2);
  std::vector<bool> still(steps.size());
  for (size_t f = 0; f < steps.size(); ++f) still[f] = steps[f] < kStill;
  std::vector<StepRun> runs;
  for (const Stretch& s : stretches(still, 0, shortest)) runs.push_back({s.first, s.last - 1});
  return runs;
}

std::vector<float> standing_out(const std::vector<float>& steps, size_t longest) {
  std::vector<float> out(steps.size(), 0.0f);
  for (size_t f = 0; f < steps.size(); ++f) {
    float inner = steps[f];
    for (size_t end = f + 1; end <= std::min(f + longest, steps.size()); ++end) {
      inner = std::min(inner, steps[end - 1]);
      const float before = f > 0 ? steps[f - 1] : 0, after = end < steps.size() ? steps[end] : 0;
      const float above = inner - std::max(before, after);
      for (size_t k = f; k < end; ++k) out[k] = std::max(out[k], above);
    }
  }
  return out;
}

bool begins_with_a_pose(const Clip& clip) {
  constexpr size_t kCompared = 7;   // steps after the first
  constexpr float kLarge = 0.087f;  // radians: 5 degrees, mean over the joints
  if (clip.frame_count() < kCompared + 2) return false;
  const auto mean_turn = [&](size_t f) {
    float sum = 0;
    for (size_t j = 0; j < clip.joint_count(); ++j)
      sum += angle_between(clip.rotation(f, j), clip.rotation(f + 1, j));
    return sum / static_cast<float>(clip.joint_count());
  };
  float largest = 0;
  for (size_t f = 1; f <= kCompared; ++f) largest = std::max(largest, mean_turn(f));
  return mean_turn(0) > std::max(kLarge, 2.5f * largest);
}

}  // namespace pantomime::motion
