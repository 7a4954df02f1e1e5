// How long the small prior takes for one labelled 4-second sequence, and for a batch of 64, against
// the best matrix-product rate of this machine measured in the same run.
// build/release/bench_sampling [threads] [steps] [clips]
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "pantomime/conditions/label_adapter.h"
#include "pantomime/training/trainer.h"

namespace {

using namespace pantomime;

/// Median seconds of a few runs after one to warm up.
template <typename Work>
double median_seconds(int runs, const Work& work) {
  work();
  std::vector<double> seconds;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + runs / 2, seconds.end());
  return seconds[static_cast<size_t>(runs / 2)];
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(argc > 1 ? std::atoi(argv[1]) : 2);
  const int steps = argc > 2 ? std::atoi(argv[2]) : diffusion::SampleOptions{}.steps;
  const std::vector<int64_t> counts =
      argc > 3 ? std::vector<int64_t>{std::atoi(argv[3])} : std::vector<int64_t>{1, 8, 64};
  constexpr int64_t kFrames = 120;
  const at::NoGradGuard no_grad;
  // Speed does not depend on the weights.
  const features::Normaliser normaliser{
      at::zeros({features::kFeatureSize}), at::ones({features::kFeatureSize}),
      at::ones({features::kFeatureSize}),
      features::Spectrum::white(at::ones({features::kFeatureSize}))};
  diffusion::Denoiser prior({.features = features::kFeatureSize}, normaliser.spectrum, 1);
  prior.freeze();
  conditions::LabelAdapter adapter({.labels = 20}, prior.config(), 1);
  adapter.parameters().set_trainable(false);

  const double ceiling =
      training::matrix_product_gflops(64 * kFrames / 4, prior.config().width, false, "cpu");
  std::printf("best matrix product %.0f GFLOP/s, %d threads, %d steps\n", ceiling,
              at::get_num_threads(), steps);
  for (const int64_t clips : counts) {
    std::vector<uint64_t> seeds;
    for (int64_t i = 0; i < clips; ++i) seeds.push_back(static_cast<uint64_t>(i));
    conditions::GenerateOptions options{.frames = kFrames, .seeds = seeds};
    options.sampler.steps = steps;
    for (const bool labelled : {false, true}) {
      const double seconds = median_seconds(clips == 1 ? 21 : 3, [&] {
        conditions::LabelGuidance guidance(adapter, at::zeros({clips}, at::kLong), 2.5);
        std::vector<conditions::Condition*> conditions;
        if (labelled) conditions.push_back(&guidance);
        conditions::generate(prior, normaliser, conditions, options);
      });
      const double flops = steps * prior.forward_flops(labelled ? 2 * clips : clips, kFrames);
      std::printf(
          "%3ld clips %-9s %7.1f ms  %6.1f clips/s  %4.0f GFLOP/s = %.0f %% of the matrix "
          "product\n",
          static_cast<long>(clips), labelled ? "labelled" : "plain", 1000 * seconds,
          static_cast<double>(clips) / seconds, flops / seconds / 1e9,
          100 * flops / seconds / 1e9 / ceiling);
    }
  }
  return 0;
}
