// How smooth motion is where two pieces meet, with an interval.
#pragma once

#include <cstdint>
#include <span>

#include "pantomime/metrics/physics.h"
#include "pantomime/metrics/report.h"

namespace pantomime::metrics {

struct Transitions {
  size_t windows = 0;
  Interval peak, area;  ///< PJ, AUJ
};
/// transition_jerk() of all windows; intervals from its spread over 20 random halves of them
/// (`seed`). NaN of fewer than two windows.
Transitions transitions(std::span<const JointPath> windows, double reference, uint64_t seed);

}  // namespace pantomime::metrics
