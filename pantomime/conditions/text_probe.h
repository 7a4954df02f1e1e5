// Sentences by a small network that puts them and the prior's own hidden states into one space.
#pragma once

#include "pantomime/conditions/probe.h"
#include "pantomime/conditions/text_adapter.h"

namespace pantomime::conditions {

struct TextProbeConfig {
  int64_t words = 512;  ///< numbers a word piece comes with
  int64_t width = 128;  ///< numbers a piece is read as
  int64_t queries = 8;  ///< things that are asked of a whole sentence
  int64_t hidden = 256;
  int64_t space = 64;                       ///< numbers of a place in the space
  std::vector<int64_t> layers = {3, 5, 7};  ///< of the prior whose tokens are read
};

/// Places of noised clips and of sentences on one sphere, learnt so that a clip is nearest to what
/// is said about it (contrastive, both ways; Oord et al. 2018, "InfoNCE"). The product of two
/// places, times a sharpness, is then the log of how much likelier the sentence is with the motion
/// than without, up to a constant, so its gradient is that of log p(sentence | x_t).
class TextProbe {
 public:
  TextProbe(const TextProbeConfig& config, const diffusion::DenoiserConfig& prior, uint64_t seed);

  /// Places [B, space] of length 1 of what pooled() says of noised clips [B, pooled_size()].
  at::Tensor motions(const at::Tensor& pooled) const;
  /// Places [B, space] of length 1; zero for clips without text.
  at::Tensor sentences(const TextBatch& text) const;

  const TextProbeConfig& config() const { return config_; }
  diffusion::Parameters& parameters() { return parameters_; }
  const diffusion::Parameters& parameters() const { return parameters_; }

 private:
  TextProbeConfig config_;
  diffusion::Parameters parameters_;
};

/// Both ways, with the sharpness it was learnt with: of the batch's sentences, which is the
/// motion's; of its motions, which is the sentence's. same [B, B] bool: rows whose sentences say
/// the same are no rivals.
at::Tensor contrastive_loss(const at::Tensor& motions, const at::Tensor& sentences,
                            const at::Tensor& same, double sharpness);

/// Steers uphill to the sentence: sharpness x product of the two places.
class TextProbeGuidance : public Condition {
 public:
  /// `towards` [B, space]: places of the sentences; minus those of their contraries pushes from one
  /// to the other.
  TextProbeGuidance(const TextProbe& probe, const diffusion::Denoiser& prior, at::Tensor towards,
                    double sharpness, double scale, double limit = 0.3);
  at::Tensor guide(Call& call, const at::Tensor& estimate) override;

 private:
  const TextProbe& probe_;
  const diffusion::Denoiser& prior_;
  at::Tensor towards_;
  double sharpness_, scale_, limit_;
};

}  // namespace pantomime::conditions
