// The loop of multiply_panels(). Included by one source per instruction set, each compiled with its
// own flags (wide vectors must be known to the compiler from the start). Such a source may hold
// nothing else, or the linker might keep its copies of inline functions for everybody.
#pragma once

#include <cstdint>

namespace pantomime::panels {

inline constexpr int64_t kPanel = 16;  ///< outputs side by side

/// y[rows, out] = x[rows, in] weight^T + bias (may be null) for the outputs of panels first to
/// last - 1.
using Product = void(const float* x, const float* panels, const float* bias, float* y, int64_t rows,
                     int64_t out, int64_t in, int64_t first, int64_t last);
Product product_v3;  ///< for processors with AVX2 and FMA

}  // namespace pantomime::panels

namespace {

using pantomime::panels::kPanel;

/// Eight floats, at any address.
using Vector = float __attribute__((vector_size(32), aligned(4), may_alias));

/// kRows rows times one panel, sums kept in registers: 6 rows take 12 of the 16 that AVX2 has.
template <int kRows>
inline void panel_block(const float* x, const float* panel, const float* bias, float* y, int64_t in,
                        int64_t stride, int64_t columns) {
  Vector sum[kRows][2];
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) sum[r][0] = sum[r][1] = Vector{};
  for (int64_t k = 0; k < in; ++k) {
    const Vector low = *reinterpret_cast<const Vector*>(panel + k * kPanel);
    const Vector high = *reinterpret_cast<const Vector*>(panel + k * kPanel + 8);
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const float a = x[r * in + k];
      sum[r][0] += a * low;
      sum[r][1] += a * high;
    }
  }
  // Sums are never addressed by a variable, or they would leave their registers.
  float last[kPanel] = {};  // the bias, then a row of a panel that is not full
  if (bias != nullptr)
    for (int64_t c = 0; c < columns; ++c) last[c] = bias[c];
  const Vector low = *reinterpret_cast<const Vector*>(last);
  const Vector high = *reinterpret_cast<const Vector*>(last + 8);
  if (columns == kPanel) {
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      *reinterpret_cast<Vector*>(y + r * stride) = sum[r][0] + low;
      *reinterpret_cast<Vector*>(y + r * stride + 8) = sum[r][1] + high;
    }
    return;
  }
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
    *reinterpret_cast<Vector*>(last) = sum[r][0] + low;
    *reinterpret_cast<Vector*>(last + 8) = sum[r][1] + high;
    for (int64_t c = 0; c < columns; ++c) y[r * stride + c] = last[c];
  }
}

inline void panel_product(const float* x, const float* panels, const float* bias, float* y,
                          int64_t rows, int64_t out, int64_t in, int64_t first, int64_t last) {
  for (int64_t p = first; p < last; ++p) {
    const float* panel = panels + p * kPanel * in;
    const float* b = bias == nullptr ? nullptr : bias + p * kPanel;
    const int64_t left = out - p * kPanel;
    const int64_t columns = left < kPanel ? left : kPanel;
    float* to = y + p * kPanel;
    int64_t r = 0;
    for (; r + 6 <= rows; r += 6)
      panel_block<6>(x + r * in, panel, b, to + r * out, in, out, columns);
    for (; r + 2 <= rows; r += 2)
      panel_block<2>(x + r * in, panel, b, to + r * out, in, out, columns);
    if (r < rows) panel_block<1>(x + r * in, panel, b, to + r * out, in, out, columns);
  }
}

}  // namespace
