#include "pantomime/diffusion/packed.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "pantomime/base/error.h"
#include "pantomime/base/panels.h"

namespace pantomime::diffusion {
namespace {

/// Rows that are multiplied with one panel after another: they stay in the second-level cache.
constexpr int64_t kChunk = 96;

int64_t pieces(int64_t count, int64_t size) {
  return (count + size - 1) / size;
}

}  // namespace

PackedWeights::PackedWeights(const at::Tensor& weight) {
  PANTOMIME_CHECK(weight.dim() == 2 && weight.is_cpu() && weight.scalar_type() == at::kFloat,
                  "packed weights: expected [out, in] floats on the CPU");
  const at::Tensor w = weight.contiguous();
  out_ = w.size(0);
  in_ = w.size(1);
  panels_ = std::make_shared<const std::vector<float>>(
      pack_panels(w.data_ptr<float>(), out_, in_, in_, 1));
}

at::Tensor PackedWeights::product(const at::Tensor& x, const at::Tensor& bias) const {
  PANTOMIME_CHECK(x.size(-1) == in_, "packed weights: expected [..., {}], got [..., {}]", in_,
                  x.size(-1));
  const at::Tensor from = x.contiguous();
  std::vector<int64_t> shape = from.sizes().vec();
  shape.back() = out_;
  at::Tensor y = at::empty(shape, from.options());
  const int64_t rows = from.numel() / in_, panels = panel_count(out_);
  const float* b = bias.defined() ? bias.data_ptr<float>() : nullptr;
  // Units of work: each panel of each chunk of rows, chunk after chunk.
  at::parallel_for(0, pieces(rows, kChunk) * panels, 1, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t chunk = begin / panels, panel = begin % panels;
      const int64_t last = std::min(panels, panel + end - begin);
      const int64_t row = chunk * kChunk;
      multiply_panels(from.data_ptr<float>() + row * in_, std::min(kChunk, rows - row), *panels_,
                      out_, in_, b, y.data_ptr<float>() + row * out_, panel, last);
      begin += last - panel;
    }
  });
  return y;
}

}  // namespace pantomime::diffusion
