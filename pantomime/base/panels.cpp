#include "pantomime/base/panels.h"

#include <cstddef>

#include "pantomime/base/panels_kernel.h"

namespace pantomime {
namespace {

panels::Product* best_product() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return panels::product_v3;
#endif
  return panel_product;
}

}  // namespace

int64_t panel_count(int64_t out) {
  return (out + kPanel - 1) / kPanel;
}

std::vector<float> pack_panels(const float* weight, int64_t out, int64_t in, int64_t out_step,
                               int64_t in_step) {
  std::vector<float> numbers;
  numbers.reserve(static_cast<std::size_t>(panel_count(out) * kPanel * in));
  for (int64_t first = 0; first < out; first += kPanel)
    for (int64_t k = 0; k < in; ++k)
      for (int64_t c = first; c < first + kPanel; ++c)
        numbers.push_back(c < out ? weight[c * out_step + k * in_step] : 0.0f);
  return numbers;
}

void multiply_panels(const float* x, int64_t rows, const std::vector<float>& panels, int64_t out,
                     int64_t in, const float* bias, float* y, int64_t first, int64_t last) {
  static panels::Product* const product = best_product();
  product(x, panels.data(), bias, y, rows, out, in, first, last);
}

}  // namespace pantomime
