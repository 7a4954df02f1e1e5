#include "pantomime/conditions/way.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pantomime::conditions {
namespace {

using Place = Way::Place;

double distance(const Place& a, const Place& b) {
  return std::hypot(b[0] - a[0], b[1] - a[1]);
}

/// A place along a box's own axes, from its middle.
Place local(const Box& box, const Place& p) {
  const double c = std::cos(box.turn), s = std::sin(box.turn);
  const double dx = p[0] - box.x, dz = p[1] - box.z;
  return {c * dx - s * dz, s * dx + c * dz};
}

/// True when the line from a to b goes through the box enlarged by `clear` (slabs).
bool crosses(const Box& box, double clear, const Place& a, const Place& b) {
  const Place p = local(box, a), q = local(box, b);
  const double half[2] = {box.width / 2 + clear, box.depth / 2 + clear};
  double enter = 0, leave = 1;
  for (size_t i = 0; i < 2; ++i) {
    const double step = q[i] - p[i];
    if (std::abs(step) < 1e-12) {
      if (std::abs(p[i]) >= half[i]) return false;
      continue;
    }
    const double first = (-half[i] - p[i]) / step, second = (half[i] - p[i]) / step;
    enter = std::max(enter, std::min(first, second));
    leave = std::min(leave, std::max(first, second));
  }
  return leave - enter > 1e-9;
}

bool holds(const Box& box, double clear, const Place& p) {
  const Place q = local(box, p);
  return std::abs(q[0]) < box.width / 2 + clear && std::abs(q[1]) < box.depth / 2 + clear;
}

}  // namespace

Way::Way(Place from, Place to, const std::vector<Box>& boxes, double clear) {
  std::vector<Place> nodes = {from, to};
  std::vector<const Box*> walls;
  for (const Box& box : boxes) {
    // Who begins or ends beside a box has to come that near.
    if (holds(box, clear, from) || holds(box, clear, to)) continue;
    walls.push_back(&box);
    const double c = std::cos(box.turn), s = std::sin(box.turn);
    for (const double su : {-1.0, 1.0})
      for (const double sv : {-1.0, 1.0}) {
        const double u = su * (box.width / 2 + clear + 1e-6),
                     v = sv * (box.depth / 2 + clear + 1e-6);
        nodes.push_back({box.x + c * u + s * v, box.z - s * u + c * v});
      }
  }
  const auto free = [&](const Place& a, const Place& b) {
    return std::none_of(walls.begin(), walls.end(),
                        [&](const Box* box) { return crosses(*box, clear, a, b); });
  };
  constexpr double kFar = std::numeric_limits<double>::infinity();
  std::vector<double> best(nodes.size(), kFar);
  std::vector<size_t> before(nodes.size(), 0);
  std::vector<char> done(nodes.size());
  best[0] = 0;
  for (size_t round = 0; round < nodes.size(); ++round) {
    size_t at = nodes.size();
    for (size_t i = 0; i < nodes.size(); ++i)
      if (!done[i] && best[i] < kFar && (at == nodes.size() || best[i] < best[at])) at = i;
    if (at == nodes.size()) break;
    done[at] = 1;
    for (size_t i = 0; i < nodes.size(); ++i) {
      const double length = best[at] + distance(nodes[at], nodes[i]);
      if (!done[i] && length < best[i] && free(nodes[at], nodes[i])) {
        best[i] = length;
        before[i] = at;
      }
    }
  }
  places_ = {to};
  if (best[1] < kFar)
    for (size_t i = before[1]; i != 0; i = before[i]) places_.push_back(nodes[i]);
  places_.push_back(from);
  std::reverse(places_.begin(), places_.end());
  lengths_ = {0};
  for (size_t i = 1; i < places_.size(); ++i)
    lengths_.push_back(lengths_.back() + distance(places_[i - 1], places_[i]));
}

Way::Place Way::at(double share) const {
  const double wanted = std::clamp(share, 0.0, 1.0) * length();
  size_t i = 1;
  while (i + 1 < places_.size() && lengths_[i] < wanted) ++i;
  const double piece = lengths_[i] - lengths_[i - 1];
  const double u = piece > 0 ? (wanted - lengths_[i - 1]) / piece : 0;
  return {places_[i - 1][0] + u * (places_[i][0] - places_[i - 1][0]),
          places_[i - 1][1] + u * (places_[i][1] - places_[i - 1][1])};
}

}  // namespace pantomime::conditions
