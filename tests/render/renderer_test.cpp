#include "pantomime/render/renderer.h"

#include <gtest/gtest.h>

#include <limits>

#include "capsule_person.h"
#include "pantomime/base/error.h"
#include "pantomime/render/preview.h"
#include "pictures.h"
#include "support.h"

namespace pantomime::render {
namespace {

/// No key light, even light from all around: a surface shows its own colour.
void light_evenly(Scene3d& scene) {
  scene.key.colour = {0, 0, 0};
  scene.surroundings.sky = scene.surroundings.ground = {1, 1, 1};
  scene.surroundings.zenith = scene.surroundings.horizon = {0, 0, 0};
}

RenderOptions plain(int samples) {
  RenderOptions options;
  options.samples = samples;
  options.occlusion_rays = 0;
  options.shadows = false;
  options.contrast = 0;
  return options;
}

int grey(Scene3d& scene, float value) {
  body::Material material;
  material.base_colour = {value, value, value, 1};
  material.roughness = 1;
  return scene.add_material(material);
}

/// An upright rectangle facing +Z, x and y in [-w, w] x [-h, h], picture coordinates as seen.
Mesh panel(int material, float w, float h, float z) {
  Mesh mesh;
  mesh.material = material;
  mesh.positions = {{-w, h, z}, {-w, -h, z}, {w, -h, z}, {w, h, z}};
  mesh.normals.assign(4, {0, 0, 1});
  mesh.uvs = {{0, 0}, {0, 1}, {1, 1}, {1, 0}};
  mesh.triangles = {{0, 1, 2}, {0, 2, 3}};
  return mesh;
}

Mesh box(int material, Vec3 low, Vec3 high) {
  Mesh mesh;
  mesh.material = material;
  for (int i = 0; i < 8; ++i)
    mesh.positions.push_back(
        {i & 1 ? high.x : low.x, i & 2 ? high.y : low.y, i & 4 ? high.z : low.z});
  mesh.triangles = {{4, 5, 7}, {4, 7, 6}, {1, 0, 2}, {1, 2, 3}, {5, 1, 3}, {5, 3, 7},
                    {0, 4, 6}, {0, 6, 2}, {6, 7, 3}, {6, 3, 2}, {0, 1, 5}, {0, 5, 4}};
  return mesh;
}

TEST(Truth, CubesPixelsAreExact) {
  Scene3d scene;
  Mesh cube = box(grey(scene, 0.5f), {-0.5f, -0.5f, -0.5f}, {0.5f, 0.5f, 0.5f});
  cube.object = 7;
  scene.add_mesh(cube);
  scene.commit();
  const Camera camera = look_at({0, 0, 3.5f}, {0, 0, 0}, 0.6f, 101, 75);
  const Truth truth = render_truth(scene, camera);
  // The front face, 3 m away, hides all others.
  const float half = 0.5f / 3 * camera.fx;
  for (int y = 0; y < 75; ++y)
    for (int x = 0; x < 101; ++x) {
      const float dx = std::abs(static_cast<float>(x) + 0.5f - camera.cx);
      const float dy = std::abs(static_cast<float>(y) + 0.5f - camera.cy);
      const bool inside = dx < half && dy < half;
      ASSERT_GT(std::abs(dx - half), 1e-3);  // no pixel centre on an edge
      const size_t at = truth.index(x, y);
      ASSERT_EQ(truth.meshes[at], inside ? 0 : -1) << x << " " << y;
      ASSERT_EQ(truth.objects[at], inside ? 7 : -1);
      ASSERT_NEAR(truth.depth[at], inside ? 3.0f : 0.0f, 1e-5);
      ASSERT_NEAR(truth.normals[at].z, inside ? 1.0f : 0.0f, 1e-6);
    }
}

TEST(Truth, DepthOfAPlaneIsExact) {
  Scene3d scene;
  // A tilted plane: y = 0.4 x - 0.3 z - 1.
  Mesh plane;
  plane.material = grey(scene, 0.5f);
  auto height = [](float x, float z) { return 0.4f * x - 0.3f * z - 1; };
  for (const auto& [x, z] : {std::pair{-30.f, -30.f}, {-30.f, 30.f}, {30.f, 30.f}, {30.f, -30.f}})
    plane.positions.push_back({x, height(x, z), z});
  plane.triangles = {{0, 1, 2}, {0, 2, 3}};
  scene.add_mesh(plane);
  scene.commit();
  const Camera camera = look_at({0.5f, 1, 4}, {0, -1, 0}, 0.9f, 64, 48);
  const Truth truth = render_truth(scene, camera);
  const Vec3 normal = motion::normalized(Vec3{-0.4f, 1, 0.3f});
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 64; ++x) {
      const Vec3 ray = camera.ray(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
      const float expected = -dot(normal, camera.position - Vec3{0, -1, 0}) / dot(normal, ray);
      if (expected < 0 || expected > 15) continue;
      ASSERT_NEAR(truth.depth[truth.index(x, y)], expected, 2e-4f * expected) << x << " " << y;
      ASSERT_LT(motion::length(truth.normals[truth.index(x, y)] - normal), 1e-4);
    }
}

TEST(Truth, PartsAreThoseOfTheNearestCorner) {
  Scene3d scene;
  Mesh mesh = panel(grey(scene, 0.5f), 1, 1, 0);
  mesh.parts = {1, 2, 3, 4};
  scene.add_mesh(mesh);
  scene.commit();
  const Camera camera = look_at({0, 0, 4}, {0, 0, 0}, 0.6f, 40, 40);
  const Truth truth = render_truth(scene, camera);
  EXPECT_EQ(truth.parts[truth.index(5, 5)], 1);
  EXPECT_EQ(truth.parts[truth.index(5, 34)], 2);
  EXPECT_EQ(truth.parts[truth.index(34, 34)], 3);
  EXPECT_EQ(truth.parts[truth.index(34, 5)], 4);
  EXPECT_EQ(truth.parts[truth.index(0, 0)], 0);
}

TEST(Colour, CoverageOfATriangleMatchesItsArea) {
  Scene3d scene;
  light_evenly(scene);
  Mesh triangle;
  triangle.material = grey(scene, 0.5f);
  triangle.positions = {{-0.7f, -0.5f, 0}, {0.9f, -0.2f, 0}, {0.1f, 0.8f, 0}};
  triangle.triangles = {{0, 1, 2}};
  scene.add_mesh(triangle);
  scene.commit();
  const Camera camera = look_at({0, 0, 4}, {0, 0, 0}, 0.6f, 64, 64);
  const Image image = render_colour(scene, camera, plain(64));
  double sum = 0;
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) sum += linear_from_srgb(image.at(x, y)[0]) / 0.5;
  const double metre = camera.fx / 4;
  const double area = 0.5 * (1.6 * 1.3 - 0.8 * 0.3) * metre * metre;
  EXPECT_NEAR(sum, area, 0.01 * area);
}

TEST(Colour, TexturesAreTheRightWayRound) {
  Scene3d scene;
  light_evenly(scene);
  // Red top left, green top right, blue bottom left, black bottom right.
  auto image = std::make_shared<Image>(32, 32, 3);
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 16; ++x)
      image->at(x, y)[0] = image->at(x + 16, y)[1] = image->at(x, y + 16)[2] = 180;
  body::Material material;
  material.colour = image;
  material.roughness = 1;
  scene.add_mesh(panel(scene.add_material(material), 1, 1, 0));
  scene.commit();
  const Camera camera = look_at({0, 0, 4}, {0, 0, 0}, 0.6f, 64, 64);
  const Image out = render_colour(scene, camera, plain(4));
  test::keep_picture("texture_corners", out);
  const int low = 20, high = 43;
  EXPECT_NEAR(out.at(low, low)[0], 180, 3);
  EXPECT_NEAR(out.at(high, low)[1], 180, 3);
  EXPECT_NEAR(out.at(low, high)[2], 180, 3);
  EXPECT_LT(out.at(low, low)[1] + out.at(low, low)[2], 12);
  EXPECT_LT(out.at(high, high)[0], 6);
}

