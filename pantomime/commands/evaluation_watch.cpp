#include "pantomime/commands/evaluation_watch.h"

#include <ATen/ATen.h>

#include "pantomime/metrics/variety.h"

namespace pantomime::commands {
namespace {

void add_physics(const metrics::MeasuredSet& set, const std::string& prefix,
                 std::map<std::string, double>& numbers) {
  const auto n = static_cast<double>(set.size());
  for (size_t i = 0; i < set.size(); ++i) {
    const metrics::Physics& p = set.physics[i];
    numbers[prefix + "skating"] += p.skating / n;
    numbers[prefix + "slide_mm"] += p.slide_mm / n;
    numbers[prefix + "penetration_mm"] += p.penetration_mm / n;
    numbers[prefix + "floating_mm"] += p.floating_mm / n;
    numbers[prefix + "bone_mm"] += p.bone_mm / n;
    numbers[prefix + "jerk"] += p.jerk.mean / n;
    numbers[prefix + "root_jerk"] += p.jerk.root / n;
    numbers[prefix + "skin_penetration_mm"] += set.floor[i].penetration_mm / n;
    numbers[prefix + "skin_floating_mm"] += set.floor[i].floating_mm / n;
  }
}

}  // namespace

std::map<std::string, double> watch(const WatchOptions& o, const RowPlan& plan,
                                    const std::vector<metrics::Judge>& judges, Context& context) {
  std::vector<std::string> wanted;
  for (int64_t k = 0; k < o.per_label; ++k)
    wanted.insert(wanted.end(), o.labels.begin(), o.labels.end());
  RowMaker maker(KeptSets({}), context);
  const GeneratedSet told = maker.make(plan, wanted, o.frames, o.seed);
  RowPlan free = plan;
  free.guidance = "none";
  const GeneratedSet untold = maker.make(free, wanted, o.frames, o.seed);
  std::map<std::string, double> numbers;
  const metrics::MeasuredSet measured = metrics::measure(told.set, judges.at(0));
  add_physics(measured, "", numbers);
  add_physics(metrics::measure(untold.set, judges[0]), "free ", numbers);
  numbers["multimodality"] = metrics::multimodality(measured.features, measured.truth, 50, o.seed);
  numbers["diversity"] =
      metrics::diversity(measured.features, 200, metrics::Draw::WithReplacement, o.seed);
  for (size_t j = 0; j < judges.size(); ++j) {
    const metrics::MeasuredSet seen = metrics::judged_again(measured, told.set, judges[j]);
    double right = 0;
    for (size_t i = 0; i < seen.size(); ++i) right += seen.guess[i] == seen.truth[i] ? 1 : 0;
    numbers[j == 0 ? "accuracy" : fmt::format("accuracy {}", j + 1)] =
        right / static_cast<double>(seen.size());
  }
  return numbers;
}

}  // namespace pantomime::commands
