// Convolutions over a skeleton and over time, as spatial-temporal graph networks have them (Yan et
// al. 2018, "Spatial Temporal Graph Convolutional Networks"): of the judges whose kind is "graph"
// and of UESTC's classifier. Differentiable.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace pantomime::metrics {

/// Who is whose neighbour, in the paper's spatial configuration partitioning: [3, J, J], what joint
/// j gives to joint i at [k][j][i], for k = 0 itself, 1 the neighbour nearer to the root, 2 those
/// further away; what reaches a joint sums to 1 over all k. `parents` [J], -1 for the root.
at::Tensor spatial_graph(std::span<const int> parents);

/// y [N, J, O] of x [N, J, C]: the sum over k of graph[k]^T x weight_k^T, with bias_k before the
/// graph. weight [K O, C] and bias [K O] are those of torch's 1 x 1 convolution, k after k.
at::Tensor graph_convolution(const at::Tensor& x, const at::Tensor& graph, const at::Tensor& weight,
                             const at::Tensor& bias);

/// Convolution over time, every joint alone: x [B, F, J, C] to [B, ceil(F / stride), J, O] with
/// weight [O, reach C] (frame after frame, reach odd) and bias [O]; zeros beyond the ends.
at::Tensor convolution_over_frames(const at::Tensor& x, const at::Tensor& weight,
                                   const at::Tensor& bias, int64_t stride);

}  // namespace pantomime::metrics
