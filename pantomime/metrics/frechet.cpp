#include "pantomime/metrics/frechet.h"

#include <ATen/ATen.h>

#include <Eigen/Eigenvalues>
#include <Eigen/SVD>
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
  const Matrix product = p.root.transpose() * q.root;
  const double root_trace = Eigen::BDCSVD<Matrix>(product).singularValues().sum();
  return std::max(0.0, (p.mean - q.mean).squaredNorm() + p.variance + q.variance - 2 * root_trace);
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
