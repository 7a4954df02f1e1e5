#include "pantomime/metrics/distribution.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::metrics {

double wasserstein_1(std::vector<float> a, std::vector<float> b) {
  PANTOMIME_CHECK(!a.empty() && !b.empty(), "Wasserstein: {} and {} values, expected some of both",
                  a.size(), b.size());
  for (const std::vector<float>* values : {&a, &b})
    for (const float v : *values)
      PANTOMIME_CHECK(std::isfinite(v), "Wasserstein: a value is not finite");
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  double area = 0, last = std::min(a[0], b[0]);
  for (size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const bool from_a = j == b.size() || (i < a.size() && a[i] <= b[j]);
    const double next = from_a ? a[i] : b[j];
    area += std::abs(static_cast<double>(i) / n - static_cast<double>(j) / m) * (next - last);
    last = next;
    ++(from_a ? i : j);
  }
  return area;
}

}  // namespace pantomime::metrics
