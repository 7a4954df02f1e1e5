// Loops over rows of floats, compiled for several instruction sets and chosen when the program
// starts. Kept apart from tensors so that the compiler sees plain arrays.
#pragma once

#include <cstdint>

namespace pantomime::diffusion::rows {

/// y = (x - mean) * inverse * (1 + scale) + shift for one row of n; writes mean and inverse
/// standard deviation (variance + 1e-6).
void norm_forward(const float* x, const float* shift, const float* scale, float* y, int64_t n,
                  float* mean, float* inverse);
/// Gradient of norm_forward for one row: writes dx, adds to dshift and dscale.
void norm_backward(const float* x, const float* scale, const float* dy, float mean, float inverse,
                   float* dx, float* dshift, float* dscale, int64_t n);
/// out = x + gate * y.
void gated_forward(const float* x, const float* gate, const float* y, float* out, int64_t n);
/// dy = gate * d, dgate += y * d.
void gated_backward(const float* gate, const float* y, const float* d, float* dy, float* dgate,
                    int64_t n);
void gelu_forward(const float* x, float* y, int64_t n);
void gelu_backward(const float* x, const float* dy, float* dx, int64_t n);

/// c[rows_a, rows_b] = scale * a[rows_a, inner] b[rows_b, inner]^T (rows contiguous).
void product_nt(const float* a, const float* b, float* c, int64_t rows_a, int64_t rows_b,
                int64_t inner, float scale);
/// c[rows, columns] = scale * a[rows, inner] b[inner, columns].
void product_nn(const float* a, const float* b, float* c, int64_t rows, int64_t columns,
                int64_t inner, float scale);
/// c[columns_a, columns_b] = scale * a[rows, columns_a]^T b[rows, columns_b].
void product_tn(const float* a, const float* b, float* c, int64_t rows, int64_t columns_a,
                int64_t columns_b, float scale);
/// In place softmax of a row of n; entries with keep[i] == 0 become 0 (keep may be null).
void softmax(float* x, const bool* keep, int64_t n);

}  // namespace pantomime::diffusion::rows
