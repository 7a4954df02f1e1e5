// Sentences that differ in one word, and whether motion that is told them differs in just that:
// what was said is measured on the motion itself, no network in between. For `pantomime evaluate
// --only pairs`.
#pragma once

#include <string>
#include <vector>

#include "pantomime/commands/performance.h"

namespace pantomime::commands {

/// What became of a pair.
struct PairResult {
  std::string one, other;  ///< the sentences
  std::string measured;    ///< what tells them apart, with its unit
  double mean_one = 0, mean_other = 0;
  int64_t right = 0, clips = 0;  ///< clips whose measure is on their sentence's side
  int64_t tries = 0;             ///< clips that were made for these
};

struct PairOptions {
  int64_t clips = 16;  ///< of each sentence
  int64_t frames = 0;  ///< 0: what suits the sentence
  ActingOptions acting;
};

/// Made as `pantomime generate --text` makes them, by one plain body.
std::vector<PairResult> sentence_pairs(const training::Prior& prior,
                                       const training::TextGuide& guide, const PairOptions& options,
                                       Context& context);

std::string to_markdown(const std::vector<PairResult>& pairs);

}  // namespace pantomime::commands
