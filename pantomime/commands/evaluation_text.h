// The part of an evaluation about sentences: do motions show what was said?
#pragma once

#include <string>
#include <vector>

#include "pantomime/commands/evaluation_rows.h"
#include "pantomime/commands/performance.h"
#include "pantomime/metrics/text_judge.h"
#include "pantomime/training/text_data.h"
#include "pantomime/training/text_guide.h"

namespace pantomime::commands {

struct TextTrialOptions {
  int64_t clips = 256;  ///< sentences of held-out people, at most
  int64_t frames = 96;
  int steps = diffusion::SampleOptions{}.steps;
  std::string sampler = "dpm2m";
  double scale = -1;     ///< of the text guide; negative: its own
  double contrast = -1;  ///< of the text guide; negative: its own
  double probe = -1;     ///< strength of a probe; negative: its own
  uint64_t seed = 1;
  int tries = ActingOptions{}.tries;  ///< of the row in which numbers hold
  bool foot_lock = true;
  int threads = 0;
};

/// A line of the table; intervals are over random halves of the clips.
struct TextRow {
  std::string name;
  int64_t clips = 0;
  metrics::Interval top1, top2, top3, distance;  ///< retrieval.h, pools of 32
  metrics::Interval fid;        ///< in the text judge's space, against the real rows
  metrics::Interval diversity;  ///< 300 pairs without replacement, or what there is
  metrics::Interval words;      ///< share nearer to the sentence than to one with a word changed
  metrics::Interval skating, jerk;
  double ms = 0;  ///< a clip; 0: nothing was generated
};

struct TextPart {
  std::vector<TextRow> rows;
  /// Generated clips with their sentences, nearest to its sentence first.
  struct Told {
    std::string sentence;
    double distance = 0;
    at::Tensor clip;  ///< [F, D]
  };
  std::vector<Told> told;
};

struct NamedTextGuide {
  std::string name;  ///< "adapter", "free", …
  std::string hash;  ///< SHA-256 of its files
  training::TextGuide guide;
};

/// Real motion and its own sentences; the training window whose sentence is most like the one asked
/// for; samples of each guide; samples without a condition. TextPart::told is of the first guide.
/// Finished rows go to `kept`, and come from there.
TextPart evaluate_text(const TextTrialOptions& options, const training::Prior& prior,
                       const std::vector<NamedTextGuide>& guides, const metrics::TextJudge& judge,
                       const text::SentenceEncoder& encoder, const training::MotionData& train,
                       const training::MotionData& test, const KeptSets& kept, Context& context);

std::string to_markdown(const std::vector<TextRow>& rows);

}  // namespace pantomime::commands
