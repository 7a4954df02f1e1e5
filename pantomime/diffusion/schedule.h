// How much signal and noise there is at diffusion time t.
#pragma once

namespace pantomime::diffusion {

/// Variance-preserving diffusion in continuous time, t in [0, 1]: x_t = alpha(t) x_0 + sigma(t) eps
/// with alpha^2 + sigma^2 = 1. Samplers may take any number of steps over any grid of t.
/// Cosine schedule of Nichol & Dhariwal 2021, "Improved Denoising Diffusion Probabilistic Models",
/// sec. 3.2: alpha_bar(t) = cos^2((t + s) / (1 + s) * pi / 2) / cos^2(s / (1 + s) * pi / 2), s =
/// 0.008.
struct Schedule {
  /// Largest and smallest t used in training and sampling: at t = 1 there is no signal at all.
  static constexpr double kMax = 0.995;
  static constexpr double kMin = 0.01;

  double alpha(double t) const;   ///< signal level, falls from 1 to 0
  double sigma(double t) const;   ///< noise level
  double lambda(double t) const;  ///< log(alpha / sigma), half the log signal-to-noise ratio
  /// Time at which alpha has this value (inverse of alpha()).
  double time_of_alpha(double alpha) const;
};

}  // namespace pantomime::diffusion
