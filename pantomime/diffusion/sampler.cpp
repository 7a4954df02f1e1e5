#include "pantomime/diffusion/sampler.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::diffusion {

Method parse_method(const std::string& name) {
  if (name == "ddpm") return Method::Ddpm;
  if (name == "ddim") return Method::Ddim;
  if (name == "dpm2m") return Method::Dpm2m;
  fail("sampler \"{}\": expected ddpm, ddim or dpm2m", name);
}

std::vector<double> time_grid(const SampleOptions& options) {
  PANTOMIME_CHECK(options.steps >= 1, "sampler: {} steps, expected at least 1", options.steps);
  PANTOMIME_CHECK(options.start > options.end && options.end > 0 && options.start < 1,
                  "sampler: times {} to {}, expected 1 > start > end > 0", options.start,
                  options.end);
  const Schedule schedule;
  const double share = options.log_snr_share;
  const double lambda_start = schedule.lambda(options.start);
  const double lambda_range = schedule.lambda(options.end) - lambda_start;
  // Grows from 0 at the start to 1 at the end.
  const auto progress = [&](double t) {
    return (1 - share) * (options.start - t) / (options.start - options.end) +
           share * (schedule.lambda(t) - lambda_start) / lambda_range;
  };
  std::vector<double> grid = {options.start};
  for (int i = 1; i + 1 < options.steps; ++i) {
    const double wanted = static_cast<double>(i) / (options.steps - 1);
    double low = options.end, high = grid.back();
    for (int halving = 0; halving < 50; ++halving) {
      const double middle = (low + high) / 2;
      (progress(middle) > wanted ? low : high) = middle;
    }
    grid.push_back((low + high) / 2);
  }
  if (options.steps > 1) grid.push_back(options.end);
  return grid;
}

at::Tensor sample(const Denoise& denoise, const at::Tensor& noise, const SampleOptions& options) {
  const Schedule schedule;
  const std::vector<double> grid = time_grid(options);
  PANTOMIME_CHECK(options.method != Method::Ddpm || options.noise,
                  "sampler: ancestral sampling needs noise");
  at::Tensor x = noise, previous;
  double previous_lambda = 0;
  for (size_t i = 0; i < grid.size(); ++i) {
    if (options.progress != nullptr) options.progress->check();
    const double t = grid[i];
    const at::Tensor x0 = denoise(x, t);
    PANTOMIME_CHECK(at::isfinite(x0).all().item<bool>(),
                    "sampler: the estimate is not finite at step {} of {} (t = {:.3f})", i + 1,
                    grid.size(), t);
    if (i + 1 == grid.size()) return x0;
    const double s = grid[i + 1];
    const double at = schedule.alpha(t), st = schedule.sigma(t);
    const double as = schedule.alpha(s), ss = schedule.sigma(s);
    switch (options.method) {
      case Method::Ddim:
        x = (ss / st) * x + (as - ss / st * at) * x0;
        break;
      case Method::Dpm2m: {
        const double lambda = schedule.lambda(t);
        const double h = schedule.lambda(s) - lambda;
        at::Tensor target = x0;
        if (previous.defined()) {
          const double r = (lambda - previous_lambda) / h;
          target = (1 + 1 / (2 * r)) * x0 - (1 / (2 * r)) * previous;
        }
        x = (ss / st) * x - as * std::expm1(-h) * target;
        previous = x0;
        previous_lambda = lambda;
        break;
      }
      case Method::Ddpm: {
        const double a = at / as;  // x_t = a x_s + sqrt(b) eps
        const double b = st * st - a * a * ss * ss;
        const double mean_x = a * ss * ss / (st * st), mean_x0 = as * b / (st * st);
        const double spread = std::sqrt(b) * ss / st;
        const at::Tensor z = options.noise(static_cast<int>(i)).to(x.options());
        x = mean_x * x + mean_x0 * x0 + spread * z;
        break;
      }
    }
    if (options.between) options.between(x, s);
  }
  return x;
}

at::Generator make_generator(uint64_t seed) {
  return at::make_generator<at::CPUGeneratorImpl>(seed);
}

at::Tensor noise_of(const std::vector<uint64_t>& seeds, int64_t frames, int64_t features) {
  std::vector<at::Tensor> rows;
  rows.reserve(seeds.size());
  for (const uint64_t seed : seeds)
    rows.push_back(at::normal(0.0, 1.0, {frames, features}, make_generator(seed),
                              at::TensorOptions(at::kFloat)));
  return at::stack(rows);
}

}  // namespace pantomime::diffusion
