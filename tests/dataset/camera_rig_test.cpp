#include "pantomime/dataset/camera_rig.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pantomime/motion/clip.h"

namespace pantomime::dataset {
namespace {

using motion::Vec3;

/// Somebody who walks along a wall of a large empty room.
std::vector<Vec3> walker() {
  motion::Clip clip{.skeleton = motion::canonical_skeleton(motion::default_geometry())};
  for (int f = 0; f < 20; ++f) {
    clip.root_positions.push_back({-3.5f, 0.93f, -1 + 0.1f * static_cast<float>(f)});
    clip.rotations.insert(clip.rotations.end(), motion::kJointCount, {});
  }
  return motion::forward_kinematics(clip).positions;
}

Recipe with_lenses(double low, double high) {
  Recipe recipe;
  recipe.moves = {{CameraMove::Fixed, 1}};
  recipe.places = {{CameraPlace::Ceiling, 1}};
  recipe.field_of_view = {low, high};
  recipe.heads = 1;
  return recipe;
}

/// Mean height of the walker in the picture, as a part of it.
double height_in(const CameraShot& shot, const std::vector<Vec3>& joints) {
  double all = 0;
  for (size_t f = 0; f < shot.cameras.size(); ++f) {
    float low = 1e9f, high = -1e9f;
    for (size_t j = 0; j < motion::kJointCount; ++j) {
      const auto seen = render::project(shot.cameras[f], joints[f * motion::kJointCount + j]);
      if (!seen) continue;
      low = std::min(low, seen->v), high = std::max(high, seen->v);
    }
    all += static_cast<double>(high - low) / shot.cameras[f].height;
  }
  return all / static_cast<double>(shot.cameras.size());
}

TEST(CameraRig, TakesALongerLensWhereSomebodyWouldBeSmall) {
  scene::Home home;
  home.width = home.depth = 9;
  const std::vector<Vec3> joints = walker();
  const auto mean_height = [&](double low, double high) {
    double all = 0;
    int found = 0;
    for (uint64_t seed = 0; seed < 12; ++seed) {
      Random random(seed);
      const auto shot = find_camera(with_lenses(low, high), home, joints, random);
      if (!shot) continue;
      ++found;
      EXPECT_GE(shot->field_of_view, low - 1e-9);
      EXPECT_LE(shot->field_of_view, high + 1e-9);
      // The lens is the one that is told.
      const render::Camera& camera = shot->cameras[0];
      const double half = camera.width / 2.0 / static_cast<double>(camera.fx);
      EXPECT_NEAR(std::atan(half) * 360 / std::numbers::pi, shot->field_of_view, 0.5);
      for (size_t f = 0; f < shot->cameras.size(); ++f) {
        const auto head =
            render::project(shot->cameras[f], joints[f * motion::kJointCount + motion::kHead]);
        EXPECT_TRUE(head.has_value());
        if (!head) continue;
        EXPECT_GT(head->v, 0);
        EXPECT_LT(head->v, static_cast<float>(camera.height));
      }
      all += height_in(*shot, joints);
    }
    EXPECT_GE(found, 8);
    return all / found;
  };
  EXPECT_GT(mean_height(55, 85), 1.1 * mean_height(85, 85));
}

}  // namespace
}  // namespace pantomime::dataset
