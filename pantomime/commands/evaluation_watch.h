// A small fixed evaluation that needs no library: does the shipped prior still do what it did?
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pantomime/commands/evaluation_rows.h"

namespace pantomime::commands {

struct WatchOptions {
  std::vector<std::string> labels = {"walk", "squat", "dance", "stand idle"};
  int64_t per_label = 8;
  int64_t frames = 64;
  uint64_t seed = 1;
};

/// Numbers by name: accuracy by each judge ("accuracy" of the first, "accuracy 2" …), multimodality
/// and diversity in the first judge's features, means of physics, of labelled clips and of as many
/// without a condition ("free jerk" …). tests/golden/watch.json holds where they lay over many
/// seeds; tests/cli/watch_test.py compares.
std::map<std::string, double> watch(const WatchOptions& options, const RowPlan& plan,
                                    const std::vector<metrics::Judge>& judges, Context& context);

}  // namespace pantomime::commands
