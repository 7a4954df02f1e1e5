#include "pantomime/library/imagined.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "pantomime/base/random.h"

namespace pantomime::library {
namespace {

using motion::Act;
using motion::Movement;
using motion::Side;
using motion::Way;

constexpr double kLabelled = 0.7, kStyled = 0.1, kWhileGoing = 0.08;

/// Draws the parts of an imagined clip.
class Imagination {
 public:
  Imagination(uint64_t seed, Imagined& out) : random_(seed), out_(out) {}

  void act(double from, double to, const std::vector<std::string>& labels) {
    using Maker = void (Imagination::*)(double, double);
    struct Kind {
      Maker make;
      const char* label;
    };
    static constexpr std::array<Kind, 15> kKinds = {{{&Imagination::walk, "walk"},
                                                     {&Imagination::walk, "walk"},
                                                     {&Imagination::run, "run"},
                                                     {&Imagination::turn, "turn"},
                                                     {&Imagination::jump, "jump"},
                                                     {&Imagination::squat, "squat"},
                                                     {&Imagination::posture, ""},
                                                     {&Imagination::bend, "bend"},
                                                     {&Imagination::raise_arm, "raise arm"},
                                                     {&Imagination::wave, "wave"},
                                                     {&Imagination::punch, "punch"},
                                                     {&Imagination::circle_arm, "arm circle"},
                                                     {&Imagination::kick, "kick"},
                                                     {&Imagination::pick_up, "pick up"},
                                                     {&Imagination::something, ""}}};
    const Kind& kind = kKinds[random_.below(kKinds.size())];
    label_ = kind.label;
    labels_ = &labels;
    (this->*kind.make)(from, to);
    if (label_.empty() || random_.uniform() > kLabelled) return;
    label(from, to);
  }
  /// Somebody goes and does something with the hands meanwhile, both labelled: only then it is
  /// told.
  void while_going(double from, double to) {
    travel(chance(0.7) ? Act::kWalk : Act::kRun, from, to);
    label_ = out_.description.movements.front().act == Act::kRun ? "run" : "walk";
    label(from, to);
    const double first = from + 0.1 * (to - from), last = to - 0.1 * (to - from);
    const uint32_t drawn = random_.below(3);
    label_ = drawn == 0 ? "raise arm" : "wave";
    drawn == 0 ? raise_arm(first, last) : wave(first, last);
    label(first, last);
  }

  /// How much hands and feet move, from whose acts they are.
  void limbs() {
    motion::Description& d = out_.description;
    const auto samples = static_cast<size_t>(d.seconds / d.sample);
    const double left = busy_ == Side::kLeft    ? 0.3
                        : busy_ == Side::kRight ? 0.05
                                                : random_.uniform(0.02, 0.2);
    const double right = busy_ == Side::kRight  ? 0.3
                         : busy_ == Side::kLeft ? 0.05
                                                : random_.uniform(0.02, 0.2);
    d.left_hand.assign(samples, left);
    d.right_hand.assign(samples, right);
    d.left_foot.assign(samples, steps_ ? 0.1 : 0.02);
    d.right_foot.assign(samples, steps_ ? 0.1 : 0.02);
    if (d.postures.empty() || d.postures.back().last < d.seconds)
      d.postures.push_back({held_, 0, d.postures.empty() ? 0 : d.postures.back().last, d.seconds});
  }

