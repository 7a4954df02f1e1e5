#include "pantomime/render/stage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/body/plain_body.h"
#include "pantomime/render/texture.h"

namespace pantomime::render {
namespace {

/// Nothing but light.
scene::Home empty_home() {
  scene::Home home;
  home.width = home.depth = 10;
  home.lamps = {{{-0.5f, 2.9f, -0.5f}, {1, 0, 0}, {0, 0, 1}, {20, 20, 20}}};
  home.daylight.fill = {0.3f, 0.3f, 0.3f};
  return home;
}

scene::Model slab(motion::Vec3 size) {
  scene::Model model;
  model.id = "slab";
  model.size = size;
  model.materials = {{.name = "grey", .base_colour = {0.4f, 0.4f, 0.4f, 1}}};
  scene::add_box(model, 0, {-size.x / 2, 0, -size.z / 2}, {size.x / 2, size.y, size.z / 2});
  return model;
}

/// A plain person on three frames, each a step further along x.
struct Walker {
  body::Character character = body::plain_character(motion::default_geometry(), 1);
  motion::WorldPose pose;
  explicit Walker(motion::Vec3 at = {}, motion::Vec3 step = {0.05f, 0, 0}) {
    const motion::WorldPose bind = motion::forward_kinematics(body::bind_pose(character));
    for (int f = 0; f < 3; ++f) {
      for (const motion::Vec3 p : bind.positions)
        pose.positions.push_back(p + at + static_cast<float>(f) * step);
      pose.rotations.insert(pose.rotations.end(), bind.rotations.begin(), bind.rotations.end());
    }
  }
};

Camera camera_at(motion::Vec3 from, motion::Vec3 to, int width = 160, int height = 120) {
  return look_at(from, to, 0.9f, width, height);
}

int64_t count_object(const FrameTruth& truth, int object) {
  return std::count(truth.surfaces.objects.begin(), truth.surfaces.objects.end(), object);
}

TEST(Stage, SomebodyAloneIsAllVisible) {
  const scene::Home home = empty_home();
  const Walker walker({0, 0, 0});
  Stage stage(home);
  const int object = stage.add_person(walker.character, walker.pose);
  stage.show(0);
  const Camera camera = camera_at({0, 1, 3.5f}, {0, 1, 0});
  const FrameTruth truth = stage.truth(camera, camera);
  ASSERT_EQ(truth.people.size(), 1u);
  const PersonTruth& person = truth.people[0];
  EXPECT_EQ(person.visible_pixels, count_object(truth, object));
  EXPECT_GT(person.visible_pixels, 500);
  EXPECT_EQ(person.whole_pixels, person.visible_pixels);
  EXPECT_EQ(person.visible_fraction(), 1);
  EXPECT_EQ(person.box, person.amodal_box);
  ASSERT_EQ(person.joints.size(), kTruthJoints);
  for (size_t j = 0; j < kFirstCoco; ++j)
    EXPECT_EQ(person.joints[j].state, JointState::Visible) << j;
}

TEST(Stage, WhatAnObjectHidesIsInTheAmodalMaskAndNotInTheModalOne) {
  const scene::Home home = empty_home();
  const Walker walker({0, 0, 0});
  const Camera camera = camera_at({0, 1, 3.5f}, {0, 1, 0});
  Stage alone(home), hidden(home);
  const int object = alone.add_person(walker.character, walker.pose);
  hidden.add_person(walker.character, walker.pose);
  // A wall before the person's left half (at +x, the picture's right).
  const scene::Model wall = slab({2, 3, 0.1f});
  scene::Placed place;
  place.position = {1, 0, 1};
  const int wall_object = hidden.add_still(wall, place);
  alone.show(0);
  hidden.show(0);
  const FrameTruth open = alone.truth(camera, camera), half = hidden.truth(camera, camera);
  const PersonTruth& person = half.people[0];
  EXPECT_EQ(person.amodal, open.people[0].amodal);
  EXPECT_EQ(person.whole_pixels, open.people[0].whole_pixels);
  EXPECT_EQ(person.visible_pixels, count_object(half, object));
  EXPECT_EQ(person.amodal_box, open.people[0].box);
  // A person who looks at the camera has the left hand on the picture's right.
  EXPECT_EQ(person.joints[motion::kLeftWrist].state, JointState::HiddenByObject);
  EXPECT_EQ(person.joints[motion::kRightWrist].state, JointState::Visible);
  EXPECT_NEAR(person.visible_fraction(), 0.5, 0.06);
  // Everything that is missing is behind the wall.
  for (size_t i = 0; i < person.amodal.size(); ++i)
    if (person.amodal[i] != 0 && half.surfaces.objects[i] != object) {
      EXPECT_EQ(half.surfaces.objects[i], wall_object);
    }
}

TEST(Stage, OnePersonHidesAnother) {
  const scene::Home home = empty_home();
  const Walker behind({0, 0, 0}), before({0, 0, 1});
  Stage stage(home);
  stage.add_person(behind.character, behind.pose);
  stage.add_person(before.character, before.pose);
  stage.show(0);
  const Camera camera = camera_at({0, 1, 4}, {0, 1, 0});
  const FrameTruth truth = stage.truth(camera, camera);
  EXPECT_EQ(truth.people[0].joints[motion::kPelvis].state, JointState::HiddenByOther);
  EXPECT_EQ(truth.people[1].joints[motion::kPelvis].state, JointState::Visible);
  EXPECT_LT(truth.people[0].visible_fraction(), 0.6f);
  EXPECT_EQ(truth.people[1].visible_fraction(), 1);
}

TEST(Stage, TheBorderOfThePictureHidesToo) {
  const scene::Home home = empty_home();
  const Walker walker({0, 0, 0});
  Stage stage(home);
  stage.add_person(walker.character, walker.pose);
  stage.show(0);
  const Camera whole = camera_at({0, 1, 3.5f}, {0, 1, 0});
  Camera cut = whole;
  cut.cx = 0;  // the picture's left border through the middle of the person
  const FrameTruth a = stage.truth(whole, whole), b = stage.truth(cut, cut);
  EXPECT_EQ(a.people[0].whole_pixels, b.people[0].whole_pixels);
  EXPECT_NEAR(b.people[0].visible_fraction(), 0.5, 0.05);
  EXPECT_EQ(b.people[0].joints[motion::kRightWrist].state, JointState::OutOfFrame);
  EXPECT_LT(b.people[0].joints[motion::kRightWrist].u, 0);
}

TEST(Stage, FlowLeadsToTheSamePointInTheNextFrame) {
  const scene::Home home = empty_home();
  const motion::Vec3 step{0.05f, 0.02f, 0.1f};
  const Walker walker({0, 0, 0}, step);
  Stage stage(home);
  const int object = stage.add_person(walker.character, walker.pose);
  const scene::Model wall = slab({6, 4, 0.1f});
  scene::Placed place;
  place.position = {0, 0, -2};
  stage.add_still(wall, place);
  const Camera camera = camera_at({0, 1, 3.5f}, {0, 1, 0});
  const Camera next = camera_at({0.2f, 1.1f, 3.4f}, {0, 1, 0});
  for (const size_t frame : {0, 1}) {
    stage.show(frame);
    const FrameTruth truth = stage.truth(camera, next);
    int64_t checked = 0;
    for (int y = 0; y < camera.height; ++y)
      for (int x = 0; x < camera.width; ++x) {
        const size_t at = truth.surfaces.index(x, y);
        if (truth.surfaces.meshes[at] < 0) {
          EXPECT_TRUE(std::isnan(truth.flow[at][0]));
          continue;
        }
        const float u = static_cast<float>(x) + 0.5f, v = static_cast<float>(y) + 0.5f;
        motion::Vec3 point = camera.position + truth.surfaces.depth[at] * camera.ray(u, v);
        if (truth.surfaces.objects[at] == object) point += step;
        const auto there = project(next, point);
        ASSERT_TRUE(there);
        EXPECT_NEAR(truth.flow[at][0], there->u - u, 0.02);
        EXPECT_NEAR(truth.flow[at][1], there->v - v, 0.02);
        ++checked;
      }
    EXPECT_GT(checked, 10000);
  }
  // The last frame has no next: only the camera moves.
  stage.show(2);
  const FrameTruth still = stage.truth(camera, camera);
  for (const auto& [u, v] : still.flow)
    if (!std::isnan(u)) {
      EXPECT_NEAR(u, 0, 1e-3);
      EXPECT_NEAR(v, 0, 1e-3);
    }
}

/// The largest difference of two pictures in the mean of 8 x 8 pixels, and that of all pixels.
std::pair<double, double> differences(const Image& a, const Image& b) {
  double sum = 0, most = 0;
  for (int y = 0; y + 8 <= a.height; y += 8)
    for (int x = 0; x + 8 <= a.width; x += 8) {
      double block = 0;
      for (int dy = 0; dy < 8; ++dy)
        for (int dx = 0; dx < 8; ++dx) block += a.at(x + dx, y + dy)[1] - b.at(x + dx, y + dy)[1];
      sum += block;
      most = std::max(most, std::abs(block / 64));
    }
  return {most, std::abs(sum / (a.width * a.height))};
}

/// What single pixels have beyond the exact picture.
double grain(const Image& picture, const Image& exact) {
  double sum = 0;
  for (size_t i = 0; i < picture.pixels.size(); ++i)
    sum += std::pow(picture.pixels[i] - exact.pixels[i], 2);
  return std::sqrt(sum / static_cast<double>(picture.pixels.size()));
}

/// Somebody on a floor behind a pole, with many lights, by several ways to the same picture.
class WaysToAPicture : public testing::TestWithParam<float> {
 public:
  enum class Way {
    Rays,
    Once,  // what stands still is rendered once
    Maps,  // light on floor and wall is found once
  };
  struct Made {
    FrameTruth truth;
    Image picture;
  };
  WaysToAPicture() {
    home.shell.materials = {{.name = "grey", .base_colour = {0.4f, 0.4f, 0.4f, 1}}};
    scene::add_rectangle(home.shell, 0, {-4, 0, 4}, {8, 0, 0}, {0, 0, -8});
    scene::add_rectangle(home.shell, 0, {-4, 0, -1}, {8, 0, 0}, {0, 3, 0});
  }
  Made make(Way way, int samples, int soft, int threads = 1) {
    Camera camera = camera_at({0, 1.4f, 3.5f}, {0, 0.9f, 0});
    camera.k1 = GetParam();
    Stage stage(home);
    stage.add_person(walker.character, walker.pose);
    stage.add_still(pole, before);
    stage.show(0);
    RenderOptions options;
    options.contrast = 0;
    options.soft_samples = soft;
    options.threads = threads;
    if (way == Way::Once) stage.stand_still(camera, 64);
    if (way == Way::Maps) stage.map_light(256, options);
    options.samples = samples;
    stage.show(1);
    Made made{stage.truth(camera, camera), {}};
    made.picture = stage.colour(camera, options, &made.truth);
    return made;
  }

