#include "pantomime/diffusion/packed.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/base/error.h"
#include "pantomime/diffusion/denoiser.h"
#include "tests/diffusion/small_denoiser.h"

namespace pantomime::diffusion {
namespace {

TEST(PackedWeights, MultiplyLikeALinearLayer) {
  torch::manual_seed(5);
  for (const auto& [rows, out, in] : {std::array<int64_t, 3>{1, 1, 1},
                                      {5, 16, 7},
                                      {6, 17, 32},
                                      {30, 1288, 256},
                                      {97, 40, 33},
                                      {200, 256, 1024}}) {
    const at::Tensor x = torch::randn({rows, in}), w = torch::randn({out, in}),
                     b = torch::randn({out});
    const PackedWeights packed(w);
    const at::Tensor exact = at::linear(x.to(at::kDouble), w.to(at::kDouble), b.to(at::kDouble));
    const at::Tensor bare = at::linear(x.to(at::kDouble), w.to(at::kDouble));
    const double size = exact.abs().max().item<double>();
    EXPECT_LT((packed.product(x, b).to(at::kDouble) - exact).abs().max().item<double>(),
              1e-5 * size)
        << rows << " x " << out << " x " << in;
    EXPECT_LT((packed.product(x).to(at::kDouble) - bare).abs().max().item<double>(), 1e-5 * size);
  }
}

TEST(PackedWeights, ARowDependsOnNothingElse) {
  const at::Tensor x = torch::randn({4, 37, 64}), b = torch::randn({50});
  const PackedWeights packed(torch::randn({50, 64}));
  const at::Tensor all = packed.product(x, b);
  ASSERT_EQ(all.sizes(), (std::vector<int64_t>{4, 37, 50}));
  for (int64_t i = 0; i < 4; ++i) EXPECT_TRUE(at::equal(packed.product(x[i], b), all[i]));
  EXPECT_TRUE(at::equal(packed.product(x[2][5], b), all[2][5]));
}

TEST(PackedWeights, RefuseWhatDoesNotFit) {
  EXPECT_THROW(PackedWeights(torch::randn({3})), Error);
  EXPECT_THROW(PackedWeights(torch::randn({3, 4}, at::kDouble)), Error);
  EXPECT_THROW(PackedWeights(torch::randn({3, 4})).product(torch::randn({2, 5})), Error);
}

TEST(Denoiser, FrozenSaysTheSameAndStillGivesGradients) {
  Denoiser net = small();
  const at::Tensor x = torch::randn({3, 16, 6}), t = torch::tensor({0.1, 0.4, 0.9});
  const at::Tensor before = net.estimate(x, t).detach();
  net.freeze();
  EXPECT_TRUE(at::allclose(net.estimate(x, t), before, 1e-4, 1e-5));
  at::Tensor free = x.clone().set_requires_grad(true);
  const at::Tensor estimate = net.estimate(free, t);
  EXPECT_TRUE(at::allclose(estimate, before, 1e-4, 1e-5));
  estimate.square().sum().backward();
  EXPECT_GT(free.grad().abs().max().item<double>(), 1e-3);
}

TEST(Denoiser, FrozenSaysOfAClipTheSameWhateverIsBesideIt) {
  Denoiser net = small();
  net.freeze();
  const at::NoGradGuard guard;
  Steering steering;
  steering.embedding = torch::randn({7, 32});
  steering.low_rank_scale = torch::rand({7});
  for (int layer = 0; layer < 2; ++layer)
    for (const auto& [in, out] :
         {std::pair<int64_t, int64_t>{32, 96}, {32, 32}, {32, 128}, {128, 32}}) {
      LowRank change;
      change.a = torch::randn({2, in});
      change.b = torch::randn({out, 2});
      change.pack();
      steering.low_rank.push_back(change);
    }
  const at::Tensor x = torch::randn({7, 16, 6}), t = torch::rand({7}) * 0.9 + 0.05;
  at::set_num_threads(1);
  const at::Tensor one = net.estimate(x, t, {}, &steering);
  at::set_num_threads(3);
  EXPECT_TRUE(at::equal(net.estimate(x, t, {}, &steering), one));
  at::set_num_threads(1);
  Steering third = steering;
  third.embedding = steering.embedding.narrow(0, 3, 1);
  third.low_rank_scale = steering.low_rank_scale.narrow(0, 3, 1);
  EXPECT_TRUE(at::equal(net.estimate(x.narrow(0, 3, 1), t.narrow(0, 3, 1), {}, &third),
                        one.narrow(0, 3, 1)));
}

}  // namespace
}  // namespace pantomime::diffusion
