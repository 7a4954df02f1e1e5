#include "pantomime/training/steps.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace pantomime::training {
namespace {

constexpr int64_t kLogEvery = 10;

}  // namespace

void run_steps(const std::string& what, int64_t steps,
               const std::function<double(int64_t)>& step_of,
               const std::function<void(int64_t, double)>& on_log, Progress& progress) {
  double sum = 0;
  int64_t since = 0;
  progress.begin(what, steps);
  for (int64_t step = 0; step < steps; ++step) {
    progress.check();
    sum += step_of(step);
    if (++since < kLogEvery && step + 1 < steps) continue;
    const double mean = sum / static_cast<double>(since);
    if (on_log) on_log(step + 1, mean);
    progress.step(step + 1, fmt::format("loss {:.4f}", mean));
    sum = 0, since = 0;
  }
  progress.end();
}

void take_average(diffusion::Parameters& parameters, const Optimiser& optimiser) {
  at::Tensor block = parameters.block();
  block.copy_(optimiser.average());
  parameters.set_trainable(false);
}

}  // namespace pantomime::training
