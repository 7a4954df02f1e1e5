#include "pantomime/body/cover.h"

#include <gtest/gtest.h>

#include "tests/support/support.h"

namespace pantomime::body {
namespace {

using motion::Vec3;

TEST(Cover, FindsTheNearestOfManyTriangles) {
  Random random(test::random_seed());
  std::vector<Vec3> points;
  std::vector<uint32_t> corners;
  for (uint32_t i = 0; i < 3 * 400; ++i) {
    const Vec3 middle = i % 3 == 0 ? test::random_vector(random, 1) : points[i - i % 3];
    points.push_back(middle + test::random_vector(random, 0.1));
    corners.push_back(i);
  }
  const Occluders all(points, corners);
  std::vector<Occluders> singles;
  for (size_t t = 0; t < corners.size(); t += 3)
    singles.emplace_back(points, std::span<const uint32_t>(corners).subspan(t, 3));
  for (int i = 0; i < test::random_cases(); ++i) {
    const Vec3 from = test::random_vector(random, 2);
    const Vec3 direction = normalized(test::random_vector(random, 1), {0, 1, 0});
    float expected = 5;
    for (const Occluders& one : singles)
      expected = std::min(expected, one.nearest(from, direction, 0, 5));
    EXPECT_EQ(all.nearest(from, direction, 0, 5), expected);
    EXPECT_EQ(all.hit(from, direction, 0, 5), expected < 5);
  }
}

TEST(Cover, HitsASquareAtItsDistance) {
  const std::vector<Vec3> points = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}};
  const std::vector<uint32_t> corners = {0, 1, 2, 0, 2, 3};
  const Occluders square(points, corners);
  EXPECT_FLOAT_EQ(square.nearest({0.3f, 0.6f, -2}, {0, 0, 1}, 0, 10), 2);
  EXPECT_FLOAT_EQ(square.nearest({0.3f, 0.6f, 2}, {0, 0, -1}, 0, 10), 2);  // from behind too
  EXPECT_EQ(square.nearest({1.3f, 0.6f, -2}, {0, 0, 1}, 0, 10), 10);
  EXPECT_FALSE(square.hit({0.3f, 0.6f, -2}, {0, 0, 1}, 0, 1.9f));
  EXPECT_FALSE(square.hit({0.3f, 0.6f, -2}, {0, 0, 1}, 2.1f, 9));
  EXPECT_FALSE(Occluders({}, {}).hit({0, 0, 0}, {0, 0, 1}, 0, 1));
}

TEST(Cover, DirectionsAreUnitAndBalanced) {
  Vec3 sum;
  for (const Vec3 d : sphere_directions(200)) {
    EXPECT_NEAR(length(d), 1, 1e-5f);
    sum += d;
  }
  EXPECT_LT(length(sum), 0.5f);
}

}  // namespace
}  // namespace pantomime::body
