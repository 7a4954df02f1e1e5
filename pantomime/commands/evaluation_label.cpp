#include "pantomime/commands/evaluation_label.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/metrics/cheats.h"
#include "pantomime/metrics/nearest.h"
#include "pantomime/metrics/rows.h"

namespace pantomime::commands {
namespace {

using metrics::MeasuredSet;
using metrics::MotionSet;
using metrics::SetNumbers;

class Table {
 public:
  Table(const LabelOptions& options, const std::vector<metrics::Judge>& judges,
        const training::MotionData& train, Context& context)
      : options_(options), judges_(judges), context_(context) {
    for (size_t c = 0; c < train.clip_count(); ++c) training_.push_back(train.clip(c));
  }

  void set_reference(const MotionSet& set) {
    reference_.push_back(measured(set, false));
    for (size_t j = 1; j < judges_.size(); ++j)
      reference_.push_back(metrics::judged_again(reference_[0], set, judges_[j]));
    // People who were held out have a distance to the training clips, too: the one to beat.
    add_nearest(reference_[0], set);
  }
  const MeasuredSet& reference() const { return reference_[0]; }

  LabelRow row(const std::string& name, const MeasuredSet& first, const MotionSet& set) const {
    LabelRow result;
    result.numbers = metrics::compare(name, first, reference_[0], judges_[0]);
    for (size_t j = 1; j < judges_.size(); ++j)
      result.by_others.push_back(metrics::compare(
          name, metrics::judged_again(first, set, judges_[j]), reference_[j], judges_[j]));
    return result;
  }
  LabelRow reference_row(const std::string& name) const {
    LabelRow result;
    result.numbers = metrics::compare(name, reference_[0], reference_[0], judges_[0]);
    for (size_t j = 1; j < judges_.size(); ++j)
      result.by_others.push_back(metrics::compare(name, reference_[j], reference_[j], judges_[j]));
    return result;
  }

  MeasuredSet measured(const MotionSet& set, bool nearest) const {
    MeasuredSet result = metrics::measure(set, judges_[0]);
    if (nearest) add_nearest(result, set);
    return result;
  }

 private:
  void add_nearest(MeasuredSet& measured, const MotionSet& set) const {
    for (const metrics::Nearest& n : metrics::nearest_windows(set.clips, training_))
      measured.nearest_mm.push_back(n.distance_mm);
  }

