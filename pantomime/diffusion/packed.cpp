#include "pantomime/diffusion/packed.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "pantomime/base/error.h"
#include "pantomime/diffusion/packed_kernel.h"

namespace pantomime::diffusion {
namespace {

/// Rows that are multiplied with one panel after another: they stay in the second-level cache.
constexpr int64_t kChunk = 96;

packed::Product* best_product() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return packed::product_v3;
#endif
  return panel_product;
}

int64_t pieces(int64_t count, int64_t size) {
  return (count + size - 1) / size;
}

}  // namespace

PackedWeights::PackedWeights(const at::Tensor& weight) {
  PANTOMIME_CHECK(weight.dim() == 2 && weight.is_cpu() && weight.scalar_type() == at::kFloat,
                  "packed weights: expected [out, in] floats on the CPU");
  const at::Tensor w = weight.contiguous();
  const float* from = w.data_ptr<float>();
  out_ = w.size(0);
  in_ = w.size(1);
  auto panels = std::make_shared<std::vector<float>>(
      static_cast<size_t>(pieces(out_, kPanel) * kPanel * in_));
  float* to = panels->data();
  for (int64_t first = 0; first < out_; first += kPanel)
    for (int64_t k = 0; k < in_; ++k)
      for (int64_t c = first; c < first + kPanel; ++c) *to++ = c < out_ ? from[c * in_ + k] : 0.0f;
  panels_ = std::move(panels);
}

at::Tensor PackedWeights::product(const at::Tensor& x, const at::Tensor& bias) const {
  PANTOMIME_CHECK(x.size(-1) == in_, "packed weights: expected [..., {}], got [..., {}]", in_,
                  x.size(-1));
  static packed::Product* const multiply = best_product();
  const at::Tensor from = x.contiguous();
  std::vector<int64_t> shape = from.sizes().vec();
  shape.back() = out_;
  at::Tensor y = at::empty(shape, from.options());
  const int64_t rows = from.numel() / in_, panels = pieces(out_, kPanel);
  const float* b = bias.defined() ? bias.data_ptr<float>() : nullptr;
  // Units of work: each panel of each chunk of rows, chunk after chunk.
  at::parallel_for(0, pieces(rows, kChunk) * panels, 1, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t chunk = begin / panels, panel = begin % panels;
      const int64_t last = std::min(panels, panel + end - begin);
      const int64_t row = chunk * kChunk;
      multiply(from.data_ptr<float>() + row * in_, panels_->data(), b,
               y.data_ptr<float>() + row * out_, std::min(kChunk, rows - row), out_, in_, panel,
               last);
      begin += last - panel;
    }
  });
  return y;
}

}  // namespace pantomime::diffusion
