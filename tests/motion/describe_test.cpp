#include "pantomime/motion/describe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "pantomime/base/error.h"
#include "puppet.h"
#include "support.h"

namespace pantomime::motion {
namespace {

using test::Pose;
using test::puppet;
using test::smooth;
using test::walker;

constexpr double kRadians = std::numbers::pi / 180;

std::vector<Movement> of(const Description& description, Act act) {
  std::vector<Movement> result;
  for (const Movement& movement : description.movements)
    if (movement.act == act) result.push_back(movement);
  return result;
}

/// Up and down `times` times, a second each, after half a second.
double dips(double t, int times, double depth) {
  const double u = t - 0.5;
  if (u < 0 || u > times) return 0;
  return depth * 0.5 * (1 - std::cos(2 * std::numbers::pi * u));
}

Clip squatter(int times) {
  return puppet(times + 1.0, [=](double t) {
    Pose pose;
    test::stand(pose);
    pose.height = 0.97 - dips(t, times, 0.5);
    // The trunk stays over the feet.
    pose.z = -0.1 * dips(t, times, 1);
    pose.lean = 0.5 * dips(t, times, 1);
    return pose;
  });
}

/// Ballistic jumps of `seconds` in the air, crouching in between.
Clip jumper(int times, double seconds, Vec3 way = {}) {
  return puppet(times * 1.2 + 0.6, [=](double t) {
    Pose pose;
    const double u = t - 0.3;
    const int number = std::clamp(static_cast<int>(std::floor(u / 1.2)), 0, times - 1);
    const double part = u - 1.2 * number, off = 0.5;
    const double flight = std::clamp((part - off) / seconds, 0.0, 1.0);
    const double high = 0.5 * 9.81 * seconds * seconds * flight * (1 - flight);
    pose.x = way.x * (number + flight);
    pose.z = way.z * (number + flight);
    test::stand(pose);
    const double before = smooth(part / 0.25) - smooth((part - 0.25) / 0.25);
    const double after = part - off - seconds;
    const double landing = after > 0 ? smooth(after / 0.1) - smooth((after - 0.1) / 0.2) : 0;
    pose.height = 0.96 - 0.2 * std::max(before, 0.0) - 0.15 * std::max(landing, 0.0) + high / 0.93;
    for (Vec3& foot : pose.feet) foot.y = static_cast<float>(high);
    return pose;
  });
}

/// An arm from hanging to a direction and back.
Clip raiser(size_t side, Vec3 target, int times = 1) {
  return puppet(2.0 * times + 0.6, [=](double t) {
    Pose pose;
    test::stand(pose);
    const double u = std::clamp(t - 0.3, 0.0, 2.0 * times);
    const double part = u - 2 * std::floor(u / 2);
    const auto up = static_cast<float>(smooth(part / 0.5) - smooth((part - 1.4) / 0.5));
    const float sign = side == 0 ? 1.0f : -1.0f;
    const Vec3 hanging{0.12f * sign, -1, 0.05f}, way{target.x * sign, target.y, target.z};
    // Over the front, so that it never goes through a point where there is no direction.
    const Vec3 front{0.2f * sign, 0, 1};
    const Vec3 now = up < 0.5f ? lerp(hanging, front, 2 * up) : lerp(front, way, 2 * up - 1);
    pose.upper_arm[side] = pose.forearm[side] = now;
    return pose;
  });
}

/// A raised hand goes to and fro.
Clip waver(size_t side, int waves) {
  return puppet(waves * 0.5 + 2, [=](double t) {
    Pose pose;
    test::stand(pose);
    const double sign = side == 0 ? 1 : -1;
    const auto up = static_cast<float>(smooth(t / 0.6) - smooth((t - 1.4 - 0.5 * waves) / 0.5));
    const double u = std::clamp((t - 1) / 0.5, 0.0, static_cast<double>(waves));
    const auto swing = static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * u));
    pose.upper_arm[side] = lerp({static_cast<float>(0.1 * sign), -1, 0.1f},
                                {static_cast<float>(0.7 * sign), -0.1f, 0.7f}, up);
    pose.forearm[side] = lerp({static_cast<float>(0.1 * sign), -1, 0.1f},
                              {static_cast<float>(sign) * (0.2f + swing), 1, 0.3f}, up);
    return pose;
  });
}

Clip kicker(size_t side, int times) {
  return puppet(times * 1.2 + 0.6, [=](double t) {
    Pose pose;
    pose.height = 0.95;
    test::stand(pose);
    const double u = std::clamp(t - 0.3, 0.0, 1.2 * times);
    const double part = u - 1.2 * std::floor(u / 1.2);
    const double out = smooth(part / 0.35) - smooth((part - 0.4) / 0.4);
    pose.feet[side].z += static_cast<float>(0.75 * out);
    pose.feet[side].y += static_cast<float>(0.6 * out);
    return pose;
  });
}

