#include "pantomime/conditions/noise_search.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/base/error.h"
#include "pantomime/conditions/condition.h"
#include "pantomime/conditions/geometry.h"
#include "pantomime/conditions/shortfall.h"
#include "support.h"
#include "tests/diffusion/small_denoiser.h"

namespace pantomime::conditions {
namespace {

using diffusion::Denoiser;
using features::kFeatureSize;

constexpr int64_t kFrames = 20;

features::Normaliser normaliser() {
  const at::Tensor mean = features::encode(test::random_clip(1, 30)).mean(0);
  return {mean, torch::full({kFeatureSize}, 0.3), torch::ones({kFeatureSize})};
}

/// A smooth denoiser without weights, for any float type.
at::Tensor bend(const at::Tensor& x, double t) {
  return 0.6 * at::tanh((1.2 - t) * x + 0.3 * at::roll(x, 1, 1)) + 0.1 * x.square();
}

Objective away_from(double target) {
  return [=](const at::Tensor& x) {
    return (x - target).square().mean({1, 2}) + 0.3 * x.sin().mean({1, 2});
  };
}

TEST(SampleGradient, IsTheOneOfFiniteDifferences) {
  torch::manual_seed(2);
  const at::Tensor noise = torch::randn({2, 5, 3}, torch::kDouble);
  const diffusion::SampleOptions sampler{.steps = 6};
  const Objective objective = away_from(0.7);
  const SampleGradient made = sample_gradient(bend, noise, sampler, objective);
  const double kSmall = 1e-5;
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t f = 0; f < 5; ++f)
      for (int64_t d = 0; d < 3; ++d) {
        at::Tensor more = noise.clone(), less = noise.clone();
        more[b][f][d] += kSmall;
        less[b][f][d] -= kSmall;
        const auto at = [&](const at::Tensor& z) {
          return sample_gradient(bend, z, sampler, objective).objective.sum().item<double>();
        };
        const double slope = (at(more) - at(less)) / (2 * kSmall);
        EXPECT_NEAR(made.gradient[b][f][d].item<double>(), slope, 1e-6 + 1e-5 * std::abs(slope));
      }
  EXPECT_GT(made.gradient.abs().max().item<double>(), 1e-2);
}

TEST(SampleGradient, ComesThroughThePriorAsIfNothingWereRunAgain) {
  const Denoiser net = diffusion::small_prior();
  const auto denoise = [&](const at::Tensor& x, double t) {
    return net.estimate(x, at::full({x.size(0)}, t), {});
  };
  torch::manual_seed(5);
  const at::Tensor noise = torch::randn({2, kFrames, kFeatureSize});
  diffusion::SampleOptions sampler{.method = diffusion::Method::Ddim, .steps = 4};
  const SampleGradient made = sample_gradient(denoise, noise, sampler, away_from(0.2));
  const at::Tensor leaf = noise.clone().requires_grad_(true);
  const at::Tensor sample = diffusion::sample(denoise, leaf, sampler);
  away_from(0.2)(sample).sum().backward();
  EXPECT_TRUE(at::allclose(made.sample, sample, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(made.gradient, leaf.grad(), 1e-3, 1e-7));
  EXPECT_GT(leaf.grad().abs().max().item<double>(), 0);
}

TEST(NoiseDependence, IsOneForConstantFramesAndNextToNothingForWhiteNoise) {
  torch::manual_seed(1);
  const at::Tensor white = torch::randn({1, 128, 161});
  EXPECT_LT(noise_dependence(white).item<double>(), 1e-2);
  // Too short to be halved: (1 * 1)^2.
  EXPECT_NEAR(noise_dependence(at::ones({1, 8, 4})).item<double>(), 1, 1e-6);
  // Halved once: 1, and the halved one's products are 2 * 2.
  EXPECT_NEAR(noise_dependence(at::ones({1, 16, 4})).item<double>(), 1 + 4, 1e-5);
}

TEST(SearchNoise, FitsBetterAndStaysWhite) {
  const Denoiser net = diffusion::small_prior();
  const features::Normaliser n = normaliser();
  const motion::Geometry body = motion::default_geometry();
  Constraints wanted(kFrames);
  wanted.goals = {reach(
      {.joint = motion::kRightWrist, .first = 10, .last = 12, .points = {{-0.4f, 1.5f, 0.5f}}})};
  wanted.offsets = motion::canonical_skeleton(body).offsets;
  const Objective objective = shortfall({wanted, wanted}, n);
  GenerateOptions options{.frames = kFrames, .seeds = {4, 5}};
  options.sampler = {.method = diffusion::Method::Ddim, .steps = 4};
  const auto made = [&](const GenerateOptions& o) {
    GeometryCondition geometry(std::vector<motion::Geometry>(o.seeds.size(), body), n, 1e9);
    return generate(net, n, {&geometry}, o);
  };
  const auto missing = [&](const at::Tensor& x) { return objective(n.normalise(x)); };
  const at::Tensor before = missing(made(options));
  options.search = {.rounds = 15, .objective = objective};
  const at::Tensor found = made(options);
  const at::Tensor after = missing(found);
  for (int64_t b = 0; b < 2; ++b)
    EXPECT_LT(after[b].item<double>(), 0.7 * before[b].item<double>()) << b;
  EXPECT_TRUE(at::equal(made(options), found)) << "same seed, same bytes";
  // A clip doesn't know of the other.
  options.seeds = {5};
  options.search.objective = shortfall({wanted}, n);
  EXPECT_TRUE(at::allclose(made(options)[0], found[1], 1e-3, 1e-3));

  const auto denoise = [&](const at::Tensor& x, double t) {
    return net.estimate(x, at::full({x.size(0)}, t), {});
  };
  const at::Tensor noise = diffusion::noise_of({1}, 64, kFeatureSize);
  const at::Tensor best =
      search_noise(denoise, noise, options.sampler, {.rounds = 10, .objective = away_from(0.5)});
  EXPECT_NEAR(best.norm().item<double>(), std::sqrt(64.0 * kFeatureSize), 2);
  EXPECT_LT(noise_dependence(best).item<double>(), 0.05);
}

TEST(Shortfall, CountsTenthsOfMetres) {
  const features::Normaliser n = normaliser();
  const motion::Clip clip = test::random_clip(3, kFrames);
  const at::Tensor x = n.normalise(features::encode_in_place(clip));
  Constraints c(kFrames);
  keep(c, clip, 4, 3, 4, parse_joints("all"), false);
  EXPECT_NEAR(shortfall({c}, n)(x.unsqueeze(0)).item<double>(), 0, 1e-8);
  const motion::Vec3& at = clip.root_positions[12];
  const motion::Vec3& start = clip.root_positions[0];
  Constraints place(kFrames);
  place.places.push_back({.frame = 12, .x = at.x - start.x + 0.3, .tolerance = 0.1});
  EXPECT_NEAR(shortfall({place}, n)(x.unsqueeze(0)).item<double>(), 4, 1e-2);
  Constraints hand(kFrames);
  hand.offsets = clip.skeleton.offsets;
  const auto pose = motion::forward_kinematics(clip);
  motion::Vec3 point = pose.positions[7 * motion::kJointCount + motion::kLeftWrist] - start;
  point.y += start.y + 0.2f;
  hand.goals = {reach({.joint = motion::kLeftWrist, .first = 7, .last = 8, .points = {point}})};
  EXPECT_NEAR(shortfall({hand}, n)(x.unsqueeze(0)).item<double>(), 4, 0.05);
  EXPECT_THROW(shortfall({hand}, n)(x.unsqueeze(0).repeat({2, 1, 1})), Error);
}

}  // namespace
}  // namespace pantomime::conditions
