// Matrix products with weights that stay as they are, in plain C++: laid out once in panels of 16
// outputs, in a panel input after input, the last panel filled up with zeros. A general matrix
// product makes such a copy in every call.
#pragma once

#include <cstdint>
#include <vector>

namespace pantomime {

/// Panels there are for `out` outputs.
int64_t panel_count(int64_t out);

/// The panels of weights, output o and input i at weight[o * out_step + i * in_step].
std::vector<float> pack_panels(const float* weight, int64_t out, int64_t in, int64_t out_step,
                               int64_t in_step);

/// y [rows, out] = x [rows, in] weight^T + bias [out] (may be null), for the outputs of panels
/// first to last - 1. Each number is one sum in order of the inputs, so it depends neither on the
/// other rows nor on the division into panels.
void multiply_panels(const float* x, int64_t rows, const std::vector<float>& panels, int64_t out,
                     int64_t in, const float* bias, float* y, int64_t first, int64_t last);

}  // namespace pantomime
