#include "pantomime/conditions/text_probe.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/base/error.h"
#include "tests/conditions/sentences.h"
#include "tests/diffusion/small_denoiser.h"

namespace pantomime::conditions {
namespace {

using diffusion::Denoiser;

TextProbe probe(const Denoiser& net) {
  TextProbe made(
      {.words = 8, .width = 16, .queries = 2, .hidden = 12, .space = 6, .layers = {0, 1}},
      net.config(), 3);
  diffusion::fill(made.parameters(), 0.3, 5);
  return made;
}

TEST(TextProbe, PutsBothOnOneSphere) {
  const Denoiser net = diffusion::small_prior();
  const TextProbe p = probe(net);
  const at::NoGradGuard guard;
  torch::manual_seed(1);
  const at::Tensor x = torch::randn({3, 16, features::kFeatureSize}), t = torch::full({3}, 0.4);
  const at::Tensor motions = p.motions(pooled(net, x, t, {}, {0, 1}));
  EXPECT_TRUE(at::allclose(motions.norm(2, 1), torch::ones({3}), 1e-4, 1e-4));
  const at::Tensor said = p.sentences(text_batch({sentence(3, 1), sentence(5, 2), {}}, 8));
  EXPECT_TRUE(
      at::allclose(said.norm(2, 1), torch::tensor({1.0, 1.0, 0.0}, torch::kFloat), 1e-4, 1e-4));
  // Padding isn't read.
  EXPECT_TRUE(at::allclose(p.sentences(text_batch({sentence(3, 1)}, 8))[0], said[0], 1e-4, 1e-5));
}

TEST(TextProbe, ContrastiveLossOfKnownPlaces) {
  // Two motions on top of their own sentences, at right angles to the other's: with sharpness s the
  // right one has chance e^s / (e^s + 1).
  const at::Tensor places = torch::eye(2);
  const at::Tensor none = torch::zeros({2, 2}, torch::kBool);
  EXPECT_NEAR(contrastive_loss(places, places, none, 3).item<double>(), std::log1p(std::exp(-3.0)),
              1e-6);
  EXPECT_NEAR(contrastive_loss(places, places.flip(0), none, 3).item<double>(),
              3 + std::log1p(std::exp(-3.0)), 1e-6);
  // Who is told the same is no rival.
  const at::Tensor same = torch::ones({2, 2}, torch::kBool);
  EXPECT_NEAR(contrastive_loss(places, places.flip(0), same, 3).item<double>(), 0, 1e-6);
}

TEST(TextProbe, PushIsTheGradientOfTheScore) {
  const Denoiser net = diffusion::small_prior();
  TextProbe p = probe(net);
  p.parameters().set_trainable(false);
  const at::NoGradGuard guard;
  torch::manual_seed(2);
  const at::Tensor x = torch::randn({2, 16, features::kFeatureSize}), t = torch::full({2}, 0.5);
  const at::Tensor towards = p.sentences(text_batch({sentence(3, 1), sentence(4, 2)}, 8));
  constexpr double kSharpness = 14, kScale = 2;
  const auto score = [&](const at::Tensor& v) {
    return kSharpness * (p.motions(pooled(net, v, t, {}, {0, 1})) * towards).sum().item<double>();
  };
  Call call(net, x, 0.5, {});
  const at::Tensor push =
      TextProbeGuidance(p, net, towards, kSharpness, kScale, 1e9).guide(call, {}) - call.plain();
  ASSERT_GT(push.abs().max().item<double>(), 0);
  const diffusion::Schedule schedule;
  const double sigma = schedule.sigma(0.5);
  const at::Tensor gradient = push / (kScale * sigma * sigma / schedule.alpha(0.5));
  // Central differences along three directions, one of them uphill.
  for (int i = 0; i < 3; ++i) {
    torch::manual_seed(10 + i);
    const at::Tensor any = i == 0 ? gradient : torch::randn_like(x);
    const at::Tensor direction = any / any.norm();
    constexpr double kStep = 0.05;
    const double slope =
        (score(x + kStep * direction) - score(x - kStep * direction)) / (2 * kStep);
    const double said = (gradient * direction).sum().item<double>();
    EXPECT_NEAR(slope, said, 0.02 * gradient.norm().item<double>()) << i;
  }
  const at::Tensor limited =
      TextProbeGuidance(p, net, towards, kSharpness, 1e6, 0.3).guide(call, {}) - call.plain();
  EXPECT_LT(limited.square().mean({1, 2}).sqrt().max().item<double>(), 0.3001);
}

TEST(TextProbe, SaysWhatIsWrong) {
  const Denoiser net = diffusion::small_prior();
  EXPECT_THROW(TextProbe({.words = 0, .layers = {0}}, net.config(), 1), Error);
  EXPECT_THROW(TextProbe({.layers = {9}}, net.config(), 1), Error);
  EXPECT_THROW(TextProbe({.layers = {}}, net.config(), 1), Error);
}

}  // namespace
}  // namespace pantomime::conditions
