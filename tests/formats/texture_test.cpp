#include "pantomime/formats/texture.h"

#include <gtest/gtest.h>

#include "pantomime/formats/tangents.h"

namespace pantomime::formats {
namespace {

using motion::Vec3;

TEST(Texture, HalvedPicturesKeepTheirMeanAndDontBleed) {
  Image image(4, 2, 4);
  for (int x = 0; x < 4; ++x)
    for (int y = 0; y < 2; ++y) {
      image.at(x, y)[0] = 200;
      image.at(x, y)[3] = x < 2 ? (x == 0 ? 255 : 0) : 0;
      if (x == 1) image.at(x, y)[0] = 0;  // not covered: must not darken its neighbour
    }
  const Image small = shrunk(image, 2);
  EXPECT_EQ(small.width, 2);
  EXPECT_EQ(small.height, 1);
  EXPECT_EQ(small.at(0, 0)[0], 200);
  EXPECT_EQ(small.at(0, 0)[3], 128);
  EXPECT_EQ(small.at(1, 0)[0], 200);
  EXPECT_EQ(small.at(1, 0)[3], 0);
  EXPECT_EQ(shrunk(image, 4).pixels, image.pixels);
}

TEST(Texture, BleedsColoursIntoWhatIsBareAndNowhereElse) {
  // One red and one half covered green pixel on black nothing.
  Image image(16, 16, 4);
  image.at(2, 3)[0] = 250;
  image.at(2, 3)[3] = 255;
  image.at(13, 12)[1] = 200;
  image.at(13, 12)[3] = 128;
  const Image filled = bled(image);
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 16; ++x) {
      EXPECT_EQ(filled.at(x, y)[3], image.at(x, y)[3]);
      EXPECT_GT(filled.at(x, y)[0] + filled.at(x, y)[1], 150) << x << " " << y;
    }
  EXPECT_EQ(filled.at(2, 3)[0], 250);
  EXPECT_EQ(filled.at(3, 3)[0], 250);  // its neighbour
  EXPECT_EQ(filled.at(3, 3)[1], 0);
  EXPECT_EQ(filled.at(12, 12)[1], 200);
  const Image opaque(4, 4, 3, 9);
  EXPECT_EQ(bled(opaque).pixels, opaque.pixels);
  EXPECT_EQ(bled(Image(5, 3, 4)).pixels, Image(5, 3, 4).pixels);  // nothing to bleed
}

TEST(Texture, SoftShare) {
  Image image(4, 1, 4);
  EXPECT_EQ(soft_share(image), 0);
  image.at(0, 0)[3] = 255;
  image.at(1, 0)[3] = 100;
  image.at(2, 0)[3] = 10;
  EXPECT_EQ(soft_share(image), 0.5);
  EXPECT_EQ(soft_share(Image(4, 4, 3)), 0);
}

/// A square in the plane z = 0 that faces +z; the picture's right is `right`, its top `top`.
body::SkinnedMesh square(Vec3 right, Vec3 top) {
  body::SkinnedMesh mesh;
  for (const auto& [u, v] : {std::pair(0.f, 0.f), {1.f, 0.f}, {1.f, 1.f}, {0.f, 1.f}}) {
    mesh.positions.push_back(u * right + (1 - v) * top);
    mesh.uvs.push_back({u, v});
    mesh.normals.push_back({0, 0, 1});
  }
  mesh.triangles = {{0, 1, 2}, {0, 2, 3}};
  return mesh;
}

TEST(Tangents, PointRightAndTheirCrossPointsToTheTopOfThePicture) {
  const std::array<std::pair<Vec3, Vec3>, 3> cases = {{{{1, 0, 0}, {0, 1, 0}},
                                                       {{-1, 0, 0}, {0, 1, 0}},  // mirrored
                                                       {{0, -1, 0}, {1, 0, 0}}}};
  for (const auto& [right, top] : cases)
    for (const auto& t : tangents(square(right, top))) {
      const Vec3 direction = {t[0], t[1], t[2]};
      EXPECT_LT(length(direction - right), 1e-6f);
      EXPECT_LT(length(t[3] * cross(Vec3{0, 0, 1}, direction) - top), 1e-6f);
    }
}

TEST(Tangents, PicturesWithoutAreaGiveAnyUnitVectorAtRightAngles) {
  body::SkinnedMesh mesh = square({1, 0, 0}, {0, 1, 0});
  for (auto& uv : mesh.uvs) uv = {0.5f, 0.5f};
  for (const auto& t : tangents(mesh)) {
    EXPECT_NEAR(length(Vec3{t[0], t[1], t[2]}), 1, 1e-6);
    EXPECT_NEAR(t[2], 0, 1e-6);
  }
}

}  // namespace
}  // namespace pantomime::formats
