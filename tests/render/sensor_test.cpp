#include "pantomime/render/sensor.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pantomime/render/texture.h"

namespace pantomime::render {
namespace {

TEST(Noise, HasTheVarianceThatItSays) {
  for (const uint8_t grey : {uint8_t{60}, uint8_t{128}, uint8_t{200}}) {
    Image image(256, 256, 3, grey);
    add_noise(image, 1, 7);
    double sum = 0, squares = 0;
    for (const uint8_t v : image.pixels) {
      const double light = linear_from_srgb(v);
      sum += light;
      squares += light * light;
    }
    const double n = static_cast<double>(image.pixels.size()), mean = sum / n;
    const double light = linear_from_srgb(grey);
    EXPECT_NEAR(mean, light, 0.002);
    EXPECT_NEAR(std::sqrt(squares / n - mean * mean), std::sqrt(0.0016 * light + 6.4e-5),
                0.1 * std::sqrt(0.0016 * light + 6.4e-5));
  }
}

TEST(Noise, IsTheSeedsAndNothingAtLevelZero) {
  const Image plain(64, 32, 3, 100);
  Image a = plain, b = plain, c = plain, d = plain;
  add_noise(a, 0.5f, 1);
  add_noise(b, 0.5f, 1);
  add_noise(c, 0.5f, 2);
  add_noise(d, 0, 1);
  EXPECT_EQ(a.pixels, b.pixels);
  EXPECT_NE(a.pixels, c.pixels);
  EXPECT_EQ(d.pixels, plain.pixels);
}

TEST(AutoExposure, BringsAGreyWallToGrey) {
  for (const float brightness : {0.05f, 0.4f, 1.0f}) {
    Scene3d scene;
    scene.key.colour = {0, 0, 0};
    scene.surroundings.sky = scene.surroundings.ground = {1, 1, 1};
    scene.surroundings.zenith = scene.surroundings.horizon = {brightness, brightness, brightness};
    scene.commit();
    const Camera camera = look_at({0, 0, 1}, {0, 0, 0}, 1, 64, 48);
    EXPECT_NEAR(auto_exposure(scene, camera) * brightness, 0.22f, 0.01f) << brightness;
  }
}

}  // namespace
}  // namespace pantomime::render
