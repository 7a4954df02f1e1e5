// A network small enough for tests.
#pragma once

#include <torch/torch.h>

#include "pantomime/diffusion/denoiser.h"
#include "pantomime/features/features.h"

namespace pantomime::diffusion {

/// Weights that are zero nowhere: zero-initialised gates and outputs would hide everything.
inline void fill(Parameters& parameters, double size, int64_t seed) {
  const at::NoGradGuard guard;
  torch::manual_seed(seed);
  for (const std::string& name : parameters.names()) {
    at::Tensor p = parameters[name];
    p.copy_(torch::randn_like(p) * size);
  }
}

inline Denoiser small(Target target = Target::Clean, bool filled = true) {
  Denoiser net({.features = 6, .width = 32, .layers = 2, .heads = 2, .target = target},
               features::Spectrum::white(torch::full({6}, 0.7)), 1);
  if (filled) fill(net.parameters(), 0.2, 4);
  return net;
}

/// As large as motion needs it, and frozen.
inline Denoiser small_prior(uint64_t seed = 1) {
  using features::kFeatureSize;
  Denoiser net({.features = kFeatureSize, .width = 32, .layers = 2, .heads = 2},
               features::Spectrum::white(torch::full({kFeatureSize}, 0.5)), seed);
  fill(net.parameters(), 0.1, static_cast<int64_t>(seed));
  net.parameters().set_trainable(false);
  return net;
}

}  // namespace pantomime::diffusion
