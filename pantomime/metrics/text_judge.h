// The judge of text: puts motions and sentences into one space, where what belongs together is
// near. Trained on real motion and its sentences only (training/text_judge_trainer.h); it sees
// joint positions and nothing else of a motion, so channels that don't move a body can't please it
// (HumanML3D's evaluator reads velocities and rotations that need not fit the positions). It never
// guides anything.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "pantomime/metrics/judge.h"

namespace pantomime::metrics {

struct TextJudgeConfig {
  int64_t width = 128;    ///< channels of the motion's side (judge.h, convolution)
  int64_t blocks = 6;     ///< of it
  int64_t words = 512;    ///< numbers a word piece comes with (text/sentence_encoder.h)
  int64_t reading = 128;  ///< numbers a piece is read as
  int64_t queries = 4;    ///< places in a sentence that are looked at
  int64_t space = 128;    ///< d, size of the common space

  bool operator==(const TextJudgeConfig&) const = default;
};

/// Name and shape of every tensor: "motion." and those of judge.h, "text." and those of the reader.
std::vector<std::pair<std::string, std::vector<int64_t>>> text_judge_shapes(
    const TextJudgeConfig& config);

/// Unit vectors [B, d] of motions as the judge sees them: judge_input() [B, F, 133] and mask [B,
/// F].
at::Tensor embed_motion(const TextJudgeConfig& config, const JudgeWeights& weights,
                        const at::Tensor& input, const at::Tensor& mask);
/// Unit vectors [B, d] of sentences: states [B, T, words] and mask [B, T] bool, true = real piece,
/// at least one a row.
at::Tensor embed_sentence(const TextJudgeConfig& config, const JudgeWeights& weights,
                          const at::Tensor& states, const at::Tensor& mask);

/// Sentences' states [T_i * words] padded to one batch and its mask. Throws Error for an empty
/// sentence or a length that is no multiple of `words`.
std::pair<at::Tensor, at::Tensor> pad_sentences(const std::vector<std::vector<float>>& states,
                                                int64_t words);

/// A trained judge of text.
struct TextJudge {
  TextJudgeConfig config;
  JudgeWeights weights;
  std::string licence;  ///< of the weights
  std::string recipe;   ///< JSON: seed, steps, data
  std::string hash;     ///< SHA-256 of the file it was read from; empty before

  /// [N, d] of clips [F_i, D] (features/features.h, real units), in batches. No gradient.
  at::Tensor motions(const std::vector<at::Tensor>& clips) const;
  /// [N, d] of sentences as the encoder says them (text::Sentence::states).
  at::Tensor sentences(const std::vector<std::vector<float>>& states) const;
};

}  // namespace pantomime::metrics