/// Left half clear, right half as given.
int half_clear(Scene3d& scene, uint8_t alpha) {
  auto image = std::make_shared<Image>(64, 64, 4, uint8_t{0});
  for (int y = 0; y < 64; ++y)
    for (int x = 32; x < 64; ++x) {
      image->at(x, y)[0] = 255;
      image->at(x, y)[3] = alpha;
    }
  body::Material material;
  material.colour = image;
  material.see_through = true;
  material.roughness = 1;
  material.base_colour = {0.5f, 0.5f, 0.5f, 1};
  return scene.add_material(material);
}

TEST(Colour, SeeThroughSurfacesAreCutAndBlended) {
  for (const int alpha : {255, 128, 64}) {
    Scene3d scene;
    light_evenly(scene);
    const int back = scene.add_mesh(panel(grey(scene, 0.4f), 2, 2, -0.5f));
    const int front =
        scene.add_mesh(panel(half_clear(scene, static_cast<uint8_t>(alpha)), 1, 1, 0));
    scene.commit();
    const Camera camera = look_at({0, 0, 4}, {0, 0, 0}, 0.6f, 64, 64);
    const Truth truth = render_truth(scene, camera);
    EXPECT_EQ(truth.meshes[truth.index(20, 32)], back);
    EXPECT_EQ(truth.meshes[truth.index(44, 32)], alpha > 127 ? front : back);
    EXPECT_NEAR(truth.depth[truth.index(20, 32)], 4.5, 1e-4);
    const Image out = render_colour(scene, camera, plain(4));
    const float a = static_cast<float>(alpha) / 255;
    EXPECT_NEAR(linear_from_srgb(out.at(20, 32)[0]), 0.4, 0.01);
    EXPECT_NEAR(linear_from_srgb(out.at(44, 32)[0]), a * 0.5f + (1 - a) * 0.4f, 0.01);
    EXPECT_NEAR(linear_from_srgb(out.at(44, 32)[1]), (1 - a) * 0.4f, 0.01);
  }
}

