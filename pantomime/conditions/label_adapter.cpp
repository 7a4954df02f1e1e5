#include "pantomime/conditions/label_adapter.h"

#include <ATen/ATen.h>

#include <array>

#include "pantomime/base/error.h"

namespace pantomime::conditions {

using diffusion::Init;

LabelAdapter::LabelAdapter(const LabelAdapterConfig& config, const diffusion::DenoiserConfig& prior,
                           uint64_t seed)
    : config_(config), prior_(prior) {
  PANTOMIME_CHECK(config.labels > 0 && config.code > 0 && config.rank >= 0,
                  "label adapter: {} labels, {} numbers each, rank {}", config.labels, config.code,
                  config.rank);
  const int64_t c = prior.width, hidden = prior.expansion * c;
  parameters_.add("code", {config.labels, config.code}, Init::Linear);
  parameters_.add("embedding.weight", {c, config.code}, Init::Zero);
  parameters_.add("modulation.weight", {prior.layers * 6 * c, config.code}, Init::Zero);
  if (config.rank > 0) {
    // in, out of a layer's qkv, attended, up and down products
    const std::array<std::pair<int64_t, int64_t>, 4> sizes = {
        {{c, 3 * c}, {c, c}, {c, hidden}, {hidden, c}}};
    for (int64_t l = 0; l < prior.layers; ++l) {
      for (size_t i = 0; i < sizes.size(); ++i) {
        const std::string name = fmt::format("layer.{}.{}.", l, i);
        parameters_.add(name + "a", {config.rank, sizes[i].first}, Init::Linear);
        parameters_.add(name + "b", {sizes[i].second, config.rank}, Init::Zero);
      }
    }
  }
  parameters_.allocate(seed);
}

diffusion::Steering LabelAdapter::steering(const at::Tensor& labels) const {
  const at::Tensor known = (labels >= 0).to(at::kFloat).unsqueeze(1);  // [B, 1]
  PANTOMIME_CHECK(labels.numel() == 0 || labels.max().item<int64_t>() < config_.labels,
                  "label adapter: label {}, there are {}", labels.max().item<int64_t>(),
                  config_.labels);
  const at::Tensor code =
      parameters_["code"].index_select(0, labels.clamp_min(0)) * known;  // [B, code]
  diffusion::Steering steering;
  steering.embedding = at::linear(code, parameters_["embedding.weight"]);
  steering.modulation = at::linear(code, parameters_["modulation.weight"])
                            .view({labels.size(0), prior_.layers, 6 * prior_.width});
  steering.low_rank_scale = known.squeeze(1);
  if (config_.rank > 0)
    for (int64_t l = 0; l < prior_.layers; ++l)
      for (int i = 0; i < 4; ++i) {
        const std::string name = fmt::format("layer.{}.{}.", l, i);
        steering.low_rank.push_back({parameters_[name + "a"], parameters_[name + "b"]});
      }
  return steering;
}

LabelGuidance::LabelGuidance(const LabelAdapter& adapter, at::Tensor labels, double scale,
                             double until)
    : steering_(adapter.steering(labels)), scale_(scale), until_(until) {
  for (diffusion::LowRank& change : steering_.low_rank) change.pack();
}

at::Tensor LabelGuidance::guide(Call& call, const at::Tensor& estimate) {
  if (call.t < until_ && !estimate.defined()) return call.steered_alone(steering_);
  const double scale = call.t < until_ ? 1 : scale_;
  const at::Tensor adapted = call.steered(steering_);
  const at::Tensor& plain = call.plain();
  const at::Tensor push = scale * (adapted - plain);
  return estimate.defined() ? estimate + push : plain + push;
}

}  // namespace pantomime::conditions
