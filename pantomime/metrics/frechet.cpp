#include "pantomime/metrics/frechet.h"

#include <ATen/ATen.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/metrics/rows.h"

namespace pantomime::metrics {
namespace {

using Matrix = Eigen::MatrixXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct Normal {
  Eigen::VectorXd mean;  ///< [d]
  Matrix root;           ///< [d, d] V sqrt(L): the covariance is root * root'
  double variance;       ///< trace of the covariance
};

Normal fit(const at::Tensor& rows) {
  const Eigen::Map<const RowMajor> x(rows.data_ptr<double>(), rows.size(0), rows.size(1));
  Normal normal;
  normal.mean = x.colwise().mean();
  const Matrix centred = x.rowwise() - normal.mean.transpose();
  const Matrix covariance = centred.transpose() * centred / static_cast<double>(rows.size(0) - 1);
  normal.variance = covariance.trace();
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(covariance);
  PANTOMIME_CHECK(solver.info() == Eigen::Success,
                  "Fréchet distance: the covariance has no eigen decomposition");
  // Rounding leaves eigenvalues of a singular covariance a little below zero.
  normal.root = solver.eigenvectors() * solver.eigenvalues().cwiseMax(0.0).cwiseSqrt().asDiagonal();
  return normal;
}

double kernel_sum(const at::Tensor& a, const at::Tensor& b, bool same) {
  const at::Tensor base = at::matmul(a, b.t()) / static_cast<double>(a.size(1)) + 1.0;
  const at::Tensor kernel = base * base * base;
  const double sum = kernel.sum().item<double>();
  return same ? sum - kernel.diagonal().sum().item<double>() : sum;
}

double unbiased(const at::Tensor& a, const at::Tensor& b) {
  const auto n = static_cast<double>(a.size(0)), m = static_cast<double>(b.size(0));
  return kernel_sum(a, a, true) / (n * (n - 1)) + kernel_sum(b, b, true) / (m * (m - 1)) -
         2 * kernel_sum(a, b, false) / (n * m);
}

}  // namespace

double frechet_distance(const at::Tensor& first, const at::Tensor& second) {
  at::Tensor a = first, b = second;
  check_pair(a, b, 2, "Fréchet distance");
  const Normal p = fit(a), q = fit(b);
  // Singular values of R1' R2 are the roots of the eigenvalues of C1 C2.
  // Eigen 3.4's divide and conquer reads before its arrays when many of them are zero, as they are
  // with fewer samples than dimensions.
  Matrix product = p.root.transpose() * q.root;
  const double root_trace =
      at::linalg_svdvals(
          at::from_blob(product.data(), {product.cols(), product.rows()}, at::kDouble))
          .sum()
          .item<double>();
  return std::max(0.0, (p.mean - q.mean).squaredNorm() + p.variance + q.variance - 2 * root_trace);
}

double value_at_infinity(const std::vector<double>& sizes, const std::vector<double>& values) {
  PANTOMIME_CHECK(sizes.size() == values.size() && sizes.size() >= 2,
                  "infinity: {} sizes and {} values, expected as many, at least 2", sizes.size(),
                  values.size());
  const auto n = static_cast<double>(sizes.size());
  double x = 0, y = 0, xx = 0, xy = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const double u = 1 / sizes[i];
    x += u, y += values[i], xx += u * u, xy += u * values[i];
  }
  const double spread = xx - x * x / n;
  PANTOMIME_CHECK(spread > 1e-15 * xx, "infinity: all {} sizes are the same", sizes.size());
  const double slope = (xy - x * y / n) / spread;
  return (y - slope * x) / n;
}

double frechet_distance_at_infinity(const at::Tensor& first, const at::Tensor& second,
                                    const InfinityOptions& options) {
  at::Tensor a = first, b = second;
  check_pair(a, b, 8, "Fréchet distance at infinity");
  PANTOMIME_CHECK(options.sizes >= 2 && options.draws >= 1,
                  "Fréchet distance at infinity: {} sizes, {} draws, expected 2 and 1 at least",
                  options.sizes, options.draws);
  const auto part = [&](const at::Tensor& rows, double share, Random& random) {
    const auto count = std::lround(share * static_cast<double>(rows.size(0)));
    return rows.index_select(
        0, at::tensor(draw_without_replacement(random, rows.size(0), count), at::kLong));
  };
  std::vector<double> sizes, values;
  for (int64_t k = 0; k < options.sizes; ++k) {
    const double share =
        0.25 + 0.75 * static_cast<double>(k) / static_cast<double>(options.sizes - 1);
    const bool whole = k + 1 == options.sizes;
    double sum = 0, rows = 0;
    const int64_t draws = whole ? 1 : options.draws;
    for (int64_t d = 0; d < draws; ++d) {
      Random random(
          derive_seed(options.seed, "infinity", static_cast<uint64_t>(k * options.draws + d)));
      const at::Tensor p = part(a, share, random), q = part(b, share, random);
      sum += frechet_distance(p, q);
      // Of two sides the smaller one matters most: the bias goes with 1/N + 1/M.
      rows = 2 / (1 / static_cast<double>(p.size(0)) + 1 / static_cast<double>(q.size(0)));
    }
    sizes.push_back(rows);
    values.push_back(sum / static_cast<double>(draws));
  }
  return value_at_infinity(sizes, values);
}

double kernel_distance(const at::Tensor& first, const at::Tensor& second) {
  at::Tensor a = first, b = second;
  check_pair(a, b, 2, "kernel distance");
  return unbiased(a, b);
}

KernelDistance kernel_distance_of_subsets(const at::Tensor& first, const at::Tensor& second,
                                          int64_t subsets, int64_t size, uint64_t seed) {
  at::Tensor a = first, b = second;
  check_pair(a, b, 2, "kernel distance");
  size = std::min({size, a.size(0), b.size(0)});
  PANTOMIME_CHECK(subsets >= 1 && size >= 2,
                  "kernel distance: {} subsets of {}, expected at least 1 of 2", subsets, size);
  double sum = 0, squares = 0;
  for (int64_t s = 0; s < subsets; ++s) {
    Random random(derive_seed(seed, "kernel distance", static_cast<uint64_t>(s)));
    const auto rows_a = draw_without_replacement(random, a.size(0), size);
    const auto rows_b = draw_without_replacement(random, b.size(0), size);
    const double d = unbiased(a.index_select(0, at::tensor(rows_a, at::kLong)),
                              b.index_select(0, at::tensor(rows_b, at::kLong)));
    sum += d;
    squares += d * d;
  }
  const auto n = static_cast<double>(subsets);
  const double mean = sum / n;
  return {mean, std::sqrt(std::max(0.0, squares / n - mean * mean))};
}

}  // namespace pantomime::metrics
