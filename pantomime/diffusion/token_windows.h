// What each token of the denoiser sees.
#pragma once

#include <ATen/core/Tensor.h>

namespace pantomime::diffusion {

/// The frames that each token sees, 4n-2 … 4n+5, zeros beyond the ends: [B, F, D] with F a multiple
/// of 4 to [B, F / 4, 8 D].
at::Tensor token_windows(const at::Tensor& x);

}  // namespace pantomime::diffusion
