// Which label was taken for which.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pantomime::metrics {

/// Counts of clips by their true label (row) and the label a judge gave them (column).
struct Confusion {
  std::vector<std::string> labels;           ///< [K]
  std::vector<std::vector<int64_t>> counts;  ///< [K][K]

  explicit Confusion(std::vector<std::string> labels);
  /// Throws Error for an index that is not in [0, K).
  void add(int64_t truth, int64_t guess);

  int64_t total() const;
  /// trace / total, as HumanAct12's protocol has it; NaN without a clip.
  double accuracy() const;
  /// Mean over labels that occur of their own share of right ones; NaN without a clip.
  double balanced_accuracy() const;
  /// The label that clips of `truth` are most often taken for wrongly; -1 when they never are. Of
  /// equals the first.
  int64_t taken_for(int64_t truth) const;
  /// Rows and columns of labels that occur as truth or as guess.
  Confusion occurring() const;
};

/// Coverage of classes: of the labels that judges name in real clips (`real` [M], indices), the
/// share that is named at least once in the samples (`samples` [N]). 1 when nothing is missing.
double class_coverage(const std::vector<int64_t>& samples, const std::vector<int64_t>& real);

/// exp of the entropy of the labels named: K for K labels named equally often, 1 for one label
/// (the "Hill number" of order 1, Hill 1973). NaN without a sample.
double effective_classes(const std::vector<int64_t>& samples);

}  // namespace pantomime::metrics
