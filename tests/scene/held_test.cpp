#include "pantomime/scene/held.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"

namespace pantomime::scene {
namespace {

TEST(Held, EveryThingHasSizeTrianglesAndCredit) {
  Random random(1);
  for (const char* name : {"cup", "bottle", "phone", "bag", "book", "stick"}) {
    const HeldModel held = make_held(name, random);
    EXPECT_GT(held.model->triangle_count(), 5u) << name;
    EXPECT_GT(held.model->size.y, 0.005f) << name;
    EXPECT_EQ(held.model->credit.licence, "Apache-2.0") << name;
  }
  EXPECT_THROW(make_held("sword", random), Error);
}

// The arm hangs: x of the left wrist looks down, the thumb (z) ahead.
const motion::Quat kHanging = motion::from_axis_angle({0, 0, 1}, -std::numbers::pi_v<float> / 2);

TEST(Held, AStickStandsOnTheFloorAheadOfTheHand) {
  Random random(2);
  const HeldModel stick = make_held("stick", random, 0.7f);
  EXPECT_GT(stick.length, 0.69f);
  EXPECT_LT(stick.length, 0.75f);
  float lowest = 0;
  for (const auto& piece : stick.model->pieces)
    for (const Vec3 p : piece.positions) lowest = std::min(lowest, p.y);
  EXPECT_NEAR(lowest, -stick.length, 1e-5f);
  for (const float heading : {0.0f, 1.0f, -2.5f})
    for (const float height : {0.5f, 0.65f, 0.69f}) {
      Vec3 position;
      motion::Quat rotation;
      place_held(stick, true, {}, {0.2f, height, 0.1f}, kHanging, heading, position, rotation);
      const Vec3 tip = position + rotation * Vec3{0, -stick.length, 0};
      EXPECT_NEAR(tip.y, 0, 1e-4f);
      const float ahead =
          std::sin(heading) * (tip.x - position.x) + std::cos(heading) * (tip.z - position.z);
      EXPECT_NEAR(ahead, std::sqrt(stick.length * stick.length - height * height), 1e-3f);
    }
  // Lifted off the floor it hangs straight down.
  Vec3 position;
  motion::Quat rotation;
  place_held(stick, true, {}, {0, 1.2f, 0}, kHanging, 0, position, rotation);
  EXPECT_NEAR((rotation * Vec3{0, -1, 0}).y, -1, 1e-5f);
}

TEST(Held, ABagHangsWhateverTheHandDoes) {
  Random random(3);
  const HeldModel bag = make_held("bag", random);
  Vec3 position;
  motion::Quat rotation;
  place_held(bag, false, open_palm(false), {0, 1, 0}, kHanging, 0.4f, position, rotation);
  EXPECT_NEAR((rotation * Vec3{0, 1, 0}).y, 1, 1e-5f);
}

}  // namespace
}  // namespace pantomime::scene
