#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "pantomime/diffusion/kernels.h"

namespace pantomime::diffusion {

void rotary_table(int64_t tokens, int64_t half, at::Tensor& cosine, at::Tensor& sine) {
  cosine = at::empty({tokens, half}, at::kFloat);
  sine = at::empty({tokens, half}, at::kFloat);
  for (int64_t i = 0; i < half; ++i) {
    const double step = std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(half));
    for (int64_t n = 0; n < tokens; ++n) {
      const double angle = static_cast<double>(n) * step;
      cosine.data_ptr<float>()[n * half + i] = static_cast<float>(std::cos(angle));
      sine.data_ptr<float>()[n * half + i] = static_cast<float>(std::sin(angle));
    }
  }
}

namespace plain {

at::Tensor modulated_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale) {
  const at::Tensor centred = x - x.mean(-1, true);
  const at::Tensor inverse = (centred.square().mean(-1, true) + 1e-6).rsqrt();
  return centred * inverse * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1);
}

at::Tensor gated_add(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y) {
  return x + gate.unsqueeze(1) * y;
}

at::Tensor gelu_tanh(const at::Tensor& x) {
  const double k = 2 * std::sqrt(2 / std::numbers::pi);
  return x * at::sigmoid(k * (x + 0.044715 * x * x * x));
}

at::Tensor attention(const at::Tensor& qkv, int64_t heads, const at::Tensor& mask) {
  const int64_t batch = qkv.size(0), tokens = qkv.size(1), width = qkv.size(2) / 3;
  const int64_t size = width / heads, half = size / 2;
  const at::Tensor parts =
      qkv.view({batch, tokens, 3, heads, size}).permute({2, 0, 3, 1, 4});  // [3, B, H, N, size]
  at::Tensor cosine, sine;
  rotary_table(tokens, half, cosine, sine);
  cosine = cosine.to(qkv.options());
  sine = sine.to(qkv.options());
  auto turn = [&](const at::Tensor& v) {
    const at::Tensor a = v.narrow(-1, 0, half), b = v.narrow(-1, half, half);
    return at::cat({a * cosine - b * sine, a * sine + b * cosine}, -1);
  };
  const at::Tensor q = turn(parts[0]), k = turn(parts[1]);
  at::Tensor score = at::matmul(q, k.transpose(-1, -2)) / std::sqrt(static_cast<double>(size));
  if (mask.defined())
    score = score.masked_fill(mask.logical_not().view({batch, 1, 1, tokens}), -1e9);
  return at::matmul(at::softmax(score, -1), parts[2])
      .permute({0, 2, 1, 3})
      .reshape({batch, tokens, width});
}

}  // namespace plain
}  // namespace pantomime::diffusion
