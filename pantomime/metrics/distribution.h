// How far two sets of single numbers are apart.
#pragma once

#include <vector>

namespace pantomime::metrics {

/// First Wasserstein distance of two samples of any sizes: the area between their distribution
/// functions, in the unit of the values ("earth mover's distance", Vallender 1974). Throws Error
/// when one is empty or a value is not finite. O(n log n).
double wasserstein_1(std::vector<float> a, std::vector<float> b);

}  // namespace pantomime::metrics