Clip turner(double degrees, double seconds) {
  return puppet(seconds + 1, [=](double t) {
    Pose pose;
    pose.facing = degrees * kRadians * smooth((t - 0.5) / seconds);
    test::stand(pose);
    return pose;
  });
}

Clip bender(double degrees) {
  return puppet(3, [=](double t) {
    Pose pose;
    test::stand(pose);
    pose.lean = degrees * kRadians * (smooth((t - 0.4) / 0.9) - smooth((t - 1.7) / 0.9));
    pose.z = -0.15 * pose.lean;
    return pose;
  });
}

/// Down on a seat, and up again.
Clip sitter() {
  return puppet(5, [](double t) {
    Pose pose;
    test::stand(pose);
    const double down = smooth((t - 0.6) / 1.0) - smooth((t - 3.4) / 1.0);
    pose.height = 0.97 - 0.42 * down;
    pose.z = -0.45 * down;
    pose.lean = 0.5 * std::sin(std::numbers::pi * down);
    return pose;
  });
}

/// Everything that is there, for the properties below.
std::map<std::string, Clip> all_clips() {
  return {{"steps", walker(5, 0.6, 0.5)},
          {"aside", walker(6, 0.5, 0.6, 1.57)},
          {"squats", squatter(3)},
          {"jump", jumper(2, 0.4, {0.3f, 0, 0.6f})},
          {"raise", raiser(0, {0.2f, 1, 0.1f})},
          {"side", raiser(1, {1, 0, 0.1f})},
          {"wave", waver(1, 4)},
          {"kick", kicker(0, 2)},
          {"turn", turner(-90, 1)},
          {"around", turner(180, 1.5)},
          {"bend", bender(70)},
          {"sit", sitter()}};
}

void expect_mirrored(const Description& a, const Description& b, const std::string& what) {
  ASSERT_EQ(a.movements.size(), b.movements.size()) << what;
  for (size_t i = 0; i < a.movements.size(); ++i) {
    const Movement expected = mirrored(a.movements[i]);
    // Two sides that begin together may stand in the other order.
    bool found = false;
    for (const Movement& m : b.movements)
      found = found || (m.act == expected.act && m.side == expected.side && m.way == expected.way &&
                        m.pace == expected.pace && m.reach == expected.reach &&
                        m.first == expected.first && m.last == expected.last &&
                        m.count == expected.count && m.metres == expected.metres &&
                        m.speed == expected.speed && m.degrees == expected.degrees &&
                        m.aside == expected.aside && m.returns == expected.returns &&
                        m.begins_before == expected.begins_before && m.goes_on == expected.goes_on);
    EXPECT_TRUE(found) << what << ": " << name_of(expected.act) << " at " << expected.first;
  }
  ASSERT_EQ(a.postures.size(), b.postures.size()) << what;
  for (size_t i = 0; i < a.postures.size(); ++i) {
    EXPECT_EQ(a.postures[i].posture, b.postures[i].posture) << what;
    EXPECT_EQ(a.postures[i].first, b.postures[i].first) << what;
  }
  EXPECT_EQ(a.left_hand, b.right_hand) << what;
  EXPECT_EQ(a.right_foot, b.left_foot) << what;
}

TEST(Describe, MirroringSwapsTheSidesAndNothingElse) {
  for (const auto& [name, clip] : all_clips())
    expect_mirrored(describe(clip), describe(mirror(clip)), name);
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const Clip clip = test::random_clip(seed, 60 + 5 * seed);
    expect_mirrored(describe(clip), describe(mirror(clip)), "random " + std::to_string(seed));
  }
}

TEST(Describe, TheWorldsAxesDoNotMatter) {
  for (const auto& [name, clip] : all_clips()) {
    const auto here = describe(clip).movements;
    const auto there =
        describe(transformed(clip, from_axis_angle({0, 1, 0}, 2.1f), {3, 0, -5})).movements;
    ASSERT_EQ(here.size(), there.size()) << name;
    for (size_t i = 0; i < here.size(); ++i) {
      EXPECT_EQ(here[i].act, there[i].act) << name;
      EXPECT_EQ(here[i].side, there[i].side) << name;
      EXPECT_EQ(here[i].way, there[i].way) << name;
      EXPECT_EQ(here[i].count, there[i].count) << name;
      EXPECT_NEAR(here[i].degrees, there[i].degrees, 0.5) << name;
    }
  }
}

/// The clip at another tempo, at 30 frames per second again.
Clip played(Clip clip, double tempo) {
  clip.fps *= tempo;
  return resample(clip, kFps);
}

