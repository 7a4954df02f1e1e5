// The shortest way over a floor around boxes.
#pragma once

#include <array>
#include <vector>

#include "pantomime/conditions/goal.h"

namespace pantomime::conditions {

/// From one place (x, z) to another, no nearer to any box than `clear` metres (half a body's width
/// and a little), but for where it begins and ends: along edges between the boxes' enlarged corners
/// (visibility graph, Dijkstra). Straight when there is no way around.
class Way {
 public:
  using Place = std::array<double, 2>;
  Way(Place from, Place to, const std::vector<Box>& boxes, double clear = 0.42);

  double length() const { return lengths_.back(); }  ///< metres
  /// Where one is after a share 0 … 1 of the way.
  Place at(double share) const;
  const std::vector<Place>& corners() const { return places_; }  ///< with both ends

 private:
  std::vector<Place> places_;
  std::vector<double> lengths_;  ///< from the begin to each place
};

}  // namespace pantomime::conditions
