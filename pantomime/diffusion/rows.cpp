#include "pantomime/diffusion/rows.h"

#include <algorithm>
#include <bit>
#include <cmath>

// One copy of each function per instruction set; the loader takes the best one the CPU has. The
// sanitizers run before the loader's choice is possible, so there the plain copy is built alone.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define PANTOMIME_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PANTOMIME_CLONES
#endif

namespace pantomime::diffusion::rows {
namespace {

/// e^x by 2^n * polynomial, relative error below 3e-7; |x| is clamped to 87. Written without
/// branches or library calls so that loops over it become vector code. Source of the coefficients:
/// Cephes expf.
inline __attribute__((always_inline)) float fast_exp(float x) {
  x = x < -87.0f ? -87.0f : (x > 87.0f ? 87.0f : x);
  const float shifted =
      x * 1.44269504088896341f + 12582912.0f;  // rounds to an integer in the low bits
  const float n = shifted - 12582912.0f;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  return p * std::bit_cast<float>(bits);
}

constexpr float kGelu = 1.5957691216057308f;  // 2 sqrt(2 / pi)

}  // namespace

PANTOMIME_CLONES
void norm_forward(const float* x, const float* shift, const float* scale, float* y, int64_t n,
                  float* mean, float* inverse) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += x[i];
  const float m = sum / static_cast<float>(n);
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (int64_t i = 0; i < n; ++i) squares += (x[i] - m) * (x[i] - m);
  const float inv = 1.0f / std::sqrt(squares / static_cast<float>(n) + 1e-6f);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - m) * inv * (1.0f + scale[i]) + shift[i];
  *mean = m;
  *inverse = inv;
}

PANTOMIME_CLONES
void norm_backward(const float* x, const float* scale, const float* dy, float mean, float inverse,
                   float* dx, float* dshift, float* dscale, int64_t n) {
  float sum = 0, along = 0;
#pragma omp simd reduction(+ : sum, along)
  for (int64_t i = 0; i < n; ++i) {
    const float g = dy[i] * (1.0f + scale[i]);
    sum += g;
    along += g * (x[i] - mean);
  }
  const float a = sum / static_cast<float>(n);
  const float b = along * inverse * inverse / static_cast<float>(n);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float centred = x[i] - mean;
    dx[i] = (dy[i] * (1.0f + scale[i]) - a - centred * b) * inverse;
    dshift[i] += dy[i];
    dscale[i] += dy[i] * centred * inverse;
  }
}

PANTOMIME_CLONES
void gated_forward(const float* x, const float* gate, const float* y, float* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) out[i] = x[i] + gate[i] * y[i];
}

PANTOMIME_CLONES
void gated_backward(const float* gate, const float* y, const float* d, float* dy, float* dgate,
                    int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    dy[i] = gate[i] * d[i];
    dgate[i] += y[i] * d[i];
  }
}

PANTOMIME_CLONES
void gelu_forward(const float* x, float* y, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float v = x[i];
    const float s = 1.0f / (1.0f + fast_exp(-kGelu * (v + 0.044715f * v * v * v)));
    y[i] = v * s;
  }
}

PANTOMIME_CLONES
void gelu_backward(const float* x, const float* dy, float* dx, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float v = x[i];
    const float s = 1.0f / (1.0f + fast_exp(-kGelu * (v + 0.044715f * v * v * v)));
    const float slope = kGelu * (1.0f + 3 * 0.044715f * v * v);
    dx[i] = dy[i] * (s + v * s * (1.0f - s) * slope);
  }
}

PANTOMIME_CLONES
void product_nt(const float* a, const float* b, float* c, int64_t rows_a, int64_t rows_b,
                int64_t inner, float scale) {
  for (int64_t i = 0; i < rows_a; ++i) {
    const float* x = a + i * inner;
    for (int64_t j = 0; j < rows_b; ++j) {
      const float* y = b + j * inner;
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t k = 0; k < inner; ++k) sum += x[k] * y[k];
      c[i * rows_b + j] = scale * sum;
    }
  }
}

PANTOMIME_CLONES
void product_nn(const float* a, const float* b, float* c, int64_t rows, int64_t columns,
                int64_t inner, float scale) {
  for (int64_t i = 0; i < rows; ++i) {
    float* out = c + i * columns;
    for (int64_t j = 0; j < columns; ++j) out[j] = 0;
    for (int64_t k = 0; k < inner; ++k) {
      const float s = scale * a[i * inner + k];
      const float* y = b + k * columns;
#pragma omp simd
      for (int64_t j = 0; j < columns; ++j) out[j] += s * y[j];
    }
  }
}

PANTOMIME_CLONES
void product_tn(const float* a, const float* b, float* c, int64_t rows, int64_t columns_a,
                int64_t columns_b, float scale) {
  for (int64_t i = 0; i < columns_a; ++i) {
    float* out = c + i * columns_b;
    for (int64_t j = 0; j < columns_b; ++j) out[j] = 0;
    for (int64_t k = 0; k < rows; ++k) {
      const float s = scale * a[k * columns_a + i];
      const float* y = b + k * columns_b;
#pragma omp simd
      for (int64_t j = 0; j < columns_b; ++j) out[j] += s * y[j];
    }
  }
}

PANTOMIME_CLONES
void softmax(float* x, const bool* keep, int64_t n) {
  float top = -1e30f;
  for (int64_t i = 0; i < n; ++i)
    if (keep == nullptr || keep[i]) top = std::max(top, x[i]);
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) {
    x[i] = fast_exp(x[i] - top);
    sum += (keep == nullptr || keep[i]) ? x[i] : 0.0f;
  }
  const float inverse = sum > 0 ? 1.0f / sum : 0.0f;
  for (int64_t i = 0; i < n; ++i) x[i] = (keep == nullptr || keep[i]) ? x[i] * inverse : 0.0f;
}

}  // namespace pantomime::diffusion::rows
