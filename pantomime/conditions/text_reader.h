// What a sentence says about motion: a small network from the states of its pieces to facts.
#pragma once

#include <string>
#include <vector>

#include "pantomime/conditions/text_adapter.h"

namespace pantomime::conditions {

struct TextReaderConfig {
  int64_t words = 512;   ///< numbers a word piece comes with
  int64_t width = 128;   ///< numbers a piece is read as
  int64_t queries = 16;  ///< things that are asked of a whole sentence
  int64_t hidden = 256;
  int64_t facts = 0;  ///< library/facts.h, those that are common enough
};

/// The chance of each fact, given a sentence (attention of learned queries over the pieces, one
/// hidden layer). It learns from sentences and facts alone, no motion network in between, so in a
/// minute it knows left from right and once from twice, which an adapter that reads sentences
/// itself had not learnt after half an hour. What a sentence doesn't mention gets the chance it has
/// among motions that are told like that.
class TextReader {
 public:
  TextReader(const TextReaderConfig& config, uint64_t seed);

  /// Logits [B, facts]; without text those of no sentence, which mean nothing. Differentiable.
  at::Tensor logits(const TextBatch& text) const;
  /// Chances [B, facts] in (0, 1); zero for clips without text.
  at::Tensor heard(const TextBatch& text) const;

  const TextReaderConfig& config() const { return config_; }
  diffusion::Parameters& parameters() { return parameters_; }
  const diffusion::Parameters& parameters() const { return parameters_; }

 private:
  TextReaderConfig config_;
  diffusion::Parameters parameters_;
};

/// Who hears [B, facts] and changes each fact to its contrary `contrary` (index; itself: none):
/// chances of facts change places.
at::Tensor contrary_of(const at::Tensor& heard, const std::vector<int64_t>& contrary);

}  // namespace pantomime::conditions
