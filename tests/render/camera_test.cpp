#include "pantomime/render/camera.h"

#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::render {
namespace {

TEST(Camera, ProjectUndoesRay) {
  Random random(test::random_seed());
  for (int i = 0; i < test::random_cases(); ++i) {
    Camera camera = look_at(test::random_vector(random, 3), test::random_vector(random, 3),
                            static_cast<float>(random.uniform(0.2, 2)), 320, 200);
    const auto u = static_cast<float>(random.uniform(-50, 400));
    const auto v = static_cast<float>(random.uniform(-50, 300));
    const auto depth = static_cast<float>(random.uniform(0.1, 20));
    const auto seen = project(camera, camera.position + depth * camera.ray(u, v));
    ASSERT_TRUE(seen);
    EXPECT_NEAR(seen->u, u, 0.02);
    EXPECT_NEAR(seen->v, v, 0.02);
    EXPECT_NEAR(seen->depth, depth, 1e-3);
    EXPECT_FALSE(project(camera, camera.position - depth * camera.ray(u, v)));
  }
}

TEST(Camera, LooksAtItsTargetUpright) {
  const Camera camera = look_at({0, 1, 5}, {0, 1, 0}, 0.5f, 640, 480);
  const auto middle = project(camera, {0, 1, 0});
  ASSERT_TRUE(middle);
  EXPECT_NEAR(middle->u, 320, 1e-3);
  EXPECT_NEAR(middle->v, 240, 1e-3);
  EXPECT_NEAR(middle->depth, 5, 1e-5);
  // Seen from +Z, +X is on the right and +Y is up (smaller v).
  EXPECT_GT(project(camera, {1, 1, 0})->u, 320);
  EXPECT_LT(project(camera, {0, 2, 0})->v, 240);
  // tan(0.25) * 5 m above the middle is the upper border.
  EXPECT_NEAR(project(camera, {0, 1 + 5 * std::tan(0.25f), 0})->v, 0, 1e-2);
}

TEST(Camera, StraightDownHasItsTopTowardsPlusZ) {
  const Camera camera = look_at({0, 5, 0}, {0, 0, 0}, 0.5f, 100, 100);
  EXPECT_LT(project(camera, {0, 0, 0.5f})->v, 50);
  EXPECT_NEAR(motion::determinant(motion::to_matrix(camera.world_from_camera)), 1, 1e-5);
}

TEST(Camera, RefusesBadViews) {
  EXPECT_THROW(look_at({}, {0, 0, 1}, 0, 10, 10), Error);
  EXPECT_THROW(look_at({}, {0, 0, 1}, 1, 0, 10), Error);
  EXPECT_THROW(frame_clip(motion::Clip{}), Error);
}

void expect_all_joints_inside(const motion::Clip& clip, const FramingOptions& options) {
  const std::vector<Camera> cameras = frame_clip(clip, options);
  ASSERT_EQ(cameras.size(), clip.frame_count());
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  for (size_t i = 0; i < pose.positions.size(); ++i) {
    const auto seen = project(cameras[i / motion::kJointCount], pose.positions[i]);
    ASSERT_TRUE(seen);
    EXPECT_GT(seen->u, options.margin * static_cast<float>(options.width));
    EXPECT_LT(seen->u, (1 - options.margin) * static_cast<float>(options.width));
    EXPECT_GT(seen->v, options.margin * static_cast<float>(options.height));
    EXPECT_LT(seen->v, (1 - options.margin) * static_cast<float>(options.height));
  }
}

TEST(Framing, KeepsEveryJointInThePicture) {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    const motion::Clip clip = test::random_clip(seed, 90);
    for (const CameraMode mode : {CameraMode::kAuto, CameraMode::kFixed, CameraMode::kFollow}) {
      FramingOptions options;
      options.mode = mode;
      options.width = 320 + 40 * static_cast<int>(seed);
      expect_all_joints_inside(clip, options);
    }
  }
}

TEST(Framing, IsAsNearAsItCanBe) {
  const motion::Clip clip = test::random_clip(1, 30);
  FramingOptions options;
  options.mode = CameraMode::kFixed;
  const std::vector<Camera> cameras = frame_clip(clip, options);
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  float low_u = 1e9f, high_u = 0, low_v = 1e9f, high_v = 0;
  for (const Vec3 p : pose.positions) {
    const auto seen = project(cameras[0], p);
    low_u = std::min(low_u, seen->u), high_u = std::max(high_u, seen->u);
    low_v = std::min(low_v, seen->v), high_v = std::max(high_v, seen->v);
  }
  EXPECT_GT(std::max(high_u - low_u, high_v - low_v), 0.55f * 480);
}

TEST(Framing, FixedStandsStillAndFollowGoesAlongSmoothly) {
  const motion::Clip clip = test::random_clip(3, 120);
  FramingOptions options;
  options.mode = CameraMode::kFixed;
  const std::vector<Camera> fixed = frame_clip(clip, options);
  for (const Camera& camera : fixed) EXPECT_EQ(camera.position, fixed[0].position);
  options.mode = CameraMode::kFollow;
  const std::vector<Camera> follow = frame_clip(clip, options);
  EXPECT_GT(motion::length(follow.back().position - follow[0].position), 0.3f);
  for (size_t f = 2; f < follow.size(); ++f) {
    const Vec3 jolt = follow[f].position - 2 * follow[f - 1].position + follow[f - 2].position;
    EXPECT_LT(motion::length(jolt) * 900, 5.0f) << f;  // m/s^2
    EXPECT_EQ(follow[f].position.y, follow[0].position.y);
  }
}

TEST(Smoothing, KeepsAStraightLineAndTheMean) {
  std::vector<Vec3> line;
  for (int i = 0; i < 100; ++i) line.push_back({static_cast<float>(i), 2, 0});
  const std::vector<Vec3> out = smoothed(line, 4);
  ASSERT_EQ(out.size(), line.size());
  for (size_t i = 15; i < 85; ++i) EXPECT_NEAR(out[i].x, line[i].x, 1e-3);
  EXPECT_EQ(smoothed(line, 0), line);
  EXPECT_TRUE(smoothed({}, 3).empty());
}

}  // namespace
}  // namespace pantomime::render
