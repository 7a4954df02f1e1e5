#include "pantomime/metrics/nearest.h"

#include <gtest/gtest.h>

#include <cmath>

#include "golden.h"
#include "pantomime/features/features.h"

namespace pantomime::metrics {
namespace {

TEST(Nearest, FindsACopyWhereverItWasTaken) {
  std::vector<at::Tensor> training;
  for (uint64_t i = 0; i < 5; ++i) training.push_back(features::encode(test::random_clip(i, 150)));
  at::Tensor copy = training[3].narrow(0, 40, 64).clone();
  features::face_forward_(copy);
  const at::Tensor stranger = features::encode(test::random_clip(77, 64));
  const auto found = nearest_windows({copy, features::mirror(copy), stranger}, training);
  EXPECT_LT(found[0].distance_mm, 0.1);
  EXPECT_EQ(found[0].clip, 3u);
  EXPECT_EQ(found[0].first, 40);
  EXPECT_FALSE(found[0].mirrored);
  EXPECT_LT(found[1].distance_mm, 0.1);
  EXPECT_TRUE(found[1].mirrored);
  EXPECT_GT(found[2].distance_mm, 50);
}

TEST(Nearest, IsTheRootMeanSquareOverJointsAndFrames) {
  const motion::Clip clip = test::random_clip(1, 60);
  motion::Clip raised = clip;
  for (motion::Vec3& p : raised.root_positions) p.y += 0.05f;
  const auto found = nearest_windows({features::encode(raised)}, {features::encode(clip)});
  EXPECT_NEAR(found[0].distance_mm, 50, 0.1);
}

/// As tools/golden/metrics.py's turning().
at::Tensor turning(int frames, double a) {
  motion::Clip clip;
  clip.skeleton = motion::canonical_skeleton(motion::default_geometry());
  clip.fps = 30;
  for (int f = 0; f < frames; ++f) {
    clip.root_positions.push_back({static_cast<float>(0.02 * f),
                                   static_cast<float>(0.9 + 0.05 * std::sin(0.2 * f + a)),
                                   static_cast<float>(a * std::cos(0.05 * f))});
    clip.rotations.push_back(
        motion::from_axis_angle({0, 1, 0}, static_cast<float>(a * std::sin(0.09 * f))));
    clip.rotations.resize(clip.rotations.size() + 21);
  }
  return features::encode(clip);
}

TEST(Nearest, AgreesWithNumpy) {
  const auto expected = golden().at("nearest");
  const Nearest found =
      nearest_windows({turning(40, 0.9)}, {turning(60, 0.5), turning(50, -1.2)})[0];
  EXPECT_NEAR(found.distance_mm / expected.at("distance_mm").get<double>(), 1, 1e-4);
  EXPECT_EQ(found.clip, expected.at("clip").get<size_t>());
  EXPECT_EQ(found.first, expected.at("first").get<int64_t>());
  EXPECT_EQ(found.mirrored, expected.at("mirrored").get<bool>());
}

TEST(Nearest, LeavesOutClipsThatAreTooShort) {
  const at::Tensor sample = features::encode(test::random_clip(1, 100));
  const auto none = nearest_windows({sample}, {sample.narrow(0, 0, 60)});
  EXPECT_TRUE(std::isinf(none[0].distance_mm));
  const auto most = nearest_windows({sample}, {sample.narrow(0, 0, 80)});
  EXPECT_LT(most[0].distance_mm, 0.1);
}

}  // namespace
}  // namespace pantomime::metrics