 private:
  void label(double from, double to) {
    out_.info.segments.push_back({static_cast<int64_t>(from * motion::kFps),
                                  static_cast<int64_t>(to * motion::kFps), label_, label_});
  }
  Movement& add(Act act, double from, double to) {
    Movement m;
    m.act = act;
    m.first = from;
    m.last = to;
    out_.description.movements.push_back(m);
    return out_.description.movements.back();
  }
  bool chance(double p) { return random_.uniform() < p; }
  template <size_t N>
  auto one_of(const std::array<Way, N>& ways) {
    return ways[random_.below(N)];
  }
  Side side(bool both) {
    const uint32_t drawn = random_.below(both ? 3 : 2);
    return drawn == 0 ? Side::kLeft : drawn == 1 ? Side::kRight : Side::kBoth;
  }
  double signed_degrees(double least, double most) {
    return (chance(0.5) ? 1 : -1) * random_.uniform(least, most);
  }
  /// Calls make(from, to) up to `most` times in the time there is.
  template <typename Make>
  void repeated(double from, double to, uint32_t most, const Make& make) {
    const uint32_t times = 1 + (chance(0.5) ? 0 : random_.below(most));
    const double each = (to - from) / times;
    for (uint32_t i = 0; i < times; ++i) make(from + i * each, from + (i + 0.9) * each);
  }

  void travel(Act act, double from, double to) {
    static constexpr std::array kWays = {Way::kForward,      Way::kForward,     Way::kForward,
                                         Way::kBackward,     Way::kBackward,    Way::kLeft,
                                         Way::kRight,        Way::kForwardLeft, Way::kBackLeft,
                                         Way::kForwardRight, Way::kBackRight};
    const double slowest = act == Act::kRun ? 0.4 : 0.05, fastest = act == Act::kRun ? 1.6 : 0.8;
    Movement& m = add(act, from, to);
    m.way = one_of(kWays);
    m.froude = random_.uniform(slowest, fastest);
    m.speed = 3 * m.froude;
    m.metres = m.speed * (to - from);
    m.count = static_cast<int>(2 * (to - from)) + 1;
    m.pace = motion::pace_of(act, m.way, m.froude);
    m.begins_before = chance(0.7);
    m.goes_on = chance(0.7);
    if (chance(0.3)) {
      const double bend = signed_degrees(60, chance(0.5) ? 420 : 120);
      m.degrees = bend;
      Movement& turn = add(Act::kTurn, from, to);
      turn.degrees = bend;
    }
    steps_ = true;
  }
  void walk(double from, double to) { travel(Act::kWalk, from, to); }
  void run(double from, double to) { travel(Act::kRun, from, to); }
  void turn(double from, double to) { add(Act::kTurn, from, to).degrees = signed_degrees(40, 500); }
  void jump(double from, double to) {
    static constexpr std::array kWays = {Way::kNone,     Way::kNone, Way::kForward,
                                         Way::kBackward, Way::kLeft, Way::kRight};
    const Side foot = chance(0.6) ? Side::kBoth : side(false);
    const Way way = one_of(kWays);
    if (foot != Side::kBoth) label_ = "hop";
    repeated(from, to, 4, [&](double a, double b) {
      Movement& m = add(Act::kJump, a, b);
      m.side = foot;
      m.way = way;
      m.metres = 0.2;
    });
  }
  void squat(double from, double to) {
    if (chance(0.8)) {
      repeated(from, to, 4, [&](double a, double b) { add(Act::kSquat, a, b); });
    } else {
      add(chance(0.5) ? Act::kSquatDown : Act::kRiseFromSquat, from, to);
    }
    out_.description.postures.push_back({motion::Posture::kSquatting, 0, from, to});
  }
  void posture(double from, double to) {
    using motion::Posture;
    struct Change {
      Act act;
      const char* label;
      Posture before, after;
    };
    static constexpr std::array<Change, 6> kChanges = {
        {{Act::kSitDown, "sit down", Posture::kStanding, Posture::kSitting},
         {Act::kStandUp, "stand up", Posture::kSitting, Posture::kStanding},
         {Act::kKneelDown, "kneel", Posture::kStanding, Posture::kKneeling},
         {Act::kRiseFromKnees, "stand up", Posture::kKneeling, Posture::kStanding},
         {Act::kLieDown, "lie down", Posture::kStanding, Posture::kLying},
         {Act::kGetUp, "get up", Posture::kLying, Posture::kStanding}}};
    const Change& change = kChanges[random_.below(kChanges.size())];
    label_ = change.label;
    add(change.act, from, to);
    const double middle = 0.5 * (from + to);
    out_.description.postures.push_back({change.before, 0, from, middle});
    out_.description.postures.push_back({change.after, 0, middle, to});
    held_ = change.after;
  }
  void bend(double from, double to) {
    repeated(from, to, 2, [&](double a, double b) { add(Act::kBend, a, b).returns = chance(0.6); });
  }
  void raise_arm(double from, double to) {
    static constexpr std::array kReaches = {motion::Reach::kNone, motion::Reach::kShoulder,
                                            motion::Reach::kHead, motion::Reach::kOverhead};
    const Side arm = busy_ = side(true);
    const motion::Reach reach = kReaches[random_.below(kReaches.size())];
    const bool returns = chance(0.6);
    repeated(from, to, returns ? 4 : 1, [&](double a, double b) {
      Movement& m = add(Act::kRaiseArm, a, b);
      m.side = arm;
      m.reach = reach;
      m.returns = returns;
    });
  }
  void wave(double from, double to) {
    const Side hand = busy_ = side(chance(0.2));
    if (chance(0.5)) add(Act::kRaiseArm, from, from + 0.2 * (to - from)).side = hand;
    Movement& m = add(Act::kWaveHand, from, to);
    m.side = hand;
    m.count = 1 + static_cast<int>(random_.below(6));
  }
  void punch(double from, double to) {
    const Side hand = busy_ = side(false);
    repeated(from, to, 4, [&](double a, double b) { add(Act::kPunch, a, b).side = hand; });
  }
  void circle_arm(double from, double to) {
    Movement& m = add(Act::kSwingArm, from, to);
    m.side = busy_ = side(true);
    m.way = chance(0.5) ? Way::kForward : Way::kBackward;
    m.count = 1 + static_cast<int>(random_.below(4));
  }
  void kick(double from, double to) {
    const Side foot = side(false);
    repeated(from, to, 3, [&](double a, double b) {
      Movement& m = add(Act::kKick, a, b);
      m.side = foot;
      m.way = Way::kForward;
    });
  }
  void pick_up(double from, double to) {
    Movement& m = add(Act::kReachDown, from, to);
    m.side = busy_ = side(true);
  }
  void something(double, double) {
    label_ = labels_->empty() ? std::string()
                              : (*labels_)[random_.below(static_cast<uint32_t>(labels_->size()))];
    busy_ = chance(0.5) ? side(false) : Side::kNone;
  }