TEST(Colour, ManyClearLayersEndAtTheBackground) {
  Scene3d scene;
  light_evenly(scene);
  scene.surroundings.zenith = scene.surroundings.horizon = {0.3f, 0.3f, 0.3f};
  const int material = half_clear(scene, 255);
  for (int i = 0; i < 40; ++i)
    scene.add_mesh(panel(material, 1, 1, -0.01f * static_cast<float>(i)));
  scene.commit();
  const Camera camera = look_at({0, 0, 4}, {0, 0, 0}, 0.6f, 64, 64);
  const Image out = render_colour(scene, camera, plain(2));
  EXPECT_NEAR(linear_from_srgb(out.at(20, 32)[2]), 0.3, 0.01);
  EXPECT_NEAR(linear_from_srgb(out.at(44, 32)[0]), 0.5, 0.01);
}

TEST(Colour, NormalMapsTurnTheLight) {
  // The map leans the surface to its own right (+u) or up (against v); the light comes from there.
  const auto brightness = [](uint8_t red, uint8_t green, Vec3 light) {
    Scene3d scene;
    light_evenly(scene);
    scene.surroundings.sky = scene.surroundings.ground = {0, 0, 0};
    scene.key.colour = {0.6f, 0.6f, 0.6f};
    scene.key.towards = light;
    auto map = std::make_shared<Image>(4, 4, 3, uint8_t{230});
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 4; ++x) map->at(x, y)[0] = red, map->at(x, y)[1] = green;
    body::Material material;
    material.normals = map;
    material.roughness = 1;
    scene.add_mesh(panel(scene.add_material(material), 1, 1, 0));
    scene.commit();
    const Camera camera = look_at({0, 0, 4}, {0, 0, 0}, 0.6f, 32, 32);
    return linear_from_srgb(render_colour(scene, camera, plain(1)).at(16, 16)[0]);
  };
  const Vec3 right{0.6f, 0, 0.8f}, up{0, 0.6f, 0.8f};
  EXPECT_NEAR(brightness(128, 128, right), 0.6 * 0.8, 0.01);
  EXPECT_GT(brightness(200, 128, right), brightness(128, 128, right) + 0.05);
  EXPECT_LT(brightness(56, 128, right), brightness(128, 128, right) - 0.05);
  EXPECT_GT(brightness(128, 200, up), brightness(128, 128, up) + 0.05);
  EXPECT_LT(brightness(128, 56, up), brightness(128, 128, up) - 0.05);
}

