// Sets of feature vectors: checks and draws that all distances share.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "pantomime/base/random.h"

namespace pantomime::metrics {

/// Rows [N, d] as contiguous doubles on the CPU. Throws Error naming `what` when it isn't a matrix,
/// has fewer than `least` rows, or holds a number that is not finite.
at::Tensor checked_rows(const at::Tensor& rows, int64_t least, const char* what);
/// Both checked, with the same d.
void check_pair(at::Tensor& a, at::Tensor& b, int64_t least, const char* what);

/// Euclidean distances [N, M] of all rows of a [N, d] to all rows of b [M, d], doubles, computed
/// from differences, not from |a|^2 - 2ab + |b|^2, so that equal rows are at 0.
at::Tensor row_distances(const at::Tensor& a, const at::Tensor& b);

/// `count` different numbers of [0, total) in random order.
std::vector<int64_t> draw_without_replacement(Random& random, int64_t total, int64_t count);

}  // namespace pantomime::metrics