  const LabelOptions& options_;
  const std::vector<metrics::Judge>& judges_;
  Context& context_;
  std::vector<at::Tensor> training_;
  std::vector<MeasuredSet> reference_;  ///< by each judge
};

/// Windows of training people at random, whatever they do: a generator that only copies.
MotionSet resampled(const training::MotionData& train, size_t count, int64_t frames,
                    uint64_t seed) {
  MotionSet set;
  std::vector<size_t> usable;
  for (size_t i = 0; i < train.windows().size(); ++i)
    if (train.windows()[i].count >= 24) usable.push_back(i);
  PANTOMIME_CHECK(!usable.empty(), "evaluate: no training window of 24 frames");
  Random random(derive_seed(seed, "copy machine"));
  for (size_t k = 0; k < count; ++k) {
    const auto& w = train.windows()[usable[random.below(static_cast<uint32_t>(usable.size()))]];
    at::Tensor part = train.clip(w.clip).narrow(0, w.first, std::min(w.count, frames)).clone();
    features::face_forward_(part);
    set.clips.push_back(part);
    set.labels.push_back("");
  }
  return set;
}

/// For every label asked for a training window of that label, at random: what any generator that is
/// asked by label has to beat in novelty, and can hardly beat in anything else.
MotionSet retrieved(const training::MotionData& train, const std::vector<std::string>& wanted,
                    int64_t frames, uint64_t seed) {
  std::map<std::string, MotionSet> by_label;
  for (const std::string& label : wanted)
    if (!by_label.contains(label)) by_label[label] = real_set(train, {label}, 1 << 20, frames);
  Random random(derive_seed(seed, "nearest label"));
  MotionSet set;
  for (const std::string& label : wanted) {
    const MotionSet& there = by_label.at(label);
    if (there.clips.empty()) continue;
    set.clips.push_back(there.clips[random.below(static_cast<uint32_t>(there.clips.size()))]);
    set.labels.push_back(label);
  }
  return set;
}

/// Labels of the clips to generate: as the real ones, or as many as were asked for, in turn.
std::vector<std::string> wanted_labels(const LabelOptions& o,
                                       const std::vector<std::string>& labels,
                                       const MotionSet& reference) {
  if (o.samples == 0) return reference.labels;
  std::vector<std::string> wanted;
  for (size_t i = 0; i < static_cast<size_t>(o.samples); ++i)
    wanted.push_back(labels[i % labels.size()]);
  return wanted;
}

std::vector<RankedClip> ranked(const MotionSet& set, const MeasuredSet& measured,
                               const metrics::Judge& judge) {
  std::vector<RankedClip> clips;
  for (size_t i = 0; i < set.clips.size(); ++i) {
    if (measured.truth[i] < 0) continue;
    const bool right = measured.truth[i] == measured.guess[i];
    clips.push_back({set.labels[i],
                     right ? "" : judge.labels[static_cast<size_t>(measured.guess[i])],
                     measured.sureness[i], set.clips[i]});
  }
  std::stable_sort(clips.begin(), clips.end(), [](const RankedClip& a, const RankedClip& b) {
    return a.sureness > b.sureness;
  });
  return clips;
}

}  // namespace

std::vector<std::string> shared_labels(const training::MotionData& test,
                                       const std::vector<metrics::Judge>& judges, RowMaker& maker,
                                       const std::vector<RowPlan>& plans) {
  constexpr int64_t kLeastWindows = 4;
  std::vector<std::string> labels;
  for (const auto& [label, count] : test.label_counts()) {
    bool known = count.first >= kLeastWindows;
    for (const metrics::Judge& judge : judges) known = known && judge.find(label) >= 0;
    for (const RowPlan& plan : plans) {
      if (plan.guidance == "none" || !known) continue;
      const auto& there = maker.guide(plan).labels;
      known = std::find(there.begin(), there.end(), label) != there.end();
    }
    if (known) labels.push_back(label);
  }
  PANTOMIME_CHECK(labels.size() >= 2,
                  "evaluate: {} labels are known to judges, guides and test people", labels.size());
  return labels;
}

LabelPart evaluate_labels(const LabelOptions& o, const std::vector<RowPlan>& plans,
                          const std::vector<metrics::Judge>& judges,
                          const training::MotionData& train, const training::MotionData& test,
                          RowMaker& maker, Context& context) {
  LabelPart part;
  part.labels = shared_labels(test, judges, maker, plans);
  const MotionSet reference = real_set(test, part.labels, o.per_label, o.frames);
  const MotionSet real_train = real_set(train, part.labels, o.per_label, o.frames);
  const std::vector<std::string> wanted = wanted_labels(o, part.labels, reference);
  Table table(o, judges, train, context);
  table.set_reference(reference);
  part.rows.push_back(table.reference_row("real, held-out people"));
  part.rows.push_back(
      table.row("real, training people", table.measured(real_train, false), real_train));
  if (o.baselines) {
    const MotionSet copies = resampled(train, wanted.size(), o.frames, o.seed);
    part.rows.push_back(
        table.row("baseline: training clips resampled", table.measured(copies, true), copies));
    const MotionSet nearest = retrieved(train, wanted, o.frames, o.seed);
    part.rows.push_back(table.row("baseline: a training clip of the label",
                                  table.measured(nearest, true), nearest));
  }
  if (o.cheats) {
    for (const metrics::Cheat cheat : metrics::kCheats) {
      const MotionSet set = metrics::cheated(cheat, real_train);
      part.rows.push_back(table.row(metrics::name_of(cheat), table.measured(set, true), set));
    }
  }
  for (const RowPlan& plan : plans) {
    std::vector<LabelRow> repetitions;
    for (int64_t r = 0; r < o.repetitions; ++r) {
      const uint64_t seed =
          r == 0 ? o.seed : derive_seed(o.seed, "repetition", static_cast<uint64_t>(r));
      const GeneratedSet made = maker.make(plan, wanted, o.frames, seed);
      context.terminal.check();
      const MeasuredSet measured = table.measured(made.set, true);
      repetitions.push_back(table.row(plan.name, measured, made.set));
      repetitions.back().seeds = {seed};
      repetitions.back().cost = made.cost;
      if (part.ranked.empty() && plan.guidance != "none") {
        part.ranked = ranked(made.set, measured, judges[0]);
        part.ranked_name = plan.name;
      }
    }
    LabelRow row = repetitions[0];
    if (repetitions.size() > 1) {
      const auto merged = [&](auto&& pick) {
        std::vector<SetNumbers> all;
        for (const LabelRow& one : repetitions) all.push_back(pick(one));
        return metrics::over_repetitions(all);
      };
      row.numbers = merged([](const LabelRow& one) { return one.numbers; });
      for (size_t j = 0; j < row.by_others.size(); ++j)
        row.by_others[j] = merged([j](const LabelRow& one) { return one.by_others[j]; });
      row.cost = {};
      row.seeds.clear();
      const auto count = static_cast<double>(repetitions.size());
      for (const LabelRow& one : repetitions) {
        row.seeds.push_back(one.seeds[0]);
        row.cost.ms += one.cost.ms / count;
        row.cost.gflop += one.cost.gflop / count;
        row.cost.peak_mb = std::max(row.cost.peak_mb, one.cost.peak_mb);
      }
    }
    part.rows.push_back(std::move(row));
  }
  return part;
}

}  // namespace pantomime::commands
