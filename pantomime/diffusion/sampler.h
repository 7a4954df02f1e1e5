// From noise to a sample: solvers of the reverse process.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/diffusion/schedule.h"

namespace pantomime::diffusion {

/// Estimate of the clean sample x_0 given x_t; [B, F, D] in and out. Guidance wraps this.
using Denoise = std::function<at::Tensor(const at::Tensor& x_t, double t)>;

enum class Method {
  Ddpm,  ///< ancestral: Ho et al. 2020, posterior q(x_s | x_t, x_0) between any two times
  Ddim,  ///< deterministic: Song et al. 2021, eta = 0
  Dpm2m  ///< DPM-Solver++(2M): Lu et al. 2022, arXiv 2211.01095, algorithm 2, data prediction
};
Method parse_method(const std::string& name);  ///< "ddpm", "ddim", "dpm2m"

struct SampleOptions {
  Method method = Method::Dpm2m;
  int steps = 10;                 ///< >= 1: calls of the denoiser
  double start = Schedule::kMax;  ///< time of the noise handed in
  double end = Schedule::kMin;    ///< the sample is the estimate made here
  /// 0: times evenly spaced in t; 1: in the log signal-to-noise ratio; between: that share of each.
  /// Even in t leaves a jump of 1.6 in lambda at the clean end, even in lambda few steps in the
  /// middle, where the motion is decided.
  double log_snr_share = 0.75;
  /// Called between two steps with the state and its time; may change it (particles, re-noising).
  std::function<void(at::Tensor& x, double t)> between = {};
  /// Standard normal noise for an ancestral step, as large as x; Ddpm needs it.
  std::function<at::Tensor(int step)> noise = {};
  Progress* progress = nullptr;  ///< asked between steps whether to stop
};

/// Times t_0 = start > ... > t_{steps-1} = end at which the denoiser is called.
std::vector<double> time_grid(const SampleOptions& options);

/// Runs the reverse process from `noise` (standard normal, [B, F, D]). The result is the last
/// estimate of x_0.
/// Throws Error naming the step when the estimate stops being finite.
at::Tensor sample(const Denoise& denoise, const at::Tensor& noise, const SampleOptions& options);

/// Standard normal noise of a seed; each row of the batch draws from a stream of its own
/// (seeds[b]), so a sample does not depend on what else is in the batch. CPU tensor [B, F, D].
at::Tensor noise_of(const std::vector<uint64_t>& seeds, int64_t frames, int64_t features);
/// A generator of torch's CPU kind with this seed.
at::Generator make_generator(uint64_t seed);

}  // namespace pantomime::diffusion
