#include "pantomime/training/losses.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/diffusion/denoiser.h"

namespace pantomime::training {
namespace {

using features::kFeatureSize;

features::Normaliser unit(double variance) {
  features::Normaliser out;
  out.mean = at::zeros({kFeatureSize});
  out.scale = at::ones({kFeatureSize});
  out.spread = at::full({kFeatureSize}, std::sqrt(variance));
  out.spectrum = features::Spectrum::white(out.spread);
  return out;
}

// An error at some time counts as a share of what Wiener's filter leaves there.
TEST(MotionLoss, CountsErrorsAgainstTheLinearGuess) {
  const double variance = 0.6, error = 0.3;
  LossWeights weights;
  weights.kinematic_share = 0;
  const at::Tensor truth = torch::randn({1, 16, kFeatureSize}),
                   mask = torch::ones({1, 16}, at::kBool);
  for (const double time : {0.02, 0.3, 0.9}) {
    const at::Tensor t = torch::full({1}, time);
    const double a = diffusion::alpha_of(t).item<double>(),
                 n = diffusion::sigma_of(t).item<double>();
    const double open = variance * n * n / (a * a * variance + n * n);
    const Losses constant = motion_loss(truth + error, truth, mask, t, unit(variance), weights);
    EXPECT_NEAR(constant.feature, error * error / (open + weights.fine), 1e-3 * constant.feature);
    EXPECT_NEAR(constant.velocity, 0, 1e-6);
    // A wave of two frames: each difference is twice the error. Frequencies of white data give
    // differences 2 (1 - 1 / K) times their variance, K rows of the table.
    const at::Tensor wave = (at::arange(16) % 2 * 2 - 1).view({1, 16, 1}) * error;
    const Losses shaking = motion_loss(truth + wave, truth, mask, t, unit(variance), weights);
    const double rows = features::Spectrum::kBins;
    EXPECT_NEAR(shaking.velocity,
                4 * error * error / (2 * (1 - 1 / rows) * open + weights.fine / 10),
                2e-2 * shaking.velocity);
    EXPECT_NEAR(shaking.total.item<double>(), shaking.feature + weights.velocity * shaking.velocity,
                1e-4 * shaking.feature);
  }
}

}  // namespace
}  // namespace pantomime::training
