#include "pantomime/diffusion/kernels.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace pantomime::diffusion {
namespace {

using Kernel = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

/// Values and gradients of the fused kernel equal those of plain tensor operations in double.
void expect_same(const std::vector<at::Tensor>& inputs, const Kernel& fused, const Kernel& plain) {
  std::vector<at::Tensor> a, b;
  for (const at::Tensor& x : inputs) {
    a.push_back(x.clone().set_requires_grad(true));
    b.push_back(x.to(at::kDouble).set_requires_grad(true));
  }
  const at::Tensor ya = fused(a), yb = plain(b);
  ASSERT_LT((ya.to(at::kDouble) - yb).abs().max().item<double>(), 2e-5);
  const at::Tensor w = torch::randn(ya.sizes());
  (ya * w).sum().backward();
  (yb * w.to(at::kDouble)).sum().backward();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const double size = b[i].grad().abs().max().item<double>();
    EXPECT_GT(size, 1e-3) << "gradient " << i << " is zero";
    EXPECT_LT((a[i].grad().to(at::kDouble) - b[i].grad()).abs().max().item<double>(),
              2e-5 * (1 + size))
        << "gradient " << i;
  }
}

class Kernels : public testing::Test {
 protected:
  void SetUp() override { torch::manual_seed(3); }
};

TEST_F(Kernels, ModulatedNormAgreesWithPlain) {
  expect_same(
      {torch::randn({3, 7, 40}) * 2 + 1, torch::randn({3, 40}), torch::randn({3, 40})},
      [](const auto& x) { return modulated_norm(x[0], x[1], x[2]); },
      [](const auto& x) { return plain::modulated_norm(x[0], x[1], x[2]); });
}

TEST_F(Kernels, GatedAddAgreesWithPlain) {
  expect_same(
      {torch::randn({3, 7, 40}), torch::randn({3, 40}), torch::randn({3, 7, 40})},
      [](const auto& x) { return gated_add(x[0], x[1], x[2]); },
      [](const auto& x) { return plain::gated_add(x[0], x[1], x[2]); });
}

TEST_F(Kernels, GeluAgreesWithPlainOverTheWholeRange) {
  expect_same(
      {torch::linspace(-30, 30, 5001)}, [](const auto& x) { return gelu_tanh(x[0]); },
      [](const auto& x) { return plain::gelu_tanh(x[0]); });
}

TEST_F(Kernels, AttentionAgreesWithPlainAndSkipsMaskedTokens) {
  const at::Tensor mask = torch::ones({2, 11}, at::kBool);
  mask[1].narrow(0, 6, 5).fill_(false);
  expect_same(
      {torch::randn({2, 11, 3 * 32})}, [&](const auto& x) { return attention(x[0], 2, mask); },
      [&](const auto& x) { return plain::attention(x[0], 2, mask); });
  at::Tensor qkv = torch::randn({2, 11, 96});
  const at::Tensor before = attention(qkv, 2, mask)[1].narrow(0, 0, 6).clone();
  qkv[1].narrow(0, 6, 5).fill_(100);
  EXPECT_TRUE(at::allclose(attention(qkv, 2, mask)[1].narrow(0, 0, 6), before));
}

TEST_F(Kernels, RotaryAttentionDependsOnDistanceOnly) {
  // Equal tokens everywhere: scores may depend on n - m only, so all inner rows agree with a shift.
  const at::Tensor one = torch::randn({1, 1, 96});
  const at::Tensor out = attention(one.expand({1, 9, 96}).contiguous(), 2, {});
  EXPECT_TRUE(at::allclose(out[0][0], out[0][8], 1e-4, 1e-5));
}

}  // namespace
}  // namespace pantomime::diffusion
