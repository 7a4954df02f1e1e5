// A least-squares curve over time, for corrections of motion.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace pantomime::motion {

/// Normal equations of a least-squares problem over a curve x[F]; every equation joins at most four
/// neighbouring frames. Solved by Cholesky's method for band matrices.
class CurveFit {
 public:
  static constexpr size_t kBand = 3;  ///< half width of the normal matrix: third differences

  explicit CurveFit(size_t frames) : lower_(frames), right_(frames) {}

  /// weight * (sum_i coefficients[i] x[first + i] - value)^2
  template <size_t N>
  void add(size_t first, const std::array<double, N>& coefficients, double value, double weight) {
    static_assert(N <= kBand + 1);
    for (size_t i = 0; i < N; ++i) {
      right_[first + i] += weight * coefficients[i] * value;
      for (size_t k = 0; k <= i; ++k)
        lower_[first + i][i - k] += weight * coefficients[i] * coefficients[k];
    }
  }

  std::vector<double> solve() && {
    const size_t n = right_.size();
    for (size_t i = 0; i < n; ++i) {  // lower_[i][k] is the entry in row i, column i - k
      for (size_t k = std::min(i, kBand); k > 0; --k) {
        const size_t j = i - k;
        double sum = lower_[i][k];
        for (size_t m = k + 1; m <= std::min(i, kBand); ++m) sum -= lower_[i][m] * lower_[j][m - k];
        lower_[i][k] = sum / lower_[j][0];
      }
      double sum = lower_[i][0];
      for (size_t m = 1; m <= std::min(i, kBand); ++m) sum -= lower_[i][m] * lower_[i][m];
      lower_[i][0] = std::sqrt(sum);
    }
    std::vector<double> x = std::move(right_);
    for (size_t i = 0; i < n; ++i) {
      for (size_t m = 1; m <= std::min(i, kBand); ++m) x[i] -= lower_[i][m] * x[i - m];
      x[i] /= lower_[i][0];
    }
    for (size_t i = n; i-- > 0;) {
      for (size_t m = 1; m <= kBand && i + m < n; ++m) x[i] -= lower_[i + m][m] * x[i + m];
      x[i] /= lower_[i][0];
    }
    return x;
  }

 private:
  std::vector<std::array<double, kBand + 1>> lower_;
  std::vector<double> right_;
};

}  // namespace pantomime::motion
