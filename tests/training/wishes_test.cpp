#include "pantomime/training/wishes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/features/features.h"
#include "pantomime/motion/fit_to_body.h"

namespace pantomime::training {
namespace {

using conditions::Constraints;
using motion::Act;
using motion::Way;

motion::Skeleton body() {
  return motion::canonical_skeleton(motion::default_geometry());
}

TEST(Wishes, WhatIsUsualIsNoWish) {
  EXPECT_TRUE(wishes_of({}, {}).empty());
  EXPECT_TRUE(
      wishes_of({{"walk", 0.9}, {"walk way forward", 0.8}, {"walk pace normal", 0.7}}, {}).empty());
  EXPECT_TRUE(wishes_of({{"walk", 0.9}, {"walk pace fast", 0.3}}, {}).empty());
  EXPECT_TRUE(wishes_of({{"wave hand", 0.9}}, {.times = 3}).empty());  // no height shows it
}

TEST(Wishes, SpeedsAreInTheOrderOfTheirWords) {
  const auto froude = [](const char* gait, const char* pace) {
    return wishes_of({{gait, 0.9}, {std::string(gait) + " pace " + pace, 0.9}}, {}).travel->froude;
  };
  EXPECT_LT(froude("walk", "slow"), 0.29);  // where describe.h has its borders
  EXPECT_GT(froude("walk", "fast"), 0.52);
  EXPECT_LT(froude("run", "slow"), 0.75);
  EXPECT_GT(froude("run", "fast"), 1.45);
}

TEST(Wishes, WordsThatCanOnlyMeanOneThingAreRight) {
  const auto child =
      wishes_of({{"run", 0.9}, {"run pace slow", 0.6}}, {.pace = motion::Pace::kFast});
  EXPECT_GT(child.travel->froude, 1.45);
}

TEST(Wishes, WhoGoesWhileTheArmsAreBusyGoes) {
  EXPECT_TRUE(wishes_of({{"walk", 0.9}}, {}).empty());
  EXPECT_EQ(wishes_of({{"walk", 0.9}}, {.busy_arms = true}).travel->way, Way::kForward);
  EXPECT_TRUE(wishes_of({{"squat", 0.9}}, {.busy_arms = true}).empty());
}

TEST(Wishes, WhoDancesTakesStepsAndTurnsButIsNotLedInACircle) {
  const std::vector<std::pair<std::string, double>> steps = {
      {"walk", 0.76}, {"turn left full", 0.3}, {"turn right full", 0.3}};
  auto dance = steps, wave = steps;
  dance.emplace_back("label dance", 1.0);
  wave.emplace_back("label wave", 0.7);
  EXPECT_TRUE(wishes_of(steps, {}).travel.has_value());
  EXPECT_TRUE(wishes_of(wave, {}).travel.has_value());
  EXPECT_TRUE(wishes_of(dance, {}).empty());
  EXPECT_TRUE(wishes_of(dance, {.metres = 3}).travel.has_value());  // says how far
}

TEST(Wishes, WaysAndCircles) {
  const auto wishes = wishes_of({{"walk", 0.9}, {"walk way backward", 0.8}}, {});
  EXPECT_EQ(wishes.travel->way, Way::kBackward);
  EXPECT_EQ(wishes.travel->turn, 0);
  const auto circle =
      wishes_of({{"walk", 0.9}, {"walk circle right", 0.6}, {"walk circle left", 0.1}}, {});
  EXPECT_NEAR(circle.travel->turn, -2 * std::numbers::pi, 1e-9);
}

/// Where the path is at a frame; the place nearest before it.
Constraints::Place place_at(const Constraints& c, int64_t frame) {
  Constraints::Place found;
  for (const auto& place : c.places)
    if (place.frame <= frame) found = place;
  return found;
}

TEST(Wishes, GoAsFastAndTheWayThatIsSaid) {
  const double speed = 0.62 * std::sqrt(9.81 * static_cast<double>(motion::leg_length(body())));
  Wishes fast;
  fast.travel = Wishes::Travel{.way = Way::kForward, .froude = 0.62};
  Constraints c(120);
  ask(c, fast, body(), {}, {0, 120}, 120);
  EXPECT_NEAR(*place_at(c, 90).z, 3 * speed, 1e-3);
  EXPECT_NEAR(*place_at(c, 90).x, 0, 1e-3);
  EXPECT_TRUE(c.goals.empty());
  fast.travel->way = Way::kLeft;
  Constraints left(120);
  ask(left, fast, body(), {}, {0, 120}, 120);
  EXPECT_NEAR(*place_at(left, 90).x, 3 * speed, 1e-3);  // +X is left of +Z
  EXPECT_NEAR(*place_at(left, 90).z, 0, 1e-3);
  EXPECT_FALSE(left.goals.empty());  // and faces ahead meanwhile
}

TEST(Wishes, AWholeCircleComesBack) {
  Wishes circle;
  circle.travel = Wishes::Travel{.froude = 0.4, .turn = 2 * std::numbers::pi};
  Constraints c(161);
  ask(c, circle, body(), {}, {0, 160}, 161);
  const auto end = place_at(c, 160), half = place_at(c, 80);
  EXPECT_NEAR(*end.x, 0, 1e-3);
  EXPECT_NEAR(*end.z, 0, 1e-3);
  EXPECT_GT(*half.x, 0.5);  // to the left of where it began
  EXPECT_NEAR(*half.z, 0, 1e-3);
}

TEST(Wishes, ALaterPieceGoesOnFromWhereTheBodyIs) {
  Wishes fast;
  fast.travel = Wishes::Travel{.froude = 0.5};
  conditions::Placement now{.turn = std::numbers::pi / 2, .shift = {1, 0, 2}};
  Constraints c(60);
  ask(c, fast, body(), now, {60, 120}, 60);
  EXPECT_GT(*place_at(c, 50).x, 2);  // faces +X
  EXPECT_NEAR(*place_at(c, 50).z, 2, 1e-3);
}

TEST(Wishes, MetresAreExact) {
  Wishes wishes = wishes_of({{"walk", 0.9}}, {.metres = 3});
  ASSERT_TRUE(wishes.travel);
  Constraints c(120);
  ask(c, wishes, body(), {}, {0, 120}, 120);
  EXPECT_NEAR(*place_at(c, 119).z, 3, 1e-5);
  EXPECT_EQ(place_at(c, 119).tolerance, 0);
}

TEST(Wishes, CountsAreHeightsOfThePelvis) {
  const Wishes wishes = wishes_of({{"squat", 0.9}}, {.times = 3});
  ASSERT_TRUE(wishes.counted);
  EXPECT_EQ(wishes.counted->times, 3);
  const auto frames = static_cast<int64_t>(seconds_of(*wishes.counted) * motion::kFps);
  Constraints c(frames);
  ask(c, wishes, body(), {}, {0, frames}, frames);
  int low = 0;
  bool down = false;
  for (int64_t f = 0; f < frames; ++f) {
    if (!c.known[f][features::kRootHeight].item<bool>()) continue;
    const bool now = c.value[f][features::kRootHeight].item<double>() <
                     0.7 * static_cast<double>(motion::leg_length(body()));
    low += now && !down ? 1 : 0;
    down = now;
  }
  EXPECT_EQ(low, 3);
  EXPECT_EQ(c.known.sum().item<int64_t>(),
            c.known.select(1, features::kRootHeight).sum().item<int64_t>());
}

TEST(Wishes, PiecesOfAnActAskForTheWhole) {
  const Wishes wishes = wishes_of({{"jump", 0.9}}, {.times = 2});
  Constraints whole(90);
  ask(whole, wishes, body(), {}, {0, 90}, 90);
  for (const int64_t before : {0, 40}) {
    const int64_t count = before == 0 ? 40 : 50;
    Constraints part(count);
    ask(part, wishes, body(), {}, {before, 90}, count);
    EXPECT_TRUE(at::equal(part.known, whole.known.narrow(0, before, count)));
    EXPECT_TRUE(at::equal(part.value, whole.value.narrow(0, before, count)));
  }
  EXPECT_THROW(ask(whole, wishes, body(), {}, {0, 90}, 91), Error);
}

}  // namespace
}  // namespace pantomime::training
