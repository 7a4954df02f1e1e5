#include "pantomime/metrics/transitions.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pantomime::metrics {
namespace {

using motion::Vec3;

/// 30 frames of a body whose pelvis jumps by so many metres in the middle.
std::vector<Vec3> jump(float by) {
  std::vector<Vec3> positions(30 * motion::kJointCount);
  for (size_t f = 15; f < 30; ++f) positions[f * motion::kJointCount] = {by, 0, 0};
  return positions;
}

TEST(Transitions, AreThoseOfAllWindowsWithTheirSpread) {
  const std::vector<Vec3> small = jump(0.1f), large = jump(0.3f);
  std::vector<JointPath> equal(8, {small}), mixed = equal;
  for (size_t i = 0; i < 4; ++i) mixed[i] = {large};
  // The third difference of a step of height h is h, -2 h, h.
  const Transitions same = transitions(equal, 0, 1), different = transitions(mixed, 0, 1);
  EXPECT_EQ(same.windows, 8u);
  EXPECT_NEAR(same.peak.value, 0.2, 1e-6);
  EXPECT_NEAR(same.area.value, 0.4, 1e-6);
  EXPECT_NEAR(same.peak.half_width, 0, 1e-6);
  EXPECT_NEAR(different.peak.value, 0.4, 1e-6);
  // 1.96 standard errors of the mean of eight values whose deviation is 0.2: 0.14.
  EXPECT_GT(different.peak.half_width, 0.07);
  EXPECT_LT(different.peak.half_width, 0.25);
  EXPECT_NEAR(different.area.half_width, 2 * different.peak.half_width, 1e-6);
}

TEST(Transitions, OfOneWindowHaveNoSpread) {
  const std::vector<Vec3> path = jump(0.1f);
  EXPECT_TRUE(std::isnan(transitions(std::vector<JointPath>{{path}}, 0, 1).peak.value));
  EXPECT_TRUE(std::isnan(transitions({}, 0, 1).area.half_width));
}

}  // namespace
}  // namespace pantomime::metrics
