#include "pantomime/motion/describe.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "pantomime/motion/describe_parts.h"

namespace pantomime::motion {
namespace {

/// Path of a limb in each sample.
std::vector<double> paths(const Signal& speed, const BodySignals& body, double sample) {
  const auto count =
      static_cast<size_t>(std::ceil(static_cast<double>(body.frames) / body.fps / sample - 1e-9));
  std::vector<double> result(std::max<size_t>(count, 1), 0.0);
  for (size_t f = 0; f < body.frames; ++f) {
    const auto at = static_cast<size_t>(static_cast<double>(f) / body.fps / sample + 1e-9);
    result[std::min(at, result.size() - 1)] += speed[f] / body.fps;
  }
  return result;
}

/// Speed of the ankle against the pelvis, leg lengths per second.
Signal foot_against_pelvis(const BodySignals& body, size_t side) {
  const SideSignals& leg = body.sides[side];
  const Signal ahead = slope(leg.foot_ahead, 0.04, body.fps);
  const Signal out = slope(leg.foot_out, 0.04, body.fps);
  Signal height(body.frames);
  for (size_t f = 0; f < body.frames; ++f)
    height[f] = (leg.foot_height[f] - body.height[f] * body.standing) / body.leg;
  const Signal up = slope(height, 0.04, body.fps);
  Signal result(body.frames);
  for (size_t f = 0; f < body.frames; ++f)
    result[f] = std::sqrt(ahead[f] * ahead[f] + out[f] * out[f] + up[f] * up[f]);
  return result;
}

double sum_between(const std::vector<double>& samples, double sample, double first, double last) {
  double sum = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const double middle = (static_cast<double>(i) + 0.5) * sample;
    if (middle >= first && middle <= last) sum += samples[i];
  }
  return sum;
}

}  // namespace

Description describe(const Clip& clip) {
  const BodySignals body = body_signals(clip);
  const auto postures = find_postures(body);
  Description result;
  result.seconds = static_cast<double>(body.frames) / body.fps;
  result.leg = body.leg;
  result.postures = posture_spans(postures, body);
  add_jumps(body, postures, result.movements);
  add_travel(body, postures, result.movements);  // looks at the jumps
  add_turns(body, postures, result.movements);
  add_posture_changes(body, postures, result.movements);
  add_arms(body, postures, result.movements);
  add_legs(body, postures, result.movements);
  // The side is no part of the order: a mirrored clip keeps it.
  std::stable_sort(result.movements.begin(), result.movements.end(),
                   [](const Movement& a, const Movement& b) {
                     return std::tie(a.first, a.act, a.last) < std::tie(b.first, b.act, b.last);
                   });
  result.left_hand = paths(body.sides[0].hand_speed, body, result.sample);
  result.right_hand = paths(body.sides[1].hand_speed, body, result.sample);
  result.left_foot = paths(foot_against_pelvis(body, 0), body, result.sample);
  result.right_foot = paths(foot_against_pelvis(body, 1), body, result.sample);
  return result;
}

Side busy_hand(const Description& description, double first, double last, double ratio,
               double even) {
  const double left = sum_between(description.left_hand, description.sample, first, last);
  const double right = sum_between(description.right_hand, description.sample, first, last);
  if (std::max(left, right) < 0.5) return Side::kNone;
  if (left >= ratio * right) return Side::kLeft;
  if (right >= ratio * left) return Side::kRight;
  return std::max(left, right) < even * std::min(left, right) ? Side::kBoth : Side::kNone;
}

Side mirrored(Side side) {
  return side == Side::kLeft ? Side::kRight : side == Side::kRight ? Side::kLeft : side;
}

Way mirrored(Way way) {
  switch (way) {
    case Way::kForwardLeft:
      return Way::kForwardRight;
    case Way::kLeft:
      return Way::kRight;
    case Way::kBackLeft:
      return Way::kBackRight;
    case Way::kForwardRight:
      return Way::kForwardLeft;
    case Way::kRight:
      return Way::kLeft;
    case Way::kBackRight:
      return Way::kBackLeft;
    case Way::kNone:
    case Way::kForward:
    case Way::kBackward:
      break;
  }
  return way;
}

Movement mirrored(const Movement& movement) {
  Movement result = movement;
  result.side = mirrored(movement.side);
  result.way = mirrored(movement.way);
  // A bend forward stays one; turns and bent ways go to the other side.
  if (movement.act != Act::kBend) result.degrees = -movement.degrees;
  return result;
}

std::string_view name_of(Act act) {
  switch (act) {
    case Act::kWalk:
      return "walk";
    case Act::kRun:
      return "run";
    case Act::kCrawl:
      return "crawl";
    case Act::kTurn:
      return "turn";
    case Act::kJump:
      return "jump";
    case Act::kSquat:
      return "squat";
    case Act::kSquatDown:
      return "squat down";
    case Act::kRiseFromSquat:
      return "rise from squat";
    case Act::kSitDown:
      return "sit down";
    case Act::kStandUp:
      return "stand up";
    case Act::kKneelDown:
      return "kneel down";
    case Act::kRiseFromKnees:
      return "rise from knees";
    case Act::kLieDown:
      return "lie down";
    case Act::kGetUp:
      return "get up";
    case Act::kBend:
      return "bend";
    case Act::kRaiseArm:
      return "raise arm";
    case Act::kLowerArm:
      return "lower arm";
    case Act::kHoldArm:
      return "hold arm";
    case Act::kWaveHand:
      return "wave hand";
    case Act::kPunch:
      return "punch";
    case Act::kSwingArm:
      return "swing arm";
    case Act::kKick:
      return "kick";
    case Act::kReachDown:
      return "reach down";
    case Act::kLiftKnee:
      return "lift knee";
  }
  return "?";
}

std::string_view name_of(Side side) {
  static constexpr std::string_view kNames[] = {"none", "left", "right", "both"};
  return kNames[static_cast<size_t>(side)];
}

std::string_view name_of(Way way) {
  static constexpr std::string_view kNames[] = {"none",       "forward",   "forward left",
                                                "left",       "back left", "backward",
                                                "back right", "right",     "forward right"};
  return kNames[static_cast<size_t>(way)];
}

std::string_view name_of(Pace pace) {
  static constexpr std::string_view kNames[] = {"none", "slow", "normal", "fast"};
  return kNames[static_cast<size_t>(pace)];
}

std::string_view name_of(Reach reach) {
  static constexpr std::string_view kNames[] = {"none", "shoulder", "head", "overhead"};
  return kNames[static_cast<size_t>(reach)];
}

std::string_view name_of(Posture posture) {
  static constexpr std::string_view kNames[] = {"standing",     "crouching", "squatting",
                                                "kneeling",     "sitting",   "on the floor",
                                                "on all fours", "lying"};
  return kNames[static_cast<size_t>(posture)];
}

}  // namespace pantomime::motion
