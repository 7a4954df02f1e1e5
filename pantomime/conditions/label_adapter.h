// Labels for a frozen prior: a small side network that bends the prior towards an action.
#pragma once

#include <string>
#include <vector>

#include "pantomime/conditions/condition.h"
#include "pantomime/diffusion/parameters.h"

namespace pantomime::conditions {

struct LabelAdapterConfig {
  int64_t labels = 0;
  int64_t code = 64;  ///< numbers per label
  int64_t rank = 16;  ///< of the low-rank changes; 0: none
};

/// What a label changes in the denoiser: shift, scale and gate of every layer, and a low-rank
/// change of every product that is the same for all labels. Starts as no change. The prior itself
/// stays as it is, so other labels need only another adapter (minutes of training).
class LabelAdapter {
 public:
  LabelAdapter(const LabelAdapterConfig& config, const diffusion::DenoiserConfig& prior,
               uint64_t seed);

  /// Steering for labels [B] int64 (index; -1 gives the unconditional estimate of this clip).
  diffusion::Steering steering(const at::Tensor& labels) const;

  const LabelAdapterConfig& config() const { return config_; }
  diffusion::Parameters& parameters() { return parameters_; }
  const diffusion::Parameters& parameters() const { return parameters_; }

 private:
  LabelAdapterConfig config_;
  diffusion::DenoiserConfig prior_;
  diffusion::Parameters parameters_;
};

/// estimate = plain + scale (adapted - plain): guidance without a classifier, from two estimates of
/// the same frozen prior (Ho & Salimans 2022 do it with one network trained for both). The same
/// formula serves a network that was trained with label dropout ("free"): give it as the prior.
///
/// Where t is below `until`, the adapted estimate alone is used: there the action is settled, and
/// pushing further only costs a second pass and realism (Kynkaanniemi et al. 2024, "Applying
/// Guidance in a Limited Interval").
class LabelGuidance : public Condition {
 public:
  LabelGuidance(const LabelAdapter& adapter, at::Tensor labels, double scale, double until = 0);
  /// The same for any adapter's steering, for example a text's.
  LabelGuidance(diffusion::Steering steering, double scale, double until = 0);
  /// Pushes away from the contrary, too: + weight (adapted - what `contrary` says), where t is not
  /// below `until`. A second low-rank pass a step.
  void contrast(diffusion::Steering contrary, double weight);
  /// Only so much of the push: [B or 1, 1, D]; several guides can share a body like that.
  void share(at::Tensor share) { share_ = std::move(share); }
  at::Tensor guide(Call& call, const at::Tensor& estimate) override;

 private:
  diffusion::Steering steering_, contrary_;
  at::Tensor share_;
  double scale_, until_, contrast_ = 0;
};

}  // namespace pantomime::conditions
