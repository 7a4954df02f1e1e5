#include "pantomime/metrics/graph_network.h"

#include <ATen/ATen.h>

#include <vector>

#include "pantomime/base/error.h"

namespace pantomime::metrics {

at::Tensor spatial_graph(std::span<const int> parents) {
  const auto joints = static_cast<int64_t>(parents.size());
  std::vector<int> reaching(parents.size(), 1);  // itself, its parent, its children
  for (size_t i = 0; i < parents.size(); ++i)
    if (parents[i] >= 0) ++reaching[i], ++reaching[static_cast<size_t>(parents[i])];
  at::Tensor graph = at::zeros({3, joints, joints}, at::kFloat);
  auto cell = graph.accessor<float, 3>();
  for (int64_t i = 0; i < joints; ++i) {
    const float share = 1.0f / static_cast<float>(reaching[static_cast<size_t>(i)]);
    cell[0][i][i] = share;
    const int64_t parent = parents[static_cast<size_t>(i)];
    if (parent < 0) continue;
    cell[1][parent][i] = share;
    cell[2][i][parent] = 1.0f / static_cast<float>(reaching[static_cast<size_t>(parent)]);
  }
  return graph;
}

at::Tensor graph_convolution(const at::Tensor& x, const at::Tensor& graph, const at::Tensor& weight,
                             const at::Tensor& bias) {
  PANTOMIME_CHECK(graph.dim() == 3 && x.dim() == 3 && x.size(1) == graph.size(1) &&
                      weight.dim() == 2 && weight.size(1) == x.size(2) &&
                      weight.size(0) % graph.size(0) == 0 && bias.numel() == weight.size(0),
                  "graph convolution: {} joints of {} numbers, a graph of {}, weights for {}",
                  x.size(1), x.size(2), graph.size(1), weight.size(1));
  const int64_t kinds = graph.size(0), joints = graph.size(1), in = x.size(2);
  const int64_t out = weight.size(0) / kinds;
  // The graph first: it mixes C numbers, not K O of them.
  const at::Tensor gathered =
      at::matmul(graph.transpose(1, 2).reshape({kinds * joints, joints}), x)  // [N, K J, C]
          .view({-1, kinds, joints, in})
          .transpose(1, 2)
          .reshape({-1, joints, kinds * in});
  const at::Tensor mix =
      weight.view({kinds, out, in}).transpose(0, 1).reshape({out, kinds * in});     // [O, K C]
  const at::Tensor offset = at::matmul(graph.sum(1).t(), bias.view({kinds, out}));  // [J, O]
  return at::linear(gathered, mix) + offset;
}

at::Tensor convolution_over_frames(const at::Tensor& x, const at::Tensor& weight,
                                   const at::Tensor& bias, int64_t stride) {
  PANTOMIME_CHECK(x.dim() == 4 && weight.dim() == 2 && weight.size(1) % x.size(3) == 0 &&
                      weight.size(1) / x.size(3) % 2 == 1 && stride >= 1,
                  "convolution over frames: {} numbers a frame, weights for {}", x.size(3),
                  weight.size(1));
  const int64_t numbers = x.size(3), reach = weight.size(1) / numbers;
  const at::Tensor kernel =
      weight.view({-1, reach, numbers}).permute({0, 2, 1}).unsqueeze(3);  // [O, C, reach, 1]
  // Channels stay last in memory: nothing is copied for the different order of dimensions.
  return at::conv2d(x.permute({0, 3, 1, 2}), kernel, bias, {stride, 1}, {reach / 2, 0})
      .permute({0, 2, 3, 1});
}

}  // namespace pantomime::metrics
