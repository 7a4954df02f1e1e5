// Checks of check_quality() that look at the floor.
#include <algorithm>
#include <array>
#include <cmath>

#include "pantomime/motion/contacts.h"
#include "pantomime/motion/quality_checks.h"
#include "pantomime/motion/retarget.h"

namespace pantomime::motion::checks {
namespace {

void floor_level(const Subject& s, std::vector<Finding>& out) {
  const double floor = floor_height(s.clip);
  const QualityLimits& l = s.limits;
  if (floor >= l.lowest_floor && floor <= l.highest_floor) return;
  out.push_back(
      {.defect = Defect::kFloor,
       .severity = std::abs(floor) > l.serious_floor ? Severity::kSerious : Severity::kNote,
       .first = 0,
       .last = whole(s.frames()),
       .measured = floor,
       .low = l.lowest_floor,
       .high = l.highest_floor,
       .measure = "height of the soles at their lowest, m"});
}

void sunk_joints(const Subject& s, std::vector<Finding>& out) {
  constexpr size_t kShortest = 3;  // frames
  std::vector<float> lowest(s.frames());
  std::vector<int> joint(s.frames());
  for (size_t f = 0; f < s.frames(); ++f) {
    lowest[f] = s.at(f, 0).y;
    for (size_t j = 1; j < kJointCount; ++j)
      if (s.at(f, j).y < lowest[f]) lowest[f] = s.at(f, j).y, joint[f] = static_cast<int>(j);
  }
  for (const Stretch& run :
       runs_of(s.frames(), kShortest, [&](size_t f) { return -lowest[f] > s.limits.sunk; })) {
    const auto at =
        std::min_element(lowest.begin() + whole(run.first), lowest.begin() + whole(run.last));
    out.push_back({.defect = Defect::kSunk,
                   .severity = -*at > s.limits.deeply_sunk ? Severity::kSerious : Severity::kNote,
                   .first = whole(run.first),
                   .last = whole(run.last),
                   .joint = joint[static_cast<size_t>(at - lowest.begin())],
                   .measured = -*at,
                   .high = s.limits.sunk,
                   .measure = "depth of a joint below the floor, m"});
  }
}

void floating(const Subject& s, std::vector<Finding>& out) {
  const auto shortest = static_cast<size_t>(s.limits.float_seconds * kFps);
  for (const Stretch& run : runs_of(s.frames(), shortest, [&](size_t f) {
         return s.clearance[f] > s.limits.float_height;
       })) {
    const double seconds = static_cast<double>(run.last - run.first) / kFps;
    const Fall fall = fit_fall(s, run.first, run.last);
    const bool falls = fall.acceleration > 1.6 * s.limits.least_fall / 2 &&
                       fall.acceleration < s.limits.most_fall && fall.misfit < 0.3;
    if (falls && seconds < s.limits.longest_flight) continue;
    out.push_back({.defect = Defect::kFloating,
                   .severity = Severity::kNote,
                   .first = whole(run.first),
                   .last = whole(run.last),
                   .measured = *std::max_element(s.clearance.begin() + whole(run.first),
                                                 s.clearance.begin() + whole(run.last)),
                   .high = s.limits.float_height,
                   .measure = "height of the body over the floor without falling, m"});
  }
}

/// Horizontal speed of the slowest foot point at the floor in each step, m/s; negative where no
/// foot is at the floor, or something else may carry the body.
std::vector<float> carrying_speed(const Subject& s) {
  constexpr float kNear = 0.03f;    // metres over the point's height in a flat foot
  constexpr float kOthers = 0.15f;  // metres: hands, knees, seat are clear of the floor
  const auto rest = rest_heights(s.clip.skeleton);
  std::vector<float> speed(s.frames() - 1, -1.0f);
  for (size_t f = 0; f < speed.size(); ++f) {
    float others = s.at(f + 1, 0).y;
    for (size_t j = 1; j < kJointCount; ++j)
      if (j != kLeftAnkle && j != kRightAnkle && j != kLeftFoot && j != kRightFoot)
        others = std::min(others, s.at(f + 1, j).y);
    if (others < kOthers) continue;
    for (size_t p = 0; p < kFootPointCount; ++p) {
      const auto joint = static_cast<size_t>(kFootPointJoints[p]);
      const Vec3 a = s.at(f, joint), b = s.at(f + 1, joint);
      if (std::max(a.y, b.y) > rest[p] + kNear) continue;
      const auto v = static_cast<float>(std::hypot(b.x - a.x, b.z - a.z) * kFps);
      speed[f] = speed[f] < 0 ? v : std::min(speed[f], v);
    }
  }
  return speed;
}

void foot_slide(const Subject& s, std::vector<Finding>& out) {
  if (s.frames() < 2) return;
  const std::vector<float> speed = carrying_speed(s);
  const auto slides = [&](size_t f) { return speed[f] > s.limits.slide_speed; };
  const auto shortest = static_cast<size_t>(s.limits.slide_seconds * kFps);
  double sliding = 0;
  std::vector<Finding> found;
  for (const Stretch& run : runs_of(speed.size(), shortest, slides)) {
    double distance = 0;
    for (size_t f = run.first; f < run.last; ++f) distance += speed[f] / kFps;
    if (distance < s.limits.slide_distance) continue;
    sliding += static_cast<double>(run.last - run.first);
    found.push_back({.defect = Defect::kFootSlide,
                     .severity = Severity::kNote,
                     .first = whole(run.first),
                     .last = whole(run.last) + 1,
                     .measured = distance,
                     .high = s.limits.slide_distance,
                     .measure = "slide of the foot that carries, m"});
  }
  const bool serious = sliding > s.limits.slide_share * static_cast<double>(speed.size());
  for (Finding& f : found) {
    if (serious) f.severity = Severity::kSerious;
    out.push_back(std::move(f));
  }
}

}  // namespace

void floor_and_feet(const Subject& s, std::vector<Finding>& out) {
  floor_level(s, out);
  sunk_joints(s, out);
  floating(s, out);
  foot_slide(s, out);
}

}  // namespace pantomime::motion::checks
