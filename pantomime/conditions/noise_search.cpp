#include "pantomime/conditions/noise_search.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "pantomime/base/error.h"

namespace pantomime::conditions {
namespace {

/// [B, 1, 1] lengths of the clips' rows.
at::Tensor lengths(const at::Tensor& x) {
  return x.flatten(1).norm(2, 1).view({-1, 1, 1});
}

}  // namespace

SampleGradient sample_gradient(const diffusion::Denoise& denoise, const at::Tensor& noise,
                               const diffusion::SampleOptions& sampler,
                               const Objective& objective) {
  const diffusion::Schedule schedule;
  const std::vector<double> grid = diffusion::time_grid(sampler);
  // The state after step i is own[i] x + clean[i] x_0; the last step gives x_0 itself.
  std::vector<double> own(grid.size(), 0), clean(grid.size(), 1);
  for (size_t i = 0; i + 1 < grid.size(); ++i) {
    own[i] = schedule.sigma(grid[i + 1]) / schedule.sigma(grid[i]);
    clean[i] = schedule.alpha(grid[i + 1]) - own[i] * schedule.alpha(grid[i]);
  }
  SampleGradient out;
  std::vector<at::Tensor> states = {noise.detach()};
  {
    const at::NoGradGuard no_grad;
    for (size_t i = 0; i < grid.size(); ++i) {
      if (sampler.progress != nullptr) sampler.progress->check();
      states.push_back(own[i] * states[i] + clean[i] * denoise(states[i], grid[i]));
    }
  }
  const at::AutoGradMode grad(true);
  const at::Tensor sample = states.back().clone().requires_grad_(true);
  const at::Tensor fit = objective(sample);
  out.sample = states.back();
  out.objective = fit.detach();
  at::Tensor gradient = torch::autograd::grad({fit.sum()}, {sample})[0];
  for (size_t i = grid.size(); i-- > 0;) {
    if (sampler.progress != nullptr) sampler.progress->check();
    const at::Tensor x = states[i].clone().requires_grad_(true);
    const at::Tensor next = own[i] * x + clean[i] * denoise(x, grid[i]);
    gradient = torch::autograd::grad({next}, {x}, {gradient})[0];
  }
  out.gradient = gradient;
  return out;
}

at::Tensor noise_dependence(const at::Tensor& noise) {
  at::Tensor z = noise, sum = at::zeros({noise.size(0)}, noise.options());
  while (z.size(1) >= 8) {
    const int64_t half = z.size(1) / 2;
    sum =
        sum + (z.narrow(1, 1, z.size(1) - 1) * z.narrow(1, 0, z.size(1) - 1)).mean({1, 2}).square();
    z = z.narrow(1, 0, 2 * half).reshape({z.size(0), half, 2, z.size(2)}).mean(2) * std::sqrt(2.0);
  }
  return sum;
}

at::Tensor search_noise(const diffusion::Denoise& denoise, const at::Tensor& noise,
                        const diffusion::SampleOptions& sampler, const NoiseSearch& search) {
  PANTOMIME_CHECK(search.rounds >= 0 && search.objective, "noise: a search without objective");
  constexpr double kFirst = 0.9, kSecond = 0.999, kLeast = 1e-8;
  const double size = std::sqrt(static_cast<double>(noise.size(1) * noise.size(2)));
  at::Tensor z = noise.clone(), best = noise.clone(), fit;
  at::Tensor mean = at::zeros_like(z), square = at::zeros_like(z);
  const auto keep_better = [&](const at::Tensor& now) {
    if (!fit.defined()) {
      fit = now.clone();
      return;
    }
    const at::Tensor better = now < fit;
    fit = at::where(better, now, fit);
    best = at::where(better.view({-1, 1, 1}), z, best);
  };
  for (int round = 0; round < search.rounds; ++round) {
    const SampleGradient made = sample_gradient(denoise, z, sampler, search.objective);
    const at::NoGradGuard no_grad;
    PANTOMIME_CHECK(at::isfinite(made.gradient).all().item<bool>(),
                    "noise: the gradient is not finite in round {}", round + 1);
    keep_better(made.objective);
    at::Tensor apart;
    {
      const at::AutoGradMode grad(true);
      const at::Tensor leaf = z.clone().requires_grad_(true);
      apart = torch::autograd::grad({noise_dependence(leaf).sum()}, {leaf})[0];
    }
    at::Tensor gradient = made.gradient + search.independence * apart;
    gradient = gradient * (size / lengths(gradient).clamp_min(1e-12));
    mean = kFirst * mean + (1 - kFirst) * gradient;
    square = kSecond * square + (1 - kSecond) * gradient.square();
    const double first = 1 - std::pow(kFirst, round + 1), second = 1 - std::pow(kSecond, round + 1);
    // Towards the end in smaller steps.
    const double rate =
        search.rate * 0.5 *
        (1 + std::cos(std::numbers::pi * round / static_cast<double>(search.rounds)));
    z = z - rate * (mean / first) / ((square / second).sqrt() + kLeast);
    z = z * (size / lengths(z));
  }
  if (search.rounds > 0) {
    const at::NoGradGuard no_grad;
    diffusion::SampleOptions steady = sampler;
    steady.method = diffusion::Method::Ddim;
    steady.between = {};
    keep_better(search.objective(diffusion::sample(denoise, z, steady)));
  }
  return best;
}

}  // namespace pantomime::conditions
