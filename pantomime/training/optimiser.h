// AdamW and the running average of the weights, in one pass over memory.
#pragma once

#include <ATen/core/Tensor.h>

#include "pantomime/diffusion/parameters.h"

namespace pantomime::training {

struct OptimiserOptions {
  double beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8;
  double weight_decay = 0.01;
  double clip = 1.0;       ///< largest norm of the gradient
  double average = 0.999;  ///< decay of the running average, ramped up as (1 + n) / (10 + n)
};

/// Decoupled weight decay (Loshchilov & Hutter 2019). Owns the two moments and the average, all [P]
/// in the order of the parameters' block.
class Optimiser {
 public:
  Optimiser(diffusion::Parameters& parameters, const OptimiserOptions& options);

  /// One step with this learning rate from the gradients in the parameters' block, which are then
  /// cleared. Returns the norm of the gradient before clipping. Throws Error when it is not finite.
  double step(double rate);

  int64_t steps_done() const { return steps_; }
  const at::Tensor& average() const { return average_; }  ///< [P]

  /// State for a checkpoint: first moment, second moment, average, each [P].
  struct State {
    at::Tensor first, second, average;
    int64_t steps = 0;
  };
  State state() const { return {first_, second_, average_, steps_}; }
  void restore(const State& state);

 private:
  diffusion::Parameters& parameters_;
  OptimiserOptions options_;
  at::Tensor first_, second_, average_;
  int64_t steps_ = 0;
};

/// Learning rate at a step: linear warm-up, constant, then straight down to 2 % over the last
/// `decay` share of the run. Long runs can so be lengthened from a checkpoint before the decay.
double learning_rate(double peak, int64_t step, int64_t steps, int64_t warm_up, double decay);

}  // namespace pantomime::training