 private:
  scene::Home home = empty_home();
  Walker walker{{0, 0, 0}};
  scene::Model pole = slab({0.2f, 2, 0.2f});
  scene::Placed before{.position = {0.3f, 0, 1.2f}};
};

TEST_P(WaysToAPicture, ARenderedBackgroundChangesNoTruthAndNoLight) {
  const Made one = make(Way::Rays, 64, 0), other = make(Way::Once, 64, 0);
  EXPECT_EQ(one.truth.surfaces.depth, other.truth.surfaces.depth);
  EXPECT_EQ(one.truth.surfaces.objects, other.truth.surfaces.objects);
  EXPECT_EQ(one.truth.surfaces.parts, other.truth.surfaces.parts);
  EXPECT_EQ(one.truth.flow.size(), other.truth.flow.size());
  EXPECT_EQ(one.truth.people[0].amodal, other.truth.people[0].amodal);
  // Light is the same but for the noise of 64 samples: on average, and in the shadow at the feet.
  const auto [most, mean] = differences(one.picture, other.picture);
  EXPECT_LT(mean, 0.3);
  EXPECT_LT(most, 6);
}

TEST_P(WaysToAPicture, LightFoundOnceForWallsIsTheSameLightWithLessGrain) {
  const Made exact = make(Way::Rays, 64, 0), rough = make(Way::Rays, 8, 0);
  const Made mapped = make(Way::Maps, 8, 0);
  const auto [most, mean] = differences(exact.picture, mapped.picture);
  EXPECT_LT(mean, 0.5);
  EXPECT_LT(most, 8);
  EXPECT_LT(grain(mapped.picture, exact.picture), 0.85 * grain(rough.picture, exact.picture));
  EXPECT_EQ(mapped.picture.pixels, make(Way::Maps, 8, 0, 3).picture.pixels);
}

TEST_P(WaysToAPicture, SmoothedLightIsTheSameLightWithoutGrain) {
  const Made exact = make(Way::Rays, 64, 0), rough = make(Way::Rays, 8, 0);
  for (const Way way : {Way::Rays, Way::Once, Way::Maps}) {
    const Made soft = make(way, 8, 1);
    const auto [most, mean] = differences(exact.picture, soft.picture);
    EXPECT_LT(mean, 0.5) << static_cast<int>(way);
    EXPECT_LT(most, 10) << static_cast<int>(way);
    EXPECT_LT(grain(soft.picture, exact.picture), grain(rough.picture, exact.picture))
        << static_cast<int>(way);
  }
}

INSTANTIATE_TEST_SUITE_P(Lenses, WaysToAPicture, testing::Values(0.0f, -0.12f));

TEST(Stage, EdgesOfSmoothedThingsTakeTheLightOfWhatTheyShow) {
  // The lit top of a table meets its dark side: a pixel that shows both is between them.
  scene::Home home;
  home.width = home.depth = 10;
  home.lamps = {{{-0.3f, 2.4f, -0.3f}, {0.6f, 0, 0}, {0, 0, 0.6f}, {30, 30, 30}}};
  home.daylight = {.day = false, .sun = {}, .fill = {0.02f, 0.02f, 0.02f}, .outside = {}};
  Stage stage(home);
  const scene::Model table = slab({1.2f, 0.5f, 1.2f});
  stage.add_still(table, scene::Placed{});
  stage.show(0);
  const Camera camera = camera_at({0.9f, 1.0f, 2.2f}, {0, 0.4f, 0});
  const auto make = [&](int samples, int soft) {
    FrameTruth truth = stage.truth(camera, camera);
    RenderOptions options{.samples = samples, .contrast = 0, .exposure = 0.5f};
    options.soft_samples = soft;
    return stage.colour(camera, options, &truth);
  };
  const Image exact = make(256, 0);
  for (const auto& [samples, soft, most] : {std::tuple{8, 1, 9.0}, {16, 4, 6.0}}) {
    const Image smooth = make(samples, soft);
    double sum = 0;
    int edges = 0;
    for (int y = 0; y + 1 < camera.height; ++y)
      for (int x = 0; x + 1 < camera.width; ++x) {
        const int here = exact.at(x, y)[1];
        if (std::abs(here - exact.at(x + 1, y)[1]) < 20 &&
            std::abs(here - exact.at(x, y + 1)[1]) < 20)
          continue;
        const double off = smooth.at(x, y)[1] - exact.at(x, y)[1];
        sum += off * off, ++edges;
      }
    // A pixel's light spread over all that it shows: 10.1 and 8.8.
    EXPECT_LT(std::sqrt(sum / edges), most) << samples;
    EXPECT_GT(edges, 100);
  }
}

TEST(Stage, GlassKeepsItsLightToItself) {
  // A red wall far behind a pane that stands in a brighter place.
  scene::Home home;
  home.width = home.depth = 10;
  home.lamps = {{{-0.5f, 2.9f, 1.2f}, {1, 0, 0}, {0, 0, 0.5f}, {30, 30, 30}}};
  home.daylight = {.day = false, .sun = {}, .fill = {0.05f, 0.05f, 0.05f}, .outside = {}};
  home.shell.materials = {{.name = "wall", .base_colour = {0.8f, 0.2f, 0.2f, 1}},
                          {.name = "glass", .base_colour = {0.3f, 0.4f, 0.9f, 0.2f}}};
  home.shell.materials[1].see_through = true;
  scene::add_rectangle(home.shell, 0, {-4, 0, -3}, {8, 0, 0}, {0, 3, 0});
  scene::add_rectangle(home.shell, 1, {-4, 0, 1}, {8, 0, 0}, {0, 3, 0});
  Stage stage(home);
  stage.show(0);
  const Camera camera = camera_at({0, 1.2f, 3}, {0, 1.2f, 0});
  const auto make = [&](int samples, int soft) {
    const FrameTruth truth = stage.truth(camera, camera);
    RenderOptions options{.samples = samples, .contrast = 0};
    options.soft_samples = soft;
    return stage.colour(camera, options, &truth);
  };
  const Image exact = make(64, 0), soft = make(3, 1);
  const auto [most, mean] = differences(exact, soft);
  EXPECT_LT(mean, 0.5);  // 6 and 25 when all that a ray meets shares its light
  EXPECT_LT(most, 4);
}

TEST(Stage, ALampThatIsSeldomChosenMakesNoSpecks) {
  // A lamp before a wall, and a window of which only an edge is before the wall's plane.
  scene::Home home;
  home.width = home.depth = 10;
  home.lamps = {{{-0.2f, 2.9f, 1.5f}, {0.4f, 0, 0}, {0, 0, 0.4f}, {40, 40, 40}},
                {{2, 1, -1}, {0, 0, 1.3f}, {0, 1, 0}, {15, 15, 15}}};
  home.daylight = {.day = false, .sun = {}, .fill = {}, .outside = {}};
  const scene::Model wall = slab({3, 2.5f, 0.1f});
  Stage stage(home);
  stage.add_still(wall, scene::Placed{});
  stage.show(0);
  const Camera camera = camera_at({0, 1.2f, 1.5f}, {0, 1.2f, 0});
  FloatImage grainy, exact;
  stage.colour(camera, {.samples = 1, .occlusion_rays = 0, .contrast = 0, .light = &grainy});
  stage.colour(camera, {.samples = 64, .occlusion_rays = 0, .contrast = 0, .light = &exact});
  double sum = 0, sum_exact = 0;
  for (size_t i = 0; i < exact.pixels.size(); ++i)
    sum += grainy.pixels[i], sum_exact += exact.pixels[i];
  EXPECT_NEAR(sum / sum_exact, 1, 0.02);
  const auto brightest = [](const FloatImage& image) {
    return *std::max_element(image.pixels.begin(), image.pixels.end());
  };
  EXPECT_LT(brightest(grainy), 8 * brightest(exact));  // 25 by the middle alone
}

/// Stage with one window that the sky comes in through.
scene::Home home_with_sky(std::shared_ptr<const scene::Sky> sky, motion::Vec3 mean) {
  scene::Home home;
  home.width = home.depth = 10;
  home.lamps = {{{-0.5f, 2.9f, -0.5f}, {1, 0, 0}, {0, 0, 1}, mean, true}};
  home.daylight.fill = {};
  home.daylight.sky = {std::move(sky), 1, 0, 3, 0.5f};
  return home;
}

TEST(Stage, AnEvenSkyLightsAsALampOfItsColour) {
  const auto sky = std::make_shared<scene::Sky>("even", FloatImage(64, 32, 3, 4), body::Credit{});
  scene::Home with = home_with_sky(sky, {12, 12, 12}), without = with;
  without.daylight.sky = {};
  without.daylight.outside = {2, 2, 2};  // 4 * 0.5
  const Walker walker({0, 0, 0});
  const Camera camera = camera_at({0, 1, 3.5f}, {0, 1, 0});
  std::vector<Image> pictures;
  for (const scene::Home* home : {&with, &without}) {
    Stage stage(*home);
    stage.add_person(walker.character, walker.pose);
    stage.show(0);
    pictures.push_back(stage.colour(camera, {.samples = 4, .contrast = 0, .exposure = 0.2f}));
  }
  ASSERT_EQ(pictures[0].pixels.size(), pictures[1].pixels.size());
  for (size_t i = 0; i < pictures[0].pixels.size(); ++i)
    ASSERT_NEAR(pictures[0].pixels[i], pictures[1].pixels[i], 1) << i;
}

TEST(Stage, LightBehindAPictureIsThePictureBeforeItWasDeveloped) {
  const scene::Home home = empty_home();
  const Walker walker({0, 0, 0});
  Stage stage(home);
  stage.add_person(walker.character, walker.pose);
  stage.show(0);
  const Camera camera = camera_at({0, 1, 3.5f}, {0, 1, 0});
  FloatImage light;
  const Image picture = stage.colour(camera, {.samples = 2, .exposure = 0.7f, .light = &light});
  ASSERT_EQ(light.pixels.size(), picture.pixels.size());
  for (size_t i = 0; i < light.pixels.size(); ++i)
    ASSERT_EQ(srgb_from_linear(tone_mapped(light.pixels[i])), picture.pixels[i]) << i;
}

TEST(Stage, RejectsMovementOfUnequalLengths) {
  const scene::Home home = empty_home();
  Stage stage(home);
  EXPECT_THROW(stage.add_thing(slab({1, 1, 1}), {}), Error);
  EXPECT_THROW(stage.add_thing(slab({1, 1, 1}), {{{}}, {}}), Error);
}

TEST(Lens, RaysAndPointsAgree) {
  for (const float k1 : {-0.25f, -0.05f, 0.2f}) {
    Camera camera = camera_at({0, 1, 3}, {0.3f, 1.2f, 0}, 640, 480);
    camera.k1 = k1;
    camera.k2 = 0.02f;
    for (float v = 0; v <= 480; v += 60)
      for (float u = 0; u <= 640; u += 64) {
        const auto seen = project(camera, camera.position + 2.5f * camera.ray(u, v));
        ASSERT_TRUE(seen);
        EXPECT_NEAR(seen->u, u, 0.01) << k1;
        EXPECT_NEAR(seen->v, v, 0.01) << k1;
        EXPECT_NEAR(seen->depth, 2.5, 1e-3);
      }
  }
}

TEST(Lens, StraightLinesBendTheWayOpenCvSays) {
  // A point at (0.5, 0.25) in front of the axis, k1 = -0.2: r^2 = 0.3125, factor 0.9375.
  Camera camera;
  camera.k1 = -0.2f;
  const auto seen = project(camera, {0.5f, 0.25f, 1});
  ASSERT_TRUE(seen);
  EXPECT_NEAR(seen->u, 320 + 600 * 0.5 * 0.9375, 1e-3);
  EXPECT_NEAR(seen->v, 240 + 600 * 0.25 * 0.9375, 1e-3);
  // Where the model folds over nothing is seen: 1 - 0.6 r^2 <= 0.
  EXPECT_FALSE(project(camera, {1.5f, 0, 1}));
}

}  // namespace
}  // namespace pantomime::render
