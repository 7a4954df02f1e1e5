// Trains the unconditional prior.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "pantomime/base/progress.h"
#include "pantomime/diffusion/denoiser.h"
#include "pantomime/training/losses.h"
#include "pantomime/training/model_file.h"
#include "pantomime/training/motion_data.h"
#include "pantomime/training/optimiser.h"

namespace pantomime::training {

struct TrainOptions {
  diffusion::DenoiserConfig network{.features = features::kFeatureSize};
  int64_t steps = 8000;
  int64_t batch = 64;
  int64_t window = 128;  ///< frames, a multiple of 4
  double rate = 8e-4;    ///< peak learning rate
  int64_t warm_up = 100;
  double decay = 0.25;              ///< last share of the run in which the rate falls
  double vary = MotionData::kVary;  ///< share of windows with another tempo and size
  uint64_t seed = 1;
  std::string device = "cpu";  ///< "cpu" or "cuda"
  bool bf16 = false;           ///< matrix products in bfloat16, everything else in float
  int64_t log_every = 10;
  int64_t checkpoint_every = 200;
  int64_t validate_every = 500;
  std::string licence;  ///< of the weights, kept in the model file
  LossWeights losses;
  OptimiserOptions optimiser;
};

/// One line of the log: means since the line before.
struct LogRow {
  int64_t step = 0;
  double loss = 0, feature = 0, velocity = 0, kinematic = 0;
  double gradient = 0;  ///< norm before clipping
  double rate = 0;
  double seconds_per_step = 0;
  double waiting_share = 0;  ///< share of the time spent on making batches
  double gflops = 0;         ///< matrix products per second, 3 x forward per step
};

/// Mean distance of estimated to real joints, millimetres, when real clips are noised to time t.
struct ValidationRow {
  int64_t step = 0;
  std::array<double, 4> error_mm{};  ///< at t = 0.02, 0.2, 0.5, 0.8
};
inline constexpr std::array<double, 4> kValidationTimes = {0.02, 0.2, 0.5, 0.8};

struct TrainEvents {
  std::function<void(const LogRow&)> on_log;
  std::function<void(const ValidationRow&)> on_validation;
  /// After each checkpoint, with the averaged weights in place; for sample strips.
  std::function<void(int64_t step, const Prior& averaged)> on_checkpoint;
};

/// Runs or continues a training run in `folder`:
///   checkpoint.safetensors  all state, replaced atomically every `checkpoint_every` steps
///   prior.safetensors       the prior with averaged weights, ready for use
///   train.csv, validation.csv
/// When a checkpoint is there, the run goes on from it, and ends bit-equal to one that was never
/// stopped (same machine, same number of threads). Throws Error when its settings differ from
/// `options` in anything but steps and intervals; Cancelled when stopped (state is saved then).
/// `start` gives the first weights of a fresh run (fine-tuning), but for the last layer when it
/// predicts something else.
Prior train(const MotionData& data, const MotionData* validation, const TrainOptions& options,
            const std::filesystem::path& folder, const TrainEvents& events, Progress& progress,
            const Prior* start = nullptr);

/// Denoising error of real windows at one time, millimetres per joint, hips-fixed path included.
double denoising_error_mm(const diffusion::Denoiser& denoiser,
                          const features::Normaliser& normaliser, const Batch& batch, double t,
                          uint64_t seed);

/// Best rate of a single matrix product on this machine now, GFLOP/s, over shapes of the network
/// (`rows` = tokens in a batch). The ceiling that a training step is compared with.
double matrix_product_gflops(int64_t rows, int64_t width, bool bf16, const std::string& device);

}  // namespace pantomime::training
