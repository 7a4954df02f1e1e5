#include "pantomime/commands/sentence_pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "pantomime/base/random.h"
#include "pantomime/body/plain_body.h"
#include "pantomime/motion/body_signals.h"
#include "pantomime/motion/describe.h"

namespace pantomime::commands {
namespace {

using motion::Act;
using motion::Clip;
using motion::Joint;

/// How much longer the way of one joint is than that of another, against the pelvis, metres.
double longer_way(const Clip& clip, Joint one, Joint other) {
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  const auto path = [&](size_t joint) {
    double sum = 0;
    for (size_t f = 1; f < clip.frame_count(); ++f) {
      const auto at = [&](size_t frame, size_t j) {
        return pose.positions[frame * motion::kJointCount + j];
      };
      sum += static_cast<double>(motion::length((at(f, joint) - at(f, motion::kPelvis)) -
                                                (at(f - 1, joint) - at(f - 1, motion::kPelvis))));
    }
    return sum;
  };
  return path(one) - path(other);
}
double left_hand(const Clip& c) {
  return longer_way(c, motion::kLeftWrist, motion::kRightWrist);
}
double left_foot(const Clip& c) {
  return longer_way(c, motion::kLeftAnkle, motion::kRightAnkle);
}
/// How much higher the left hand comes than the right one.
double left_up(const Clip& c) {
  const motion::WorldPose pose = motion::forward_kinematics(c);
  double left = 0, right = 0;
  for (size_t f = 0; f < c.frame_count(); ++f) {
    const auto height = [&](size_t j) {
      return static_cast<double>(pose.positions[f * motion::kJointCount + j].y);
    };
    left = std::max(left, height(motion::kLeftWrist));
    right = std::max(right, height(motion::kRightWrist));
  }
  return left - right;
}
double mean_of(const motion::Signal& signal) {
  double sum = 0;
  for (const double v : signal) sum += v;
  return sum / static_cast<double>(signal.size());
}
double speed(const Clip& c) {
  return mean_of(motion::body_signals(c).speed);
}
double ahead(const Clip& c) {
  return mean_of(motion::body_signals(c).ahead) * c.seconds();
}
double to_left(const Clip& c) {
  return mean_of(motion::body_signals(c).left) * c.seconds();
}
double turned(const Clip& c) {
  const motion::Signal facing = motion::body_signals(c).facing;
  return (facing.back() - facing.front()) * 180 / std::numbers::pi;
}
double times(const Clip& c, Act act) {
  double count = 0;
  for (const motion::Movement& m : motion::describe(c).movements) count += m.act == act ? 1 : 0;
  return count;
}
double squats(const Clip& c) {
  return times(c, Act::kSquat);
}
double jumps(const Clip& c) {
  return times(c, Act::kJump);
}

struct Pair {
  const char *one, *other, *measured;
  double (*measure)(const Clip&);
  double between;  ///< above: `one` was done, below: `other`
};
/// Measures between two sentences lie where describe() changes its word, or at 0.
constexpr double kWalkingSpeed = 1.2;  // m/s: Froude number 0.4 of legs of 0.9 m
constexpr std::array<Pair, 15> kPairs = {{
    {"a person waves with the left hand", "a person waves with the right hand",
     "path of left minus right hand, m", left_hand, 0},
    {"a person raises the left arm", "a person raises the right arm",
     "left hand higher than right, m", left_up, 0},
    {"a person punches with the left hand", "a person punches with the right hand",
     "path of left minus right hand, m", left_hand, 0},
    {"a person picks something up with the left hand",
     "a person picks something up with the right hand", "path of left minus right hand, m",
     left_hand, 0},
    {"a person kicks with the left foot", "a person kicks with the right foot",
     "path of left minus right foot, m", left_foot, 0},
    {"a person hops on the left leg", "a person hops on the right leg",
     "path of left minus right foot, m", [](const Clip& c) { return -left_foot(c); }, 0},
    {"a person turns to the left", "a person turns to the right", "turn to the left, degrees",
     turned, 0},
    {"a person walks forward in a curve to the left",
     "a person walks forward in a curve to the right", "turn to the left, degrees", turned, 0},
    {"a person walks sideways to the left", "a person walks sideways to the right",
     "way to the left, m", to_left, 0},
    {"a person walks forwards", "a person walks backwards", "way ahead, m", ahead, 0},
    {"a person runs forwards", "a person runs backwards", "way ahead, m", ahead, 0},
    {"a person walks quickly", "a person walks slowly", "speed, m/s", speed, kWalkingSpeed},
    {"a person runs", "a person walks", "speed, m/s", speed, 1.8},
    {"a person squats three times", "a person squats once", "squats", squats, 1.5},
    {"a person jumps up three times", "a person jumps up once", "jumps", jumps, 1.5},
}};

}  // namespace

std::vector<PairResult> sentence_pairs(const training::Prior& prior,
                                       const training::TextGuide& guide, const PairOptions& options,
                                       Context& context) {
  std::vector<PairResult> results;
  const body::Character somebody = body::plain_character(motion::default_geometry(), 1);
  const SceneOptions nowhere;
  for (const Pair& pair : kPairs) {
    PairResult result{pair.one, pair.other, pair.measured};
    for (const bool first : {true, false}) {
      const std::string sentence = first ? pair.one : pair.other;
      const int64_t frames = options.frames > 0
                                 ? options.frames
                                 : std::lround(seconds_suiting_all({sentence}, 4) * motion::kFps);
      std::vector<Performance> items;
      for (int64_t i = 0; i < options.clips; ++i)
        items.push_back(
            {.title = sentence,
             .acts = acts_of({sentence}, frames),
             .character = somebody,
             .seed = derive_seed(options.acting.seed, "pair", static_cast<uint64_t>(i))});
      act(options.acting, prior, {nullptr, &guide}, Scene(nowhere, frames), items, context);
      for (const Performance& item : items) {
        const double measure = pair.measure(item.clip);
        (first ? result.mean_one : result.mean_other) +=
            measure / static_cast<double>(options.clips);
        ++result.clips;
        result.tries += item.tries;
        if (measure != pair.between && (measure > pair.between) == first) ++result.right;
      }
    }
    results.push_back(result);
    context.terminal.note(fmt::format("{}: {} of {}", pair.one, result.right, result.clips));
  }
  return results;
}

std::string to_markdown(const std::vector<PairResult>& pairs) {
  std::string out =
      "| one | other | measured | one: mean | other: mean | right | clips made |\n"
      "|---|---|---|---|---|---|---|\n";
  int64_t right = 0, clips = 0;
  for (const PairResult& p : pairs) {
    out += fmt::format("| {} | {} | {} | {:.2f} | {:.2f} | {} of {} | {} |\n", p.one, p.other,
                       p.measured, p.mean_one, p.mean_other, p.right, p.clips, p.tries);
    right += p.right;
    clips += p.clips;
  }
  return out + fmt::format("| **all** | | | | | **{:.0f} %** | |\n",
                           100.0 * static_cast<double>(right) / static_cast<double>(clips));
}

}  // namespace pantomime::commands
