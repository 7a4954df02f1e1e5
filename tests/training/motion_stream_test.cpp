#include "pantomime/training/motion_stream.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/base/error.h"
#include "pantomime/motion/append.h"
#include "support.h"

namespace pantomime::training {
namespace {

using motion::Clip;

/// A prior that knows nothing but the mean of some motion: what is kept decides.
Prior quiet_prior() {
  Prior prior;
  const at::Tensor k = torch::arange(features::Spectrum::kBins, torch::kFloat).unsqueeze(1);
  const at::Tensor variance =
      (10 / (1 + (k / 3).pow(4))).expand({-1, features::kFeatureSize}).contiguous();
  prior.normaliser = {features::encode(test::random_clip(1, 30)).mean(0),
                      torch::full({features::kFeatureSize}, 0.2),
                      torch::ones({features::kFeatureSize}), features::Spectrum(variance)};
  prior.denoiser = std::make_shared<diffusion::Denoiser>(
      diffusion::DenoiserConfig{
          .features = features::kFeatureSize, .width = 32, .layers = 2, .heads = 2},
      prior.normaliser.spectrum, 1);
  prior.denoiser->parameters().set_trainable(false);
  return prior;
}

motion::Skeleton body() {
  return motion::canonical_skeleton(motion::default_geometry());
}

StreamOptions options() {
  StreamOptions o;
  o.sampler.steps = 3;
  o.foot_lock = false;
  return o;
}

TEST(MotionStream, GoesOnWithoutASeam) {
  const Prior prior = quiet_prior();
  MotionStream stream(prior, {}, {body(), body()}, {3, 4}, options());
  Clip whole;
  for (int i = 0; i < 4; ++i) {
    const auto windows = stream.next(40, {});
    ASSERT_EQ(windows.size(), 2u);
    ASSERT_EQ(windows[1].clip.frame_count(), 40u);
    motion::append(whole, windows[1].clip);
  }
  const auto pose = motion::forward_kinematics(whole);
  float seam = 0, other = 0;
  for (size_t f = 1; f + 1 < whole.frame_count(); ++f)
    for (size_t j = 0; j < motion::kJointCount; ++j) {
      const auto at = [&](size_t g) { return pose.positions[g * motion::kJointCount + j]; };
      const float bend = motion::length(at(f + 1) + at(f - 1) - 2.0f * at(f));
      float& most = f % 40 < 2 || f % 40 == 39 ? seam : other;
      most = std::max(most, bend);
    }
  EXPECT_LT(seam, 1.5f * other + 1e-3f);
}

TEST(MotionStream, DependsOnTheSeedOnly) {
  const Prior prior = quiet_prior();
  MotionStream a(prior, {}, {body(), body()}, {3, 4}, options());
  MotionStream b(prior, {}, {body()}, {4}, options());
  for (int i = 0; i < 2; ++i) {
    const Clip one = a.next(30, {})[1].clip, two = b.next(30, {})[0].clip;
    for (size_t f = 0; f < 30; ++f)
      EXPECT_LT(motion::length(one.root_positions[f] - two.root_positions[f]), 1e-3f);
  }
}

TEST(MotionStream, KeepsToConstraintsOfTheWholeWay) {
  const Prior prior = quiet_prior();
  MotionStream stream(prior, {}, {body()}, {7}, options());
  conditions::Constraints wanted(60);
  for (const int64_t f : {20, 59})
    wanted.places.push_back({f, 0.01 * static_cast<double>(f), -0.02 * static_cast<double>(f)});
  Clip whole;
  for (const int64_t first : {0, 30})
    motion::append(whole, stream
                              .next(30, {},
                                    {wanted.within(first, std::min<int64_t>(36, 60 - first), 0,
                                                   std::min<int64_t>(36, 60 - first))})[0]
                              .clip);
  for (const size_t f : {20u, 59u}) {
    EXPECT_NEAR(whole.root_positions[f].x, 0.01 * static_cast<double>(f), 1e-3) << f;
    EXPECT_NEAR(whole.root_positions[f].z, -0.02 * static_cast<double>(f), 1e-3) << f;
  }
}

TEST(MotionStream, SaysWhatIsWrong) {
  const Prior prior = quiet_prior();
  EXPECT_THROW(MotionStream(prior, {}, {body()}, {1, 2}, options()), Error);
  MotionStream stream(prior, {}, {body()}, {1}, options());
  EXPECT_THROW(stream.next(200, {}), Error);
  EXPECT_THROW(stream.next(20, {Told{.label = 0}}), Error);  // no guide
  EXPECT_THROW(stream.next(20, {}, {conditions::Constraints(60)}), Error);
  EXPECT_THROW(stream.next(20, {}, {conditions::Constraints(10)}), Error);
  EXPECT_EQ(window_lengths(250, 100), (std::vector<int64_t>{83, 83, 84}));
  EXPECT_EQ(window_lengths(100, 100), (std::vector<int64_t>{100}));
  EXPECT_THROW(window_lengths(0, 10), Error);
}

}  // namespace
}  // namespace pantomime::training
