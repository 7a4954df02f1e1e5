#include "pantomime/conditions/probe.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"

namespace pantomime::conditions {

using diffusion::Denoiser;
using diffusion::Init;

namespace {

constexpr int64_t kTimes = 64;  // numbers that tell the diffusion time

}  // namespace

at::Tensor pooled(const Denoiser& network, const at::Tensor& x_t, const at::Tensor& times,
                  const at::Tensor& mask, const std::vector<int64_t>& layers) {
  std::vector<at::Tensor> hidden;
  diffusion::Steering listen;
  listen.hidden = &hidden;
  network.raw(x_t, times, mask, &listen);
  const int64_t batch = x_t.size(0), tokens = x_t.size(1) / Denoiser::kStride;
  at::Tensor keep = at::ones({batch, tokens, 1}, x_t.options());
  if (mask.defined())
    keep = mask.view({batch, tokens, Denoiser::kStride}).any(-1, true).to(x_t.scalar_type());
  const at::Tensor count = keep.sum(1).clamp_min(1);  // [B, 1]
  std::vector<at::Tensor> parts = {diffusion::time_embedding(times, kTimes)};
  for (const int64_t layer : layers) {
    // Tokens of a residual stream grow with depth; normalised, all layers weigh alike.
    const at::Tensor h =
        at::layer_norm(hidden[static_cast<size_t>(layer)], {network.config().width});
    const at::Tensor mean = (h * keep).sum(1) / count;
    const at::Tensor spread =
        (((h - mean.unsqueeze(1)) * keep).square().sum(1) / count + 1e-4).sqrt();
    parts.push_back(mean);
    parts.push_back(spread);
  }
  return at::cat(parts, 1);
}

int64_t pooled_size(const diffusion::DenoiserConfig& network, const std::vector<int64_t>& layers) {
  return 2 * static_cast<int64_t>(layers.size()) * network.width + kTimes;
}

void check_layers(const diffusion::DenoiserConfig& network, const std::vector<int64_t>& layers,
                  const char* where) {
  PANTOMIME_CHECK(!layers.empty(), "{}: no layers", where);
  for (const int64_t layer : layers)
    PANTOMIME_CHECK(layer >= 0 && layer < network.layers, "{}: layer {}, the prior has {}", where,
                    layer, network.layers);
}

at::Tensor uphill(const Call& call, const std::function<at::Tensor(const at::Tensor&)>& score,
                  double scale, double limit) {
  at::Tensor gradient;
  {
    const at::AutoGradMode with_gradient(true);
    at::Tensor x = call.x_t.detach().set_requires_grad(true);
    gradient = torch::autograd::grad({score(x)}, {x})[0];
  }
  const diffusion::Schedule schedule;
  const double sigma = schedule.sigma(call.t);
  const at::Tensor push = (scale * sigma * sigma / schedule.alpha(call.t)) * gradient;
  const at::Tensor size = push.square().mean({1, 2}, true).sqrt();  // [B, 1, 1]
  return push * (limit / size.clamp_min(limit));
}

Probe::Probe(const ProbeConfig& config, const diffusion::DenoiserConfig& prior, uint64_t seed)
    : config_(config) {
  PANTOMIME_CHECK(config.labels > 0 && config.hidden > 0, "probe: {} labels, {} hidden numbers",
                  config.labels, config.hidden);
  check_layers(prior, config.layers, "probe");
  parameters_.add("hidden.weight", {config.hidden, pooled_size(prior, config.layers)},
                  Init::Linear);
  parameters_.add("hidden.bias", {config.hidden}, Init::Zero);
  parameters_.add("out.weight", {config.labels, config.hidden}, Init::Linear);
  parameters_.add("out.bias", {config.labels}, Init::Zero);
  parameters_.allocate(seed);
}

at::Tensor Probe::logits(const Denoiser& backbone, const at::Tensor& x_t, const at::Tensor& times,
                         const at::Tensor& mask) const {
  const at::Tensor h =
      at::silu(at::linear(pooled(backbone, x_t, times, mask, config_.layers),
                          parameters_["hidden.weight"], parameters_["hidden.bias"]));
  return at::linear(h, parameters_["out.weight"], parameters_["out.bias"]);
}

ProbeGuidance::ProbeGuidance(const Probe& probe, const Denoiser& backbone, at::Tensor labels,
                             double scale, double limit)
    : probe_(probe),
      backbone_(backbone),
      labels_(std::move(labels)),
      scale_(scale),
      limit_(limit) {}

at::Tensor ProbeGuidance::guide(Call& call, const at::Tensor& estimate) {
  const auto score = [&](const at::Tensor& x) {
    return at::log_softmax(probe_.logits(backbone_, x, call.times, call.mask), 1)
        .gather(1, labels_.unsqueeze(1))
        .sum();
  };
  const at::Tensor push = uphill(call, score, scale_, limit_);
  return (estimate.defined() ? estimate : call.plain()) + push;
}

ParticleSteering::ParticleSteering(const Probe& probe, const Denoiser& backbone, at::Tensor labels,
                                   int64_t particles, double power, uint64_t seed)
    : probe_(probe),
      backbone_(backbone),
      labels_(std::move(labels)),
      particles_(particles),
      power_(power),
      seed_(seed) {
  PANTOMIME_CHECK(particles >= 1 && labels_.size(0) % particles == 0,
                  "particles: {} rows are not whole groups of {}", labels_.size(0), particles);
}

at::Tensor ParticleSteering::guide(Call& call, const at::Tensor& estimate) {
  before_ = now_;
  now_ = at::log_softmax(probe_.logits(backbone_, call.x_t, call.times, call.mask), 1)
             .gather(1, labels_.unsqueeze(1))
             .squeeze(1);
  return estimate.defined() ? estimate : call.plain();
}

void ParticleSteering::between(at::Tensor& x, double /*t*/, Call& /*last*/) {
  ++step_;
  const at::Tensor growth = before_.defined() ? now_ - before_ : now_;
  const at::Tensor chance = at::softmax((power_ * growth).view({-1, particles_}), 1).to(at::kCPU);
  Random random(derive_seed(seed_, "particles", static_cast<uint64_t>(step_)));
  std::vector<int64_t> rows;
  const auto weights = chance.contiguous();
  for (int64_t group = 0; group < chance.size(0); ++group) {
    // Systematic resampling: one random number, evenly spaced pointers.
    const float* w = weights.data_ptr<float>() + group * particles_;
    double at = random.uniform() / static_cast<double>(particles_), sum = w[0];
    int64_t i = 0;
    for (int64_t k = 0; k < particles_; ++k, at += 1.0 / static_cast<double>(particles_)) {
      while (at > sum && i + 1 < particles_) sum += w[++i];
      rows.push_back(group * particles_ + i);
    }
  }
  const at::Tensor index = at::tensor(rows, at::kLong).to(x.device());
  now_ = now_.index_select(0, index);
  x = x.index_select(0, index);
}

std::vector<int64_t> ParticleSteering::best() const {
  const at::Tensor rows = now_.view({-1, particles_}).argmax(1).to(at::kCPU);
  std::vector<int64_t> out;
  for (int64_t group = 0; group < rows.size(0); ++group)
    out.push_back(group * particles_ + rows[group].item<int64_t>());
  return out;
}

}  // namespace pantomime::conditions
