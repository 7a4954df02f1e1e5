#include "pantomime/render/light_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"

namespace pantomime::render {
namespace {

/// Corners of a floor of so many metres about the origin, seen from above.
Mesh sheet(float y, float half) {
  Mesh mesh;
  mesh.positions = {{-half, y, -half}, {-half, y, half}, {half, y, half}, {half, y, -half}};
  mesh.triangles = {{0, 1, 2}, {0, 2, 3}};
  return mesh;
}

Mesh box(Vec3 low, Vec3 high) {
  scene::Model model;
  model.materials.emplace_back();
  scene::add_box(model, 0, low, high);
  Mesh mesh;
  for (const formats::ModelPiece& piece : model.pieces)
    for (const auto& [a, b, c] : piece.triangles) {
      const auto first = static_cast<uint32_t>(mesh.positions.size());
      for (const uint32_t corner : {a, b, c}) mesh.positions.push_back(piece.positions[corner]);
      mesh.triangles.push_back({first, first + 1, first + 2});
    }
  return mesh;
}

/// A floor of 4 m under one square lamp and nothing else.
struct Floor {
  Scene3d scene{nullptr, true};
  uint32_t mesh;
  Floor() {
    scene.add_material({});
    mesh = static_cast<uint32_t>(scene.add_mesh(sheet(0, 2)));
    scene.key.colour = {};
    scene.surroundings.sky = scene.surroundings.ground = {};
    scene.lamps = {{{-0.5f, 2.5f, -0.5f}, {1, 0, 0}, {0, 0, 1}, {9, 6, 3}}};
  }
  static Scene3d::Surface at(float x, float z, Vec3 normal = {0, 1, 0}) {
    return {{x, 0, z}, normal, normal, {1, 1, 1}, 1, 0};
  }
  /// Light from the lamp, by the middles of 100 x 100 pieces of it.
  double exact(float x, float z) const {
    double sum = 0;
    for (int i = 0; i < 100; ++i)
      for (int k = 0; k < 100; ++k) {
        const double dx = -0.495 + 0.01 * i - x, dz = -0.495 + 0.01 * k - z, dy = 2.5;
        const double square = dx * dx + dy * dy + dz * dz;
        sum += dy * dy / (std::numbers::pi * square * square) * 1e-4;
      }
    return 9 * sum;
  }
};

bool knows(const LightMap& map, float x, float z) {
  LightMap::Found found{};
  return map.find(Floor::at(x, z), found) && found.known;
}

TEST(LightMap, KnowsWhatALampSends) {
  Floor floor;
  floor.scene.commit();
  const LightMaps maps = map_light(floor.scene, 64);
  const LightMap& map = maps.of_mesh[floor.mesh];
  LightMap::Found found{};
  for (const auto& [x, z] : {std::pair{0.0f, 0.0f}, {1.3f, -0.7f}, {-1.9f, 1.95f}, {2.0f, -2.0f}}) {
    ASSERT_TRUE(map.find(Floor::at(x, z), found)) << x;
    // At the corners grain has fewer neighbours to be made good by.
    EXPECT_NEAR(found.light.x / floor.exact(x, z), 1, x < 2 ? 0.02 : 0.05) << x;
    EXPECT_NEAR(found.light.x / found.light.z, 3, 1e-3);
    EXPECT_TRUE(found.known);
    EXPECT_FALSE(found.sun);
  }
  EXPECT_FALSE(map.find(Floor::at(0, 0, {0, -1, 0}), found));  // from below
}

TEST(LightMap, AnOpenFloorGetsAllOfTheSky) {
  Floor floor;
  floor.scene.lamps.clear();
  floor.scene.surroundings.sky = {0.5f, 0.25f, 0.75f};
  floor.scene.key.colour = {1, 1, 1};
  floor.scene.commit();
  const LightMaps maps = map_light(floor.scene, 4);
  LightMap::Found found{};
  ASSERT_TRUE(maps.of_mesh[floor.mesh].find(Floor::at(0.5f, 0.3f), found));
  EXPECT_FLOAT_EQ(found.light.x, 0.5f);
  EXPECT_FLOAT_EQ(found.light.y, 0.25f);
  EXPECT_TRUE(found.sun);
}

TEST(LightMap, LeavesToRaysWhatItCannotTell) {
  // A box on the floor beside the lamp, and a board in the air that throws a sharp shadow.
  Floor floor;
  floor.scene.lamps[0] = {{-0.05f, 2.5f, -0.05f}, {0.1f, 0, 0}, {0, 0, 0.1f}, {400, 400, 400}};
  floor.scene.add_mesh(box({1, 0, -0.5f}, {1.3f, 0.8f, 0.5f}));
  floor.scene.add_mesh(box({-1, 0.4f, -1}, {-0.5f, 0.42f, 0}));
  floor.scene.commit();
  const LightMaps maps = map_light(floor.scene, 64);
  const LightMap& map = maps.of_mesh[floor.mesh];
  LightMap::Found found{};
  EXPECT_FALSE(knows(map, 0.97f, 0));  // at its foot
  EXPECT_FALSE(knows(map, 1.1f, 0));   // beneath it
  // The board's shadow ends where the light's middle, its edge and the floor are in line.
  const float factor = 2.5f / (2.5f - 0.42f);
  EXPECT_FALSE(knows(map, -0.5f * factor, -0.5f));
  ASSERT_TRUE(map.find(Floor::at(-0.75f * factor, -0.5f), found));  // its middle
  EXPECT_LT(found.light.x, 0.01f * static_cast<float>(floor.exact(-0.75f * factor, -0.5f)));
  EXPECT_TRUE(knows(map, 0.2f, 1.5f));
}

TEST(LightMap, OnlyLargeFlatThingsThatStandStillHaveOne) {
  Floor floor;
  const auto small = static_cast<size_t>(floor.scene.add_mesh(sheet(1, 0.2f)));
  const auto solid = static_cast<size_t>(floor.scene.add_mesh(box({1, 0, 1}, {1.8f, 0.7f, 1.8f})));
  const int moving = floor.scene.add_mesh(sheet(1.5f, 1));
  const std::vector<Vec3> moved = sheet(1.6f, 1).positions;
  floor.scene.move_mesh(moving, moved, {});
  floor.scene.commit();
  const LightMaps maps = map_light(floor.scene, 4);
  LightMap::Found found{};
  for (const size_t mesh : {small, solid, static_cast<size_t>(moving)}) {
    Scene3d::Surface surface = Floor::at(0, 0);
    surface.position = floor.scene.mesh(mesh).positions[0];
    EXPECT_FALSE(maps.of_mesh[mesh].find(surface, found)) << mesh;
  }
  EXPECT_TRUE(maps.of_mesh[floor.mesh].find(Floor::at(0, -1.5f), found));
}

TEST(LightMap, OfAnotherSceneIsRefused) {
  Floor floor;
  floor.scene.commit();
  const LightMaps maps = map_light(floor.scene, 4);
  floor.scene.add_mesh(sheet(1, 0.2f));
  floor.scene.commit();
  Camera camera;
  camera.width = camera.height = 16;
  EXPECT_THROW(render_colour(floor.scene, camera, {.maps = &maps}), Error);
}

TEST(LightMap, PatchesKnowWhatMoversMayTake) {
  Floor floor;
  floor.scene.surroundings.sky = {0.2f, 0.2f, 0.2f};
  const int moving = floor.scene.add_mesh(box({-0.1f, 1, 0.8f}, {0.1f, 1.2f, 1}));
  const std::vector<Vec3> there = floor.scene.mesh(static_cast<size_t>(moving)).positions;
  floor.scene.move_mesh(moving, there, {});
  floor.scene.commit();
  const LightMaps maps = map_light(floor.scene, 4);
  const LightMap& map = maps.of_mesh[floor.mesh];
  const std::vector<uint32_t> lights = map.lights_movers_may_take(floor.scene);
  const auto at = [&](float x, float z) {
    LightMap::Found found{};
    EXPECT_TRUE(map.find(Floor::at(x, z), found));
    return lights.at(found.patch);
  };
  EXPECT_EQ(at(0.03f, 1.6f), 1u);   // in its shadow, too far for the sky
  EXPECT_EQ(at(-1.9f, -1.9f), 0u);  // the corners of the floor
  EXPECT_EQ(at(1.99f, -1.99f), 0u);
}

}  // namespace
}  // namespace pantomime::render
