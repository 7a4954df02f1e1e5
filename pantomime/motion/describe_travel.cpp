// Travel, turns and jumps.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "pantomime/motion/describe_parts.h"

namespace pantomime::motion {
namespace {

constexpr double kDegrees = 180 / std::numbers::pi;

// Travel begins at a tenth of the speed at which walking becomes awkward (0.29 m/s for legs of
// 0.85 m) and ends at half of that; shifting the weight stays below.
constexpr double kTravelOn = 0.10, kTravelOff = 0.05;  // Froude number
constexpr double kTravelGap = 0.4;                     // s: slower for this long is no stop
constexpr double kTravelShortest = 0.5;                // s
constexpr double kJumpMargin = 0.25;                   // s before and after a flight
constexpr double kTravelLeast = 0.6;                   // leg lengths: about one step

// Walking at a Froude number of 0.42 (1.2 m/s for legs of 0.85 m) is what adults choose; Bohannon
// & Andrews 2011 ("Normal walking speed: a descriptive meta-analysis") find 0.94 to 1.43 m/s.
constexpr double kSlowWalk = 0.29, kFastWalk = 0.52;
constexpr double kSlowRun = 0.75, kFastRun = 1.45;
// Backwards and sideways people are slower: steps of a third less, as treadmill studies find.
constexpr double kOtherWays = 0.7;
// Faster than this, or with a twentieth of the time in flight at a jogging pace, is running.
constexpr double kSurelyRun = 0.95, kJog = 0.38, kFlightShare = 0.08;
constexpr double kFlightHeight = 0.035;  // m of both feet over where they rest

constexpr double kTurnLeast = 35;     // degrees: smaller ones are part of any walk
constexpr double kTurnReversal = 18;  // degrees: swaying back by less does not end a turn
constexpr double kTurnSlowest = 14;   // degrees per second
constexpr double kTurnPause = 0.5;    // s slower than that separates two turns

/// Steps: how often a foot lets go, swings through the air and stands again, in [first, last].
int count_steps(const BodySignals& body, size_t first, size_t last) {
  int steps = 0;
  for (const SideSignals& side : body.sides) {
    const auto swinging = held_above(side.foot_speed, 0.9, 0.5);
    for (const Stretch& s : stretches(swinging, 1, body.frames_of(0.1))) {
      const size_t middle = (s.first + s.last - 1) / 2;
      if (middle < first || middle > last) continue;
      // Cut off by the clip's end: a step only when the foot was on its way for a while.
      double path = 0;
      for (size_t f = s.first; f < s.last; ++f) path += side.foot_speed[f] / body.fps;
      steps += path > 0.25;
    }
  }
  return steps;
}

double flight_share(const BodySignals& body, size_t first, size_t last) {
  size_t frames = 0;
  for (size_t f = first; f <= last; ++f)
    frames +=
        body.sides[0].foot_clear[f] > kFlightHeight && body.sides[1].foot_clear[f] > kFlightHeight;
  return static_cast<double>(frames) / static_cast<double>(last - first + 1);
}

/// Direction of travel by frames, in four sectors; one is left only well outside of it, and not for
/// less than 0.6 s.
std::vector<Way> ways(const BodySignals& body, const Stretch& travel) {
  const auto centre = [](Way way) {
    switch (way) {
      case Way::kLeft:
        return 0.5 * std::numbers::pi;
      case Way::kRight:
        return -0.5 * std::numbers::pi;
      case Way::kBackward:
        return std::numbers::pi;
      default:
        return 0.0;
    }
  };
  const Signal ahead = smoothed(body.ahead, 0.2, body.fps);
  const Signal left = smoothed(body.left, 0.2, body.fps);
  std::vector<Way> result;
  Way now = Way::kNone;
  for (size_t f = travel.first; f < travel.last; ++f) {
    const double angle = std::atan2(left[f], ahead[f]);
    const double off = std::abs(std::remainder(angle - centre(now), 2 * std::numbers::pi));
    if (now == Way::kNone || off * kDegrees > 62) {
      const double a = std::abs(angle) * kDegrees;
      now = a < 45      ? Way::kForward
            : a > 135   ? Way::kBackward
            : angle > 0 ? Way::kLeft
                        : Way::kRight;
    }
    result.push_back(now);
  }
  // Short ones join the longer neighbour.
  const size_t shortest = body.frames_of(0.6);
  for (bool again = true; again;) {
    again = false;
    size_t best_first = 0, best_last = 0;
    for (size_t f = 0; f < result.size();) {
      size_t end = f;
      while (end < result.size() && result[end] == result[f]) ++end;
      if (end - f < shortest && end - f < result.size() &&
          (best_last == 0 || end - f < best_last - best_first))
        best_first = f, best_last = end;
      f = end;
    }
    if (best_last == 0) break;
    size_t before = 0, after = 0;
    while (before < best_first && result[best_first - 1 - before] == result[best_first - 1])
      ++before;
    while (best_last + after < result.size() && result[best_last + after] == result[best_last])
      ++after;
    const Way joins = before >= after ? result[best_first - 1] : result[best_last];
    std::fill(result.begin() + static_cast<std::ptrdiff_t>(best_first),
              result.begin() + static_cast<std::ptrdiff_t>(best_last), joins);
    again = true;
  }
  return result;
}

bool low(Posture posture) {
  return posture == Posture::kAllFours || posture == Posture::kLying ||
         posture == Posture::kOnFloor;
}

}  // namespace

Pace pace_of(Act gait, Way way, double froude) {
  const double easy = way == Way::kForward ? 1 : kOtherWays;
  const double slow = gait == Act::kRun ? kSlowRun : easy * kSlowWalk;
  const double fast = gait == Act::kRun ? kFastRun : easy * kFastWalk;
  return froude < slow ? Pace::kSlow : froude > fast ? Pace::kFast : Pace::kNormal;
}

Way way_of(double ahead, double left) {
  static constexpr Way kLefts[] = {Way::kForward, Way::kForwardLeft, Way::kLeft, Way::kBackLeft,
                                   Way::kBackward};
  // The four main directions get 60 degrees each, those between them 30: people say "diagonally"
  // only when it is plain.
  const double angle = std::abs(std::atan2(left, ahead)) * kDegrees;
  const size_t sector = angle < 30 ? 0 : angle < 60 ? 1 : angle < 120 ? 2 : angle < 150 ? 3 : 4;
  const Way way = kLefts[sector];
  return left < 0 ? mirrored(way) : way;
}

void set_times(Movement& movement, const BodySignals& body, size_t first, size_t last) {
  movement.first = static_cast<double>(first) / body.fps;
  movement.last = static_cast<double>(last) / body.fps;
  const size_t edge = body.frames_of(0.1);
  movement.begins_before = first < edge;
  movement.goes_on = last + edge >= body.frames;
}

void add_travel(const BodySignals& body, const std::vector<Posture>& postures,
                std::vector<Movement>& movements) {
  Signal froude(body.frames);
  for (size_t f = 0; f < body.frames; ++f) froude[f] = body.froude(body.speed[f]);
  std::vector<bool> moving(body.frames, false);
  for (const Stretch& s :
       stretches(held_above(froude, kTravelOn, kTravelOff), body.frames_of(kTravelGap)))
    std::fill(moving.begin() + static_cast<std::ptrdiff_t>(s.first),
              moving.begin() + static_cast<std::ptrdiff_t>(s.last), true);
  // Jumps go somewhere too, but they are no steps.
  for (const Movement& jump : movements) {
    if (jump.act != Act::kJump) continue;
    for (size_t f = 0; f < body.frames; ++f) {
      const double seconds = static_cast<double>(f) / body.fps;
      if (seconds > jump.first - kJumpMargin && seconds < jump.last + kJumpMargin)
        moving[f] = false;
    }
  }
  for (size_t f = 0; f < body.frames; ++f)
    // Nobody walks there; who gets down to the floor only comes by.
    if (postures[f] == Posture::kSitting || postures[f] == Posture::kSquatting ||
        postures[f] == Posture::kKneeling || postures[f] == Posture::kOnFloor)
      moving[f] = false;
  for (const Stretch& travel : stretches(moving, 1, body.frames_of(kTravelShortest))) {
    const auto way = ways(body, travel);
    for (size_t begin = 0; begin < way.size();) {
      size_t end = begin;
      while (end < way.size() && way[end] == way[begin]) ++end;
      const size_t first = travel.first + begin, last = travel.first + end - 1;
      begin = end;
      Movement movement;
      double ahead = 0, left = 0, path = 0;
      size_t lows = 0;
      for (size_t f = first; f <= last; ++f) {
        ahead += body.ahead[f] / body.fps;
        left += body.left[f] / body.fps;
        path += body.speed[f] / body.fps;
        lows += low(postures[f]);
      }
      if (path < kTravelLeast * body.leg || last == first) continue;
      set_times(movement, body, first, last);
      movement.metres = path;
      // The begin and the end of a walk are slow: its middle tells the pace.
      std::vector<double> speeds(body.speed.begin() + static_cast<std::ptrdiff_t>(first),
                                 body.speed.begin() + static_cast<std::ptrdiff_t>(last) + 1);
      const auto high = speeds.begin() + static_cast<std::ptrdiff_t>(speeds.size() * 6 / 10);
      std::nth_element(speeds.begin(), high, speeds.end());
      movement.speed = *high;
      movement.froude = body.froude(movement.speed);
      movement.degrees = (body.course[last] - body.course[first]) * kDegrees;
      movement.way = way_of(ahead, left);
      if (2 * lows > last - first + 1) {
        movement.act = Act::kCrawl;
        movement.count = 0;
      } else {
        const bool runs =
            movement.froude > kSurelyRun ||
            (movement.froude > kJog && flight_share(body, first, last) > kFlightShare);
        movement.act = runs ? Act::kRun : Act::kWalk;
        movement.count = count_steps(body, first, last);
        if (movement.count < 2) continue;  // leaning, stepping aside once, sliding data
        movement.pace = pace_of(movement.act, movement.way, movement.froude);
      }
      movements.push_back(movement);
    }
  }
}

void add_turns(const BodySignals& body, const std::vector<Posture>& postures,
               std::vector<Movement>& movements) {
  const Signal facing = smoothed(body.facing, 0.15, body.fps);
  const Signal rate = slope(facing, 0.2, body.fps);
  for (const Swing& swing : swings(facing, kTurnReversal / kDegrees)) {
    std::vector<bool> turning(body.frames, false);
    for (size_t f = swing.first; f <= swing.last; ++f)
      turning[f] = std::abs(rate[f]) * kDegrees > kTurnSlowest;
    for (const Stretch& s : stretches(turning, body.frames_of(kTurnPause))) {
      const double degrees = (facing[s.last - 1] - facing[s.first]) * kDegrees;
      if (std::abs(degrees) < kTurnLeast) continue;
      size_t lows = 0;
      for (size_t f = s.first; f < s.last; ++f)
        lows += low(postures[f]) || postures[f] == Posture::kSitting || body.tilt[f] > 1.1;
      if (4 * lows > s.frames()) continue;  // rolling over, getting up: no turn of somebody upright
      Movement movement;
      movement.act = Act::kTurn;
      movement.degrees = degrees;
      set_times(movement, body, s.first, s.last - 1);
      movements.push_back(movement);
    }
  }
}

void add_jumps(const BodySignals& body, const std::vector<Posture>& postures,
               std::vector<Movement>& movements) {
  constexpr double kShortest = 0.1;    // s in the air: 1.2 cm of height
  constexpr double kFalls = -4.0;      // m/s^2: nothing holds the body (gravity is -9.81)
  constexpr double kTogether = 0.45;   // leg lengths from foot to foot, ahead
  constexpr double kNearFloor = 0.05;  // m: the foot pushes off or lands
  std::vector<bool> flying(body.frames);
  for (size_t f = 0; f < body.frames; ++f)
    flying[f] = body.sides[0].foot_clear[f] > kFlightHeight &&
                body.sides[1].foot_clear[f] > kFlightHeight && !low(postures[f]);
  const size_t reach = body.frames_of(0.1);
  for (const Stretch& s : stretches(flying, 2, body.frames_of(kShortest))) {
    double fall = 0;
    for (size_t f = s.first; f < s.last; ++f) fall += body.rise[f];
    if (fall / static_cast<double>(s.frames()) > kFalls) continue;
    // Which feet were on the floor just before and are just after.
    bool off[2] = {false, false}, on[2] = {false, false};
    for (size_t side = 0; side < 2; ++side) {
      const Signal& clear = body.sides[side].foot_clear;
      for (size_t f = s.first > reach ? s.first - reach : 0; f < s.first; ++f)
        off[side] = off[side] || clear[f] < kNearFloor;
      for (size_t f = s.last; f < std::min(body.frames, s.last + reach); ++f)
        on[side] = on[side] || clear[f] < kNearFloor;
    }
    Movement movement;
    movement.act = Act::kJump;
    set_times(movement, body, s.first, s.last - 1);
    // In a low run a foot swings by near the floor: feet that jump together are side by side.
    const auto together = [&](size_t f) {
      return std::abs(body.sides[0].foot_ahead[f] - body.sides[1].foot_ahead[f]) < kTogether;
    };
    const bool both_off = off[0] && off[1] && together(s.first);
    const bool both_on = on[0] && on[1] && together(s.last - 1);
    const bool seen_off = s.first > 0, seen_on = s.last < body.frames;
    if (!seen_off && !seen_on) continue;
    // Half a flight of one foot may be anything.
    if (!(seen_off && seen_on) && !both_off && !both_on) continue;
    const bool from_both = seen_off ? both_off : both_on;
    const bool to_both = seen_on ? both_on : both_off;
    if (from_both || to_both) {
      // A foot that is late by a tenth of a second still jumps with the other.
      movement.side = Side::kBoth;
    } else if (off[0] && on[0] && !(off[1] && on[1])) {
      movement.side = Side::kLeft;
    } else if (off[1] && on[1] && !(off[0] && on[0])) {
      movement.side = Side::kRight;
    } else {
      continue;  // from one foot to the other: a step of running or a leap, which is travel
    }
    double ahead = 0, left = 0, highest = 0;
    for (size_t f = s.first; f < s.last; ++f) {
      ahead += body.ahead[f] / body.fps;
      left += body.left[f] / body.fps;
      highest = std::max(highest, body.height[f] - 1);
    }
    movement.metres = std::max(0.0, highest * body.standing);
    movement.speed = std::hypot(ahead, left) / (static_cast<double>(s.frames()) / body.fps);
    movement.froude = body.froude(movement.speed);
    if (movement.froude > 0.15) movement.way = way_of(ahead, left);
    movements.push_back(movement);
  }
}

}  // namespace pantomime::motion
