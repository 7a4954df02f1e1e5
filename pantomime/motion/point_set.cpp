#include "pantomime/motion/point_set.h"

#include <set>

#include "pantomime/base/error.h"

namespace pantomime::motion {
namespace {

constexpr float kLargestOffset = 1;
constexpr float kLargestSpread = 0.3f;

bool in_range(float value, float low, float high) {
  return value >= low && value <= high;  // false for NaN
}

}  // namespace

int PointSet::find(std::string_view wanted) const {
  for (size_t i = 0; i < points.size(); ++i) {
    if (points[i].name == wanted) return static_cast<int>(i);
    for (const std::string& alias : points[i].aliases)
      if (alias == wanted) return static_cast<int>(i);
  }
  return -1;
}

void PointSet::validate() const {
  PANTOMIME_CHECK(!points.empty(), "point set \"{}\": no points", name);
  canonical_from(axes);
  std::set<std::string_view> seen;
  for (const BodyPoint& point : points) {
    PANTOMIME_CHECK(!point.name.empty(), "point set \"{}\": a point without a name", name);
    PANTOMIME_CHECK(seen.insert(point.name).second,
                    "point set \"{}\": two points are called \"{}\"", name, point.name);
    for (const std::string& alias : point.aliases)
      PANTOMIME_CHECK(!alias.empty() && seen.insert(alias).second,
                      "point set \"{}\": two points are called \"{}\"", name, alias);
    PANTOMIME_CHECK(point.joint >= 0 && point.joint < kJointCount,
                    "point set \"{}\": {}: joint {}, expected 0 to {}", name, point.name,
                    point.joint, kJointCount - 1);
    for (const float value : {point.offset.x, point.offset.y, point.offset.z})
      PANTOMIME_CHECK(in_range(value, -kLargestOffset, kLargestOffset),
                      "point set \"{}\": {}: offset {}, expected metres up to {}", name, point.name,
                      value, kLargestOffset);
    PANTOMIME_CHECK(in_range(point.spread, 0, kLargestSpread),
                    "point set \"{}\": {}: spread {}, expected 0 to {}", name, point.name,
                    point.spread, kLargestSpread);
    PANTOMIME_CHECK(in_range(point.noise, 0.1f, 100),
                    "point set \"{}\": {}: noise {}, expected 0.1 to 100", name, point.name,
                    point.noise);
  }
}

PointMatch match(const PointSet& set, const std::vector<std::string>& names) {
  PointMatch out{0, set.points.size()};
  std::set<int> found;
  for (const std::string& name : names)
    if (const int point = set.find(name); point >= 0) found.insert(point);
  out.known = found.size();
  return out;
}

const PointSet& recognise(const std::vector<std::string>& names, const std::vector<PointSet>& sets,
                          const std::string& what) {
  const PointSet* best = nullptr;
  PointMatch best_match;
  for (const PointSet& set : sets) {
    const PointMatch now = match(set, names);
    const bool better = best == nullptr || now.known > best_match.known ||
                        (now.known == best_match.known && now.expected < best_match.expected);
    if (better) best = &set, best_match = now;
  }
  PANTOMIME_CHECK(best != nullptr, "{}: there are no point sets", what);
  PANTOMIME_CHECK(4 * best_match.known >= 3 * names.size() && !names.empty(),
                  "{}: no point set knows these {} points; nearest is \"{}\", which knows {}", what,
                  names.size(), best->name, best_match.known);
  return *best;
}

}  // namespace pantomime::motion
