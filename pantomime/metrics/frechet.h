// How far two sets of feature vectors are apart as distributions.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace pantomime::metrics {

/// Fréchet distance of the normal distributions fitted to rows of a [N, d] and b [M, d]:
///   |mu1 - mu2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)),   covariances with N - 1.
/// Source: Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule". The trace of the
/// root is the sum of the singular values of L1^(1/2) V1' V2 L2^(1/2) (eigenvectors V, eigenvalues
/// L of each covariance), so nothing complex appears, and fewer rows than dimensions need no "1e-6
/// I".
///
/// The value is biased upwards for small sets by about d / N of the total variance: compare only
/// numbers of equal N. It sees the mix of actions more than the quality of poses.
/// Throws Error for fewer than two rows, different d, or numbers that are not finite.
double frechet_distance(const at::Tensor& a, const at::Tensor& b);

/// Squared maximum mean discrepancy with the kernel (x.y / d + 1)^3, the unbiased estimate over all
/// pairs (may be slightly negative). "Kernel inception distance", Bińkowski et al. 2018.
double kernel_distance(const at::Tensor& a, const at::Tensor& b);

struct KernelDistance {
  double mean = 0, deviation = 0;  ///< over subsets
};
/// Mean of kernel_distance over `subsets` random subsets of `size` rows each, drawn without
/// replacement; `size` is cut to the smaller set. The same seed gives the same number.
KernelDistance kernel_distance_of_subsets(const at::Tensor& a, const at::Tensor& b, int64_t subsets,
                                          int64_t size, uint64_t seed);

}  // namespace pantomime::metrics
