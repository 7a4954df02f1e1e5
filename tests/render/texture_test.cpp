#include "pantomime/render/texture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "pantomime/base/error.h"

namespace pantomime::render {
namespace {

Image four_colours() {
  Image image(2, 2, 3);
  image.at(0, 0)[0] = 255;                                          // red: top left
  image.at(1, 0)[1] = 255;                                          // green: top right
  image.at(0, 1)[2] = 255;                                          // blue: bottom left
  image.at(1, 1)[0] = image.at(1, 1)[1] = image.at(1, 1)[2] = 255;  // white
  return image;
}

TEST(Texture, ZeroIsTheTopLeftOfThePicture) {
  const Texture texture(four_colours(), Texture::Kind::kColour);
  EXPECT_FLOAT_EQ(texture.sample(0.25f, 0.25f, 1)[0], 1);
  EXPECT_FLOAT_EQ(texture.sample(0.25f, 0.25f, 1)[1], 0);
  EXPECT_FLOAT_EQ(texture.sample(0.75f, 0.25f, 1)[1], 1);
  EXPECT_FLOAT_EQ(texture.sample(0.25f, 0.75f, 1)[2], 1);
  EXPECT_FLOAT_EQ(texture.sample(0.25f, 0.75f, 1)[0], 0);
}

TEST(Texture, BlendsBetweenTexelsAndRepeats) {
  const Texture texture(four_colours(), Texture::Kind::kNumbers);
  const auto middle = texture.sample(0.5f, 0.5f, 1);
  EXPECT_NEAR(middle[0], 0.5, 1e-6);
  EXPECT_NEAR(middle[1], 0.5, 1e-6);
  const auto here = texture.sample(0.3f, 0.6f, 1), there = texture.sample(-6.7f, 12.6f, 1);
  for (size_t c = 0; c < 4; ++c) EXPECT_NEAR(here[c], there[c], 2e-5);
}

TEST(Texture, ShrinksInLinearLight) {
  Image image(64, 64, 3);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x)
      for (int c = 0; c < 3; ++c) image.at(x, y)[c] = (x + y) % 2 ? 255 : 0;
  const Texture texture(image, Texture::Kind::kColour);
  EXPECT_EQ(texture.level_count(), 7);
  EXPECT_NEAR(texture.sample(0.37f, 0.81f, 16)[0], 0.5, 0.01);
}

TEST(Texture, ClearTexelsDoNotBleed) {
  // Red strands between clear green: from far away still red.
  Image image(32, 32, 4);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x) {
      uint8_t* p = image.at(x, y);
      p[x % 2 ? 0 : 1] = 200;
      p[3] = x % 2 ? 255 : 0;
    }
  const Texture texture(image, Texture::Kind::kColour);
  EXPECT_TRUE(texture.has_alpha());
  const auto far = texture.sample(0.4f, 0.4f, 8);
  EXPECT_NEAR(far[3], 0.5, 0.02);
  EXPECT_NEAR(texture.alpha(0.4f, 0.4f, 8), far[3], 1e-6);
  EXPECT_NEAR(far[0], linear_from_srgb(200), 0.01);
  EXPECT_LT(far[1], 0.01);
}

TEST(Texture, SurvivesNumbersThatAreNone) {
  const Texture texture(four_colours(), Texture::Kind::kColour);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {nan, infinity, -infinity, 1e30f}) {
    EXPECT_TRUE(std::isfinite(texture.sample(bad, 0.5f, 1)[0]));
    EXPECT_TRUE(std::isfinite(texture.sample(0.5f, bad, 1)[0]));
    EXPECT_TRUE(std::isfinite(texture.sample(0.5f, 0.5f, bad)[0]));
  }
  EXPECT_THROW(Texture(Image(), Texture::Kind::kColour), Error);
  Image broken(4, 4, 3);
  broken.pixels.pop_back();
  EXPECT_THROW(Texture(broken, Texture::Kind::kColour), Error);
}

TEST(Texture, SrgbGoesBothWays) {
  for (int v = 0; v < 256; ++v) {
    const auto byte = static_cast<uint8_t>(v);
    EXPECT_EQ(srgb_from_linear(linear_from_srgb(byte)), byte);
  }
  EXPECT_EQ(srgb_from_linear(-1), 0);
  EXPECT_EQ(srgb_from_linear(7), 255);
  EXPECT_EQ(srgb_from_linear(std::numeric_limits<float>::quiet_NaN()), 0);
}

TEST(TextureStore, GivesOneTextureForOnePicture) {
  TextureStore store;
  const auto image = std::make_shared<const Image>(four_colours());
  EXPECT_EQ(store.get(image, Texture::Kind::kColour), store.get(image, Texture::Kind::kColour));
  EXPECT_NE(store.get(image, Texture::Kind::kColour), store.get(image, Texture::Kind::kNumbers));
  EXPECT_EQ(store.get(nullptr, Texture::Kind::kColour), nullptr);
}

}  // namespace
}  // namespace pantomime::render
