#include "pantomime/motion/signal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "support.h"

namespace pantomime::motion {
namespace {

Signal random_signal(Random& random, size_t frames) {
  Signal signal;
  double value = 0;
  for (size_t f = 0; f < frames; ++f) signal.push_back(value += random.normal());
  return signal;
}

Signal negative(Signal signal) {
  for (double& value : signal) value = -value;
  return signal;
}

TEST(Signal, SlopeOfALineIsExactEverywhere) {
  Signal line;
  for (int f = 0; f < 50; ++f) line.push_back(3.0 - 0.25 * f);
  for (const double window : {0.01, 0.1, 0.5})
    for (const double value : slope(line, window, 30)) EXPECT_NEAR(value, -7.5, 1e-9);
  EXPECT_EQ(slope({4.0}, 0.1, 30), Signal{0.0});
}

TEST(Signal, SmoothingKeepsConstantsAndTakesNoiseAway) {
  Random random(test::random_seed());
  EXPECT_NEAR(smoothed(Signal(40, 2.5), 0.2, 30)[0], 2.5, 1e-12);
  Signal noise;
  for (int f = 0; f < 3000; ++f) noise.push_back(random.normal());
  double before = 0, after = 0;
  const Signal calm = smoothed(noise, 0.1, 30);  // 3 frames
  for (size_t f = 0; f < noise.size(); ++f)
    before += noise[f] * noise[f], after += calm[f] * calm[f];
  // White noise keeps 1 / (2 sqrt(pi) sigma) of its variance.
  EXPECT_NEAR(after / before, 1 / (2 * std::sqrt(std::numbers::pi) * 3), 0.01);
}

TEST(Signal, UnwrapsTurnsOfAnySize) {
  Signal truth, wrapped;
  for (int f = 0; f < 400; ++f) {
    truth.push_back(0.3 * f - 0.001 * f * f);
    wrapped.push_back(std::remainder(truth.back(), 2 * std::numbers::pi));
  }
  const Signal found = unwrapped(wrapped);
  for (size_t f = 0; f < truth.size(); ++f) EXPECT_NEAR(found[f], truth[f], 1e-9);
}

TEST(Signal, HoldsBetweenItsTwoLevels) {
  const Signal signal = {0, 2, 6, 4, 2, 1, 4, 6, 0};
  EXPECT_EQ(held_above(signal, 5, 2),
            (std::vector<bool>{false, false, true, true, true, false, false, true, false}));
  EXPECT_TRUE(held_above({4}, 5, 2)[0]);  // over the middle at the begin
  EXPECT_FALSE(held_above({3}, 5, 2)[0]);
}

TEST(Signal, StretchesCloseGapsBeforeTheyDropShortOnes) {
  const std::vector<bool> flags = {true, false, true, false, false, true};
  const auto all = stretches(flags);
  ASSERT_EQ(all.size(), 3u);
  const auto closed = stretches(flags, 2, 2);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].first, 0u);
  EXPECT_EQ(closed[0].last, 3u);
  EXPECT_TRUE(stretches({}).empty());
}

TEST(Signal, SwingsOfAZigzagAreItsLegs) {
  const Signal zigzag = {0, 1, 2, 3, 2, 1, 2, 3, 4, 5, 4.5, 5};
  const auto found = swings(zigzag, 1.5);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].first, 0u);
  EXPECT_EQ(found[0].last, 3u);
  EXPECT_EQ(found[0].change, 3);
  EXPECT_EQ(found[1].last, 5u);
  EXPECT_EQ(found[1].change, -2);
  EXPECT_EQ(found[2].last, 9u);  // the little dip at the end is part of it
  EXPECT_EQ(found[2].change, 4);
  EXPECT_TRUE(swings(zigzag, 6).empty());
  EXPECT_TRUE(swings({}, 1).empty());
}

TEST(Signal, SwingsGoUpAndDownInTurnAndNoneIsTooSmall) {
  Random random(test::random_seed());
  for (int i = 0; i < test::random_cases(); ++i) {
    const Signal signal = random_signal(random, 1 + random.below(200));
    const auto found = swings(signal, 2.5);
    for (size_t k = 0; k < found.size(); ++k) {
      EXPECT_GE(std::abs(found[k].change), 2.5);
      EXPECT_EQ(found[k].change, signal[found[k].last] - signal[found[k].first]);
      if (k == 0) continue;
      EXPECT_EQ(found[k].first, found[k - 1].last);
      EXPECT_LT(found[k].change * found[k - 1].change, 0);
    }
    if (found.empty()) {
      const auto [low, high] = std::minmax_element(signal.begin(), signal.end());
      EXPECT_LT(*high - *low, 2.5);
    }
  }
}

TEST(Signal, NegativesAreTreatedAlikeToTheLastBit) {
  Random random(test::random_seed());
  for (int i = 0; i < test::random_cases(); ++i) {
    const Signal signal = random_signal(random, 1 + random.below(120));
    EXPECT_EQ(smoothed(negative(signal), 0.1, 30), negative(smoothed(signal, 0.1, 30)));
    EXPECT_EQ(slope(negative(signal), 0.2, 30), negative(slope(signal, 0.2, 30)));
    EXPECT_EQ(unwrapped(negative(signal)), negative(unwrapped(signal)));
    const auto there = swings(signal, 2), back = swings(negative(signal), 2);
    ASSERT_EQ(there.size(), back.size());
    for (size_t k = 0; k < there.size(); ++k) {
      EXPECT_EQ(there[k].first, back[k].first);
      EXPECT_EQ(there[k].last, back[k].last);
      EXPECT_EQ(there[k].change, -back[k].change);
    }
  }
}

}  // namespace
}  // namespace pantomime::motion
