#include "pantomime/conditions/way.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pantomime::conditions {
namespace {

TEST(Way, IsStraightWhereNothingStands) {
  const Way way({0, 0}, {3, 4}, {{.x = 5, .z = 0}});
  EXPECT_EQ(way.corners().size(), 2u);
  EXPECT_DOUBLE_EQ(way.length(), 5);
  EXPECT_NEAR(way.at(0.5)[0], 1.5, 1e-12);
  EXPECT_NEAR(way.at(2)[1], 4, 1e-12);
}

TEST(Way, GoesAroundABoxTheShorterWay) {
  const Box box{.x = 0.2, .z = 2, .width = 1, .depth = 1};
  const Way way({0, 0}, {0, 4}, {box}, 0.4);
  ASSERT_EQ(way.corners().size(), 4u);
  // Left of the box, 0.9 m from its middle: -0.7.
  EXPECT_NEAR(way.corners()[1][0], -0.7, 1e-5);
  EXPECT_NEAR(way.corners()[1][1], 1.1, 1e-5);
  EXPECT_NEAR(way.length(), 2 * std::hypot(0.7, 1.1) + 1.8, 1e-4);
  for (double u = 0; u <= 1; u += 0.01) {
    const auto [x, z] = way.at(u);
    EXPECT_FALSE(std::abs(x - 0.2) < 0.899 && std::abs(z - 2) < 0.899) << u;
  }
}

TEST(Way, HeedsTurnedBoxesAndSeveral) {
  const double diagonal = 0.785398163;
  const Box box{.x = 0, .z = 2, .width = 1, .depth = 1, .turn = diagonal};
  const Way way({0, 0}, {0, 4}, {box}, 0.2);
  ASSERT_EQ(way.corners().size(), 3u);
  EXPECT_NEAR(std::abs(way.corners()[1][0]), 0.7 * std::sqrt(2), 1e-4);
  const Way slalom(
      {0, 0}, {0, 6},
      {{.x = -1, .z = 2, .width = 3, .depth = 0.2}, {.x = 1, .z = 4, .width = 3, .depth = 0.2}},
      0.3);
  EXPECT_GT(slalom.corners().size(), 4u);
  EXPECT_GT(slalom.length(), 6.5);
}

TEST(Way, MayBeginBesideABox) {
  const Way way({0, 0}, {0, 2}, {{.x = 0.3, .z = 0, .width = 0.4, .depth = 0.4}});
  EXPECT_EQ(way.corners().size(), 2u);
}

}  // namespace
}  // namespace pantomime::conditions
