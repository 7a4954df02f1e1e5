// How far samples of a prior with few steps are from those with many, for each way of spacing the
// steps: root mean square distance of joints (mm) to the solution of the same noise in 250 steps,
// with and without the label adapter.
// build/release/bench_solvers models/open [clips]
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <cstdio>
#include <cstdlib>

#include "pantomime/features/kinematics.h"
#include "pantomime/training/guide.h"

namespace {

using namespace pantomime;

struct Setting {
  diffusion::Method method;
  int steps;
  double share;
};

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(2);
  const at::NoGradGuard no_grad;
  const std::filesystem::path folder = argc > 1 ? argv[1] : "models/open";
  const int64_t clips = argc > 2 ? std::atoi(argv[2]) : 16;
  const training::Prior prior = training::read_prior(folder / "prior.safetensors");
  const training::Guide guide = training::read_guide(folder / "adapter.safetensors", prior);
  conditions::GenerateOptions options;
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < clips; ++i) {
    options.seeds.push_back(static_cast<uint64_t>(i));
    labels.push_back(i % static_cast<int64_t>(guide.labels.size()));
  }
  const auto positions = [&](const Setting& setting, bool labelled) {
    options.sampler.method = setting.method;
    options.sampler.steps = setting.steps;
    options.sampler.log_snr_share = setting.share;
    return features::joint_positions(
        labelled ? training::generate_labelled(prior, guide, labels, options)
                 : conditions::generate(*prior.denoiser, prior.normaliser, {}, options));
  };
  for (const bool labelled : {false, true}) {
    const at::Tensor truth = positions({diffusion::Method::Dpm2m, 250, 0.5}, labelled);
    std::printf("%s\n%-8s %5s", labelled ? "with the label adapter" : "plain", "method", "steps");
    for (const double share : {0.0, 0.25, 0.5, 0.75}) std::printf("  share %.2f", share);
    std::printf("\n");
    for (const auto& [method, name] :
         {std::pair{diffusion::Method::Ddim, "ddim"}, {diffusion::Method::Dpm2m, "dpm2m"}}) {
      for (const int steps : {8, 12, 16, 20, 32}) {
        std::printf("%-8s %5d", name, steps);
        for (const double share : {0.0, 0.25, 0.5, 0.75}) {
          const at::Tensor difference = positions({method, steps, share}, labelled) - truth;
          std::printf("  %7.1f mm",
                      1000 * difference.square().sum(-1).mean().sqrt().item<double>());
          std::fflush(stdout);
        }
        std::printf("\n");
      }
    }
  }
  return 0;
}
