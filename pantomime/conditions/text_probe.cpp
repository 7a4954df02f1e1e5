#include "pantomime/conditions/text_probe.h"

#include <ATen/ATen.h>

#include "pantomime/base/error.h"

namespace pantomime::conditions {

using diffusion::Init;

namespace {

at::Tensor on_sphere(const at::Tensor& v) {
  return v / (v.square().sum(1, true) + 1e-8).sqrt();
}

}  // namespace

TextProbe::TextProbe(const TextProbeConfig& config, const diffusion::DenoiserConfig& prior,
                     uint64_t seed)
    : config_(config) {
  PANTOMIME_CHECK(config.words > 0 && config.width > 0 && config.queries > 0 && config.hidden > 0 &&
                      config.space > 0,
                  "text probe: {} numbers a piece, {} read, {} queries, {} hidden, space of {}",
                  config.words, config.width, config.queries, config.hidden, config.space);
  check_layers(prior, config.layers, "text probe");
  const auto layer = [&](const std::string& name, int64_t out, int64_t in) {
    parameters_.add(name + ".weight", {out, in}, Init::Linear);
    parameters_.add(name + ".bias", {out}, Init::Zero);
  };
  layer("key", config.width, config.words);
  layer("value", config.width, config.words);
  parameters_.add("query", {config.queries, config.width}, Init::Linear);
  layer("sentence.hidden", config.hidden, config.queries * config.width);
  layer("sentence.place", config.space, config.hidden);
  layer("motion.hidden", config.hidden, pooled_size(prior, config.layers));
  layer("motion.place", config.space, config.hidden);
  parameters_.allocate(seed);
}

at::Tensor TextProbe::motions(const at::Tensor& pooled) const {
  const at::Tensor h = at::silu(
      at::linear(pooled, parameters_["motion.hidden.weight"], parameters_["motion.hidden.bias"]));
  return on_sphere(
      at::linear(h, parameters_["motion.place.weight"], parameters_["motion.place.bias"]));
}

at::Tensor TextProbe::sentences(const TextBatch& text) const {
  const auto linear = [&](const at::Tensor& x, const std::string& name) {
    return at::linear(x, parameters_[name + ".weight"], parameters_[name + ".bias"]);
  };
  const at::Tensor pieces = at::layer_norm(text.states, {config_.words});
  const at::Tensor whole =
      attend(parameters_["query"], linear(pieces, "key"), linear(pieces, "value"), text.mask);
  const at::Tensor h = at::silu(linear(whole.flatten(1), "sentence.hidden"));
  return on_sphere(linear(h, "sentence.place")) * text.mask.any(1, true).to(at::kFloat);
}

at::Tensor contrastive_loss(const at::Tensor& motions, const at::Tensor& sentences,
                            const at::Tensor& same, double sharpness) {
  const int64_t batch = motions.size(0);
  const at::Tensor own = at::eye(batch, at::kBool);
  const at::Tensor away =
      at::logical_and(same, at::logical_not(own)).to(motions.scalar_type()) * kAwayFromPadding;
  const at::Tensor score = sharpness * at::matmul(motions, sentences.t()) - away;
  const at::Tensor right = at::arange(batch, at::kLong);
  return (at::cross_entropy_loss(score, right) + at::cross_entropy_loss(score.t(), right)) / 2;
}

TextProbeGuidance::TextProbeGuidance(const TextProbe& probe, const diffusion::Denoiser& prior,
                                     at::Tensor towards, double sharpness, double scale,
                                     double limit)
    : probe_(probe),
      prior_(prior),
      towards_(std::move(towards)),
      sharpness_(sharpness),
      scale_(scale),
      limit_(limit) {}

at::Tensor TextProbeGuidance::guide(Call& call, const at::Tensor& estimate) {
  const auto score = [&](const at::Tensor& x) {
    const at::Tensor place =
        probe_.motions(pooled(prior_, x, call.times, call.mask, probe_.config().layers));
    return sharpness_ * (place * towards_).sum();
  };
  const at::Tensor push = uphill(call, score, scale_, limit_);
  return (estimate.defined() ? estimate : call.plain()) + push;
}

}  // namespace pantomime::conditions
