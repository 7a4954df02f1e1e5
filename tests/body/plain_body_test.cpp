#include "pantomime/body/plain_body.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "pantomime/base/error.h"
#include "pantomime/body/parts.h"
#include "pantomime/body/surface_net.h"
#include "tests/support/support.h"

namespace pantomime::body {
namespace {

motion::Geometry scaled(float s) {
  motion::Geometry g = motion::default_geometry();
  for (float& v : g) v *= s;
  return g;
}

TEST(SurfaceNet, FindsASphere) {
  const float radius = 0.3f;
  const Vec3 centre{0.1f, -0.2f, 0.05f};
  const NetMesh net =
      surface_net([&](Vec3 p) { return length(p - centre) - radius; },
                  centre - Vec3{0.4f, 0.4f, 0.4f}, centre + Vec3{0.4f, 0.4f, 0.4f}, 0.02f);
  double volume = 0;
  for (size_t v = 0; v < net.positions.size(); ++v) {
    EXPECT_NEAR(length(net.positions[v] - centre), radius, 1e-4f);
    EXPECT_GT(dot(net.normals[v], normalized(net.positions[v] - centre)), 0.999f);
  }
  for (const auto& t : net.triangles)
    volume += static_cast<double>(
                  dot(net.positions[t[0]], cross(net.positions[t[1]], net.positions[t[2]]))) /
              6;
  // Positive: triangles face outwards. A little less than the sphere: flat facets cut corners.
  EXPECT_NEAR(volume, 4. / 3 * 3.14159265 * 0.027, 0.0015);
}

TEST(SurfaceNet, RefusesAGridThatIsTooLarge) {
  EXPECT_THROW(surface_net([](Vec3) { return 1.f; }, {0, 0, 0}, {100, 100, 100}, 0.01f), Error);
  EXPECT_THROW(surface_net([](Vec3) { return 1.f; }, {0, 0, 0}, {0, 1, 1}, 0.01f), Error);
}

TEST(PlainBody, IsClosedAndFinite) {
  const Character c = plain_character(motion::default_geometry(), 3);
  for (const SkinnedMesh& mesh : c.meshes) {
    std::map<std::pair<uint32_t, uint32_t>, int> edges;
    for (const auto& t : mesh.triangles)
      for (size_t k = 0; k < 3; ++k) ++edges[{t[k], t[(k + 1) % 3]}];
    for (const auto& [edge, count] : edges)
      EXPECT_EQ((edges.count({edge.second, edge.first}) ? edges[{edge.second, edge.first}] : 0),
                count)
          << mesh.name;
    for (size_t v = 0; v < mesh.positions.size(); ++v) {
      EXPECT_TRUE(std::isfinite(mesh.positions[v].x + mesh.positions[v].y + mesh.positions[v].z));
      EXPECT_NEAR(length(mesh.normals[v]), 1, 1e-4f);
      const auto& w = mesh.weights[v];
      EXPECT_NEAR(w[0] + w[1] + w[2] + w[3], 1, 1e-5f);
      EXPECT_GE(w[0], w[1]);
      EXPECT_GE(w[1], w[2]);
      EXPECT_GE(w[2], w[3]);
    }
  }
}

TEST(PlainBody, HasTheBonesAskedForAtAllSizes) {
  for (const float s : {0.35f, 0.6f, 1.f, 1.25f}) {
    const motion::Geometry g = scaled(s);
    const Character c = plain_character(g);
    const motion::Geometry back = motion::geometry_of(c.skeleton.offsets);
    for (size_t i = 0; i < g.size(); ++i) EXPECT_NEAR(back[i], g[i], 1e-6f);
    float low = 1e9f, high = -1e9f;
    for (const SkinnedMesh& mesh : c.meshes)
      for (const Vec3 p : mesh.positions) low = std::min(low, p.y), high = std::max(high, p.y);
    EXPECT_NEAR(low, 0, 0.01f * s);
    const float head = c.bind_positions[motion::kHead].y;
    EXPECT_GT(high, head + 0.17f * s);
    EXPECT_LT(high, head + 0.24f * std::pow(s, 0.6f));
    EXPECT_NEAR(ankle_height(c), c.bind_positions[motion::kLeftAnkle].y, 0.01f * s);
  }
}

TEST(PlainBody, ShowsEveryPart) {
  const Character c = plain_character(motion::default_geometry());
  std::set<int> parts;
  for (const SkinnedMesh& mesh : c.meshes) {
    EXPECT_EQ(mesh.parts.size(), mesh.positions.size());
    parts.insert(mesh.parts.begin(), mesh.parts.end());
  }
  EXPECT_EQ(parts.size(), 24u);
  EXPECT_EQ(*parts.begin(), 1);
}

TEST(PlainBody, SameSeedSameBodyOtherSeedOtherColours) {
  const Character a = plain_character(motion::default_geometry(), 5);
  const Character b = plain_character(motion::default_geometry(), 5);
  ASSERT_EQ(a.meshes.size(), b.meshes.size());
  for (size_t m = 0; m < a.meshes.size(); ++m) {
    EXPECT_EQ(a.meshes[m].positions, b.meshes[m].positions);
    EXPECT_EQ(a.materials[m].base_colour, b.materials[m].base_colour);
  }
  std::set<std::array<float, 4>> shirts;
  for (uint64_t seed = 0; seed < 20; ++seed)
    shirts.insert(plain_character(scaled(0.5f), seed).materials[1].base_colour);
  EXPECT_GE(shirts.size(), 4u);
}

TEST(PlainBody, RefusesBonesThatAreNone) {
  motion::Geometry g = motion::default_geometry();
  g[16] = std::nanf("");
  EXPECT_THROW(plain_character(g), Error);
  g = motion::default_geometry();
  g[21] = 12;
  EXPECT_THROW(plain_character(g), Error);
  EXPECT_THROW(plain_character(motion::Geometry{}), Error);
}

}  // namespace
}  // namespace pantomime::body
