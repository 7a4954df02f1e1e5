#include "pantomime/training/optimiser.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::training {

Optimiser::Optimiser(diffusion::Parameters& parameters, const OptimiserOptions& options)
    : parameters_(parameters), options_(options) {
  first_ = at::zeros_like(parameters.block());
  second_ = at::zeros_like(parameters.block());
  average_ = parameters.block().detach().clone();
}

double Optimiser::step(double rate) {
  const at::NoGradGuard no_grad;
  const at::Tensor gradient = parameters_.gradients();
  const double norm = gradient.norm().item<double>();
  PANTOMIME_CHECK(std::isfinite(norm), "training: the gradient is not finite at step {}",
                  steps_ + 1);
  ++steps_;
  const double scale = norm > options_.clip ? options_.clip / norm : 1.0;
  const auto n = static_cast<double>(steps_);
  const double c1 = 1 - std::pow(options_.beta1, n), c2 = 1 - std::pow(options_.beta2, n);
  const double keep = std::min(options_.average, (1 + n) / (10 + n));
  at::Tensor weights = parameters_.block();
  if (weights.is_cpu()) {
    float* w = weights.data_ptr<float>();
    float* g = gradient.data_ptr<float>();
    float* m = first_.data_ptr<float>();
    float* v = second_.data_ptr<float>();
    float* a = average_.data_ptr<float>();
    const auto b1 = static_cast<float>(options_.beta1), b2 = static_cast<float>(options_.beta2);
    const auto s = static_cast<float>(scale), lr = static_cast<float>(rate / c1);
    const auto root = static_cast<float>(1 / std::sqrt(c2)),
               eps = static_cast<float>(options_.epsilon);
    const auto shrink = static_cast<float>(1 - rate * options_.weight_decay);
    const auto k = static_cast<float>(keep);
    at::parallel_for(0, weights.numel(), 1 << 16, [&](int64_t begin, int64_t end) {
#pragma omp simd
      for (int64_t i = begin; i < end; ++i) {
        const float d = s * g[i];
        m[i] = b1 * m[i] + (1 - b1) * d;
        v[i] = b2 * v[i] + (1 - b2) * d * d;
        w[i] = shrink * w[i] - lr * m[i] / (std::sqrt(v[i]) * root + eps);
        a[i] = k * a[i] + (1 - k) * w[i];
        g[i] = 0;
      }
    });
  } else {
    const at::Tensor d = gradient * scale;
    first_.mul_(options_.beta1).add_(d, 1 - options_.beta1);
    second_.mul_(options_.beta2).addcmul_(d, d, 1 - options_.beta2);
    weights.mul_(1 - rate * options_.weight_decay)
        .addcdiv_(first_, second_.sqrt() / std::sqrt(c2) + options_.epsilon, -rate / c1);
    average_.mul_(keep).add_(weights, 1 - keep);
    gradient.zero_();
  }
  return norm;
}

void Optimiser::restore(const State& state) {
  first_.copy_(state.first);
  second_.copy_(state.second);
  average_.copy_(state.average);
  steps_ = state.steps;
}

double learning_rate(double peak, int64_t step, int64_t steps, int64_t warm_up, double decay) {
  const double up = std::min(
      1.0, static_cast<double>(step + 1) / static_cast<double>(std::max<int64_t>(warm_up, 1)));
  const double decay_steps = std::max(1.0, decay * static_cast<double>(steps));
  const double left = static_cast<double>(steps - step) / decay_steps;
  return peak * up * std::clamp(left, 0.02, 1.0);
}

}  // namespace pantomime::training
