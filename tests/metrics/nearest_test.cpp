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

TEST(Nearest, LeavesOutClipsThatAreTooShort) {
  const at::Tensor sample = features::encode(test::random_clip(1, 100));
  const auto none = nearest_windows({sample}, {sample.narrow(0, 0, 60)});
  EXPECT_TRUE(std::isinf(none[0].distance_mm));
  const auto most = nearest_windows({sample}, {sample.narrow(0, 0, 80)});
  EXPECT_LT(most[0].distance_mm, 0.1);
}

}  // namespace
}  // namespace pantomime::metrics
