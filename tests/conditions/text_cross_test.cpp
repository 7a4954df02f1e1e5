#include "pantomime/conditions/text_cross.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/base/error.h"
#include "pantomime/conditions/condition.h"
#include "tests/conditions/sentences.h"
#include "tests/diffusion/small_denoiser.h"

namespace pantomime::conditions {
namespace {

using diffusion::Denoiser;

TextCross cross(const Denoiser& net, bool filled) {
  TextCross made({.words = 8, .width = 16}, net.config(), 3);
  if (filled) diffusion::fill(made.parameters(), 0.3, 5);
  return made;
}

at::Tensor noised(int64_t clips) {
  torch::manual_seed(7);
  return torch::randn({1, 16, features::kFeatureSize}).repeat({clips, 1, 1});
}

at::Tensor said(const Denoiser& net, const TextCross& text,
                const std::vector<std::vector<float>>& sentences) {
  const auto batch = static_cast<int64_t>(sentences.size());
  const auto steering = text.steering(text_batch(sentences, 8));
  return net.estimate(noised(batch), torch::full({batch}, 0.5), {}, &steering);
}

TEST(TextCross, StartsAsNoChangeAndIsNoneWithoutText) {
  const Denoiser net = diffusion::small_prior();
  const at::NoGradGuard guard;
  const at::Tensor plain = net.estimate(noised(1), torch::full({1}, 0.5));
  const at::Tensor fresh = said(net, cross(net, false), {sentence(3, 1), {}});
  EXPECT_TRUE(at::allclose(fresh[0], plain[0], 1e-5, 1e-6));
  const at::Tensor out = said(net, cross(net, true), {sentence(3, 1), sentence(3, 2), {}});
  EXPECT_FALSE(at::allclose(out[0], out[1], 1e-3, 1e-3));
  EXPECT_FALSE(at::allclose(out[0], plain[0], 1e-3, 1e-3));
  EXPECT_TRUE(at::allclose(out[2], plain[0], 1e-5, 1e-6));
}

TEST(TextCross, DoesNotReadPadding) {
  const Denoiser net = diffusion::small_prior();
  const TextCross text = cross(net, true);
  const at::NoGradGuard guard;
  EXPECT_TRUE(at::allclose(said(net, text, {sentence(3, 1)})[0],
                           said(net, text, {sentence(3, 1), sentence(9, 2)})[0], 1e-4, 1e-5));
}

TEST(TextCross, OneGuidedPassIsTwoPasses) {
  const Denoiser net = diffusion::small_prior();
  const TextCross text = cross(net, true);
  const at::NoGradGuard guard;
  const auto steering = text.steering(text_batch({sentence(3, 1), sentence(4, 2)}, 8));
  Call call(net, noised(2), 0.5, {});
  const at::Tensor told = call.steered(steering);  // with the plain one in the same pass
  EXPECT_TRUE(at::allclose(told, call.steered_alone(steering), 1e-4, 1e-5));
  EXPECT_TRUE(
      at::allclose(call.plain(), net.estimate(noised(2), torch::full({2}, 0.5)), 1e-4, 1e-5));
}

TEST(TextCross, FrozenNetworksShareClipsAmongThreads) {
  Denoiser net = diffusion::small_prior();
  const TextCross text = cross(net, true);
  const at::NoGradGuard guard;
  std::vector<std::vector<float>> sentences;
  for (int64_t i = 0; i < 5; ++i) sentences.push_back(sentence(2 + i, i));
  const at::Tensor whole = said(net, text, sentences);
  net.freeze();
  const int before = at::get_num_threads();
  at::set_num_threads(2);
  const at::Tensor shared = said(net, text, sentences);
  at::set_num_threads(before);
  EXPECT_TRUE(at::allclose(whole, shared, 1e-3, 1e-4));
}

TEST(TextCross, LearnsWithEveryParameter) {
  const Denoiser net = diffusion::small_prior();
  TextCross text = cross(net, true);
  said(net, text, {sentence(3, 1), sentence(4, 2)}).square().sum().backward();
  for (const std::string& name : text.parameters().names())
    EXPECT_GT(text.parameters()[name].grad().abs().max().item<double>(), 0) << name;
}

TEST(TextCross, SaysWhatIsWrong) {
  const Denoiser net = diffusion::small_prior();
  EXPECT_THROW(TextCross({.words = 0}, net.config(), 1), Error);
  EXPECT_THROW(TextCross({.words = 8, .width = 15}, net.config(), 1), Error);
}

}  // namespace
}  // namespace pantomime::conditions
