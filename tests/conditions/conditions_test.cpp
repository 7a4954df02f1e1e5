#include "pantomime/conditions/condition.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/base/error.h"
#include "pantomime/conditions/geometry.h"
#include "pantomime/conditions/label_adapter.h"
#include "pantomime/conditions/probe.h"
#include "pantomime/motion/fit_to_body.h"
#include "support.h"
#include "tests/diffusion/small_denoiser.h"

namespace pantomime::conditions {
namespace {

using diffusion::Denoiser;
using features::kFeatureSize;

features::Normaliser normaliser() {
  const at::Tensor mean = features::encode(test::random_clip(1, 30)).mean(0);
  return {mean, torch::full({kFeatureSize}, 0.3), torch::full({kFeatureSize}, 0.5)};
}

TEST(Generate, AClipDependsOnItsSeedOnly) {
  const Denoiser net = diffusion::small_prior();
  GenerateOptions options{.frames = 30, .seeds = {5, 6, 7}};
  options.sampler.steps = 4;
  const at::Tensor all = generate(net, normaliser(), {}, options);
  ASSERT_EQ(all.sizes(), (std::vector<int64_t>{3, 30, kFeatureSize}));
  options.seeds = {6};
  EXPECT_TRUE(at::allclose(generate(net, normaliser(), {}, options)[0], all[1], 1e-4, 1e-4));
  EXPECT_FALSE(at::allclose(all[0], all[1], 1e-2, 1e-2));
  EXPECT_TRUE(at::equal(generate(net, normaliser(), {}, options),
                        generate(net, normaliser(), {}, options)));
}

TEST(Generate, SaysWhatIsWrong) {
  EXPECT_THROW(generate(diffusion::small_prior(), normaliser(), {}, {.frames = 30}), Error);
  EXPECT_THROW(generate(diffusion::small_prior(), normaliser(), {}, {.frames = 2, .seeds = {1}}),
               Error);
}

TEST(LabelAdapter, StartsAsNoChangeAndThenSeparatesLabels) {
  const Denoiser net = diffusion::small_prior();
  LabelAdapter adapter({.labels = 3}, net.config(), 1);
  const at::Tensor x = torch::randn({2, 16, kFeatureSize}), t = torch::tensor({0.3, 0.7});
  const auto estimate = [&](std::vector<int64_t> labels) {
    const diffusion::Steering s = adapter.steering(torch::tensor(labels, at::kLong));
    return net.estimate(x, t, {}, &s);
  };
  EXPECT_TRUE(at::allclose(estimate({0, 2}), net.estimate(x, t), 1e-5, 1e-5));
  diffusion::fill(adapter.parameters(), 0.2, 9);
  EXPECT_FALSE(at::allclose(estimate({0, 2}), net.estimate(x, t), 1e-3, 1e-3));
  EXPECT_FALSE(at::allclose(estimate({0, 2})[1], estimate({0, 1})[1], 1e-3, 1e-3));
  // No label: the prior as it is, beside a clip that has one.
  EXPECT_TRUE(at::allclose(estimate({-1, 2})[0], net.estimate(x, t)[0], 1e-5, 1e-5));
  EXPECT_THROW(adapter.steering(torch::tensor({3}, at::kLong)), Error);
}

TEST(LabelGuidance, ScaleZeroIsThePriorAndOneIsTheAdaptedEstimate) {
  const Denoiser net = diffusion::small_prior();
  LabelAdapter adapter({.labels = 2}, net.config(), 1);
  diffusion::fill(adapter.parameters(), 0.2, 9);
  adapter.parameters().set_trainable(false);
  const at::NoGradGuard guard;
  const at::Tensor x = torch::randn({2, 16, kFeatureSize}),
                   labels = torch::tensor({0, 1}, at::kLong);
  const at::Tensor t = torch::full({2}, 0.5);
  const diffusion::Steering s = adapter.steering(labels);
  for (const double scale : {0.0, 1.0, 2.5}) {
    Call call(net, x, 0.5, {});
    const at::Tensor got = LabelGuidance(adapter, labels, scale).guide(call, {});
    const at::Tensor plain = net.estimate(x, t), adapted = net.estimate(x, t, {}, &s);
    EXPECT_TRUE(at::allclose(got, plain + scale * (adapted - plain), 1e-3, 1e-4)) << scale;
  }
}

TEST(LabelGuidance, PushesAwayFromTheContrary) {
  const Denoiser net = diffusion::small_prior();
  LabelAdapter adapter({.labels = 2}, net.config(), 1);
  diffusion::fill(adapter.parameters(), 0.2, 9);
  adapter.parameters().set_trainable(false);
  const at::NoGradGuard guard;
  const at::Tensor x = torch::randn({2, 16, kFeatureSize}), t = torch::full({2}, 0.5);
  const diffusion::Steering one = adapter.steering(torch::tensor({0, 1}, at::kLong)),
                            other = adapter.steering(torch::tensor({1, 0}, at::kLong));
  const at::Tensor plain = net.estimate(x, t), adapted = net.estimate(x, t, {}, &one),
                   contrary = net.estimate(x, t, {}, &other);
  LabelGuidance guidance(one, 2, 0.3);
  guidance.contrast(other, 1.5);
  Call call(net, x, 0.5, {});
  EXPECT_TRUE(at::allclose(guidance.guide(call, {}),
                           plain + 2 * (adapted - plain) + 1.5 * (adapted - contrary), 1e-3, 1e-4));
  Call late(net, x, 0.2, {});
  EXPECT_TRUE(at::allclose(guidance.guide(late, {}),
                           net.estimate(x, torch::full({2}, 0.2), {}, &one), 1e-3, 1e-4));
}

TEST(Call, SteersOnlyTheClipsThatASteeringIsFor) {
  const Denoiser net = diffusion::small_prior();
  LabelAdapter adapter({.labels = 2}, net.config(), 1);
  diffusion::fill(adapter.parameters(), 0.2, 9);
  const at::NoGradGuard guard;
  const at::Tensor x = torch::randn({2, 16, kFeatureSize});
  Call call(net, x, 0.5, {});
  const at::Tensor steered = call.steered(adapter.steering(torch::tensor({1, -1}, at::kLong)));
  EXPECT_TRUE(at::allclose(steered[1], call.plain()[1], 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(steered[0], call.plain()[0], 1e-2, 1e-2));
}

TEST(LabelGuidance, DoesNotPushWhereTheActionIsSettled) {
  const Denoiser net = diffusion::small_prior();
  LabelAdapter adapter({.labels = 2}, net.config(), 1);
  diffusion::fill(adapter.parameters(), 0.2, 9);
  adapter.parameters().set_trainable(false);
  const at::NoGradGuard guard;
  const at::Tensor x = torch::randn({1, 16, kFeatureSize}), labels = torch::tensor({1}, at::kLong);
  const diffusion::Steering s = adapter.steering(labels);
  const at::Tensor plain = net.estimate(x, torch::full({1}, 0.2)),
                   adapted = net.estimate(x, torch::full({1}, 0.2), {}, &s);
  Call call(net, x, 0.2, {});
  LabelGuidance guidance(adapter, labels, 3, 0.3);
  EXPECT_TRUE(at::allclose(guidance.guide(call, {}), adapted, 1e-3, 1e-4));
  // After another condition it adds what the label alone changes.
  EXPECT_TRUE(at::allclose(guidance.guide(call, plain + 1), adapted + 1, 1e-3, 1e-4));
  EXPECT_FALSE(
      at::allclose(LabelGuidance(adapter, labels, 3, 0.1).guide(call, {}), adapted, 1e-2, 1e-2));
}

TEST(Probe, GuidanceRaisesTheChanceOfTheLabelAndIsLimited) {
  const Denoiser net = diffusion::small_prior();
  Probe probe({.labels = 3, .layers = {0, 1}}, net.config(), 1);
  diffusion::fill(probe.parameters(), 0.2, 9);
  probe.parameters().set_trainable(false);
  const at::Tensor labels = torch::tensor({1, 2}, at::kLong);
  const at::Tensor x = torch::randn({2, 16, kFeatureSize}), t = torch::full({2}, 0.5);
  auto score = [&](const at::Tensor& v) {
    return at::log_softmax(probe.logits(net, v, t, {}), 1)
        .gather(1, labels.unsqueeze(1))
        .sum()
        .item<double>();
  };
  Call call(net, x, 0.5, {});
  const at::NoGradGuard guard;
  const at::Tensor push = ProbeGuidance(probe, net, labels, 1, 1e9).guide(call, {}) - call.plain();
  EXPECT_GT(push.abs().max().item<double>(), 0);
  // A step along the push is uphill.
  EXPECT_GT(score(x + push * (0.05 / push.norm())), score(x));
  const at::Tensor limited =
      ProbeGuidance(probe, net, labels, 1e6, 0.3).guide(call, {}) - call.plain();
  EXPECT_LT(limited.square().mean({1, 2}).sqrt().max().item<double>(), 0.3001);
}

TEST(Particles, KeepTheLikelierOnes) {
  const Denoiser net = diffusion::small_prior();
  Probe probe({.labels = 2, .layers = {1}}, net.config(), 1);
  diffusion::fill(probe.parameters(), 0.2, 9);
  probe.parameters().set_trainable(false);
  const at::NoGradGuard guard;
  const at::Tensor labels = torch::ones({8}, at::kLong), t = torch::full({8}, 0.5);
  const at::Tensor x = torch::randn({8, 16, kFeatureSize}) * 3;
  auto chance = [&](const at::Tensor& v) {
    return at::softmax(probe.logits(net, v, t, {}), 1).select(1, 1);
  };
  ParticleSteering steering(probe, net, labels, 4, 20, 1);
  Call call(net, x, 0.5, {});
  steering.guide(call, {});
  at::Tensor drawn = x;
  steering.between(drawn, 0.4, call);
  for (int64_t group = 0; group < 2; ++group) {
    const at::Tensor before = chance(x).narrow(0, 4 * group, 4),
                     after = chance(drawn).narrow(0, 4 * group, 4);
    EXPECT_GT(after.mean().item<double>(), before.mean().item<double>());
    // Rows stay inside their group.
    for (int64_t i = 0; i < 4; ++i) {
      const at::Tensor distance =
          (x.narrow(0, 4 * group, 4) - drawn[4 * group + i]).abs().amax({1, 2});
      EXPECT_EQ(distance.min().item<double>(), 0);
    }
  }
  EXPECT_THROW(ParticleSteering(probe, net, labels, 3, 1, 1), Error);
}

TEST(Geometry, TheBodyAskedForComesOutExactly) {
  const Denoiser net = diffusion::small_prior();
  const features::Normaliser n = normaliser();
  const motion::Geometry body = motion::geometry_of(test::random_clip(1, 2).skeleton.offsets);
  GeometryCondition condition({body}, n, 1e9);
  GenerateOptions options{.frames = 20, .seeds = {1}};
  options.sampler.steps = 5;
  const motion::Clip clip = features::decode(generate(net, n, {&condition}, options)[0]);
  const motion::Geometry got = motion::geometry_of(clip.skeleton.offsets);
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], body[i], 1e-5);
}

TEST(Geometry, EstimatesGetThePaceAndHeightOfTheLegs) {
  const Denoiser net = diffusion::small_prior();
  const features::Normaliser n = normaliser();
  const motion::Clip small = test::random_clip(1, 16);
  const motion::Geometry body = motion::default_geometry();
  const double ratio = static_cast<double>(motion::leg_length(motion::canonical_skeleton(body))) /
                       static_cast<double>(motion::leg_length(small.skeleton));
  const at::Tensor raw = features::encode(small).unsqueeze(0), x = n.normalise(raw);
  GeometryCondition condition({body}, n, 1e9);
  Call call(net, x, 0.5, {});
  const at::Tensor out = n.restore(condition.guide(call, x));
  EXPECT_TRUE(at::allclose(out.narrow(2, 0, 3), ratio * raw.narrow(2, 0, 3), 1e-4, 1e-4));
  EXPECT_TRUE(at::allclose(out.narrow(2, 3, features::kGeometry - 3),
                           raw.narrow(2, 3, features::kGeometry - 3), 1e-4, 1e-5));
  EXPECT_GT(std::abs(ratio - 1), 0.01);
}

}  // namespace
}  // namespace pantomime::conditions
