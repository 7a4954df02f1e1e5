// What all adapters have in common: how a code changes the layers of a denoiser.
#pragma once

#include <ATen/core/Tensor.h>

#include "pantomime/diffusion/denoiser.h"
#include "pantomime/diffusion/parameters.h"

namespace pantomime::conditions {

/// Announces what bend() needs: "embedding.weight", "modulation.weight" (zero at first), and the
/// low-rank changes "layer.<l>.<i>.a" and ".b" of each layer's qkv, attended, up and down products.
void add_bending(diffusion::Parameters& parameters, const diffusion::DenoiserConfig& prior,
                 int64_t code, int64_t rank);

/// Steering by codes [B, code]; `present` [B] float: 0 for clips that are not to be changed.
diffusion::Steering bend(const diffusion::Parameters& parameters,
                         const diffusion::DenoiserConfig& prior, int64_t rank,
                         const at::Tensor& code, const at::Tensor& present);

}  // namespace pantomime::conditions
