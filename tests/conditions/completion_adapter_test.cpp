#include "pantomime/conditions/completion_adapter.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/base/error.h"
#include "support.h"
#include "tests/diffusion/small_denoiser.h"

namespace pantomime::conditions {
namespace {

using diffusion::Denoiser;
using features::kFeatureSize;
using motion::Clip;

features::Normaliser normaliser() {
  return {torch::zeros({kFeatureSize}),
          torch::full({kFeatureSize}, 0.5),
          torch::ones({kFeatureSize}),
          {}};
}

CompletionAdapter adapter(const Denoiser& net, bool filled) {
  CompletionAdapter made({.width = 16, .rank = 2}, net.config(), 3);
  if (filled) diffusion::fill(made.parameters(), 0.2, 5);
  return made;
}

at::Tensor estimate(const Denoiser& net, const CompletionAdapter& adapter,
                    const std::vector<Constraints>& given) {
  torch::manual_seed(7);
  const auto batch = static_cast<int64_t>(given.size());
  const at::Tensor x = torch::randn({1, 16, kFeatureSize}).repeat({batch, 1, 1});
  const auto steering = adapter.steering(given, normaliser());
  return net.estimate(x, torch::full({batch}, 0.5), {}, &steering);
}

Constraints begin_of(const Clip& clip, int64_t frames) {
  Constraints c(16);
  keep(c, clip, 0, frames, 0, parse_joints("all"));
  return c;
}

TEST(Hints, SayWhatIsKnownAndWhere) {
  const Clip clip = test::random_clip(4, 16);
  Constraints c(16);
  keep(c, clip, 5, 3, 5, parse_joints("left arm"));
  c.places.push_back({9, 1.0, -2.0});
  c.goals.push_back(reach({.joint = motion::kHead, .first = 9, .last = 10, .points = {{3, 1, 0}}}));
  const at::Tensor hints = hints_of(c, normaliser());
  ASSERT_EQ(hints.sizes(), (std::vector<int64_t>{16, kHintSize}));
  const at::Tensor flags = hints.narrow(1, features::kGeometry, kHintFlags);
  EXPECT_EQ(flags.sum().item<float>(), 3 * 4);
  EXPECT_EQ(hints[4].ne(0).sum().item<int64_t>(), 0);
  const int64_t channel = features::kJointRotations + 6 * (motion::kLeftElbow - 1);
  EXPECT_NEAR(hints[6][channel].item<float>(), 2 * c.value[6][channel].item<float>(), 1e-5);
  // The pelvis and the head are 1 m off their middle; the middle is at (2, -1).
  const int64_t points = features::kGeometry + kHintFlags,
                anchor = points + 5 * motion::kJointCount;
  const auto at = [&](int64_t column) { return hints[9][column].item<float>(); };
  EXPECT_FLOAT_EQ(at(points), -1);
  EXPECT_FLOAT_EQ(at(points + 5 * motion::kHead), 1);
  EXPECT_FLOAT_EQ(at(points + 5 * motion::kHead + 1), 1);
  EXPECT_FLOAT_EQ(at(points + 4), 0);  // nobody said how high the pelvis is
  EXPECT_FLOAT_EQ(at(anchor), 1);
  EXPECT_FLOAT_EQ(at(anchor + 1), -0.5);
  EXPECT_FLOAT_EQ(at(anchor + 5), 0);  // how fast it moves isn't known
}

TEST(Hints, SayHowFastPointsMove) {
  Constraints c(16);
  for (int64_t f = 3; f < 6; ++f) c.places.push_back({f, 0.1 * static_cast<double>(f), 0.0});
  const at::Tensor hints = hints_of(c, normaliser());
  const int64_t anchor = kHintSize - 6;
  EXPECT_FLOAT_EQ(hints[3][anchor + 5].item<float>(), 0);
  EXPECT_NEAR(hints[4][anchor + 2].item<float>(), 3, 1e-4);
  EXPECT_FLOAT_EQ(hints[4][anchor + 5].item<float>(), 1);
}

TEST(CompletionAdapter, StartsAsNoChange) {
  const Denoiser net = diffusion::small_prior();
  const at::NoGradGuard guard;
  const at::Tensor out =
      estimate(net, adapter(net, false), {begin_of(test::random_clip(1, 16), 4), Constraints(16)});
  EXPECT_TRUE(at::allclose(out[0], out[1], 1e-5, 1e-6));
}

TEST(CompletionAdapter, HeedsWhatIsGivenAndWhereNothingIs) {
  const Denoiser net = diffusion::small_prior();
  const CompletionAdapter told = adapter(net, true);
  const at::NoGradGuard guard;
  const at::Tensor out = estimate(net, told,
                                  {begin_of(test::random_clip(1, 16), 4),
                                   begin_of(test::random_clip(2, 16), 4), Constraints(16)});
  EXPECT_FALSE(at::allclose(out[0], out[1], 1e-3, 1e-3));
  EXPECT_FALSE(at::allclose(out[0], out[2], 1e-3, 1e-3));
  torch::manual_seed(7);
  const at::Tensor x = torch::randn({1, 16, kFeatureSize});
  EXPECT_TRUE(at::allclose(out[2], net.estimate(x, torch::full({1}, 0.5))[0], 1e-4, 1e-5));
}

TEST(CompletionAdapter, LearnsWithEveryParameter) {
  const Denoiser net = diffusion::small_prior();
  CompletionAdapter told = adapter(net, true);
  estimate(net, told, {begin_of(test::random_clip(1, 16), 4)}).square().sum().backward();
  for (const std::string& name : told.parameters().names())
    EXPECT_GT(told.parameters()[name].grad().abs().max().item<double>(), 0) << name;
}

TEST(CompletionAdapter, SaysWhatIsWrong) {
  const Denoiser net = diffusion::small_prior();
  EXPECT_THROW(CompletionAdapter({.width = 0}, net.config(), 1), Error);
  const CompletionAdapter told = adapter(net, false);
  EXPECT_THROW(told.steering(torch::zeros({1, 14, kHintSize})), Error);
  EXPECT_THROW(told.steering(torch::zeros({1, 16, 3})), Error);
}

}  // namespace
}  // namespace pantomime::conditions
