#include "pantomime/metrics/graph_network.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>

#include "pantomime/base/error.h"

namespace pantomime::metrics {
namespace {

at::Tensor wave(std::vector<int64_t> shape, double phase) {
  int64_t count = 1;
  for (const int64_t n : shape) count *= n;
  return (at::arange(count, at::kDouble) * 0.7 + phase).sin().to(at::kFloat).view(shape);
}

/// A root with two children, of which the second has one.
constexpr std::array<int, 4> kTree = {-1, 0, 0, 2};

TEST(SpatialGraph, SharesWhatReachesAJointByDistanceToTheRoot) {
  const at::Tensor graph = spatial_graph(kTree);
  const auto at = [&](int64_t kind, int64_t from, int64_t to) {
    return graph[kind][from][to].item<double>();
  };
  EXPECT_NEAR(at(0, 0, 0), 1 / 3.0, 1e-6);  // itself and two children
  EXPECT_NEAR(at(2, 1, 0), 1 / 3.0, 1e-6);
  EXPECT_NEAR(at(2, 2, 0), 1 / 3.0, 1e-6);
  EXPECT_NEAR(at(1, 0, 1), 1 / 2.0, 1e-6);
  EXPECT_NEAR(at(1, 0, 2), 1 / 3.0, 1e-6);
  EXPECT_NEAR(at(2, 3, 2), 1 / 3.0, 1e-6);
  EXPECT_EQ(at(1, 0, 3), 0);  // two steps away
  EXPECT_TRUE(at::allclose(graph.sum(0).sum(0), at::ones({4}), 1e-6));
}

TEST(GraphConvolution, IsAConvolutionAndThenTheGraph) {
  const at::Tensor x = wave({5, 4, 3}, 0), weight = wave({6, 3}, 1), bias = wave({6}, 2);
  const at::Tensor graph = wave({3, 4, 4}, 3);
  const at::Tensor got = graph_convolution(x, graph, weight, bias);
  ASSERT_EQ(got.sizes(), (std::vector<int64_t>{5, 4, 2}));
  for (int64_t n = 0; n < 5; ++n)
    for (int64_t to = 0; to < 4; ++to)
      for (int64_t o = 0; o < 2; ++o) {
        double sum = 0;
        for (int64_t kind = 0; kind < 3; ++kind)
          for (int64_t from = 0; from < 4; ++from) {
            double y = bias[2 * kind + o].item<double>();
            for (int64_t c = 0; c < 3; ++c)
              y += weight[2 * kind + o][c].item<double>() * x[n][from][c].item<double>();
            sum += graph[kind][from][to].item<double>() * y;
          }
        EXPECT_NEAR(got[n][to][o].item<double>(), sum, 1e-5);
      }
  EXPECT_THROW(graph_convolution(x.narrow(1, 0, 3), graph, weight, bias), Error);
  EXPECT_THROW(graph_convolution(x, graph, weight.narrow(0, 0, 5), bias), Error);
}

TEST(ConvolutionOverFrames, IsTorchsConvolutionOfEachJoint) {
  const at::Tensor x = wave({2, 11, 3, 4}, 0), weight = wave({5, 4, 9}, 1), bias = wave({5}, 2);
  for (const int64_t stride : {1, 2}) {
    const at::Tensor got =
        convolution_over_frames(x, weight.transpose(1, 2).flatten(1), bias, stride);
    for (int64_t joint = 0; joint < 3; ++joint) {
      const at::Tensor expected =
          at::conv1d(x.select(2, joint).transpose(1, 2), weight, bias, {stride}, {4})
              .transpose(1, 2);
      EXPECT_TRUE(at::allclose(got.select(2, joint), expected, 1e-4, 1e-5)) << stride;
    }
  }
  EXPECT_THROW(convolution_over_frames(x, weight.narrow(2, 0, 8).flatten(1), bias, 1), Error);
}

}  // namespace
}  // namespace pantomime::metrics
