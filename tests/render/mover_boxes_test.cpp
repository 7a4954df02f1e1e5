#include "pantomime/render/mover_boxes.h"

#include <gtest/gtest.h>

#include <random>

namespace pantomime::render {
namespace {

using motion::Vec3;
using Corners = std::array<Vec3, 3>;

Vec3 random_point(std::mt19937& random, float low, float high) {
  std::uniform_real_distribution<float> in(low, high);
  return {in(random), in(random), in(random)};
}

/// Three slender things of some triangles each.
std::vector<std::vector<Vec3>> things(std::mt19937& random) {
  std::vector<std::vector<Vec3>> out(3);
  for (auto& positions : out) {
    const Vec3 from = random_point(random, -2, 2), along = random_point(random, -1, 1);
    std::uniform_real_distribution<float> part(0, 1);
    for (int i = 0; i < 30; ++i) {
      const Vec3 middle = from + part(random) * along;
      for (int corner = 0; corner < 3; ++corner)
        positions.push_back(middle + random_point(random, -0.1f, 0.1f));
    }
  }
  return out;
}

MoverBoxes boxes_of(const std::vector<std::vector<Vec3>>& things) {
  MoverBoxes boxes;
  for (const auto& positions : things) {
    Vec3 low = positions[0], high = low;
    std::vector<std::array<uint32_t, 3>> triangles;
    for (uint32_t i = 0; i < positions.size(); ++i) {
      const Vec3 p = positions[i];
      low = {std::min(low.x, p.x), std::min(low.y, p.y), std::min(low.z, p.z)};
      high = {std::max(high.x, p.x), std::max(high.y, p.y), std::max(high.z, p.z)};
      if (i % 3 == 0) triangles.push_back({i, i + 1, i + 2});
    }
    boxes.start(low, high);
    boxes.add(positions, triangles);
  }
  return boxes;
}

TEST(MoverBoxes, NeverOverlookWhatIsNearOrBetween) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> part(0, 1);
  int near = 0, far = 0, between = 0, aside = 0;
  for (int round = 0; round < 100; ++round) {
    const auto all = things(random);
    const MoverBoxes boxes = boxes_of(all);
    // A point of a triangle.
    const auto& positions = all[static_cast<size_t>(round) % all.size()];
    const size_t first = 3 * (random() % (positions.size() / 3));
    float u = part(random), v = part(random);
    if (u + v > 1) u = 1 - u, v = 1 - v;
    const Vec3 met =
        (1 - u - v) * positions[first] + u * positions[first + 1] + v * positions[first + 2];
    EXPECT_TRUE(boxes.near(met + 0.57f * random_point(random, -0.5f, 0.5f), 0.5f));
    // A ray from somewhere in one ball through it to somewhere in the other.
    const Vec3 from = met + random_point(random, -2, 2);
    const Vec3 to = met + (0.2f + 2 * part(random)) * (met - from);
    const float extent = 0.2f * part(random), radius = part(random);
    const Vec3 point = from + 0.57f * extent * random_point(random, -1, 1);
    const Vec3 centre = to + 0.57f * radius * random_point(random, -1, 1);
    EXPECT_TRUE(boxes.between(point, extent, centre, radius)) << round;
    for (int i = 0; i < 20; ++i) {
      const Vec3 a = random_point(random, -3, 3), b = random_point(random, -3, 3);
      (boxes.near(a, 0.3f) ? near : far) += 1;
      (boxes.between(a, 0.1f, b, 0.2f) ? between : aside) += 1;
    }
  }
  EXPECT_GT(near, 20);
  EXPECT_GT(far, 1000);
  EXPECT_GT(between, 100);
  EXPECT_GT(aside, 1000);
}

TEST(MoverBoxes, LieCloserThanOneBox) {
  // Something long that lies across a room's corner: what is beside its middle is not near.
  std::vector<Vec3> positions;
  std::vector<std::array<uint32_t, 3>> triangles;
  for (uint32_t i = 0; i < 100; ++i) {
    const float at = 0.02f * static_cast<float>(i);
    for (const Vec3 aside : {Vec3{0, 0, 0}, {0.05f, 0, 0}, {0, 0.05f, 0}})
      positions.push_back(Vec3{at, 0, at} + aside);
    triangles.push_back({3 * i, 3 * i + 1, 3 * i + 2});
  }
  MoverBoxes boxes;
  EXPECT_FALSE(boxes.near({0, 0, 0}, 10));
  EXPECT_FALSE(boxes.between({-1, 0, 0}, 1, {1, 0, 0}, 1));
  boxes.start({0, 0, 0}, {2.03f, 0.05f, 1.98f});
  boxes.add(positions, triangles);
  EXPECT_TRUE(boxes.near({1, 0, 1}, 0.1f));
  EXPECT_FALSE(boxes.near({1.5f, 0, 0.5f}, 0.3f));
  EXPECT_TRUE(boxes.between({0, 0, 2}, 0.1f, {2, 0, 0}, 0.1f));
  EXPECT_FALSE(boxes.between({1, 0, 0.2f}, 0.1f, {1.9f, 0, 1}, 0.1f));
  boxes.clear();
  EXPECT_FALSE(boxes.near({1, 0, 1}, 0.1f));
}

}  // namespace
}  // namespace pantomime::render
