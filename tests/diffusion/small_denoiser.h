// A network small enough for tests.
#pragma once

#include <torch/torch.h>

#include "pantomime/diffusion/denoiser.h"

namespace pantomime::diffusion {

inline Denoiser small(Target target = Target::Clean, bool filled = true) {
  Denoiser net({.features = 6, .width = 32, .layers = 2, .heads = 2, .target = target},
               features::Spectrum::white(torch::full({6}, 0.7)), 1);
  if (filled) {  // zero-initialised gates and outputs would hide everything
    const at::NoGradGuard guard;
    torch::manual_seed(4);
    for (const std::string& name : net.parameters().names()) {
      at::Tensor p = net.parameters()[name];
      p.copy_(torch::randn_like(p) * 0.2);
    }
  }
  return net;
}

}  // namespace pantomime::diffusion