TEST(Colour, BoxesThrowShadowsAndDarkenTheFloorBeneath) {
  Scene3d scene;
  scene.add_mesh(floor_mesh(scene, 0, 0, 0, 10, 1, 200, 200));
  scene.add_mesh(box(grey(scene, 0.5f), {-0.3f, 0.02f, -0.3f}, {0.3f, 1.0f, 0.3f}));
  scene.key.towards = {-1, 1.2f, 0};
  scene.commit();
  const Camera camera = look_at({0, 4, 5}, {0, 0, 0}, 0.6f, 128, 128);
  RenderOptions options;
  options.samples = 16;
  const Image out = render_colour(scene, camera, options);
  test::keep_picture("box_shadow", out);
  auto at = [&](Vec3 p) {
    const auto seen = project(camera, p);
    return static_cast<int>(out.at(static_cast<int>(seen->u), static_cast<int>(seen->v))[0]);
  };
  const int open = at({-1.2f, 0, 0.5f}), shadow = at({0.6f, 0, 0}), beside = at({-0.34f, 0, 0});
  EXPECT_LT(shadow, open - 40);
  EXPECT_LT(beside, open - 8);  // sky light is missing in the corner
  EXPECT_GT(beside, shadow);
}

struct Scenery {
  body::Character person = test::capsule_person();
  Scene3d scene;
  Camera camera;
  Scenery() {
    const motion::Clip clip = test::walking_clip(10);
    PosedCharacter posed(scene, person, 1);
    scene.add_mesh(floor_mesh(scene, 0, 0, 0, 20, 0.5f, 210, 180));
    posed.pose(scene, motion::forward_kinematics(clip), 9);
    scene.commit();
    FramingOptions framing;
    framing.width = framing.height = 128;
    camera = frame_clip(clip, framing)[9];
  }
};

TEST(Colour, SameBytesForAnyNumberOfThreads) {
  Scenery s;
  RenderOptions options;
  const Image one = render_colour(s.scene, s.camera, options);
  for (const int threads : {2, 5}) {
    options.threads = threads;
    EXPECT_EQ(render_colour(s.scene, s.camera, options).pixels, one.pixels) << threads;
    const Truth a = render_truth(s.scene, s.camera, 1),
                b = render_truth(s.scene, s.camera, threads);
    EXPECT_EQ(a.depth, b.depth);
    EXPECT_EQ(a.meshes, b.meshes);
    EXPECT_EQ(a.parts, b.parts);
  }
  options.seed = 1;
  EXPECT_NE(render_colour(s.scene, s.camera, options).pixels, one.pixels);
}

TEST(Colour, SparingSamplesHardlyShows) {
  Scenery s;
  RenderOptions options;
  options.samples = 32;
  options.contrast = 0;
  const Image full = render_colour(s.scene, s.camera, options);
  options.contrast = 5;
  const Image spared = render_colour(s.scene, s.camera, options);
  EXPECT_LT(test::mean_difference(full, spared), 0.6);
}

