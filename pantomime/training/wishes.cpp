#include "pantomime/training/wishes.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>

#include "pantomime/base/error.h"
#include "pantomime/features/features.h"
#include "pantomime/motion/fit_to_body.h"

namespace pantomime::training {

using conditions::Constraints;
using motion::Act;
using motion::Way;

namespace {

constexpr double kSure = 0.5;  // chance of a fact that is acted upon

class Facts {
 public:
  explicit Facts(const std::vector<std::pair<std::string, double>>& facts) : facts_(facts) {}
  double operator()(std::string_view name) const {
    for (const auto& [fact, chance] : facts_)
      if (fact == name) return chance;
    return 0;
  }

 private:
  const std::vector<std::pair<std::string, double>>& facts_;
};

/// Left of straight ahead, radians.
double angle_of(Way way) {
  static constexpr std::array<std::pair<Way, double>, 8> kAngles = {{{Way::kForward, 0},
                                                                     {Way::kForwardLeft, 0.25},
                                                                     {Way::kLeft, 0.5},
                                                                     {Way::kBackLeft, 0.75},
                                                                     {Way::kBackward, 1},
                                                                     {Way::kBackRight, -0.75},
                                                                     {Way::kRight, -0.5},
                                                                     {Way::kForwardRight, -0.25}}};
  for (const auto& [other, angle] : kAngles)
    if (way == other) return angle * std::numbers::pi;
  return 0;
}

/// In the middle of what describe.h calls slow, normal and fast.
double froude_of(bool runs, Way way, motion::Pace pace) {
  const bool slow = pace == motion::Pace::kSlow, fast = pace == motion::Pace::kFast;
  if (way == Way::kForward)
    return runs ? (slow ? 0.65 : fast ? 1.6 : 1.0) : (slow ? 0.21 : fast ? 0.62 : 0.40);
  return (runs ? 0.6 : 0.7) * froude_of(runs, Way::kForward, pace);
}

/// Heights of the pelvis in one time of something, from begin to begin: share of the time, and
/// height above or below a straight stand in leg lengths. A jump flies as things that are thrown
/// do: 0.5 s above the stand for 0.31 m.
struct Cycle {
  Act act;
  double least, easy, most;  ///< seconds
  std::vector<std::pair<double, double>> heights;
};
const Cycle& cycle_of(Act act) {
  static const std::array<Cycle, 2> kCycles = {
      {{Act::kSquat,
        1.5,
        2.0,
        2.6,
        {{0, -0.02}, {0.08, -0.03}, {0.47, -0.50}, {0.53, -0.50}, {0.92, -0.03}}},
       {Act::kJump,
        1.3,
        1.45,
        1.6,
        {{0, -0.03},
         {0.17, -0.22},
         {0.30, 0.0},
         {0.34, 0.13},
         {0.39, 0.26},
         {0.47, 0.36},
         {0.55, 0.26},
         {0.60, 0.13},
         {0.64, 0.0},
         {0.78, -0.22},
         {0.94, -0.03}}}}};
  for (const Cycle& cycle : kCycles)
    if (cycle.act == act) return cycle;
  fail("wishes: {} can't be counted by the height of the pelvis", motion::name_of(act));
}

void ask_counted(Constraints& to, const Wishes::Counted& counted, const motion::Skeleton& body,
                 const ActSpan& span, int64_t count) {
  const Cycle& cycle = cycle_of(counted.act);
  const double leg = motion::leg_length(body);
  const double stand =
      leg - static_cast<double>(body.offsets[motion::kLeftHip].y);  // of the pelvis, legs straight
  const double each = std::clamp(static_cast<double>(span.frames) / motion::kFps / counted.times,
                                 cycle.least, cycle.most);
  const auto at = [&](double seconds, double height) {
    const int64_t f = std::lround(seconds * motion::kFps) - span.before;
    if (f < 0 || f >= count) return;
    to.known[f][features::kRootHeight] = true;
    to.value[f][features::kRootHeight] = stand + leg * height;
  };
  for (int i = 0; i < counted.times; ++i)
    for (const auto& [share, height] : cycle.heights) at((i + share) * each, height);
  // And then no more.
  const double all = static_cast<double>(span.frames) / motion::kFps;
  for (double s = counted.times * each; s < all; s += 0.3) at(s, cycle.heights[0].second);
}

void ask_travel(Constraints& to, const Wishes::Travel& travel, const motion::Skeleton& body,
                const std::optional<conditions::Placement>& now, const ActSpan& span,
                int64_t count) {
  constexpr int64_t kEvery = 10;
  constexpr double kAbout = 0.12, kFacing = 0.15;  // metres, radians: gaits sway
  constexpr double kStart = 0.3;                   // seconds until one is under way
  const double whole = static_cast<double>(span.frames) / motion::kFps;
  const conditions::Placement from = now.value_or(conditions::Placement{});
  // Who stood before has to get going; an act that is under way goes on as it went.
  const double late = now && span.before == 0 ? kStart : 0;
  const double speed =
      travel.metres > 0
          ? travel.metres / (whole - (now ? kStart : 0))
          : travel.froude * std::sqrt(9.81 * static_cast<double>(motion::leg_length(body)));
  const double bend = travel.turn / whole;  // radians a second
  const double side = angle_of(travel.way);
  const bool faces = travel.turn != 0 || travel.way != Way::kForward;
  const int64_t end = span.frames - span.before;  // of the act, from here
  for (int64_t f = kEvery; f < count + kEvery - 1; f += kEvery) {
    // The last place of a circle, or of a way whose length was said, is exact.
    const bool last = (travel.metres > 0 || travel.turn != 0) && f >= end - 1;
    if (last) f = end - 1;
    if (f >= count) break;
    const double seconds = static_cast<double>(last ? f + 1 : f) / motion::kFps;
    const double turned = bend * seconds;
    const double way = speed * std::max(0.0, seconds - late * std::min(1.0, seconds));
    // Along an arc: the chord of the way has half the turn.
    const double chord = std::abs(turned) < 1e-6 ? way : way * std::sin(turned / 2) / (turned / 2);
    const double direction = side + turned / 2;
    const motion::Vec3 place = from({static_cast<float>(chord * std::sin(direction)), 0,
                                     static_cast<float>(chord * std::cos(direction))});
    to.places.push_back({f, place.x, place.z, last ? 0 : kAbout});
    if (faces && f % (2 * kEvery) == 0)
      to.goals.push_back(conditions::face(f, f + 1, {from.turn + turned}, kFacing));
    if (last) break;
  }
}

}  // namespace

Wishes wishes_of(const std::vector<std::pair<std::string, double>>& heard, const Said& said) {
  static constexpr std::array kWays = {Way::kForward,  Way::kForwardLeft, Way::kLeft,
                                       Way::kBackLeft, Way::kBackward,    Way::kBackRight,
                                       Way::kRight,    Way::kForwardRight};
  const Facts facts(heard);
  Wishes wishes;
  const auto goes = [&](const std::string& gait) {
    return std::max(facts(gait), facts("label " + gait));
  };
  const bool runs = goes("run") > goes("walk");
  const std::string gait = runs ? "run" : "walk";
  // Whoever dances takes steps and turns as well, and is not led along a way for it.
  double other_act = 0;
  for (const auto& [fact, chance] : heard)
    if (fact.starts_with("label ") && fact != "label walk" && fact != "label run")
      other_act = std::max(other_act, chance);
  constexpr double kAsSure = 0.05;
  const bool going = goes(gait) >= other_act - kAsSure || said.metres > 0;
  if (going && goes(gait) >= kSure) {
    Way way = Way::kForward;
    for (const Way other : kWays)
      if (facts(fmt::format("{} way {}", gait, motion::name_of(other))) >
          std::max(kSure, facts(fmt::format("{} way {}", gait, motion::name_of(way)))))
        way = other;
    motion::Pace pace = said.pace == motion::Pace::kNone ? motion::Pace::kNormal : said.pace;
    for (const motion::Pace other : {motion::Pace::kSlow, motion::Pace::kFast})
      if (said.pace == motion::Pace::kNone &&
          facts(fmt::format("{} pace {}", gait, motion::name_of(other))) >= kSure)
        pace = other;
    // Whoever goes and turns once around meanwhile goes in a circle.
    const auto around = [&](const char* side) {
      return facts(fmt::format("{} circle {}", gait, side)) +
             facts(fmt::format("turn {} full", side));
    };
    const double left = around("left"), right = around("right");
    const bool circle = left + right >= kSure;
    if (way != Way::kForward || pace != motion::Pace::kNormal || circle || said.metres > 0 ||
        said.busy_arms)
      wishes.travel =
          Wishes::Travel{.way = way,
                         .runs = runs,
                         .froude = froude_of(runs, way, pace),
                         .turn = !circle ? 0 : (left >= right ? 2 : -2) * std::numbers::pi,
                         .metres = said.metres};
  }
  if (said.times > 0 && !wishes.travel)
    for (const Act act : {Act::kSquat, Act::kJump})
      if (facts(motion::name_of(act)) >= kSure) {
        wishes.counted = Wishes::Counted{act, said.times};
        break;
      }
  return wishes;
}

void ask(Constraints& to, const Wishes& wishes, const motion::Skeleton& body,
         const std::optional<conditions::Placement>& now, const ActSpan& span, int64_t count) {
  PANTOMIME_CHECK(count >= 0 && count <= to.frames && span.frames > 0,
                  "wishes: {} frames of {}, of an act of {}", count, to.frames, span.frames);
  if (wishes.travel) ask_travel(to, *wishes.travel, body, now, span, count);
  if (wishes.counted) ask_counted(to, *wishes.counted, body, span, count);
}

double seconds_of(const Wishes::Counted& counted) {
  return counted.times * cycle_of(counted.act).easy;
}

}  // namespace pantomime::training