TEST(Describe, AnotherTempoChangesTimesAndSpeedWordsOnly) {
  for (const auto& [name, clip] : all_clips()) {
    const auto normal = describe(clip).movements;
    for (const double tempo : {0.85, 1.15}) {
      const auto other = describe(played(clip, tempo)).movements;
      ASSERT_EQ(normal.size(), other.size()) << name << " " << tempo;
      for (size_t i = 0; i < normal.size(); ++i) {
        EXPECT_EQ(normal[i].act, other[i].act) << name << " " << tempo;
        EXPECT_EQ(normal[i].side, other[i].side) << name << " " << tempo;
        EXPECT_EQ(normal[i].way, other[i].way) << name << " " << tempo;
        EXPECT_EQ(normal[i].count, other[i].count) << name << " " << tempo;
        EXPECT_EQ(normal[i].reach, other[i].reach) << name << " " << tempo;
        EXPECT_NEAR(normal[i].degrees, other[i].degrees, 6) << name << " " << tempo;
        EXPECT_NEAR(normal[i].first, other[i].first * tempo, 0.2) << name << " " << tempo;
      }
    }
  }
}

TEST(Describe, CountsStepsAndKnowsTheirDirection) {
  for (const int steps : {3, 4, 5, 6, 8})
    for (const auto& [degrees, way] : std::map<double, Way>{{0, Way::kForward},
                                                            {90, Way::kLeft},
                                                            {180, Way::kBackward},
                                                            {-90, Way::kRight},
                                                            {45, Way::kForwardLeft},
                                                            {-135, Way::kBackRight}}) {
      const auto walks = of(describe(walker(steps, 0.6, 0.6, degrees * kRadians)), Act::kWalk);
      ASSERT_EQ(walks.size(), 1u) << steps << " " << degrees;
      EXPECT_EQ(walks[0].count, steps) << degrees;
      EXPECT_EQ(walks[0].way, way) << degrees;
      EXPECT_NEAR(walks[0].metres, 0.6 * (steps - 1.5), 0.12);
      EXPECT_FALSE(walks[0].begins_before);
      EXPECT_FALSE(walks[0].goes_on);
    }
}

TEST(Describe, PaceFollowsTheSpeedAndTheLegs) {
  const auto pace = [](const Clip& clip) {
    const auto walks = of(describe(clip), Act::kWalk);
    return walks.size() == 1 ? walks[0].pace : Pace::kNone;
  };
  EXPECT_EQ(pace(walker(6, 0.35, 0.75)), Pace::kSlow);    // about 0.5 m/s
  EXPECT_EQ(pace(walker(8, 0.65, 0.72)), Pace::kNormal);  // about 1 m/s
  EXPECT_EQ(pace(walker(10, 0.8, 0.5)), Pace::kFast);     // about 1.6 m/s
  EXPECT_EQ(pace_of(Act::kRun, Way::kForward, 0.6), Pace::kSlow);
  EXPECT_EQ(pace_of(Act::kRun, Way::kForward, 1.0), Pace::kNormal);
  // The same Froude number is quick when it goes backwards.
  EXPECT_EQ(pace_of(Act::kWalk, Way::kForward, 0.45), Pace::kNormal);
  EXPECT_EQ(pace_of(Act::kWalk, Way::kBackward, 0.45), Pace::kFast);
}

TEST(Describe, TurnsAreLeftOrRightAndOfTheirSize) {
  for (const double degrees : {-360.0, -180.0, -90.0, -45.0, 45.0, 90.0, 135.0, 180.0, 360.0}) {
    const auto turns = of(describe(turner(degrees, std::abs(degrees) / 90 + 0.4)), Act::kTurn);
    ASSERT_EQ(turns.size(), 1u) << degrees;
    EXPECT_NEAR(turns[0].degrees, degrees, 0.04 * std::abs(degrees) + 3) << degrees;
  }
  EXPECT_TRUE(of(describe(turner(20, 1)), Act::kTurn).empty());
}

TEST(Describe, CountsSquatsExactly) {
  for (int times = 1; times <= 6; ++times) {
    const Description description = describe(squatter(times));
    EXPECT_EQ(of(description, Act::kSquat).size(), static_cast<size_t>(times));
    EXPECT_TRUE(of(description, Act::kSitDown).empty());
    EXPECT_TRUE(of(description, Act::kWalk).empty());
  }
}

TEST(Describe, CountsJumpsAndKnowsWhereTo) {
  for (int times = 1; times <= 4; ++times) {
    const auto up = of(describe(jumper(times, 0.4)), Act::kJump);
    ASSERT_EQ(up.size(), static_cast<size_t>(times));
    EXPECT_EQ(up[0].side, Side::kBoth);
    EXPECT_EQ(up[0].way, Way::kNone);
    EXPECT_NEAR(up[0].last - up[0].first, 0.35, 0.1);
    const auto forward = of(describe(jumper(times, 0.4, {0, 0, 0.7f})), Act::kJump);
    ASSERT_EQ(forward.size(), static_cast<size_t>(times));
    EXPECT_EQ(forward[0].way, Way::kForward);
    EXPECT_TRUE(of(describe(jumper(times, 0.4, {0, 0, 0.7f})), Act::kRun).empty());
  }
}

