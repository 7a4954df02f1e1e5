#include "pantomime/diffusion/denoiser.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/base/error.h"
#include "tests/diffusion/small_denoiser.h"

namespace pantomime::diffusion {
namespace {

TEST(Denoiser, SaysNothingButTheSkipAtFirst) {
  const Denoiser net = small(Target::Clean, false);
  const at::Tensor x = torch::randn({2, 16, 6}), t = torch::tensor({0.02, 0.8});
  const at::Tensor a = alpha_of(t).view({2, 1, 1}), n = sigma_of(t).view({2, 1, 1});
  const double lost = 0.49 * Denoiser::kLost * Denoiser::kLost;
  EXPECT_TRUE(at::allclose(net.estimate(x, t), a * lost / (a * a * lost + n * n) * x, 1e-4, 1e-5));
}

TEST(Denoiser, MakesTheLinearGuessWhateverItPredictsWhenItSaysNothing) {
  const at::Tensor x = torch::randn({2, 16, 6}), t = torch::tensor({0.2, 0.9});
  const at::Tensor a = alpha_of(t).view({2, 1, 1}), n = sigma_of(t).view({2, 1, 1});
  const double s2 = 0.49;  // variance of small()'s features
  const at::Tensor wiener = a * s2 / (a * a * s2 + n * n) * x;
  for (const Target target : {Target::Noise, Target::Velocity})
    EXPECT_TRUE(at::allclose(small(target, false).estimate(x, t), wiener, 1e-3, 1e-4));
}

TEST(Denoiser, HoldsEstimatesFromNoiseWithinBounds) {
  const at::Tensor x = 100 * torch::randn({1, 16, 6}), t = torch::tensor({0.99});
  EXPECT_EQ(small(Target::Noise).estimate(x, t).abs().max().item<double>(), Denoiser::kLargest);
}

TEST(Denoiser, CopiesWhatIsCleanWhateverTheNetworkSays) {
  const at::Tensor x = torch::randn({2, 16, 6}), t = torch::full({2}, 1e-4);
  EXPECT_TRUE(at::allclose(small().estimate(x, t), x, 1e-2, 2e-2));
}

TEST(Denoiser, CannotShake) {
  torch::manual_seed(6);
  at::Tensor variance = at::full({features::Spectrum::kBins, 2}, 1e-6);
  variance.narrow(0, 0, 12).fill_(1);
  const features::Spectrum slow(variance);
  const DenoiserConfig config{.features = 2, .width = 32, .layers = 1, .heads = 2};
  const at::Tensor x = torch::randn({1, 64, 2}), t = torch::full({1}, 0.5);
  const at::Tensor basis = slow.of_length(64).basis;
  Denoiser net(config, slow, 1);
  const at::NoGradGuard guard;
  for (const std::string& name : net.parameters().names())
    net.parameters()[name].copy_(torch::randn(net.parameters().shape(name)) * 0.3);
  const at::Tensor c = at::matmul(basis.t(), net.estimate(x, t));
  EXPECT_GT(c.narrow(1, 0, 6).abs().mean().item<double>(), 0.5);
  EXPECT_LT(c.narrow(1, 7, 57).abs().max().item<double>(), 0.05);
}

TEST(Denoiser, MaskedFramesChangeNothing) {
  const Denoiser net = small();
  at::Tensor x = torch::randn({1, 24, 6});
  const at::Tensor t = torch::tensor({0.5}), mask = torch::ones({1, 24}, at::kBool);
  mask[0].narrow(0, 13, 11).fill_(false);
  const at::Tensor before = net.estimate(x, t, mask).narrow(1, 0, 13).clone();
  x.narrow(1, 13, 11).fill_(50);
  EXPECT_TRUE(at::allclose(net.estimate(x, t, mask).narrow(1, 0, 13), before, 1e-5, 1e-5));
}

TEST(Denoiser, ABatchIsTheSameAsItsClipsOneByOne) {
  const Denoiser net = small();
  const at::Tensor x = torch::randn({4, 16, 6}), t = torch::tensor({0.1, 0.4, 0.6, 0.9});
  const at::Tensor all = net.estimate(x, t);
  for (int64_t b = 0; b < 4; ++b)
    EXPECT_TRUE(at::allclose(net.estimate(x.narrow(0, b, 1), t.narrow(0, b, 1)),
                             all.narrow(0, b, 1), 1e-4, 1e-5));
}

TEST(Denoiser, TargetsConvertIntoEachOther) {
  const at::Tensor x0 = torch::randn({3, 8, 6}), eps = torch::randn({3, 8, 6});
  const at::Tensor t = torch::tensor({0.1, 0.5, 0.9});
  const at::Tensor a = alpha_of(t).view({3, 1, 1}), s = sigma_of(t).view({3, 1, 1});
  const at::Tensor x_t = a * x0 + s * eps;
  EXPECT_TRUE(at::allclose(clean_from(Target::Noise, eps, x_t, t), x0, 1e-3, 1e-4));
  EXPECT_TRUE(at::allclose(clean_from(Target::Velocity, a * eps - s * x0, x_t, t), x0, 1e-3, 1e-4));
  EXPECT_TRUE(at::allclose(of_clean(Target::Noise, x0, x_t, t), eps, 1e-3, 1e-3));
  EXPECT_TRUE(at::allclose(of_clean(Target::Velocity, x0, x_t, t), a * eps - s * x0, 1e-3, 1e-3));
}

TEST(Denoiser, GradientMatchesFiniteDifferences) {
  const Denoiser net = small();
  const at::Tensor x = torch::randn({1, 8, 6}), t = torch::tensor({0.6});
  const at::Tensor w = torch::randn({1, 8, 6});
  auto value = [&] { return (net.estimate(x, t) * w).sum(); };
  value().backward();
  const at::NoGradGuard guard;
  for (const char* name : {"in.weight", "layer.0.qkv.weight", "layer.1.up.bias",
                           "modulation.weight", "out.weight", "layer.0.table"}) {
    at::Tensor p = net.parameters()[name];
    const at::Tensor direction = torch::randn_like(p);
    const double analytic = (p.grad() * direction).sum().item<double>();
    const double h = 1e-3;
    p.add_(direction, h);
    const double up = value().item<double>();
    p.sub_(direction, 2 * h);
    const double down = value().item<double>();
    p.add_(direction, h);
    EXPECT_NEAR(analytic, (up - down) / (2 * h), 0.02 * std::abs(analytic) + 0.02) << name;
    EXPECT_GT(std::abs(analytic), 1e-3) << name;
  }
}

TEST(Denoiser, LowRankSteeringWithZeroChangesNothingAndOtherwiseDoes) {
  const Denoiser net = small();
  const at::Tensor x = torch::randn({2, 16, 6}), t = torch::tensor({0.3, 0.7});
  Steering steering;
  for (int i = 0; i < 8; ++i) {
    const int64_t in = i % 4 == 3 ? 128 : 32, out = i % 4 == 0 ? 96 : i % 4 == 2 ? 128 : 32;
    steering.low_rank.push_back({torch::randn({2, in}), torch::zeros({out, 2})});
  }
  EXPECT_TRUE(at::allclose(net.estimate(x, t, {}, &steering), net.estimate(x, t), 1e-5, 1e-6));
  steering.low_rank[5].b.fill_(0.5);
  EXPECT_FALSE(at::allclose(net.estimate(x, t, {}, &steering), net.estimate(x, t), 1e-3, 1e-3));
}

TEST(Denoiser, RefusesFramesThatAreNotWholeTokens) {
  EXPECT_THROW(small().estimate(torch::zeros({1, 10, 6}), torch::tensor({0.5})), Error);
}

}  // namespace
}  // namespace pantomime::diffusion
