#include "pantomime/conditions/text_adapter.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/conditions/label_adapter.h"
#include "tests/conditions/sentences.h"
#include "tests/diffusion/small_denoiser.h"

namespace pantomime::conditions {
namespace {

using diffusion::Denoiser;

TextAdapter adapter(const Denoiser& net, bool filled) {
  TextAdapter made({.facts = 5, .words = 8, .width = 16, .code = 12, .rank = 2}, net.config(), 3);
  if (filled) diffusion::fill(made.parameters(), 0.2, 5);
  return made;
}

/// What could be heard in a sentence: chances that depend on it.
at::Tensor heard(const std::vector<std::vector<float>>& sentences) {
  std::vector<at::Tensor> rows;
  for (const auto& s : sentences) {
    double sum = 0;
    for (const float v : s) sum += std::abs(v);
    rows.push_back(s.empty() ? torch::zeros({5})
                             : (torch::arange(5, torch::kFloat) * sum).sin().abs());
  }
  return torch::stack(rows);
}

at::Tensor said(const Denoiser& net, const TextAdapter& text,
                const std::vector<std::vector<float>>& sentences) {
  const auto batch = static_cast<int64_t>(sentences.size());
  torch::manual_seed(7);
  const at::Tensor x = torch::randn({1, 16, features::kFeatureSize}).repeat({batch, 1, 1});
  const auto steering = text.steering(heard(sentences), text_batch(sentences, 8),
                                      torch::full({batch}, 16, torch::kLong), 16);
  return net.estimate(x, torch::full({batch}, 0.5), {}, &steering);
}

TEST(TextAdapter, StartsAsNoChange) {
  const Denoiser net = diffusion::small_prior();
  const at::NoGradGuard guard;
  const at::Tensor out = said(net, adapter(net, false), {sentence(3, 1), {}});
  EXPECT_TRUE(at::allclose(out[0], out[1], 1e-5, 1e-6));
}

TEST(TextAdapter, HearsWhatIsSaidAndWhereNothingIs) {
  const Denoiser net = diffusion::small_prior();
  const TextAdapter text = adapter(net, true);
  const at::NoGradGuard guard;
  const at::Tensor out = said(net, text, {sentence(3, 1), sentence(3, 2), {}});
  EXPECT_FALSE(at::allclose(out[0], out[1], 1e-3, 1e-3));
  EXPECT_FALSE(at::allclose(out[0], out[2], 1e-3, 1e-3));
  torch::manual_seed(7);
  const at::Tensor x = torch::randn({1, 16, features::kFeatureSize});
  EXPECT_TRUE(at::allclose(out[2], net.estimate(x, torch::full({1}, 0.5))[0], 1e-4, 1e-5));
}

TEST(TextAdapter, DoesNotHearPadding) {
  // The same sentence beside a longer one, which pads it.
  const Denoiser net = diffusion::small_prior();
  const TextAdapter text = adapter(net, true);
  const at::NoGradGuard guard;
  const at::Tensor alone = said(net, text, {sentence(3, 1)});
  const at::Tensor beside = said(net, text, {sentence(3, 1), sentence(9, 2)});
  EXPECT_TRUE(at::allclose(alone[0], beside[0], 1e-4, 1e-5));
}

TEST(TextAdapter, OrderInTimeMatters) {
  // Motion tokens ask from where they are: what they get told differs along the clip.
  const Denoiser net = diffusion::small_prior();
  const TextAdapter text = adapter(net, true);
  const at::NoGradGuard guard;
  const auto steering = text.steering(heard({sentence(5, 1)}), text_batch({sentence(5, 1)}, 8),
                                      torch::full({1}, 32, torch::kLong), 32);
  ASSERT_EQ(steering.tokens.sizes(), (std::vector<int64_t>{1, 8, 32}));
  EXPECT_GT((steering.tokens[0][0] - steering.tokens[0][7]).abs().max().item<double>(), 1e-3);
}

TEST(TextAdapter, LearnsWithEveryParameter) {
  const Denoiser net = diffusion::small_prior();
  TextAdapter text = adapter(net, true);
  said(net, text, {sentence(3, 1), sentence(4, 2)}).square().sum().backward();
  for (const std::string& name : text.parameters().names())
    EXPECT_GT(text.parameters()[name].grad().abs().max().item<double>(), 0) << name;
}

TEST(TextAdapter, BeginsWithWhatIsKnownOfLabels) {
  const Denoiser net = diffusion::small_prior();
  LabelAdapter labels({.labels = 3, .code = 4, .rank = 2}, net.config(), 9);
  diffusion::fill(labels.parameters(), 0.2, 11);
  TextAdapter text = adapter(net, false);
  text.start_from(labels, {4, -1, 0});
  const at::NoGradGuard guard;
  torch::manual_seed(7);
  const at::Tensor x = torch::randn({2, 16, features::kFeatureSize}), t = torch::full({2}, 0.5);
  const auto by_label = labels.steering(torch::tensor({0, 2}, torch::kLong));
  at::Tensor facts = torch::zeros({2, 5});
  facts[0][4] = 1;
  facts[1][0] = 1;
  const auto by_fact = text.steering(facts, text_batch({sentence(3, 1), sentence(4, 2)}, 8),
                                     torch::full({2}, 16, torch::kLong), 16);
  EXPECT_TRUE(at::allclose(net.estimate(x, t, {}, &by_fact), net.estimate(x, t, {}, &by_label),
                           1e-4, 1e-5));
  // A fact that is no label changes only what all labels share.
  EXPECT_THROW(text.start_from(labels, {1, 2}), Error);
  EXPECT_THROW(text.start_from(LabelAdapter({.labels = 3, .code = 4, .rank = 3}, net.config(), 9),
                               {0, 1, 2}),
               Error);
}

TEST(TextAdapter, SaysWhatIsWrong) {
  const Denoiser net = diffusion::small_prior();
  EXPECT_THROW(TextAdapter({.words = 0}, net.config(), 1), Error);
  EXPECT_THROW(text_batch({{1, 2, 3}}, 8), Error);
  const TextAdapter text = adapter(net, false);
  EXPECT_THROW(text.steering(heard({sentence(2, 1)}), text_batch({sentence(2, 1)}, 8),
                             torch::full({2}, 16, torch::kLong), 16),
               Error);
  EXPECT_THROW(text.steering(torch::zeros({1, 4}), text_batch({sentence(2, 1)}, 8),
                             torch::full({1}, 16, torch::kLong), 16),
               Error);
}

}  // namespace
}  // namespace pantomime::conditions
