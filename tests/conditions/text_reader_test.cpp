#include "pantomime/conditions/text_reader.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/base/error.h"
#include "tests/conditions/sentences.h"
#include "tests/diffusion/small_denoiser.h"

namespace pantomime::conditions {
namespace {

TextReader reader(int64_t facts = 3) {
  TextReader made({.words = 8, .width = 16, .queries = 4, .hidden = 24, .facts = facts}, 3);
  diffusion::fill(made.parameters(), 0.3, 5);
  return made;
}

TEST(TextReader, HearsNothingWhereNothingIsSaidAndNoPadding) {
  const TextReader r = reader();
  const at::NoGradGuard guard;
  const at::Tensor together = r.heard(text_batch({sentence(3, 1), {}, sentence(9, 2)}, 8));
  EXPECT_EQ(together.sizes(), (std::vector<int64_t>{3, 3}));
  EXPECT_TRUE(at::equal(together[1], torch::zeros({3})));
  EXPECT_TRUE(at::allclose(together[0], r.heard(text_batch({sentence(3, 1)}, 8))[0], 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(together[0], together[2], 1e-2, 1e-2));
  EXPECT_TRUE((together > 0).logical_or(together == 0).all().item<bool>());
  EXPECT_TRUE((together < 1).all().item<bool>());
}

TEST(TextReader, LearnsWhichWordIsSaid) {
  // Fact k is true when word k stands anywhere in a sentence of four words.
  torch::manual_seed(1);
  const at::Tensor words = torch::randn({6, 8});
  TextReader r({.words = 8, .width = 16, .queries = 4, .hidden = 24, .facts = 6}, 3);
  const auto batch = [&](int64_t seed) {
    torch::manual_seed(seed);
    const at::Tensor said = torch::randint(6, {64, 4}, torch::kLong);
    at::Tensor facts = torch::zeros({64, 6});
    facts.scatter_(1, said, 1.0);
    return std::make_pair(TextBatch{words.index_select(0, said.flatten()).view({64, 4, 8}),
                                    torch::ones({64, 4}, torch::kBool)},
                          facts);
  };
  for (int step = 0; step < 300; ++step) {
    const auto [text, facts] = batch(step);
    at::binary_cross_entropy_with_logits(r.logits(text), facts).backward();
    const at::NoGradGuard guard;
    at::Tensor numbers = r.parameters().block();
    numbers -= 3e-3 * (1 - step / 300.0) * r.parameters().gradients().sign();
    r.parameters().clear_gradients();
  }
  const at::NoGradGuard guard;
  const auto [text, facts] = batch(10000);
  const at::Tensor right = (r.heard(text) > 0.5).to(torch::kFloat).eq(facts).to(torch::kFloat);
  EXPECT_GT(right.mean().item<double>(), 0.98);
}

TEST(TextReader, ContrariesChangePlaces) {
  const at::Tensor heard = torch::tensor({{0.9f, 0.1f, 0.5f, 0.8f}});
  // 0 and 1 are contraries, 2 has none, 3 becomes 2.
  EXPECT_TRUE(
      at::allclose(contrary_of(heard, {1, 0, 2, 2}), torch::tensor({{0.1f, 0.9f, 1.0f, 0.0f}})));
  EXPECT_THROW(contrary_of(heard, {0, 1}), Error);
}

TEST(TextReader, SaysWhatIsWrong) {
  EXPECT_THROW(TextReader({.facts = 0}, 1), Error);
}

}  // namespace
}  // namespace pantomime::conditions
