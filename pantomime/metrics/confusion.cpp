#include "pantomime/metrics/confusion.h"

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "pantomime/base/error.h"

namespace pantomime::metrics {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

int64_t sum(const std::vector<int64_t>& row) {
  int64_t total = 0;
  for (const int64_t n : row) total += n;
  return total;
}

}  // namespace

Confusion::Confusion(std::vector<std::string> names)
    : labels(std::move(names)), counts(labels.size(), std::vector<int64_t>(labels.size(), 0)) {}

void Confusion::add(int64_t truth, int64_t guess) {
  const auto k = static_cast<int64_t>(labels.size());
  PANTOMIME_CHECK(truth >= 0 && truth < k && guess >= 0 && guess < k,
                  "confusion: label {} taken for {}, expected numbers below {}", truth, guess, k);
  ++counts[static_cast<size_t>(truth)][static_cast<size_t>(guess)];
}

int64_t Confusion::total() const {
  int64_t all = 0;
  for (const auto& row : counts) all += sum(row);
  return all;
}

double Confusion::accuracy() const {
  int64_t right = 0;
  for (size_t l = 0; l < labels.size(); ++l) right += counts[l][l];
  const int64_t all = total();
  return all > 0 ? static_cast<double>(right) / static_cast<double>(all) : kNone;
}

double Confusion::balanced_accuracy() const {
  double shares = 0;
  int64_t occurring_labels = 0;
  for (size_t l = 0; l < labels.size(); ++l) {
    const int64_t all = sum(counts[l]);
    if (all == 0) continue;
    shares += static_cast<double>(counts[l][l]) / static_cast<double>(all);
    ++occurring_labels;
  }
  return occurring_labels > 0 ? shares / static_cast<double>(occurring_labels) : kNone;
}

int64_t Confusion::taken_for(int64_t truth) const {
  const auto& row = counts.at(static_cast<size_t>(truth));
  int64_t best = -1, most = 0;
  for (size_t l = 0; l < row.size(); ++l)
    if (static_cast<int64_t>(l) != truth && row[l] > most)
      most = row[l], best = static_cast<int64_t>(l);
  return best;
}

Confusion Confusion::occurring() const {
  std::vector<size_t> kept;
  std::vector<std::string> names;
  for (size_t l = 0; l < labels.size(); ++l) {
    int64_t seen = sum(counts[l]);
    for (const auto& row : counts) seen += row[l];
    if (seen == 0) continue;
    kept.push_back(l);
    names.push_back(labels[l]);
  }
  Confusion small(std::move(names));
  for (size_t r = 0; r < kept.size(); ++r)
    for (size_t c = 0; c < kept.size(); ++c) small.counts[r][c] = counts[kept[r]][kept[c]];
  return small;
}

double class_coverage(const std::vector<int64_t>& samples, const std::vector<int64_t>& real) {
  const std::set<int64_t> wanted(real.begin(), real.end());
  const std::set<int64_t> seen(samples.begin(), samples.end());
  if (wanted.empty()) return kNone;
  int64_t found = 0;
  for (const int64_t label : wanted) found += seen.contains(label) ? 1 : 0;
  return static_cast<double>(found) / static_cast<double>(wanted.size());
}

double effective_classes(const std::vector<int64_t>& samples) {
  if (samples.empty()) return kNone;
  std::map<int64_t, double> counts;
  for (const int64_t label : samples) counts[label] += 1;
  double entropy = 0;
  for (const auto& [label, count] : counts) {
    const double p = count / static_cast<double>(samples.size());
    entropy -= p * std::log(p);
  }
  return std::exp(entropy);
}

}  // namespace pantomime::metrics
