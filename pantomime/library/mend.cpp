#include "pantomime/library/mend.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "pantomime/motion/sudden.h"

namespace pantomime::library {
namespace {

using motion::Clip;
using motion::Defect;
using motion::Finding;
using motion::StepRun;

constexpr double kRepairable = 0.15;  // seconds

std::vector<float> steps_of(const Clip& clip) {
  return motion::fastest_steps(clip, motion::forward_kinematics(clip));
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

Finding mended(Defect defect, double measured, const char* measure) {
  return {.defect = defect,
          .severity = motion::Severity::kMended,
          .measured = measured,
          .high = defect == Defect::kFrozen ? motion::kFrozenSeconds : motion::kImpossibleSpeed,
          .measure = measure};
}

}  // namespace

Mended mend(const Clip& canonical) {
  Mended result{canonical, 0, 0, 0, {}};
  Clip& clip = result.clip;
  if (clip.frame_count() < 3) return result;
  const auto fps = static_cast<float>(clip.fps);
  const float limit = motion::kImpossibleSpeed / fps;
  const std::vector<float> steps = steps_of(clip);
  const std::vector<StepRun> runs = motion::impossible_runs(steps, limit);
  const auto speed_of = [&](size_t first, size_t last) {
    return static_cast<double>(*std::max_element(&steps[first], &steps[last] + 1) * fps);
  };
  const auto note = [&](Finding finding, size_t first, size_t last) {
    finding.first = static_cast<int64_t>(first);
    finding.last = static_cast<int64_t>(last);
    result.findings.push_back(std::move(finding));
  };

  // cuts[f]: frames f and f + 1 don't belong together, and why.
  std::vector<std::optional<Finding>> cuts(steps.size());
  if (motion::begins_with_a_pose(clip))
    cuts[0] = mended(Defect::kTeleport, speed_of(0, 0), "speed from a pose put before, m/s");
  for (size_t r = 0; r < runs.size(); ++r) {
    // A run of several steps holds the bad frames itself; two runs have them between.
    const size_t first = runs[r].first;
    size_t last = runs[r].last;
    const bool paired = r + 1 < runs.size() &&
                        static_cast<double>(runs[r + 1].last - first) <= kRepairable * clip.fps + 1;
    if (paired) last = runs[r + 1].last;
    const Finding jump =
        mended(Defect::kTeleport, speed_of(first, last), "speed out of nothing, m/s");
    if (last > first && redraw(clip, first, last + 1, limit)) {
      result.redrawn += last - first;
      note(jump, first + 1, last + 1);
      if (paired) ++r;
      continue;
    }
    for (size_t f = first; f <= runs[r].last; ++f) cuts[f] = jump;
  }
  for (const StepRun& run : motion::frozen_runs(steps, clip.fps))
    for (size_t f = run.first; f <= run.last; ++f)
      cuts[f] = mended(Defect::kFrozen, static_cast<double>(run.last - run.first + 1) / clip.fps,
                       "standstill, s");

  // The longest stretch of frames without a cut.
  size_t best_first = 0, best_count = 0;
  for (size_t first = 0, f = 0; f < clip.frame_count(); ++f) {
    if (f + 1 < clip.frame_count() && !cuts[f]) continue;
    if (f + 1 - first > best_count) {
      best_first = first;
      best_count = f + 1 - first;
    }
    first = f + 1;
  }
  if (best_count < clip.frame_count()) {
    result.first = best_first;
    result.left_out = clip.frame_count() - best_count;
    const size_t end = best_first + best_count;
    if (best_first > 0) note(*cuts[best_first - 1], 0, best_first);
    if (end < clip.frame_count()) note(*cuts[end - 1], end, clip.frame_count());
    clip = motion::cut(clip, best_first, best_count);
  }
  return result;
}

std::vector<Finding> on_clip(const Mended& recording, int64_t clip_frames) {
  const double rate = motion::kFps / recording.clip.fps;
  const auto begin = static_cast<double>(recording.first);
  const auto good = static_cast<double>(recording.first + recording.clip.frame_count());
  std::vector<Finding> found = recording.findings;
  for (Finding& f : found) {
    const auto first = static_cast<double>(f.first), last = static_cast<double>(f.last);
    if (last <= begin) {
      f.first = static_cast<int64_t>(std::floor((first - begin) * rate));
      f.last = 0;
    } else if (first >= good) {
      f.first = clip_frames;
      f.last = clip_frames + static_cast<int64_t>(std::ceil((last - first) * rate));
    } else {
      f.first = std::clamp<int64_t>(static_cast<int64_t>(std::floor((first - begin) * rate)), 0,
                                    clip_frames - 1);
      f.last = std::clamp<int64_t>(static_cast<int64_t>(std::ceil((last - begin) * rate)),
                                   f.first + 1, clip_frames);
    }
  }
  return found;
}

}  // namespace pantomime::library
