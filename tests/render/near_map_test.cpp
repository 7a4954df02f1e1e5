#include "pantomime/render/near_map.h"

#include <gtest/gtest.h>

#include <random>

#include "pantomime/render/scene3d.h"

namespace pantomime::render {
namespace {

/// Corners of a triangle.
using Corners = std::array<Vec3, 3>;

/// Distance to the nearest of many points on a triangle: never less than to the triangle itself.
float distance(Vec3 p, const Corners& t) {
  constexpr int kSteps = 24;
  float least = 1e9f;
  for (int i = 0; i <= kSteps; ++i)
    for (int k = 0; i + k <= kSteps; ++k) {
      const float u = static_cast<float>(i) / kSteps, v = static_cast<float>(k) / kSteps;
      least = std::min(least, motion::length((1 - u - v) * t[0] + u * t[1] + v * t[2] - p));
    }
  return least;
}

TEST(NearMap, NeverOverlooksATriangle) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> in_room(-2.5f, 2.5f), high(-1, 2), size(-0.3f, 0.3f);
  constexpr float kReach = 0.7f;
  int near = 0, far = 0;
  for (int round = 0; round < 40; ++round) {
    NearMap map({-2, 0, -1.5f}, {2, 0, 1.5f}, kReach);
    std::vector<Corners> triangles;
    for (size_t i = 0; i < 3; ++i) {
      const Vec3 a{in_room(random), high(random), in_room(random)};
      const auto aside = [&] { return a + Vec3{size(random), size(random), size(random)}; };
      triangles.push_back({a, aside(), aside()});
      map.add(triangles[i][0], triangles[i][1], triangles[i][2]);
    }
    for (int i = 0; i < 100; ++i) {
      const Vec3 point{0.8f * in_room(random), 0, 0.6f * in_room(random)};
      bool is_near = false;
      for (const Corners& t : triangles) is_near |= distance(point, t) < kReach;
      ASSERT_TRUE(map.near(point) || !is_near) << point.x << " " << point.z;
      (map.near(point) ? near : far) += 1;
    }
  }
  EXPECT_GT(near, 500);
  EXPECT_GT(far, 500);
}

TEST(NearMap, IsRightOnTheLargestFloorsToo) {
  NearMap map({-200, 0, -1}, {200, 0, 1}, 0.5f);
  map.add({190, 0.1f, 0}, {190.2f, 0.1f, 0}, {190, 0.1f, 0.2f});
  EXPECT_TRUE(map.near({190, 0, 0}));
  EXPECT_TRUE(map.near({190.6f, 0, 0}));
  EXPECT_FALSE(map.near({180, 0, 0}));
  EXPECT_FALSE(map.near({-190, 0, 0}));
}

TEST(NearMap, WhatLiesInThePlaneHidesNothing) {
  NearMap map({0, -1, -1}, {0, 1, 1}, 0.5f);
  map.add({0, -1, 1}, {0, 1, 1}, {0, 0, 2});
  EXPECT_FALSE(map.near({0, 0, 0.95f}));
  map.add({0.1f, -1, 1}, {0.1f, 1, 1}, {0.1f, 0, 2});
  EXPECT_TRUE(map.near({0, 0, 0.95f}));
  EXPECT_FALSE(map.near({0, 0, 0.3f}));
}

TEST(NearMap, ScenesKnowWhatMovedAwayAndHither) {
  Scene3d scene(nullptr, true);
  scene.add_material({});
  const auto sheet = [](float y, float half) {
    Mesh mesh;
    mesh.positions = {{-half, y, -half}, {-half, y, half}, {half, y, half}, {half, y, -half}};
    mesh.triangles = {{0, 1, 2}, {0, 2, 3}};
    return mesh;
  };
  const auto floor = static_cast<uint32_t>(scene.add_mesh(sheet(0, 4)));
  const int lid = scene.add_mesh(sheet(0.4f, 0.2f));
  scene.commit();
  EXPECT_TRUE(scene.may_be_near(floor, {0, 0, 0}, 0.5f));
  EXPECT_FALSE(scene.may_be_near(floor, {3, 0, 0}, 0.5f));
  std::vector<Vec3> moved = scene.mesh(static_cast<size_t>(lid)).positions;
  for (Vec3& p : moved) p.x += 3;
  scene.move_mesh(lid, moved, {});
  scene.commit();
  EXPECT_FALSE(scene.may_be_near(floor, {0, 0, 0}, 0.5f));
  EXPECT_TRUE(scene.may_be_near(floor, {3, 0, 0}, 0.5f));
}

}  // namespace
}  // namespace pantomime::render
