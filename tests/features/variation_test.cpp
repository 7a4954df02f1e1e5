#include "pantomime/features/variation.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/base/error.h"
#include "pantomime/features/features.h"
#include "pantomime/features/kinematics.h"
#include "support.h"

namespace pantomime::features {
namespace {

TEST(Played, AtItsOwnRateIsTheSame) {
  const at::Tensor x = encode(test::random_clip(1, 40));
  EXPECT_TRUE(at::allclose(played(x, 1), x, 0, 1e-6));
  EXPECT_EQ(played(x, 2).size(0), 20);
  EXPECT_EQ(played(x, 0.5).size(0), 79);
  EXPECT_EQ(played(x.narrow(0, 0, 1), 1.3).size(0), 1);
}

TEST(Played, FollowsParabolasExactlyAndScalesTheWay) {
  // Channels that are c0 + c1 f + c2 f^2: a Catmull-Rom spline keeps them inside the clip.
  const at::Tensor f = torch::arange(30, at::kFloat).unsqueeze(1) / 30;
  const at::Tensor c = torch::linspace(-1, 1, kFeatureSize).unsqueeze(0);
  const at::Tensor x = c + 2 * f * c + f * f;
  for (const double rate : {0.8, 1.25}) {
    const at::Tensor y = played(x, rate);
    const at::Tensor at = torch::arange(y.size(0), at::kFloat).unsqueeze(1) * rate / 30;
    at::Tensor expected = c + 2 * at * c + at * at;
    expected.narrow(1, kRootVelocity, 2).mul_(rate);
    EXPECT_TRUE(
        at::allclose(y.narrow(0, 2, y.size(0) - 5), expected.narrow(0, 2, y.size(0) - 5), 0, 1e-4))
        << rate;
  }
}

TEST(Played, TakesTheSameWayInLessTime) {
  at::Tensor x = encode(test::random_clip(3, 61));
  x.narrow(1, kRootVelocity, 2).fill_(0.02);
  const at::Tensor slow = joint_positions(x.unsqueeze(0))[0];
  const at::Tensor fast = joint_positions(played(x, 1.25).unsqueeze(0))[0];
  EXPECT_NEAR(slow[-1][0][2].item<float>(), fast[-1][0][2].item<float>(), 1e-3);
}

TEST(Resized, ScalesEveryJointAboutTheOrigin) {
  const at::Tensor x = encode(test::random_clip(4, 20));
  const at::Tensor a = joint_positions(x.unsqueeze(0));
  const at::Tensor b = joint_positions(resized(x, 1.1).unsqueeze(0));
  EXPECT_TRUE(at::allclose(b, 1.1 * a, 1e-4, 1e-4));
  EXPECT_THROW(played(x, 0), Error);
}

}  // namespace
}  // namespace pantomime::features
