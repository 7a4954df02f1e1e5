#include "pantomime/metrics/text_judge.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "pantomime/features/features.h"
#include "support.h"

namespace pantomime::metrics {
namespace {

TextJudge small_judge() {
  TextJudge judge;
  judge.config = {.width = 16, .blocks = 2, .words = 8, .reading = 12, .queries = 2, .space = 10};
  Random random(3);
  for (const auto& [name, shape] : text_judge_shapes(judge.config)) {
    at::Tensor w = at::ones(shape, at::kFloat);
    if (name.ends_with("weight"))
      for (int64_t i = 0; i < w.numel(); ++i)
        w.data_ptr<float>()[i] = static_cast<float>(0.3 * random.normal());
    judge.weights[name] = w;
  }
  return judge;
}

std::vector<float> sentence(int pieces, double a) {
  std::vector<float> states;
  for (int i = 0; i < 8 * pieces; ++i) states.push_back(static_cast<float>(std::sin(a * i)));
  return states;
}

TEST(TextJudge, SaysUnitVectorsThatDoNotDependOnTheBatch) {
  const TextJudge judge = small_judge();
  const std::vector<std::vector<float>> both = {sentence(3, 0.7), sentence(9, 1.1)};
  const at::Tensor together = judge.sentences(both);
  ASSERT_EQ(together.sizes(), at::IntArrayRef({2, 10}));
  EXPECT_TRUE(at::allclose(together.norm(2, 1), at::ones({2}), 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(together[0], judge.sentences({both[0]})[0], 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(together[0], together[1], 1e-2, 1e-2));

  std::vector<at::Tensor> clips;
  for (uint64_t i = 0; i < 3; ++i)
    clips.push_back(features::encode(test::random_clip(i, 30 + 20 * i)));
  const at::Tensor motions = judge.motions(clips);
  ASSERT_EQ(motions.sizes(), at::IntArrayRef({3, 10}));
  EXPECT_TRUE(at::allclose(motions.norm(2, 1), at::ones({3}), 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(motions[0], judge.motions({clips[0]})[0], 1e-4, 1e-5));
}

TEST(TextJudge, ReadsTheOrderOfPieces) {
  const TextJudge judge = small_judge();
  std::vector<float> forth = sentence(4, 0.7), back;
  for (int piece = 3; piece >= 0; --piece)
    back.insert(back.end(), forth.begin() + 8 * piece, forth.begin() + 8 * piece + 8);
  const at::Tensor rows = judge.sentences({forth, back});
  EXPECT_GT((rows[0] - rows[1]).norm().item<double>(), 1e-3);
}

TEST(TextJudge, RefusesWhatIsNoSentence) {
  const TextJudge judge = small_judge();
  EXPECT_THROW(judge.sentences({{}}), Error);
  EXPECT_THROW(judge.sentences({std::vector<float>(7)}), Error);
  EXPECT_THROW(judge.sentences({}), Error);
  EXPECT_THROW(judge.motions({}), Error);
  TextJudge broken = judge;
  broken.weights.erase("text.out.bias");
  EXPECT_THROW(broken.sentences({sentence(2, 1)}), Error);
}

}  // namespace
}  // namespace pantomime::metrics
