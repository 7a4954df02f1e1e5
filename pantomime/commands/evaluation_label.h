// The part of an evaluation about labels, realism and physics: rows of numbers, real motion first.
#pragma once

#include <string>
#include <vector>

#include "pantomime/commands/evaluation_rows.h"

namespace pantomime::commands {

struct LabelOptions {
  int64_t per_label = 40;  ///< at most so many real clips of each label
  int64_t samples = 0;     ///< generated clips a row; 0: as many as real ones, of the same labels
  int64_t frames = 96;
  int64_t repetitions = 1;  ///< of each generated row, with seeds of their own
  uint64_t seed = 1;
  bool cheats = false, baselines = false;
};

/// A line of the table.
struct LabelRow {
  metrics::SetNumbers numbers;                 ///< by the first judge
  std::vector<metrics::SetNumbers> by_others;  ///< by the other judges, in their order
  std::vector<uint64_t> seeds;                 ///< of each repetition; empty: nothing was generated
  Cost cost;                                   ///< mean over repetitions; zero: nothing generated
};

/// A generated clip with how sure the first judge is of its label.
struct RankedClip {
  std::string label, taken_for;
  double sureness = 0;
  at::Tensor clip;  ///< [F, D]
};

struct LabelPart {
  std::vector<std::string> labels;
  std::vector<LabelRow> rows;
  std::vector<RankedClip> ranked;  ///< of the first guided row, surest first
  std::string ranked_name;
};

/// Labels that all judges, all guides of the plans and at least four windows of held-out people
/// know. Throws Error when fewer than two are left.
std::vector<std::string> shared_labels(const training::MotionData& test,
                                       const std::vector<metrics::Judge>& judges, RowMaker& maker,
                                       const std::vector<RowPlan>& plans);

LabelPart evaluate_labels(const LabelOptions& options, const std::vector<RowPlan>& plans,
                          const std::vector<metrics::Judge>& judges,
                          const training::MotionData& train, const training::MotionData& test,
                          RowMaker& maker, Context& context);

}  // namespace pantomime::commands
