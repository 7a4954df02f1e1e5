// Samplers on Gaussian data, where the best denoiser and the exact answer are known.
#include "pantomime/diffusion/sampler.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::diffusion {
namespace {

constexpr double kMean = 1.0, kSpread = 0.5;

/// Exact posterior mean E[x_0 | x_t] for data N(m, s^2): affine in x_t.
at::Tensor exact_denoiser(const at::Tensor& x, double t) {
  const Schedule schedule;
  const double a = schedule.alpha(t), n = schedule.sigma(t);
  const double gain = a * kSpread * kSpread / (a * a * kSpread * kSpread + n * n);
  return kMean + gain * (x - a * kMean);
}

/// A deterministic sampler is an affine map x -> mean + spread x here: two runs give both exactly.
std::pair<double, double> affine_map(Method method, int steps) {
  SampleOptions options{.method = method, .steps = steps};
  auto run = [&](double start) {
    return sample(exact_denoiser, torch::full({1, 1, 1}, start, at::kDouble), options)
        .item<double>();
  };
  const double at_zero = run(0), at_one = run(1);
  return {at_zero, at_one - at_zero};
}

/// Spread that the exact probability-flow ODE gives between the two ends of the grid, followed by
/// the last estimate: each noise level keeps its quantile, then the denoiser's gain is applied.
double exact_spread() {
  const Schedule schedule;
  auto deviation = [&](double t) {
    return std::hypot(schedule.alpha(t) * kSpread, schedule.sigma(t));
  };
  const double a = schedule.alpha(Schedule::kMin), n = schedule.sigma(Schedule::kMin);
  const double gain = a * kSpread * kSpread / (a * a * kSpread * kSpread + n * n);
  return gain * deviation(Schedule::kMin) / deviation(Schedule::kMax);
}

TEST(Sampler, DeterministicSamplersConvergeAtTheirOrder) {
  auto error = [](Method method, int steps) {
    const auto [mean, spread] = affine_map(method, steps);
    EXPECT_NEAR(mean, kMean, 0.02);
    return std::abs(spread - exact_spread());
  };
  for (const int steps : {20, 40, 80, 160}) {
    EXPECT_NEAR(error(Method::Ddim, 2 * steps) / error(Method::Ddim, steps), 0.5, 0.05)
        << "DDIM is of first order";
    EXPECT_NEAR(error(Method::Dpm2m, 2 * steps) / error(Method::Dpm2m, steps), 0.24, 0.05)
        << "DPM-Solver++(2M) is of second order";
  }
  EXPECT_LT(error(Method::Dpm2m, 40), 0.4 * error(Method::Ddim, 40));
  EXPECT_LT(error(Method::Dpm2m, 1000), 1e-4);
}

/// Noise of the size of `like`, one draw after another.
std::function<at::Tensor(int)> drawn_from(const at::Generator& generator, const at::Tensor& like) {
  return [generator, sizes = like.sizes().vec()](int) {
    return at::normal(0.0, 1.0, sizes, generator, at::TensorOptions(at::kFloat));
  };
}

TEST(Sampler, AncestralSamplingHasTheMeanAndSpreadOfTheData) {
  const at::Generator generator = make_generator(5);
  const at::Tensor noise =
      at::normal(0.0, 1.0, {4000, 4, 1}, generator, at::TensorOptions(at::kFloat));
  for (const int steps : {300, 1000}) {
    const at::Tensor x =
        sample(exact_denoiser, noise,
               {.method = Method::Ddpm, .steps = steps, .noise = drawn_from(generator, noise)});
    EXPECT_NEAR(x.mean().item<double>(), kMean, 0.02);
    EXPECT_NEAR(x.std().item<double>(), kSpread, 0.02);
  }
}

TEST(Sampler, APerfectDenoiserIsFollowedByEveryMethodAtEveryStepCount) {
  const at::Tensor truth = torch::randn({2, 8, 3});
  const auto noise = drawn_from(make_generator(1), truth);
  for (const Method method : {Method::Ddpm, Method::Ddim, Method::Dpm2m})
    for (const int steps : {1, 2, 4, 20, 1000}) {
      const at::Tensor x =
          sample([&](const at::Tensor&, double) { return truth; }, torch::randn({2, 8, 3}),
                 {.method = method, .steps = steps, .noise = noise});
      EXPECT_TRUE(at::equal(x, truth));
    }
}

TEST(Sampler, SaysAtWhichStepTheEstimateBroke) {
  auto broken = [](const at::Tensor& x, double t) { return t < 0.5 ? x / 0.0 : x; };
  try {
    sample(broken, torch::ones({1, 4, 1}), {.method = Method::Ddim, .steps = 10});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("not finite at step"), std::string::npos)
        << error.what();
  }
}

TEST(Sampler, NoiseOfASampleDoesNotDependOnItsBatch) {
  const at::Tensor both = noise_of({7, 8}, 12, 5);
  EXPECT_TRUE(at::equal(both[1], noise_of({8}, 12, 5)[0]));
  EXPECT_FALSE(at::equal(both[0], both[1]));
}

TEST(Sampler, ScheduleIsConsistent) {
  const Schedule schedule;
  double previous = 1;
  for (double t = 0.001; t < 1; t += 0.001) {
    const double a = schedule.alpha(t), s = schedule.sigma(t);
    EXPECT_LT(a, previous);
    EXPECT_NEAR(a * a + s * s, 1, 1e-12);
    if (a > 1e-4) {
      EXPECT_NEAR(schedule.time_of_alpha(a), t, 1e-9);
    }
    previous = a;
  }
}

}  // namespace
}  // namespace pantomime::diffusion