TEST(Colour, MatchesTheGoldenPicture) {
  Scenery s;
  s.scene.surroundings.haze_from = 4;
  s.scene.surroundings.haze_to = 12;
  s.scene.commit();
  RenderOptions options;
  options.samples = 64;
  options.contrast = 0;
  test::expect_golden("render/capsule_person.png", render_colour(s.scene, s.camera, options), 1.0);
}

TEST(Scene, MovedMeshesAreSeenWhereTheyAre) {
  Scene3d scene;
  Mesh mesh = panel(grey(scene, 0.5f), 0.2f, 0.2f, 0);
  const int id = scene.add_mesh(mesh);
  scene.commit();
  const Camera camera = look_at({0, 0, 4}, {0, 0, 0}, 0.6f, 64, 64);
  EXPECT_EQ(render_truth(scene, camera).meshes[64 * 32 + 32], 0);
  for (Vec3& p : mesh.positions) p.x += 0.8f;
  scene.move_mesh(id, mesh.positions, mesh.normals);
  scene.commit();
  const Truth truth = render_truth(scene, camera);
  EXPECT_EQ(truth.meshes[truth.index(32, 32)], -1);
  const auto seen = project(camera, {0.8f, 0, 0});
  EXPECT_EQ(truth.meshes[truth.index(static_cast<int>(seen->u), 32)], 0);
}

TEST(Scene, RefusesBrokenMeshes) {
  Scene3d scene;
  EXPECT_THROW(scene.add_mesh(panel(0, 1, 1, 0)), Error);  // no such material
  const int material = grey(scene, 0.5f);
  Mesh mesh = panel(material, 1, 1, 0);
  mesh.triangles.push_back({0, 1, 4});
  EXPECT_THROW(scene.add_mesh(mesh), Error);
  mesh = panel(material, 1, 1, 0);
  mesh.uvs.pop_back();
  EXPECT_THROW(scene.add_mesh(mesh), Error);
  mesh = panel(material, 1, 1, 0);
  mesh.positions[2].y = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(scene.add_mesh(mesh), Error);
  mesh = panel(material, 1, 1, 0);
  scene.add_mesh(mesh);
  EXPECT_THROW(scene.move_mesh(0, {}, {}), Error);
  EXPECT_THROW(scene.move_mesh(3, mesh.positions, mesh.normals), Error);
}

TEST(Colour, RefusesBadOptions) {
  Scene3d scene;
  scene.commit();
  Camera camera;
  RenderOptions options;
  options.samples = 0;
  EXPECT_THROW(render_colour(scene, camera, options), Error);
  options.samples = 1;
  camera.width = 0;
  EXPECT_THROW(render_colour(scene, camera, options), Error);
  EXPECT_THROW(render_truth(scene, camera), Error);
}

TEST(Colour, AnEmptySceneIsItsBackground) {
  Scene3d scene;
  scene.commit();
  const Camera camera = look_at({0, 1, 0}, {0, 1, 1}, 0.6f, 33, 17);
  const Image out = render_colour(scene, camera, plain(2));
  EXPECT_EQ(out.width, 33);
  EXPECT_GT(out.at(16, 0)[2], 100);
  const Truth truth = render_truth(scene, camera);
  for (const int32_t id : truth.meshes) EXPECT_EQ(id, -1);
}

TEST(ToneMapping, IsSmoothAndNeverTurnsBack) {
  EXPECT_FLOAT_EQ(tone_mapped(0.5f), 0.5f);
  float last = -1;
  for (float v = 0; v < 20; v += 0.01f) {
    const float now = tone_mapped(v);
    EXPECT_GT(now, last);
    EXPECT_LT(now, 1);
    last = now;
  }
  EXPECT_NEAR((tone_mapped(0.71f) - tone_mapped(0.7f)) / 0.01f, 1, 0.05);
}

}  // namespace
}  // namespace pantomime::render
