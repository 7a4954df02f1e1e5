// Confusion, distributions, floor, key frames: numbers with an answer known otherwise.
#include <gtest/gtest.h>

#include <cmath>

#include "golden.h"
#include "pantomime/base/error.h"
#include "pantomime/body/plain_body.h"
#include "pantomime/metrics/confusion.h"
#include "pantomime/metrics/distribution.h"
#include "pantomime/metrics/floor.h"
#include "pantomime/metrics/keyframes.h"

namespace pantomime::metrics {
namespace {

TEST(Confusion, CountsRightOnesAndLabels) {
  Confusion c({"walk", "run", "sit", "fly"});
  EXPECT_TRUE(std::isnan(c.accuracy()));
  for (int i = 0; i < 8; ++i) c.add(0, i < 6 ? 0 : 1);  // walk: 6 of 8
  for (int i = 0; i < 2; ++i) c.add(1, i);              // run: 1 of 2
  EXPECT_EQ(c.total(), 10);
  EXPECT_NEAR(c.accuracy(), 0.7, 1e-12);
  EXPECT_NEAR(c.balanced_accuracy(), (0.75 + 0.5) / 2, 1e-12);
  EXPECT_EQ(c.taken_for(0), 1);
  EXPECT_EQ(c.taken_for(2), -1);
  EXPECT_EQ(c.occurring().labels, (std::vector<std::string>{"walk", "run"}));
  EXPECT_EQ(c.occurring().counts[0][1], 2);
  EXPECT_THROW(c.add(4, 0), Error);
  EXPECT_THROW(c.add(0, -1), Error);
}

TEST(Confusion, AgreesWithNumpy) {
  const auto expected = golden().at("marks");
  Confusion c({"a", "b", "c", "d", "e"});
  std::vector<int64_t> truth, named;
  for (int64_t i = 0; i < 60; ++i) {
    const int64_t guess = i % 3 == 0 ? i * 7 % 4 : i * i % 5;
    truth.push_back(i * i % 5);
    c.add(truth.back(), guess);
    if (i < 2) named.push_back(guess);
  }
  EXPECT_NEAR(c.accuracy(), expected.at("accuracy"), 1e-12);
  EXPECT_NEAR(c.balanced_accuracy(), expected.at("balanced_accuracy"), 1e-12);
  EXPECT_NEAR(class_coverage(named, truth), expected.at("class_coverage"), 1e-12);
}

TEST(ClassCoverage, IsTheShareOfRealLabelsThatAreShown) {
  EXPECT_EQ(class_coverage({1, 1, 2}, {0, 1, 2, 3}), 0.5);
  EXPECT_EQ(class_coverage({0, 1, 2, 9}, {0, 1, 2}), 1);
  EXPECT_EQ(class_coverage({}, {0}), 0);
  EXPECT_NEAR(effective_classes({0, 0, 0, 0, 0, 1, 1, 1, 2, 2}), golden().at("effective_classes"),
              1e-9);
  EXPECT_NEAR(effective_classes({4, 5, 6, 7}), 4, 1e-12);
  EXPECT_EQ(effective_classes({3, 3, 3}), 1);
}

TEST(Wasserstein, AgreesWithScipy) {
  const auto jumps = [](int n, double a) {
    std::vector<float> values;
    for (int i = 1; i <= n; ++i)
      values.push_back(static_cast<float>(
          std::abs(std::sin(a * std::pow(static_cast<double>(i), 1.5))) * 100 + a));
    return values;
  };
  const double expected = golden().at("wasserstein");
  EXPECT_NEAR(wasserstein_1(jumps(70, 0.3), jumps(45, 0.5)), expected, 1e-4 * expected);
  EXPECT_EQ(wasserstein_1({1, 2, 3}, {3, 1, 2}), 0);
  EXPECT_EQ(wasserstein_1({0, 0}, {5}), 5);
  EXPECT_NEAR(wasserstein_1({0, 1}, {0, 1, 2, 3}), 1, 1e-12);
  EXPECT_THROW(wasserstein_1({}, {1}), Error);
  EXPECT_THROW(wasserstein_1({NAN}, {1}), Error);
}

TEST(KeyframeErrors, AgreeWithNumpy) {
  const auto expected = golden().at("keyframes");
  std::vector<std::vector<double>> errors;
  for (int n = 0; n < 5; ++n) {
    errors.emplace_back();
    for (int k = 0; k < 4; ++k)
      errors.back().push_back(0.3 * std::abs(std::sin(1.3 * n + 0.7 * k * k)) * (1 + n / 5.0));
  }
  const KeyframeErrors e = keyframe_errors(errors);
  for (size_t t = 0; t < 2; ++t) {
    EXPECT_NEAR(e.trajectory_fail[t], expected.at("trajectory_fail")[t], 1e-12);
    EXPECT_NEAR(e.location_fail[t], expected.at("location_fail")[t], 1e-12);
  }
  EXPECT_NEAR(e.mean_m, expected.at("mean_m"), 1e-9);
  EXPECT_NEAR(e.hit, expected.at("hit"), 1e-12);
  EXPECT_THROW(keyframe_errors({}), Error);
  EXPECT_THROW(keyframe_errors({{}}), Error);
}

TEST(FloorContact, AgreesWithNumpy) {
  const auto expected = golden().at("floor");
  std::vector<double> heights;
  for (int f = 0; f < 50; ++f) heights.push_back(0.03 * std::sin(0.31 * f) + 0.002);
  const FloorContact c = floor_contact(heights);
  EXPECT_NEAR(c.penetration_mm, expected.at("penetration_mm"), 1e-6);
  EXPECT_NEAR(c.floating_mm, expected.at("floating_mm"), 1e-6);
  EXPECT_NEAR(c.sinking_share, expected.at("sinking_share"), 1e-9);
  EXPECT_NEAR(c.floating_share, expected.at("floating_share"), 1e-9);
  EXPECT_EQ(floor_contact(std::vector<double>{0.004, -0.004}).floating_mm, 0);
  EXPECT_THROW(floor_contact({}), Error);
}

TEST(LowestVertices, FollowThePelvis) {
  const motion::Clip clip = test::random_clip(3, 9);
  const body::Character plain = body::plain_character(motion::default_geometry());
  const auto lowest = lowest_vertices(plain, clip);
  ASSERT_EQ(lowest.size(), 9u);
  motion::Clip raised = clip;
  for (motion::Vec3& p : raised.root_positions) p.y += 0.25f;
  const auto higher = lowest_vertices(plain, raised, 4);
  ASSERT_EQ(higher.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(higher[i], lowest[4 * i] + 0.25, 1e-5);
  // Skin lies outside of the joints.
  const auto pose = motion::forward_kinematics(clip);
  for (size_t f = 0; f < 9; ++f)
    for (size_t j = 0; j < motion::kJointCount; ++j)
      EXPECT_LT(lowest[f], pose.positions[f * motion::kJointCount + j].y + 0.02f);
}

}  // namespace
}  // namespace pantomime::metrics
