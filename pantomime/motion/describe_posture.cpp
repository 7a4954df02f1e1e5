// Postures, and changes from one to another.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "pantomime/motion/describe_parts.h"

namespace pantomime::motion {
namespace {

constexpr double kDegrees = 180 / std::numbers::pi;

// Heights of the pelvis, in its height when standing straight. A chair is 0.45 m high, which puts
// the pelvis joint at 0.55 to 0.65; on a heel or on the floor it is at 0.1 to 0.3.
constexpr double kUpright = 0.82, kOnTheFloor = 0.27;
constexpr double kKneeOnFloor = 0.14;  // m over the floor: a knee joint lies 5 to 10 cm above it
constexpr double kStoolTop = 0.96, kStoolThighs = 45;  // height of the pelvis; degrees
constexpr double kSquatDepth = 0.17;                   // the pelvis goes down and up by this
constexpr double kSquatLongest = 2.0;  // s below upright, where it looks like sitting
constexpr double kSeatAhead = 0.30;    // leg lengths: feet so far before the trunk hold nobody up
constexpr double kShortest = 0.3;      // s
constexpr double kBendLeast = 38, kBendSwing = 24;  // degrees

Posture posture_at(const BodySignals& body, size_t f) {
  const double height = body.height[f], tilt = body.tilt[f] * kDegrees;
  const auto& [left, right] = body.sides;
  const double knee = std::min(left.knee_height[f], right.knee_height[f]);
  const double hand = std::min(left.hand_height[f], right.hand_height[f]);
  if (height < 0.45 && tilt > 58 && body.head_height[f] < 0.5 * body.standing)
    return Posture::kLying;
  if (height < kUpright && tilt > 50 && knee < kKneeOnFloor + 0.04 && hand < 0.2)
    return Posture::kAllFours;
  // Both thighs level, a foot off the floor, and nothing moves: a high seat.
  if (height > 0.6 && height < kStoolTop && tilt < 50 &&
      std::min(left.thigh_lift[f], right.thigh_lift[f]) * kDegrees > kStoolThighs &&
      std::max(left.foot_clear[f], right.foot_clear[f]) > 0.1 && body.speed[f] < 0.4 &&
      std::abs(body.sink[f]) < 0.15)
    return Posture::kSitting;
  if (height >= kUpright) return Posture::kStanding;
  if (height < kOnTheFloor) return Posture::kOnFloor;
  if (knee < kKneeOnFloor) return Posture::kKneeling;
  // The trunk behind the feet would fall without a seat.
  if (height < 0.76 && body.support_ahead[f] > kSeatAhead && std::abs(body.lean[f]) * kDegrees < 50)
    return Posture::kSitting;
  return height < 0.68 ? Posture::kSquatting : Posture::kCrouching;
}

bool down(Posture posture) {
  return posture == Posture::kSitting || posture == Posture::kOnFloor;
}

/// The moment from which the pelvis goes down (or until which it comes up) to a low posture that
/// borders on frame `edge`.
size_t change_edge(const BodySignals& body, size_t edge, bool before, bool falling) {
  const Signal v = slope(body.height, 0.1, body.fps);
  const double sign = falling ? -1 : 1;
  size_t f = edge;
  while (sign * v[f] > 0.12) {
    if (before ? f == 0 : f + 1 == body.frames) break;
    f = before ? f - 1 : f + 1;
  }
  return f;
}

void add_squats(const BodySignals& body, const std::vector<Posture>& postures,
                std::vector<Movement>& movements) {
  const Signal height = smoothed(body.height, 0.05, body.fps);
  const auto found = swings(height, kSquatDepth);
  const auto is_squat = [&](size_t f) {
    // The lowest moment: trunk up, knees off the floor, feet below. Who seems to sit or kneel for
    // a moment only squats: the posture is looked at before short ones are dropped.
    const Posture now = posture_at(body, f);
    if (now == Posture::kSquatting || now == Posture::kCrouching) return true;
    if (now != Posture::kSitting && now != Posture::kKneeling) return false;
    size_t before = f, after = f;
    while (before > 0 && height[before - 1] < kUpright) --before;
    while (after + 1 < body.frames && height[after + 1] < kUpright) ++after;
    return before > 0 && after + 1 < body.frames &&
           after - before < body.frames_of(kSquatLongest) && postures[f] != now;
  };
  for (size_t i = 0; i < found.size(); ++i) {
    const Swing& swing = found[i];
    if (swing.change > 0) {
      const bool after_down = i > 0;
      if (!after_down && is_squat(swing.first)) {
        Movement rise{.act = Act::kRiseFromSquat};
        set_times(rise, body, swing.first, swing.last);
        movements.push_back(rise);
      }
      continue;
    }
    if (!is_squat(swing.last) || height[swing.last] > 0.8) continue;
    Movement squat{.act = Act::kSquatDown};
    const bool up_again = i + 1 < found.size();
    set_times(squat, body, swing.first, up_again ? found[i + 1].last : swing.last);
    if (up_again) squat.act = Act::kSquat;
    movements.push_back(squat);
  }
}

void add_bends(const BodySignals& body, const std::vector<Posture>& postures,
               std::vector<Movement>& movements) {
  const Signal lean = smoothed(body.lean, 0.07, body.fps);
  const auto found = swings(lean, kBendSwing / kDegrees);
  for (size_t i = 0; i < found.size(); ++i) {
    const Swing& swing = found[i];
    const Posture posture = postures[swing.last];
    if (swing.change < 0 || lean[swing.last] * kDegrees < kBendLeast) continue;
    if (posture != Posture::kStanding && posture != Posture::kCrouching) continue;
    if (postures[swing.first] == Posture::kLying) continue;
    Movement bend{.act = Act::kBend};
    bend.returns =
        i + 1 < found.size() && lean[found[i + 1].last] < lean[swing.last] - 0.6 * swing.change;
    set_times(bend, body, swing.first, bend.returns ? found[i + 1].last : swing.last);
    bend.degrees = lean[swing.last] * kDegrees;
    movements.push_back(bend);
  }
}

}  // namespace

std::vector<Posture> find_postures(const BodySignals& body) {
  std::vector<Posture> result(body.frames);
  for (size_t f = 0; f < body.frames; ++f) result[f] = posture_at(body, f);
  // A short one joins the one before it, the first ones the one after: shortest first.
  const size_t shortest = body.frames_of(kShortest);
  for (;;) {
    size_t first = 0, last = 0;
    for (size_t f = 0; f < result.size();) {
      size_t end = f;
      while (end < result.size() && result[end] == result[f]) ++end;
      if (end - f < shortest && end - f < result.size() && (last == 0 || end - f < last - first))
        first = f, last = end;
      f = end;
    }
    if (last == 0) break;
    const Posture joins = first > 0 ? result[first - 1] : result[last];
    std::fill(result.begin() + static_cast<std::ptrdiff_t>(first),
              result.begin() + static_cast<std::ptrdiff_t>(last), joins);
  }
  return result;
}

std::vector<PostureSpan> posture_spans(const std::vector<Posture>& postures,
                                       const BodySignals& body) {
  std::vector<PostureSpan> spans;
  size_t first = 0;
  double face_down = 0;
  for (size_t f = 0; f < postures.size(); ++f) {
    if (spans.empty() || spans.back().posture != postures[f]) {
      spans.push_back({postures[f], 0, static_cast<double>(f) / body.fps, 0});
      first = f;
      face_down = 0;
    }
    face_down += body.face_down[f];
    spans.back().last = static_cast<double>(f + 1) / body.fps;
    spans.back().face_down = face_down / static_cast<double>(f + 1 - first);
  }
  return spans;
}

void add_posture_changes(const BodySignals& body, const std::vector<Posture>& postures,
                         std::vector<Movement>& movements) {
  add_squats(body, postures, movements);
  add_bends(body, postures, movements);
  // Stretches of postures; crouching and squatting on the way to another one are the way.
  struct Span {
    Posture posture;
    size_t first, last;
  };
  std::vector<Span> spans;
  for (size_t f = 0; f < body.frames; ++f) {
    if (spans.empty() || spans.back().posture != postures[f]) spans.push_back({postures[f], f, f});
    spans.back().last = f;
  }
  std::erase_if(spans, [](const Span& s) {
    return s.posture == Posture::kCrouching || s.posture == Posture::kSquatting;
  });
  for (size_t i = 0; i + 1 < spans.size(); ++i) {
    const Span &from = spans[i], &to = spans[i + 1];
    Movement change;
    if (to.posture == Posture::kLying) {
      change.act = Act::kLieDown;
    } else if (from.posture == Posture::kLying || from.posture == Posture::kAllFours) {
      if (to.posture != Posture::kStanding) continue;
      change.act = Act::kGetUp;
    } else if (down(to.posture) && from.posture == Posture::kStanding) {
      if (i + 2 < spans.size() && spans[i + 2].posture == Posture::kLying &&
          to.last - to.first < body.frames_of(1.5))
        continue;  // part of lying down
      change.act = Act::kSitDown;
    } else if (to.posture == Posture::kKneeling && from.posture == Posture::kStanding) {
      change.act = Act::kKneelDown;
    } else if (to.posture == Posture::kStanding && from.posture == Posture::kKneeling) {
      change.act = Act::kRiseFromKnees;
    } else if (to.posture == Posture::kStanding && down(from.posture)) {
      const bool from_lying = i > 0 && spans[i - 1].posture == Posture::kLying &&
                              from.last - from.first < body.frames_of(1.5);
      change.act = from_lying ? Act::kGetUp : Act::kStandUp;
    } else {
      continue;
    }
    const bool falling =
        change.act == Act::kLieDown || change.act == Act::kSitDown || change.act == Act::kKneelDown;
    // Lying down goes through sitting or kneeling: it begins where standing ended.
    size_t begin = from.last;
    if (change.act == Act::kLieDown)
      for (size_t k = i; k > 0 && spans[k].posture != Posture::kStanding; --k)
        begin = spans[k - 1].last;
    set_times(change, body, change_edge(body, begin, true, falling),
              change_edge(body, to.first, false, falling));
    movements.push_back(change);
  }
}

}  // namespace pantomime::motion
