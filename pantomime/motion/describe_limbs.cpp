// Arms and legs.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "pantomime/motion/describe_parts.h"

namespace pantomime::motion {
namespace {

constexpr double kDegrees = 180 / std::numbers::pi;

// Heights of the wrist over the shoulder, in arm lengths: -1 hangs, 1 points at the sky.
constexpr double kRaised = -0.12, kLowered = -0.45;  // begins and ends to be a raised hand
constexpr double kNearlyRaised = -0.38;              // of the other hand, raised with it
constexpr double kHanging = -0.55;                   // where a hand is raised from
// Heights of the hand, m. A head is 17 cm over its joint; between the levels nothing is said.
constexpr double kOverHead = 0.18, kHeadTop = 0.12, kHeadLow = -0.06;  // over the head joint
constexpr double kShoulderTop = 0.1, kShoulderLow = -0.13;             // over the shoulder
constexpr double kRaisedShortest = 0.2;                                // s

// To and fro of a raised hand, in arm lengths and seconds.
constexpr double kWaveSwing = 0.12, kWaveLongest = 0.8;
constexpr double kWaveHeight = -0.4;  // of the wrist: beside the chest at least
constexpr int kWaveSwings = 3;        // fewer are a gesture

constexpr double kPunchReach = 0.35, kPunchTime = 0.27;  // arm lengths ahead within seconds
constexpr double kPunchFull = 0.6;                       // and as far ahead as that
constexpr double kPunchFrom = -0.65;                     // arm lengths: not from a hanging arm
constexpr double kLowHand = 0.42, kLowerHand = 0.12;     // of the pelvis standing; m
constexpr double kKickHeight = 0.25, kKickSpeed = 3.0;   // leg lengths, and a second
constexpr double kKickReach = 0.45;                      // leg lengths ahead or outwards
constexpr double kKneeLift = 62;                         // degrees of the thigh from hanging

Side side_of(size_t side) {
  return side == 0 ? Side::kLeft : Side::kRight;
}

/// Movements of two limbs that overlap by more than half of the shorter one become one of both.
void add_paired(std::vector<Movement> left, const std::vector<Movement>& right,
                std::vector<Movement>& movements) {
  std::vector<bool> taken(right.size(), false);
  for (Movement& a : left) {
    for (size_t i = 0; i < right.size(); ++i) {
      const Movement& b = right[i];
      if (taken[i] || a.act != b.act) continue;
      const double overlap = std::min(a.last, b.last) - std::max(a.first, b.first);
      const double shorter = std::min(a.last - a.first, b.last - b.first);
      if (overlap <= 0.5 * shorter) continue;
      taken[i] = true;
      a.side = Side::kBoth;
      a.first = std::min(a.first, b.first);
      a.last = std::max(a.last, b.last);
      a.count = std::max(a.count, b.count);
      if (a.reach != b.reach) a.reach = Reach::kNone;
      a.aside = 0.5 * (a.aside + b.aside);
      a.degrees = std::max(a.degrees, b.degrees);
      a.begins_before = a.begins_before && b.begins_before;
      a.goes_on = a.goes_on && b.goes_on;
      a.returns = a.returns && b.returns;
      break;
    }
    movements.push_back(a);
  }
  for (size_t i = 0; i < right.size(); ++i)
    if (!taken[i]) movements.push_back(right[i]);
}

/// Frames in which arms say something: the trunk is up and the person is not on the floor.
bool arms_speak(const BodySignals& body, const std::vector<Posture>& postures, size_t f) {
  return body.tilt[f] < 0.9 && postures[f] != Posture::kLying && postures[f] != Posture::kAllFours;
}

Reach reach_of(const SideSignals& arm, size_t f) {
  const double head = arm.palm_over_head[f], shoulder = arm.palm_over_shoulder[f];
  if (head > kOverHead) return Reach::kOverhead;
  if (head < kHeadTop && head > kHeadLow) return Reach::kHead;
  return shoulder < kShoulderTop && shoulder > kShoulderLow ? Reach::kShoulder : Reach::kNone;
}

std::vector<Movement> raised_arms(const BodySignals& body, const std::vector<Posture>& postures,
                                  size_t side) {
  const SideSignals& arm = body.sides[side];
  std::vector<bool> raised = held_above(arm.hand_up, kRaised, kLowered);
  for (size_t f = 0; f < body.frames; ++f) raised[f] = raised[f] && arms_speak(body, postures, f);
  std::vector<Movement> result;
  for (const Stretch& s : stretches(raised, 1, body.frames_of(kRaisedShortest))) {
    // Back to where the hand hung, and on to where it hangs again.
    size_t from = s.first, to = s.last - 1;
    while (from > 0 && arm.hand_up[from - 1] < arm.hand_up[from]) --from;
    while (to + 1 < body.frames && arm.hand_up[to + 1] < arm.hand_up[to]) ++to;
    Movement raise;
    raise.side = side_of(side);
    const bool rises = arm.hand_up[from] < kHanging;
    const bool sinks = arm.hand_up[to] < kHanging;
    const bool always = s.first == 0 && s.last == body.frames;
    if (!rises && !sinks && !always) continue;  // let go half way
    if (!rises && s.first > 0) continue;
    raise.act = always && !rises && !sinks ? Act::kHoldArm
                : rises                    ? Act::kRaiseArm
                                           : Act::kLowerArm;
    raise.returns = rises && sinks;
    set_times(raise, body, from, to);
    size_t top = s.first;
    for (size_t f = s.first; f < s.last; ++f)
      if (arm.palm_over_shoulder[f] > arm.palm_over_shoulder[top]) top = f;
    raise.reach = reach_of(arm, top);
    raise.aside = std::atan2(arm.hand_out[top], std::max(arm.hand_ahead[top], 0.0)) * kDegrees;
    result.push_back(raise);
  }
  return result;
}

/// The other hand comes up at the same time, but not quite as high: both.
void join_other_arm(const BodySignals& body, Movement& raise) {
  if (raise.side == Side::kBoth) return;
  const Signal& other = body.sides[raise.side == Side::kLeft ? 1 : 0].hand_up;
  const auto frame = [&](double seconds) {
    return std::min(body.frames - 1, static_cast<size_t>(std::lround(seconds * body.fps)));
  };
  const size_t first = frame(raise.first), last = frame(raise.last);
  double highest = other[first];
  for (size_t f = first; f <= last; ++f) highest = std::max(highest, other[f]);
  if (other[first] > kHanging || highest < kNearlyRaised) return;
  raise.side = Side::kBoth;
  raise.reach = Reach::kNone;
}

std::vector<Movement> waving_hands(const BodySignals& body, const std::vector<Posture>& postures,
                                   size_t side) {
  const SideSignals& arm = body.sides[side];
  const Signal out = smoothed(arm.hand_out, 0.03, body.fps);
  std::vector<Movement> result;
  Movement wave;
  int in_row = 0;
  size_t first = 0, last = 0;
  const auto finish = [&] {
    if (in_row >= kWaveSwings) {
      wave.act = Act::kWaveHand;
      wave.side = side_of(side);
      wave.count = (in_row + 1) / 2;
      set_times(wave, body, first, last);
      result.push_back(wave);
    }
    in_row = 0;
  };
  for (const Swing& swing : swings(out, kWaveSwing)) {
    bool up = true;
    for (size_t f = swing.first; f <= swing.last; ++f)
      up = up && arm.hand_up[f] > kWaveHeight && arms_speak(body, postures, f);
    const bool quick = swing.last - swing.first <= body.frames_of(kWaveLongest);
    if (!up || !quick) {
      finish();
      continue;
    }
    if (in_row++ == 0) first = swing.first;
    last = swing.last;
  }
  finish();
  return result;
}

std::vector<Movement> punches(const BodySignals& body, const std::vector<Posture>& postures,
                              size_t side) {
  const SideSignals& arm = body.sides[side];
  const Signal ahead = smoothed(arm.hand_ahead, 0.02, body.fps);
  std::vector<Movement> result;
  for (const Swing& swing : swings(ahead, kPunchReach)) {
    const size_t f = swing.last;
    if (swing.change < 0 || ahead[f] < kPunchFull || std::abs(arm.hand_up[f]) > 0.5) continue;
    // The fast part of the swing.
    size_t begin = f;
    while (begin > swing.first && ahead[begin - 1] < ahead[begin] &&
           ahead[f] - ahead[begin] < kPunchReach)
      --begin;
    if (ahead[f] - ahead[begin] < kPunchReach - 1e-9 || f - begin > body.frames_of(kPunchTime) ||
        arm.hand_up[begin] < kPunchFrom || !arms_speak(body, postures, f))
      continue;
    Movement punch;
    punch.act = Act::kPunch;
    punch.side = side_of(side);
    set_times(punch, body, begin, f);
    result.push_back(punch);
  }
  return result;
}

/// The hand goes down to the shins: below a third of the pelvis' height of somebody who stands.
std::vector<Movement> reaches_down(const BodySignals& body, const std::vector<Posture>& postures,
                                   size_t side) {
  const Signal& height = body.sides[side].hand_height;
  const Signal& other = body.sides[1 - side].hand_height;
  std::vector<Movement> result;
  std::vector<bool> low(body.frames);
  for (size_t f = 0; f < body.frames; ++f)
    low[f] = height[f] < kLowHand * body.standing && postures[f] != Posture::kLying &&
             postures[f] != Posture::kAllFours && postures[f] != Posture::kOnFloor;
  for (const Stretch& s : stretches(low, body.frames_of(0.3), body.frames_of(0.1))) {
    // Squatting brings the hands down by itself: the one that works is clearly lower.
    double deepest = height[s.first], others = other[s.first];
    for (size_t f = s.first; f < s.last; ++f) {
      deepest = std::min(deepest, height[f]);
      others = std::min(others, other[f]);
    }
    if (deepest > others + kLowerHand) continue;
    Movement reach;
    reach.act = Act::kReachDown;
    reach.side = side_of(side);
    set_times(reach, body, s.first, s.last - 1);
    result.push_back(reach);
  }
  return result;
}

/// The arm goes round: the angle of the hand about the line through the shoulders runs through at
/// least three quarters of a circle.
std::vector<Movement> arm_circles(const BodySignals& body, size_t side) {
  const SideSignals& arm = body.sides[side];
  Signal angle(body.frames);
  for (size_t f = 0; f < body.frames; ++f)
    angle[f] = std::atan2(arm.hand_ahead[f], -arm.hand_up[f]);
  angle = smoothed(unwrapped(angle), 0.03, body.fps);
  std::vector<Movement> result;
  for (const Swing& swing : swings(angle, 0.35)) {
    const double turns = std::abs(swing.change) / (2 * std::numbers::pi);
    if (turns < 0.75) continue;
    // The arm must be long all the while, or the hand only moves about before the chest.
    double shortest = 10;
    for (size_t f = swing.first; f <= swing.last; ++f)
      shortest = std::min(shortest, std::hypot(arm.hand_ahead[f], arm.hand_up[f]));
    if (shortest < 0.3) continue;
    Movement circle;
    circle.act = Act::kSwingArm;
    circle.side = side_of(side);
    circle.count = static_cast<int>(std::max(1.0, std::round(turns)));
    // From hanging forwards and up: the front of the circle goes up.
    circle.way = swing.change > 0 ? Way::kBackward : Way::kForward;
    set_times(circle, body, swing.first, swing.last);
    result.push_back(circle);
  }
  return result;
}

bool other_foot_stands(const BodySignals& body, size_t side, size_t f) {
  return body.sides[1 - side].foot_clear[f] < 0.08;
}

void add_kicks(const BodySignals& body, size_t side, std::vector<Movement>& movements) {
  const SideSignals& leg = body.sides[side];
  Signal height(body.frames);
  for (size_t f = 0; f < body.frames; ++f) height[f] = leg.foot_height[f] / body.leg;
  const auto found = swings(height, 0.15);
  for (size_t i = 0; i < found.size(); ++i) {
    const Swing& swing = found[i];
    const size_t top = swing.last;
    if (swing.change < 0 || height[top] < kKickHeight || !other_foot_stands(body, side, top))
      continue;
    const size_t end = i + 1 < found.size() ? found[i + 1].last : top;
    double fastest = 0, ahead = -1, behind = -1, out = -1, thigh = -1;
    for (size_t f = swing.first; f <= std::min(end, top + body.frames_of(0.3)); ++f) {
      fastest = std::max(fastest, leg.foot_speed[f]);
      ahead = std::max(ahead, leg.foot_ahead[f]);
      behind = std::max(behind, -leg.foot_ahead[f]);
      out = std::max(out, leg.foot_out[f]);
      thigh = std::max(thigh, leg.thigh_lift[f]);
    }
    Movement kick;
    kick.side = side_of(side);
    set_times(kick, body, swing.first, end);
    if (fastest > kKickSpeed && std::max(ahead, out) > kKickReach && ahead > behind) {
      kick.act = Act::kKick;
      kick.way = ahead >= out ? Way::kForward : side == 0 ? Way::kLeft : Way::kRight;
    } else if (thigh * kDegrees > kKneeLift && fastest < 6) {
      kick.act = Act::kLiftKnee;
    } else {
      continue;
    }
    movements.push_back(kick);
  }
}

}  // namespace

void add_arms(const BodySignals& body, const std::vector<Posture>& postures,
              std::vector<Movement>& movements) {
  std::vector<Movement> raised;
  add_paired(raised_arms(body, postures, 0), raised_arms(body, postures, 1), raised);
  for (Movement& raise : raised) {
    if (raise.act == Act::kRaiseArm) join_other_arm(body, raise);
    movements.push_back(raise);
  }
  add_paired(waving_hands(body, postures, 0), waving_hands(body, postures, 1), movements);
  add_paired(punches(body, postures, 0), punches(body, postures, 1), movements);
  add_paired(reaches_down(body, postures, 0), reaches_down(body, postures, 1), movements);
  add_paired(arm_circles(body, 0), arm_circles(body, 1), movements);
}

void add_legs(const BodySignals& body, const std::vector<Posture>& postures,
              std::vector<Movement>& movements) {
  const bool upright = std::any_of(postures.begin(), postures.end(), [](Posture p) {
    return p == Posture::kStanding || p == Posture::kCrouching;
  });
  if (!upright) return;
  for (size_t side = 0; side < 2; ++side) add_kicks(body, side, movements);
}

}  // namespace pantomime::motion
