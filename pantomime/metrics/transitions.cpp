#include "pantomime/metrics/transitions.h"

#include <cmath>
#include <limits>

#include "pantomime/base/random.h"
#include "pantomime/metrics/rows.h"

namespace pantomime::metrics {

Transitions transitions(std::span<const JointPath> windows, double reference, uint64_t seed) {
  constexpr int kHalves = 20;
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (windows.size() < 2) return {windows.size(), {kNone, kNone}, {kNone, kNone}};
  const TransitionJerk whole = transition_jerk(windows, reference);
  const auto total = static_cast<int64_t>(windows.size());
  double peak = 0, area = 0;
  Random random(seed);
  for (int k = 0; k < kHalves; ++k) {
    std::vector<JointPath> half;
    for (const int64_t i : draw_without_replacement(random, total, total / 2))
      half.push_back(windows[static_cast<size_t>(i)]);
    const TransitionJerk one = transition_jerk(half, reference);
    peak += std::pow(one.peak - whole.peak, 2) / kHalves;
    area += std::pow(one.area - whole.area, 2) / kHalves;
  }
  return {
      windows.size(), {whole.peak, 1.96 * std::sqrt(peak)}, {whole.area, 1.96 * std::sqrt(area)}};
}

}  // namespace pantomime::metrics
