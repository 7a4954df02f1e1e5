#include "pantomime/conditions/label_adapter.h"

#include <ATen/ATen.h>

#include "pantomime/base/error.h"
#include "pantomime/conditions/adapter_parts.h"

namespace pantomime::conditions {

using diffusion::Init;

LabelAdapter::LabelAdapter(const LabelAdapterConfig& config, const diffusion::DenoiserConfig& prior,
                           uint64_t seed)
    : config_(config), prior_(prior) {
  PANTOMIME_CHECK(config.labels > 0 && config.code > 0 && config.rank >= 0,
                  "label adapter: {} labels, {} numbers each, rank {}", config.labels, config.code,
                  config.rank);
  parameters_.add("code", {config.labels, config.code}, Init::Linear);
  add_bending(parameters_, prior, config.code, config.rank);
  parameters_.allocate(seed);
}

diffusion::Steering LabelAdapter::steering(const at::Tensor& labels) const {
  PANTOMIME_CHECK(labels.numel() == 0 || labels.max().item<int64_t>() < config_.labels,
                  "label adapter: label {}, there are {}", labels.max().item<int64_t>(),
                  config_.labels);
  return bend(parameters_, prior_, config_.rank,
              parameters_["code"].index_select(0, labels.clamp_min(0)),
              (labels >= 0).to(at::kFloat));
}

LabelGuidance::LabelGuidance(const LabelAdapter& adapter, at::Tensor labels, double scale,
                             double until)
    : LabelGuidance(adapter.steering(labels), scale, until) {}

LabelGuidance::LabelGuidance(diffusion::Steering steering, double scale, double until)
    : steering_(std::move(steering)), scale_(scale), until_(until) {
  for (diffusion::LowRank& change : steering_.low_rank) change.pack();
}

void LabelGuidance::contrast(diffusion::Steering contrary, double weight) {
  contrary_ = std::move(contrary);
  contrast_ = weight;
  for (diffusion::LowRank& change : contrary_.low_rank) change.pack();
}

at::Tensor LabelGuidance::guide(Call& call, const at::Tensor& estimate) {
  if (call.t < until_ && !estimate.defined() && !share_.defined())
    return call.steered_alone(steering_);
  const double scale = call.t < until_ ? 1 : scale_;
  const at::Tensor adapted = call.steered(steering_);
  const at::Tensor& plain = call.plain();
  at::Tensor push = scale * (adapted - plain);
  if (contrast_ > 0 && call.t >= until_)
    push += contrast_ * (adapted - call.steered_alone(contrary_));
  if (share_.defined()) push = push * share_;
  return estimate.defined() ? estimate + push : plain + push;
}

}  // namespace pantomime::conditions
