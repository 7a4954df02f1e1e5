#include "pantomime/metrics/keyframes.h"

#include <algorithm>

#include "pantomime/base/error.h"

namespace pantomime::metrics {

KeyframeErrors keyframe_errors(const std::vector<std::vector<double>>& errors) {
  PANTOMIME_CHECK(!errors.empty(), "key frames: no sequences");
  constexpr double kHit = 0.10;
  KeyframeErrors result;
  double count = 0;
  for (const auto& sequence : errors) {
    PANTOMIME_CHECK(!sequence.empty(), "key frames: a sequence without key frames");
    const double worst = *std::max_element(sequence.begin(), sequence.end());
    for (size_t k = 0; k < KeyframeErrors::kThresholds.size(); ++k)
      if (worst > KeyframeErrors::kThresholds[k]) result.trajectory_fail[k] += 1;
    for (const double error : sequence) {
      for (size_t k = 0; k < KeyframeErrors::kThresholds.size(); ++k)
        if (error > KeyframeErrors::kThresholds[k]) result.location_fail[k] += 1;
      if (error < kHit) result.hit += 1;
      result.mean_m += error;
      count += 1;
    }
  }
  for (double& share : result.trajectory_fail) share /= static_cast<double>(errors.size());
  for (double& share : result.location_fail) share /= count;
  result.mean_m /= count;
  result.hit /= count;
  return result;
}

}  // namespace pantomime::metrics
