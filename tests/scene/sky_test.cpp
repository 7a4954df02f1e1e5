#include "pantomime/scene/sky.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/scene/home.h"

namespace pantomime::scene {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

TEST(Sky, OfOneColourIsThatEverywhere) {
  FloatImage picture(64, 32, 3, 0.5f);
  const Sky sky("grey", picture, {});
  EXPECT_FALSE(sky.has_sun());
  for (const Vec3 d : {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, -1, 0}, Vec3{-1, 2, 3}}) {
    EXPECT_NEAR(sky.seen(d).x, 0.5f, 1e-5f);
    EXPECT_NEAR(sky.light(d).y, 0.5f, 1e-5f);
  }
  EXPECT_NEAR(sky.mean_above().z, 0.5f, 1e-3f);
}

TEST(Sky, KnowsUpAndSides) {
  FloatImage picture(256, 128, 3);
  for (int y = 0; y < 128; ++y)
    for (int x = 0; x < 256; ++x) {
      picture.at(x, y)[0] = x >= 128 ? 1.0f : 0.2f;           // red on the right: +x
      picture.at(x, y)[1] = y < 64 ? 1.0f : 0.2f;             // green above
      picture.at(x, y)[2] = x > 64 && x < 192 ? 1.0f : 0.2f;  // blue in the middle: -z
    }
  const Sky sky("sides", picture, {});
  const auto near = [&](Vec3 d, Vec3 wanted) {
    for (const Vec3 c : {sky.seen(d), sky.light(d)}) {
      EXPECT_NEAR(c.x, wanted.x, 0.01f);
      EXPECT_NEAR(c.y, wanted.y, 0.01f);
      EXPECT_NEAR(c.z, wanted.z, 0.01f);
    }
  };
  near({1, 1, -1}, {1, 1, 1});
  near({-1, 1, -1}, {0.2f, 1, 1});
  near({1, -1, -1}, {1, 0.2f, 1});
  near({1, 1, 1}, {1, 1, 0.2f});
  near({-1, -1, 1}, {0.2f, 0.2f, 0.2f});
}

// The sun of a panorama of brightness 1: ten pixels of 5000. Together with what is left in the
// picture it gives as much as before.
TEST(Sky, TakesTheSunOutAndLosesNoLight) {
  FloatImage picture(256, 128, 3, 1);
  for (int x = 190; x < 200; ++x) picture.at(x, 40)[0] = picture.at(x, 40)[1] = 5000;
  const Sky sky("sunny", picture, {});
  ASSERT_TRUE(sky.has_sun());
  const float around = 2 * kPi * (195.0f / 256 - 0.5f), down = kPi * 40.5f / 128;
  const Vec3 there{std::sin(down) * std::sin(around), std::cos(down),
                   -std::sin(down) * std::cos(around)};
  EXPECT_GT(dot(sky.towards_sun(), there), 0.9999f);
  const float size = 2 * kPi / 256 * (std::cos(kPi * 40 / 128) - std::cos(kPi * 41 / 128));
  EXPECT_NEAR(sky.sun().x, 10 * size * 5000 / kPi, 0.01f * sky.sun().x);
  EXPECT_LT(sky.sun().z, 0.01f * sky.sun().x);  // its colour
  EXPECT_LT(sky.seen(there).x, 50);
  // Two bright spots on opposite sides are no sun.
  for (int x = 62; x < 72; ++x) picture.at(x, 40)[0] = picture.at(x, 40)[1] = 5000;
  EXPECT_FALSE(Sky("two", picture, {}).has_sun());
}

TEST(Sky, RefusesWhatIsNoPanorama) {
  EXPECT_THROW(Sky("square", FloatImage(32, 32, 3, 1), {}), Error);
  EXPECT_THROW(Sky("grey", FloatImage(64, 32, 1, 1), {}), Error);
  EXPECT_THROW(Sky("black", FloatImage(64, 32, 3), {}), Error);
}

TEST(SkyView, TurnsThereAndBack) {
  SkyView view;
  view.cosine = std::cos(0.7f), view.sine = std::sin(0.7f);
  const Vec3 back = view.to_world(view.to_sky({1, 2, 3}));
  EXPECT_NEAR(back.x, 1, 1e-5f);
  EXPECT_NEAR(back.z, 3, 1e-5f);
}

}  // namespace
}  // namespace pantomime::scene
