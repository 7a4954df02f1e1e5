#include "pantomime/metrics/retrieval.h"

#include <ATen/ATen.h>

#include "pantomime/base/error.h"
#include "pantomime/metrics/rows.h"

namespace pantomime::metrics {

Retrieval retrieval(const at::Tensor& sentences, const at::Tensor& motions, int64_t pool,
                    const std::vector<int64_t>& same) {
  at::Tensor text = sentences, motion = motions;
  check_pair(text, motion, 1, "R-precision");
  const int64_t n = text.size(0);
  PANTOMIME_CHECK(n == motion.size(0), "R-precision: {} sentences and {} motions", n,
                  motion.size(0));
  PANTOMIME_CHECK(pool >= 2 && n >= pool, "R-precision: {} rows, expected at least one pool of {}",
                  n, pool);
  PANTOMIME_CHECK(same.empty() || static_cast<int64_t>(same.size()) == n,
                  "R-precision: {} numbers of sentences for {} rows", same.size(), n);
  Retrieval result;
  result.pools = n / pool;
  const auto asked = static_cast<double>(result.pools * pool);
  for (int64_t p = 0; p < result.pools; ++p) {
    const at::Tensor distances =
        row_distances(text.narrow(0, p * pool, pool), motion.narrow(0, p * pool, pool))
            .contiguous();
    const double* d = distances.data_ptr<double>();
    for (int64_t i = 0; i < pool; ++i) {
      const double own = d[i * pool + i];
      size_t nearer = 0;
      for (int64_t j = 0; j < pool; ++j) {
        const bool rival = same.empty() || same[static_cast<size_t>(p * pool + j)] !=
                                               same[static_cast<size_t>(p * pool + i)];
        if (rival && d[i * pool + j] < own) ++nearer;
      }
      for (size_t k = nearer; k < result.top.size(); ++k) result.top[k] += 1 / asked;
      result.distance += own / asked;
    }
  }
  return result;
}

double nearer_to_own(const at::Tensor& motions, const at::Tensor& own, const at::Tensor& other) {
  at::Tensor m = motions, a = own;
  check_pair(m, a, 1, "pairs of sentences");
  at::Tensor b = other;
  check_pair(a, b, 1, "pairs of sentences");
  PANTOMIME_CHECK(m.size(0) == a.size(0) && a.size(0) == b.size(0),
                  "pairs of sentences: {} motions, {} and {} sentences", m.size(0), a.size(0),
                  b.size(0));
  const at::Tensor mine = (m - a).norm(2, 1), theirs = (m - b).norm(2, 1);
  return ((mine < theirs).to(at::kDouble) + 0.5 * (mine == theirs).to(at::kDouble))
      .mean()
      .item<double>();
}

}  // namespace pantomime::metrics