TEST(Describe, RaisedArmsHaveASideAndAHeight) {
  for (size_t side = 0; side < 2; ++side) {
    const Side name = side == 0 ? Side::kLeft : Side::kRight;
    const auto high = of(describe(raiser(side, {0.2f, 1, 0.1f})), Act::kRaiseArm);
    ASSERT_EQ(high.size(), 1u);
    EXPECT_EQ(high[0].side, name);
    EXPECT_EQ(high[0].reach, Reach::kOverhead);
    EXPECT_TRUE(high[0].returns);
    const auto level = of(describe(raiser(side, {1, 0, 0.1f}, 3)), Act::kRaiseArm);
    ASSERT_EQ(level.size(), 3u);
    EXPECT_EQ(level[2].side, name);
    EXPECT_EQ(level[2].reach, Reach::kShoulder);
    EXPECT_EQ(busy_hand(describe(raiser(side, {1, 0, 0.1f})), 0, 10), name);
  }
}

TEST(Describe, CountsWaves) {
  for (int waves = 2; waves <= 6; ++waves)
    for (size_t side = 0; side < 2; ++side) {
      const auto found = of(describe(waver(side, waves)), Act::kWaveHand);
      ASSERT_EQ(found.size(), 1u) << waves;
      EXPECT_EQ(found[0].side, side == 0 ? Side::kLeft : Side::kRight);
      EXPECT_EQ(found[0].count, waves);
    }
}

TEST(Describe, CountsKicks) {
  for (int times = 1; times <= 3; ++times)
    for (size_t side = 0; side < 2; ++side) {
      const auto found = of(describe(kicker(side, times)), Act::kKick);
      ASSERT_EQ(found.size(), static_cast<size_t>(times));
      EXPECT_EQ(found[0].side, side == 0 ? Side::kLeft : Side::kRight);
    }
}

TEST(Describe, BendsAndSitsAndStandsUp) {
  const auto bends = of(describe(bender(70)), Act::kBend);
  ASSERT_EQ(bends.size(), 1u);
  EXPECT_TRUE(bends[0].returns);
  // From the pelvis to the neck: the lowest part of the back stays upright.
  EXPECT_NEAR(bends[0].degrees, 55, 6);
  EXPECT_TRUE(of(describe(bender(20)), Act::kBend).empty());
  const Description sitting = describe(sitter());
  ASSERT_EQ(of(sitting, Act::kSitDown).size(), 1u);
  ASSERT_EQ(of(sitting, Act::kStandUp).size(), 1u);
  EXPECT_LT(of(sitting, Act::kSitDown)[0].last, of(sitting, Act::kStandUp)[0].first);
  EXPECT_TRUE(of(sitting, Act::kSquat).empty());
  ASSERT_EQ(sitting.postures.size(), 3u);
  EXPECT_EQ(sitting.postures[1].posture, Posture::kSitting);
}

TEST(Describe, StandingStillIsNothing) {
  const Description description = describe(puppet(3, [](double) {
    Pose pose;
    test::stand(pose);
    return pose;
  }));
  EXPECT_TRUE(description.movements.empty());
  ASSERT_EQ(description.postures.size(), 1u);
  EXPECT_EQ(description.postures[0].posture, Posture::kStanding);
  EXPECT_EQ(busy_hand(description, 0, 3), Side::kNone);
}

TEST(Describe, TimesLieInTheClipAndPosturesFillIt) {
  for (uint64_t seed = 100; seed < 130; ++seed) {
    const Clip clip = test::random_clip(seed, 1 + 7 * (seed - 100));
    const Description description = describe(clip);
    for (const Movement& movement : description.movements) {
      EXPECT_GE(movement.first, 0);
      EXPECT_LE(movement.first, movement.last);
      EXPECT_LT(movement.last, description.seconds);
    }
    double now = 0;
    for (const PostureSpan& span : description.postures) {
      EXPECT_EQ(span.first, now);
      EXPECT_GT(span.last, span.first);
      now = span.last;
    }
    EXPECT_NEAR(now, description.seconds, 1e-9);
  }
}

TEST(Describe, RefusesOtherSkeletonsAndNoFrames) {
  Clip clip = test::random_clip(1, 10);
  clip.root_positions.clear();
  clip.rotations.clear();
  EXPECT_THROW(describe(clip), Error);
  Clip other = test::random_clip(1, 10);
  other.skeleton.names.pop_back();
  EXPECT_THROW(describe(other), Error);
}

}  // namespace
}  // namespace pantomime::motion
