// The element-wise parts of a transformer as one pass over memory each, forward and backward.
// A plain chain of tensor operations spends most of a training step outside the matrix products
// (measured in a prototype: 62 %), because every small operation walks over the whole batch again.
#pragma once

#include <ATen/core/Tensor.h>

namespace pantomime::diffusion {

/// LayerNorm without own parameters, then scale and shift per clip (adaLN, Peebles & Xie 2023):
///   y = (x - mean) / sqrt(var + 1e-6) * (1 + scale) + shift
/// x [B, N, C]; shift, scale [B, C].
at::Tensor modulated_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale);

/// x + gate * y; x, y [B, N, C]; gate [B, C].
at::Tensor gated_add(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y);

/// GELU in its tanh form (Hendrycks & Gimpel 2016): x * sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3)).
at::Tensor gelu_tanh(const at::Tensor& x);

/// Multi-head self-attention with rotary positions (Su et al. 2021).
/// qkv [B, N, 3 * C], laid out q | k | v, each heads x (C / heads); mask [B, N] bool, true = real
/// token (undefined: all). Returns [B, N, C]. Masked tokens are not attended to.
at::Tensor attention(const at::Tensor& qkv, int64_t heads, const at::Tensor& mask);

/// The same four from plain tensor operations: used on other devices and number types, and as the
/// second way to the same result in tests.
namespace plain {
at::Tensor modulated_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale);
at::Tensor gated_add(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y);
at::Tensor gelu_tanh(const at::Tensor& x);
at::Tensor attention(const at::Tensor& qkv, int64_t heads, const at::Tensor& mask);
}  // namespace plain

/// cos and sin of rotary angles: [N, C / heads / 2] each.
void rotary_table(int64_t tokens, int64_t half, at::Tensor& cosine, at::Tensor& sine);

}  // namespace pantomime::diffusion
