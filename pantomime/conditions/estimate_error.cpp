#include "pantomime/conditions/estimate_error.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "pantomime/diffusion/schedule.h"

namespace pantomime::conditions {

EstimateError::EstimateError(const features::Spectrum& spectrum, int64_t frames)
    : EstimateError(spectrum, frames, {}) {}

EstimateError::EstimateError(const features::Spectrum& spectrum, int64_t frames,
                             const Options& options)
    : options_(options) {
  const auto length = spectrum.of_length(frames);
  basis_ = length.basis.to(at::kCPU, at::kDouble);
  const at::Tensor variance = length.variance.to(at::kCPU, at::kDouble);
  for (size_t b = 0; b < kMovingBlockCount; ++b)
    variance_[b] = variance.narrow(1, moving_block(b).first, moving_block(b).count).mean(1);
}

at::Tensor EstimateError::covariance(size_t block, double t) const {
  if (options_.plain) return at::eye(frames(), at::kDouble);
  const diffusion::Schedule schedule;
  const double at = std::max(t, options_.least_time);
  const double a2 = schedule.alpha(at) * schedule.alpha(at);
  const double s2 = schedule.sigma(at) * schedule.sigma(at);
  const at::Tensor& s = variance_.at(block);
  const at::Tensor left = s2 * s / (a2 * s + s2) + options_.shake;
  return at::matmul(basis_ * left, basis_.t());
}

}  // namespace pantomime::conditions
