// Acts one after another put to the test: are transitions as smooth as acts, is every act what was
// asked for, does memory stay? For `pantomime evaluate --only timeline`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/commands/kept_sets.h"
#include "pantomime/diffusion/sampler.h"
#include "pantomime/metrics/report.h"
#include "pantomime/metrics/transitions.h"
#include "pantomime/training/completion_guide.h"
#include "pantomime/training/guide.h"
#include "pantomime/training/motion_data.h"

namespace pantomime::commands {

struct TimelineOptions {
  int64_t clips = 8;
  std::vector<std::string> acts = {"walk", "stand idle", "squat", "run",     "hop",
                                   "kick", "reach",      "dance", "pick up", "sit down"};
  double seconds = 6;         ///< of each act
  double long_seconds = 600;  ///< of the clip whose memory is measured
  int steps = diffusion::SampleOptions{}.steps;
  uint64_t seed = 1;
  bool foot_lock = true;
  const training::CompletionGuide* completion = nullptr;  ///< null: none
};

/// Third differences around seams and around the middle of acts (metrics::transition_jerk, windows
/// of one second), and what the judge calls each act.
struct TimelineNumbers {
  struct Jerk {
    std::string where;
    metrics::Transitions at;
  };
  int64_t clips = 0;
  std::vector<Jerk> jerks;  ///< real motion, within acts, at transitions
  struct Act {
    std::string label;
    double right = 0;              ///< share of clips; NaN when the judge doesn't know it
    std::string taken_for;         ///< what it is called most often when not that
    double skating = 0, jerk = 0;  ///< means
  };
  std::vector<Act> acts;
  metrics::Interval accuracy;  ///< over all acts that the judge knows
  double ms_a_second = 0;      ///< of motion, all clips in one batch
  double short_seconds = 0, long_seconds = 0;
  double short_mb = 0, long_mb = 0;  ///< largest memory while one clip is made; 0: not known
};

/// `kept` is about the prior and its guides; clips go there, and come from there.
TimelineNumbers evaluate_timeline(const training::Prior& prior, const training::Guide& guide,
                                  const metrics::Judge& judge, const training::MotionData& test,
                                  const TimelineOptions& options, const KeptSets& kept,
                                  Progress& progress);

std::string to_markdown(const TimelineNumbers& numbers);

}  // namespace pantomime::commands