  Random random_;
  Imagined& out_;
  std::string label_;
  const std::vector<std::string>* labels_ = nullptr;
  Side busy_ = Side::kNone;
  motion::Posture held_ = motion::Posture::kStanding;
  bool steps_ = false;
};

}  // namespace

Imagined imagine(uint64_t seed, const std::vector<std::string>& labels,
                 const std::vector<std::string>& styles) {
  Imagined out;
  Random random(derive_seed(seed, "imagined"));
  const double seconds = random.uniform(2.0, 4.2);
  out.info.name = fmt::format("imagined/{}", seed);
  out.info.frames = static_cast<int64_t>(seconds * motion::kFps);
  out.description.seconds = seconds;
  out.description.leg = 0.9;
  Imagination imagination(seed, out);
  const double drawn = random.uniform();
  const int acts = drawn < 0.65 ? 1 : drawn < 0.92 ? 2 : 3;
  if (random.uniform() < kWhileGoing)
    imagination.while_going(0, seconds);
  else
    for (int i = 0; i < acts; ++i)
      imagination.act(i * seconds / acts, (i + 1) * seconds / acts, labels);
  imagination.limbs();
  if (!styles.empty() && random.uniform() < kStyled)
    out.info.style = styles[random.below(static_cast<uint32_t>(styles.size()))];
  std::stable_sort(out.description.movements.begin(), out.description.movements.end(),
                   [](const Movement& a, const Movement& b) { return a.first < b.first; });
  return out;
}

}  // namespace pantomime::library
