#include "pantomime/metrics/variety.h"

#include <ATen/ATen.h>

#include <limits>
#include <map>

#include "pantomime/base/error.h"
#include "pantomime/metrics/rows.h"

namespace pantomime::metrics {
namespace {

/// Distance of each row to its k-th nearest other row, [N].
at::Tensor radii(const at::Tensor& rows, int64_t neighbours) {
  // The nearest of all is the row itself, at 0.
  return std::get<0>(row_distances(rows, rows).kthvalue(neighbours + 1, 1));
}

double share_inside(const at::Tensor& distances, const at::Tensor& radius) {
  const at::Tensor inside = (distances <= radius.unsqueeze(0)).any(1);
  return inside.to(at::kDouble).mean().item<double>();
}

double mean_distance(const at::Tensor& rows, const std::vector<int64_t>& a,
                     const std::vector<int64_t>& b) {
  const at::Tensor difference = rows.index_select(0, at::tensor(a, at::kLong)) -
                                rows.index_select(0, at::tensor(b, at::kLong));
  return difference.norm(2, 1).mean().item<double>();
}

}  // namespace

Coverage coverage(const at::Tensor& samples, const at::Tensor& real, int64_t neighbours) {
  PANTOMIME_CHECK(neighbours >= 1, "precision: {} neighbours, expected at least 1", neighbours);
  at::Tensor a = samples, b = real;
  check_pair(a, b, neighbours + 1, "precision");
  const at::Tensor distances = row_distances(a, b);  // [N, M]
  return {share_inside(distances, radii(b, neighbours)),
          share_inside(distances.t(), radii(a, neighbours))};
}

Density density(const at::Tensor& samples, const at::Tensor& real, int64_t neighbours) {
  PANTOMIME_CHECK(neighbours >= 1, "density: {} neighbours, expected at least 1", neighbours);
  at::Tensor a = samples, b = real;
  check_pair(a, b, neighbours + 1, "density");
  const at::Tensor inside = row_distances(a, b) <= radii(b, neighbours).unsqueeze(0);  // [N, M]
  return {inside.to(at::kDouble).sum(1).mean().item<double>() / static_cast<double>(neighbours),
          inside.any(0).to(at::kDouble).mean().item<double>()};
}

double diversity(const at::Tensor& rows, int64_t pairs, Draw draw, uint64_t seed) {
  const at::Tensor x = checked_rows(rows, 2, "diversity");
  PANTOMIME_CHECK(pairs >= 1, "diversity: {} pairs, expected at least 1", pairs);
  Random random(derive_seed(seed, "diversity"));
  std::vector<int64_t> a, b;
  if (draw == Draw::WithoutReplacement) {
    PANTOMIME_CHECK(pairs <= x.size(0), "diversity: {} pairs without replacement of {} rows", pairs,
                    x.size(0));
    a = draw_without_replacement(random, x.size(0), pairs);
    b = draw_without_replacement(random, x.size(0), pairs);
  } else {
    const auto count = static_cast<uint32_t>(x.size(0));
    for (int64_t i = 0; i < pairs; ++i) {
      a.push_back(random.below(count));
      b.push_back(random.below(count));
    }
  }
  return mean_distance(x, a, b);
}

double multimodality(const at::Tensor& rows, const std::vector<int64_t>& labels, int64_t pairs,
                     uint64_t seed) {
  const at::Tensor x = checked_rows(rows, 1, "multimodality");
  PANTOMIME_CHECK(static_cast<int64_t>(labels.size()) == x.size(0) && pairs >= 1,
                  "multimodality: {} labels for {} rows, {} pairs", labels.size(), x.size(0),
                  pairs);
  std::map<int64_t, std::vector<int64_t>> members;
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i] >= 0) members[labels[i]].push_back(static_cast<int64_t>(i));
  double sum = 0;
  int64_t counted = 0;
  for (const auto& [label, list] : members) {
    if (list.size() < 2) continue;
    Random random(derive_seed(seed, "multimodality", static_cast<uint64_t>(label)));
    std::vector<int64_t> a, b;
    for (int64_t i = 0; i < pairs; ++i) {
      a.push_back(list[random.below(static_cast<uint32_t>(list.size()))]);
      b.push_back(list[random.below(static_cast<uint32_t>(list.size()))]);
    }
    sum += mean_distance(x, a, b);
    ++counted;
  }
  return counted > 0 ? sum / static_cast<double>(counted)
                     : std::numeric_limits<double>::quiet_NaN();
}

double multimodality_of_groups(const at::Tensor& rows, int64_t each, int64_t pairs, uint64_t seed) {
  const at::Tensor x = checked_rows(rows, 1, "multimodality");
  PANTOMIME_CHECK(pairs >= 1 && pairs < each && x.size(0) % each == 0,
                  "multimodality: {} rows, {} of each sentence, {} pairs", x.size(0), each, pairs);
  Random random(derive_seed(seed, "multimodality"));
  const auto first = draw_without_replacement(random, each, pairs);
  const auto second = draw_without_replacement(random, each, pairs);
  std::vector<int64_t> a, b;
  for (int64_t begin = 0; begin < x.size(0); begin += each)
    for (size_t i = 0; i < first.size(); ++i) {
      a.push_back(begin + first[i]);
      b.push_back(begin + second[i]);
    }
  return mean_distance(x, a, b);
}

}  // namespace pantomime::metrics
