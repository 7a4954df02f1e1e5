// How far two sets of feature vectors are apart as distributions.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

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

/// Least-squares line through (1 / sizes, values); its value at 1 / size = 0.
/// Throws Error for fewer than two different sizes or arrays of different lengths.
double value_at_infinity(const std::vector<double>& sizes, const std::vector<double>& values);

struct InfinityOptions {
  int64_t sizes = 6;  ///< evenly from a quarter of the rows to all of them
  int64_t draws = 3;  ///< random subsets of each size but the last; their mean counts
  uint64_t seed = 1;
};
/// Fréchet distance as it would be with infinitely many rows on both sides: the distance of random
/// subsets of both (the same share of each) falls along a line in 1 / N, which is followed to zero.
/// Source: Chong & Forsyth 2020, "Effectively Unbiased FID and Inception Score and Where to Find
/// Them", who shrink the generated side only; here the real side is small, too. What is left of the
/// bias is of order 1 / N^2, so it helps where a quarter of the rows is more than the dimensions;
/// the answer may be a little below zero. Needs 8 rows of each. The same seed, the same number.
double frechet_distance_at_infinity(const at::Tensor& a, const at::Tensor& b,
                                    const InfinityOptions& options = {});

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
