// Conditions put to the test on real clips of held-out people: is what was asked for done, and is
// it still motion? For `pantomime evaluate --only conditions`.
#pragma once

#include <string>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/commands/kept_sets.h"
#include "pantomime/diffusion/sampler.h"
#include "pantomime/metrics/keyframes.h"
#include "pantomime/metrics/report.h"
#include "pantomime/metrics/transitions.h"
#include "pantomime/training/completion_guide.h"
#include "pantomime/training/guide.h"
#include "pantomime/training/model_file.h"
#include "pantomime/training/motion_data.h"

namespace pantomime::commands {

struct TrialOptions {
  int64_t clips = 64;   ///< real clips that are taken from
  int64_t frames = 96;  ///< of each
  int steps = diffusion::SampleOptions{}.steps;
  diffusion::Method method = diffusion::Method::Ddpm;  ///< of ours
  int noise_rounds = 30;                               ///< where noise is looked for
  int tries = 4;  ///< as `generate`: beginnings that are looked at where a way is given
  uint64_t seed = 1;
  bool foot_lock = true;
  std::vector<std::string> tasks;           ///< those whose names begin so; empty: all
  std::vector<std::string> ways;            ///< the same, beside ours
  const training::Guide* labels = nullptr;  ///< for tasks with a label
  const training::CompletionGuide* completion = nullptr;  ///< what tells the prior; null: nothing
};

/// One line of the table: a task and a way to do it.
struct Trial {
  std::string task, method;
  int64_t clips = 0;
  metrics::Interval error_mm;   ///< of what was asked for, mean over clips; NaN: nothing is
  metrics::Interval error_deg;  ///< of directions; NaN: none is asked for
  double worst_mm = 0;          ///< the largest
  /// Of places and goals, by clip (keyframes.h); mean_m is NaN when the task has none.
  metrics::KeyframeErrors keyframes;
  metrics::Interval rest_mm;    ///< joints in frames that were free, to those of the real clip
  metrics::Transitions seams;   ///< NaN without seams
  metrics::SetNumbers numbers;  ///< FID, skating, jerk and so on
  double ms = 0;                ///< a clip, in batches of 16, with foot lock and settling
};

/// All tasks in all ways; the first lines are real motion and motion without a condition. `kept` is
/// about the prior and its guides; finished lines go there, and come from there.
std::vector<Trial> condition_trials(const training::Prior& prior, const metrics::Judge& judge,
                                    const training::MotionData& test, const TrialOptions& options,
                                    const KeptSets& kept, Progress& progress);

std::string to_markdown(const std::vector<Trial>& trials);

}  // namespace pantomime::commands
