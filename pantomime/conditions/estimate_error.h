// How wrong the prior's estimate of a clip may still be, and how such errors hang together in time.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "pantomime/features/features.h"

namespace pantomime::conditions {

/// Features that move in one way, and so share a covariance.
struct FeatureBlock {
  int64_t first, count;
};
/// Root velocity, root height, root rotation, and the rotation of each joint. Geometry is not among
/// them: it has a condition of its own.
inline constexpr size_t kMovingBlockCount = 3 + motion::kJointCount - 1;
constexpr FeatureBlock moving_block(size_t block) {
  if (block == 0) return {features::kRootVelocity, 2};
  if (block == 1) return {features::kRootHeight, 1};
  return {features::kRootRotation + 6 * static_cast<int64_t>(block - 2), 6};
}

/// Covariance in time of the error of an estimate made at diffusion time t: what Wiener's filter
/// leaves of motion with the training data's spectrum, averaged over the features of a joint,
///   B diag(sigma^2 S / (alpha^2 S + sigma^2)) B^T + shake I
/// in the cosine basis B. With strong noise an error is slow, and to correct it in one frame means
/// to correct seconds around it; near the end errors are small and short.
///
/// The network is not that good at small t, so times count as at least `least_time`: corrections
/// keep a width of some frames, and leave no seam.
class EstimateError {
 public:
  struct Options {
    double least_time = 0.35;
    double shake = 1e-5;  ///< variance of errors that frames don't share, normalised features
    bool plain = false;   ///< frames know nothing of each other; only for the comparison
  };
  EstimateError(const features::Spectrum& spectrum, int64_t frames, const Options& options);
  EstimateError(const features::Spectrum& spectrum, int64_t frames);

  int64_t frames() const { return basis_.size(0); }
  /// [F, F] double, positive definite, of a moving_block(), in normalised features.
  at::Tensor covariance(size_t block, double t) const;

 private:
  Options options_;
  at::Tensor basis_;                                    ///< [F, F] double
  std::array<at::Tensor, kMovingBlockCount> variance_;  ///< [F] double
};

}  // namespace pantomime::conditions
