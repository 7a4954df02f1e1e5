#include "pantomime/features/features.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/features/kinematics.h"
#include "support.h"

namespace pantomime::features {
namespace {

using motion::Vec3;

double largest_distance(const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, static_cast<double>(length(a[i] - b[i])));
  return worst;
}

TEST(Features, EncodeThenDecodeGivesTheClipBack) {
  const motion::Clip clip = motion::face_forward(test::random_clip(3, 90));
  const motion::Clip back = decode(encode(clip));
  EXPECT_LT(
      largest_distance(forward_kinematics(clip).positions, forward_kinematics(back).positions),
      2e-4);
}

TEST(Features, TensorKinematicsAgreesWithPlainKinematics) {
  const motion::Clip clip = motion::face_forward(test::random_clip(5, 64));
  const at::Tensor positions = joint_positions(encode(clip).unsqueeze(0))[0];
  const auto world = forward_kinematics(clip);
  for (int64_t f = 0; f < 64; ++f)
    for (int64_t j = 0; j < motion::kJointCount; ++j) {
      const Vec3 p = world.positions[static_cast<size_t>(f * motion::kJointCount + j)];
      EXPECT_NEAR(positions[f][j][0].item<float>(), p.x, 2e-4);
      EXPECT_NEAR(positions[f][j][1].item<float>(), p.y, 2e-4);
      EXPECT_NEAR(positions[f][j][2].item<float>(), p.z, 2e-4);
    }
}

TEST(Features, MirrorAgreesWithTheMirroredClip) {
  const motion::Clip clip = motion::face_forward(test::random_clip(7, 40));
  const at::Tensor x = encode(clip);
  EXPECT_TRUE(at::allclose(mirror(x), encode(motion::mirror(clip)), 1e-4, 1e-4));
  EXPECT_TRUE(at::equal(mirror(mirror(x)), x));
  EXPECT_FALSE(at::allclose(mirror(x), x, 1e-2, 1e-2));
}

TEST(Features, AWindowTurnedForwardEqualsTheEncodedCut) {
  const motion::Clip clip = test::random_clip(11, 80);
  at::Tensor window = encode(clip).narrow(0, 30, 40).clone();
  face_forward_(window);
  const at::Tensor expected = encode(motion::cut(clip, 30, 40));
  // Frame 0 of a cut has no frame before it, so its velocity differs by design.
  EXPECT_TRUE(at::allclose(window.narrow(0, 1, 39), expected.narrow(0, 1, 39), 1e-3, 1e-3));
}

TEST(Features, KinematicsGradientMatchesFiniteDifferences) {
  torch::manual_seed(1);
  const at::Tensor base =
      encode(motion::face_forward(test::random_clip(13, 4))).unsqueeze(0).to(at::kDouble);
  at::Tensor x = base.clone().set_requires_grad(true);
  const at::Tensor weight = torch::randn({1, 4, motion::kJointCount, 3}, at::kDouble);
  auto value = [&](const at::Tensor& input) { return (joint_positions(input) * weight).sum(); };
  value(x).backward();
  const at::Tensor gradient = x.grad();
  EXPECT_GT(gradient.abs().max().item<double>(), 0.1);
  const double h = 1e-6;
  for (int64_t f = 0; f < 4; ++f)
    for (int64_t d = 0; d < kFeatureSize; ++d) {
      at::Tensor up = base.clone(), down = base.clone();
      up[0][f][d] += h;
      down[0][f][d] -= h;
      const double numeric = (value(up) - value(down)).item<double>() / (2 * h);
      ASSERT_NEAR(gradient[0][f][d].item<double>(), numeric, 1e-5)
          << "frame " << f << " channel " << d;
    }
}

TEST(Features, NormaliserScalesBlocksNotChannels) {
  torch::manual_seed(2);
  std::vector<at::Tensor> rows;
  for (uint64_t i = 0; i < 6; ++i) rows.push_back(encode(test::random_clip(i, 100)));
  const at::Tensor data = at::cat(rows);
  const Normaliser n = fit_normaliser(data, at::ones({data.size(0)}));
  EXPECT_EQ(n.scale[kRootRotation].item<float>(), n.scale[kGeometry - 1].item<float>());
  EXPECT_TRUE(at::allclose(n.restore(n.normalise(data)), data, 1e-5, 1e-5));
  const at::Tensor z = n.normalise(at::cat({data, mirror(data)}));
  EXPECT_LT(z.mean(0).abs().max().item<float>(), 1e-3);
  const double variance = z.narrow(1, kRootRotation, 132).var(0).mean().item<double>();
  EXPECT_NEAR(variance, 1.0, 0.01);
}

}  // namespace
}  // namespace pantomime::features
