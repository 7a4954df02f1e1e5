#include "pantomime/metrics/rows.h"

#include <ATen/ATen.h>

#include <numeric>

#include "pantomime/base/error.h"

namespace pantomime::metrics {

at::Tensor checked_rows(const at::Tensor& rows, int64_t least, const char* what) {
  PANTOMIME_CHECK(rows.defined() && rows.dim() == 2, "{}: expected rows [N, d], got {} dimensions",
                  what, rows.defined() ? rows.dim() : 0);
  PANTOMIME_CHECK(rows.size(0) >= least && rows.size(1) >= 1,
                  "{}: {} rows of {} numbers, expected at least {} rows", what, rows.size(0),
                  rows.size(1), least);
  const at::Tensor x = rows.detach().to(at::kCPU, at::kDouble).contiguous();
  PANTOMIME_CHECK(at::isfinite(x).all().item<bool>(), "{}: a number is not finite", what);
  return x;
}

void check_pair(at::Tensor& a, at::Tensor& b, int64_t least, const char* what) {
  a = checked_rows(a, least, what);
  b = checked_rows(b, least, what);
  PANTOMIME_CHECK(a.size(1) == b.size(1), "{}: rows of {} and of {} numbers, expected the same",
                  what, a.size(1), b.size(1));
}

at::Tensor row_distances(const at::Tensor& a, const at::Tensor& b) {
  // Mode 2: never through the matrix product.
  return at::cdist(a, b, 2.0, 2);
}

std::vector<int64_t> draw_without_replacement(Random& random, int64_t total, int64_t count) {
  PANTOMIME_CHECK(count <= total, "drawing {} of {}", count, total);
  std::vector<int64_t> all(static_cast<size_t>(total));
  std::iota(all.begin(), all.end(), int64_t{0});
  for (int64_t i = 0; i < count; ++i) {
    const auto j = i + random.below(static_cast<uint32_t>(total - i));
    std::swap(all[static_cast<size_t>(i)], all[static_cast<size_t>(j)]);
  }
  all.resize(static_cast<size_t>(count));
  return all;
}

}  // namespace pantomime::metrics
