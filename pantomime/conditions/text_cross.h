// Sentences for a network that is trained with them: every layer reads the pieces itself.
#pragma once

#include "pantomime/conditions/text_adapter.h"

namespace pantomime::conditions {

struct TextCrossConfig {
  int64_t words = 512;  ///< numbers a word piece comes with
  int64_t width = 128;  ///< of queries, keys and values, over as many heads as the network has
};

/// The usual way to make a network follow text, for the comparison: in every layer motion tokens
/// read the pieces of the sentence (cross-attention), and the mean of the pieces is added to the
/// embedding of the time. The network learns along, with the sentences of some clips hidden, so
/// that it can be sampled with classifier-free guidance (Ho & Salimans 2022). Starts as no change.
class TextCross {
 public:
  TextCross(const TextCrossConfig& config, const diffusion::DenoiserConfig& network, uint64_t seed);

  /// Clips without text get the network's own estimate.
  diffusion::Steering steering(const TextBatch& text) const;

  const TextCrossConfig& config() const { return config_; }
  diffusion::Parameters& parameters() { return parameters_; }
  const diffusion::Parameters& parameters() const { return parameters_; }

 private:
  TextCrossConfig config_;
  diffusion::DenoiserConfig network_;
  diffusion::Parameters parameters_;
};

}  // namespace pantomime::conditions
