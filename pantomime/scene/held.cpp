#include "pantomime/scene/held.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"

namespace pantomime::scene {
namespace {

using motion::Quat;

// From the wrist to the middle of the palm, and from there to the middle of what lies in the hand.
constexpr float kToPalm = 0.085f, kOffPalm = 0.035f;

body::Material glossy(const char* name, std::array<float, 4> colour, float roughness) {
  body::Material material;
  material.name = name;
  material.base_colour = colour;
  material.roughness = roughness;
  return material;
}

std::array<float, 4> any_colour(Random& random) {
  auto channel = [&] { return static_cast<float>(random.uniform(0.03, 0.8)); };
  const float r = channel(), g = channel(), b = channel();
  return {r, g, b, 1};
}

}  // namespace

HeldModel make_held(const std::string& name, Random& random, float hand_height) {
  auto model = std::make_shared<Model>();
  model->id = "held_" + name;
  model->role = name;
  model->credit = {model->id, "Pantomime", "Apache-2.0", "made by the program"};
  const auto between = [&](double low, double high) {
    return static_cast<float>(random.uniform(low, high));
  };
  Grip grip = Grip::Around;
  float radius = 0, length = 0;
  if (name == "cup") {
    model->materials = {glossy("china", any_colour(random), 0.3f)};
    const float r = between(0.034, 0.042), h = between(0.085, 0.11);
    radius = 0.95f * r;
    add_lathe(*model, 0,
              {{0, -h / 2},
               {r * 0.9f, -h / 2},
               {r, h / 2},
               {r - 0.004f, h / 2},
               {r * 0.85f, -h / 2 + 0.008f},
               {0, -h / 2 + 0.008f}});
    model->size = {2 * r, h, 2 * r};
  } else if (name == "bottle") {
    model->materials = {glossy("bottle", any_colour(random), 0.2f)};
    const float r = between(0.03, 0.038), h = between(0.20, 0.26);
    radius = r;
    add_lathe(*model, 0,
              {{0, -h / 2},
               {r, -h / 2 + 0.01f},
               {r, 0.12f * h},
               {0.4f * r, 0.36f * h},
               {0.4f * r, h / 2},
               {0, h / 2}});
    model->size = {2 * r, h, 2 * r};
  } else if (name == "phone") {
    grip = Grip::Flat;
    model->materials = {glossy("phone", {0.02f, 0.02f, 0.025f, 1}, 0.15f)};
    const float w = between(0.068, 0.078), l = between(0.14, 0.16);
    add_box(*model, 0, {-w / 2, -0.004f, -l / 2}, {w / 2, 0.004f, l / 2});
    model->size = {w, 0.008f, l};
  } else if (name == "book") {
    grip = Grip::Flat;
    model->materials = {glossy("cover", any_colour(random), 0.7f)};
    const float w = between(0.12, 0.17), l = between(0.18, 0.24), t = between(0.012, 0.03);
    add_box(*model, 0, {-w / 2, -t / 2, -l / 2}, {w / 2, t / 2, l / 2});
    model->size = {w, t, l};
  } else if (name == "bag") {
    grip = Grip::Hanging;
    model->materials = {glossy("bag", any_colour(random), 0.8f)};
    const float w = between(0.26, 0.36), h = between(0.24, 0.34), t = between(0.06, 0.12);
    const float handle = 0.10f, strap = 0.012f;
    radius = strap;
    add_box(*model, 0, {-t / 2, -handle - h, -w / 2}, {t / 2, -handle, w / 2});
    for (const float side : {-1.f, 1.f})
      add_box(*model, 0, {-strap / 2, -handle, side * w / 4 - strap / 2},
              {strap / 2, 0, side * w / 4 + strap / 2});
    add_box(*model, 0, {-strap / 2, -strap / 2, -w / 4}, {strap / 2, strap / 2, w / 4});
    model->size = {t, h + handle, w};
  } else if (name == "stick") {
    grip = Grip::Leaning;
    model->materials = {glossy("wood", {between(0.08, 0.3), between(0.04, 0.12), 0.03f, 1}, 0.4f),
                        glossy("rubber", {0.02f, 0.02f, 0.02f, 1}, 0.9f)};
    const float r = between(0.009, 0.012);
    radius = r + 0.003f;
    length = std::clamp(hand_height + between(0.0, 0.04), 0.5f, 1.1f);
    // A handle that lies in the hand, a shaft, a ferrule.
    add_box(*model, 0, {-radius, -radius, -0.05f}, {radius, radius, 0.07f});
    add_lathe(*model, 0, {{0.8f * r, -length + 0.03f}, {r, 0}, {0, 0}}, 12);
    add_lathe(
        *model, 1,
        {{0, -length}, {1.4f * r, -length}, {1.2f * r, -length + 0.035f}, {0, -length + 0.035f}},
        12);
    model->size = {2 * r, length, 0.12f};
  } else {
    fail("held object \"{}\": expected cup, bottle, phone, bag, book or stick", name);
  }
  return {model, grip, radius, length};
}

Vec3 open_palm(bool left) {
  // The hand lies along +-x, the palm looks down, the thumb points to +z.
  return {(left ? 1.0f : -1.0f) * kToPalm, -kOffPalm, 0};
}

void place_held(const HeldModel& held, bool left, Vec3 palm, Vec3 wrist,
                const Quat& world_from_wrist, float heading, Vec3& position, Quat& rotation) {
  const float along = left ? 1.0f : -1.0f;
  const float pi = std::numbers::pi_v<float>;
  const Quat ahead = motion::from_axis_angle({0, 1, 0}, heading);
  position = wrist + world_from_wrist * palm;
  switch (held.grip) {
    case Grip::Around:
      rotation =
          world_from_wrist * motion::from_axis_angle({1, 0, 0}, pi / 2);  // its up to the thumb
      break;
    case Grip::Flat:
      position = wrist + world_from_wrist * (palm + Vec3{along * 0.02f, 0.012f, 0});
      rotation = world_from_wrist * motion::from_axis_angle({0, 1, 0}, pi / 2);
      break;
    case Grip::Hanging:
      rotation = ahead;
      break;
    case Grip::Leaning: {
      // The lower the hand, the farther ahead the tip.
      const float lean = std::acos(std::clamp(position.y / held.length, 0.2f, 1.0f));
      rotation = ahead * motion::from_axis_angle({1, 0, 0}, -lean);
      break;
    }
  }
}

}  // namespace pantomime::scene
