#include "pantomime/features/spectrum.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::features {
namespace {

TEST(CosineBasis, IsOrthonormalAndKnowsFrequencies) {
  for (const int64_t frames : {1, 2, 7, 64, 128}) {
    const at::Tensor basis = cosine_basis(frames);
    EXPECT_LT((at::matmul(basis.t(), basis) - at::eye(frames)).abs().max().item<double>(), 2e-6)
        << frames;
  }
  // Three half waves over the clip are the coefficient 3 alone.
  at::Tensor wave = at::empty({40}, at::kFloat);
  for (int64_t n = 0; n < 40; ++n)
    wave[n] = std::cos(M_PI * 3 * (static_cast<double>(n) + 0.5) / 40);
  const at::Tensor c = at::matmul(cosine_basis(40).t(), wave);
  EXPECT_NEAR(c[3].item<double>(), std::sqrt(20.0), 1e-4);
  EXPECT_NEAR(c.abs().sum().item<double>(), std::sqrt(20.0), 1e-3);
}

TEST(Spectrum, WhiteIsTheSameForAllLengths) {
  const Spectrum white = Spectrum::white(torch::tensor({0.5, 2.0}));
  EXPECT_TRUE(white.is_white());
  for (const int64_t frames : {1, 16, 100, 128, 300}) {
    const at::Tensor v = white.of_length(frames).variance;
    ASSERT_EQ(v.size(0), frames);
    EXPECT_TRUE(at::allclose(v, torch::tensor({0.25, 4.0}).expand({frames, 2}), 1e-4, 1e-6));
  }
}

TEST(Spectrum, FitsWhatItIsGiven) {
  // White noise, a constant, and the running mean of two frames of noise: (1 + cos(2 pi f)) / 2.
  torch::manual_seed(2);
  std::vector<at::Tensor> clips;
  std::vector<double> weights;
  for (int i = 0; i < 600; ++i) {
    const int64_t frames = i % 3 == 0 ? 64 : 128;
    at::Tensor clip = torch::randn({frames, 3});
    clip.select(1, 1).fill_(torch::randn({1}).item<float>());
    const at::Tensor noise = torch::randn({frames + 1});
    clip.select(1, 2).copy_((noise.narrow(0, 0, frames) + noise.narrow(0, 1, frames)) / 2);
    clips.push_back(clip);
    weights.push_back(1);
  }
  const Spectrum spectrum = fit_spectrum(clips, weights);
  const at::Tensor v = spectrum.variance();
  EXPECT_NEAR(v.select(1, 0).narrow(0, 1, 120).mean().item<double>(), 1, 0.03);
  EXPECT_NEAR(v[0][1].item<double>(), 128, 20);
  EXPECT_LT(v.select(1, 1).narrow(0, 1, 127).max().item<double>(), 1e-3);
  for (const int64_t k : {16, 64, 110})
    EXPECT_NEAR(v[k][2].item<double>(), (1 + std::cos(M_PI * static_cast<double>(k) / 128)) / 2,
                0.12)
        << k;
  // The same frequencies at another length; the mean's share grows with it.
  const at::Tensor half = spectrum.of_length(64).variance;
  EXPECT_NEAR(half[0][1].item<double>(), 64, 10);
  EXPECT_NEAR(half[32][2].item<double>(), v[64][2].item<double>(), 1e-4);
}

TEST(Spectrum, RefusesNonsense) {
  EXPECT_THROW(Spectrum(at::ones({4, 3})), Error);
  EXPECT_THROW(Spectrum(at::zeros({Spectrum::kBins, 3})), Error);
  EXPECT_THROW(fit_spectrum({}, {}), Error);
}

}  // namespace
}  // namespace pantomime::features
