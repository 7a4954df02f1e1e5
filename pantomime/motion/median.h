// The median, in one place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pantomime::motion {

/// The middle value, of an even number the upper of the two in the middle. Not for no values.
inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace pantomime::motion
