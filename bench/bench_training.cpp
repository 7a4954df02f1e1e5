// One training step of the small prior against the best matrix-product rate of this machine,
// measured in the same run. build/release/bench_training [threads]
#include <ATen/Parallel.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "pantomime/base/random.h"
#include "pantomime/library/library.h"
#include "pantomime/training/trainer.h"

namespace {

using namespace pantomime;

/// People who stand and sway: how fast a step is does not depend on what they do.
library::Library made_up_library(const std::filesystem::path& path) {
  library::Library library(path, library::Library::Mode::Write);
  Random random(1);
  for (int i = 0; i < 16; ++i) {
    motion::Clip clip;
    clip.skeleton = motion::canonical_skeleton(motion::default_geometry());
    for (int f = 0; f < 200; ++f) {
      clip.root_positions.push_back({0, 0.95f, 0.02f * static_cast<float>(f)});
      for (int j = 0; j < motion::kJointCount; ++j)
        clip.rotations.push_back(motion::from_rotation_vector(
            {static_cast<float>(0.3 * std::sin(0.1 * f + j + i)), 0, 0}));
    }
    library.put({.name = "made-up/" + std::to_string(i),
                 .set = "made-up",
                 .subject = "nobody",
                 .split = "train",
                 .licence = "CC0-1.0",
                 .source = "bench",
                 .mapping = "none",
                 .frames = 200},
                clip);
  }
  return library;
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(argc > 1 ? std::atoi(argv[1]) : 2);
  const auto folder = std::filesystem::temp_directory_path() / "pantomime-bench-training";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  Progress quiet;
  const library::Library library = made_up_library(folder / "l.db");
  training::TrainOptions options;
  const auto data = training::MotionData::load(library, {}, options.window, quiet);
  options.steps = 12;
  options.log_every = 4;
  options.checkpoint_every = 1000;
  const int64_t rows = options.batch * options.window / 4;
  const double before = training::matrix_product_gflops(rows, options.network.width, false, "cpu");
  double best = 0, waiting = 0;
  training::train(data, nullptr, options, folder / "run",
                  {.on_log =
                       [&](const training::LogRow& row) {
                         if (row.gflops > best) best = row.gflops, waiting = row.waiting_share;
                         std::printf(
                             "step %3ld  %.3f s/step  %.0f GFLOP/s  waiting for data %.1f %%\n",
                             static_cast<long>(row.step), row.seconds_per_step, row.gflops,
                             100 * row.waiting_share);
                       }},
                  quiet);
  const double after = training::matrix_product_gflops(rows, options.network.width, false, "cpu");
  const double ceiling = std::max(before, after);
  std::printf(
      "matrix product alone %.0f GFLOP/s; training step %.0f GFLOP/s = %.0f %% of it; data %.1f "
      "%%\n",
      ceiling, best, 100 * best / ceiling, 100 * waiting);
  std::filesystem::remove_all(folder);
  return 0;
}
