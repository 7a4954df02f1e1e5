// Text for a frozen prior: a side network that reads a sentence and bends the prior towards it.
#pragma once

#include <vector>

#include "pantomime/conditions/label_adapter.h"
#include "pantomime/diffusion/denoiser.h"
#include "pantomime/diffusion/parameters.h"

namespace pantomime::conditions {

/// Sentences of a batch as an encoder says them.
struct TextBatch {
  at::Tensor states;  ///< [B, T, words] what each word piece means, zero where padded
  at::Tensor mask;    ///< [B, T] bool, true = real piece; all false: no text for this clip
};
/// From the states [T_i, words] of single sentences; an empty one stands for no text.
TextBatch text_batch(const std::vector<std::vector<float>>& states, int64_t words = 512);

/// Padded pieces score so much less than real ones, which is less than any weight that counts.
inline constexpr double kAwayFromPadding = 1e4;
/// What queries [N, W] or [B, N, W] read of pieces with keys and values [B, T, W], [B, N, W]:
/// softmax over the real pieces (mask [B, T]).
at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                  const at::Tensor& mask);

struct TextAdapterConfig {
  int64_t facts = 0;    ///< that a reader hears (text_reader.h)
  int64_t words = 512;  ///< numbers a word piece comes with
  int64_t width = 128;  ///< numbers a piece is read as
  int64_t code = 128;   ///< numbers that all facts together become
  int64_t rank = 16;    ///< of the low-rank changes, the same for all sentences
};

/// The facts that are heard in a sentence change shift, scale and gate of every layer, as a label
/// does (label_adapter.h): their codes are added, each as loud as it is sure. And every motion
/// token, asking from where it is in time, reads the pieces of the sentence itself (cross-attention
/// before the first layer), so that "then" has a meaning. Starts as no change.
class TextAdapter {
 public:
  TextAdapter(const TextAdapterConfig& config, const diffusion::DenoiserConfig& prior,
              uint64_t seed);

  /// Takes over what an adapter for labels knows: its label i is fact `facts[i]` (-1: none). Throws
  /// Error when it is for another prior or has a longer code or another rank.
  void start_from(const LabelAdapter& labels, const std::vector<int64_t>& facts);

  /// Steering for clips of `frames` [B] real frames among `padded` (a multiple of 4); heard [B,
  /// facts]. Clips without text get the prior's own estimate.
  diffusion::Steering steering(const at::Tensor& heard, const TextBatch& text,
                               const at::Tensor& frames, int64_t padded) const;

  const TextAdapterConfig& config() const { return config_; }
  diffusion::Parameters& parameters() { return parameters_; }
  const diffusion::Parameters& parameters() const { return parameters_; }

 private:
  TextAdapterConfig config_;
  diffusion::DenoiserConfig prior_;
  diffusion::Parameters parameters_;
};

}  // namespace pantomime::conditions
