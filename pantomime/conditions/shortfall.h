// How far clips are from what is asked for, as a number to be made small.
#pragma once

#include <vector>

#include "pantomime/conditions/constraints.h"
#include "pantomime/conditions/noise_search.h"
#include "pantomime/features/features.h"

namespace pantomime::conditions {

/// Sum over goals of the mean squared residual, places of the root (beyond their tolerances) and
/// known values (normalised) likewise; residuals in units of 10 cm or 0.1 radian. One set of
/// constraints per clip; a sample may have more frames than they, which don't count.
Objective shortfall(const std::vector<Constraints>& clips, const features::Normaliser& normaliser);

}  // namespace pantomime::conditions
