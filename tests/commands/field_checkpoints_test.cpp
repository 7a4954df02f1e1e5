// From a checkpoint as PyTorch saves it to our networks: tests/tools/convert_judges_test.py makes
// the same .safetensors of the checkpoints, here they answer as PyTorch did
// (tools/golden/judge_checkpoints.py).
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/metrics/field_judges.h"
#include "pantomime/training/model_file.h"
#include "support.h"

namespace pantomime::metrics {
namespace {

namespace fs = std::filesystem;

fs::path checkpoint(const char* name) {
  return fs::path(PANTOMIME_TESTS_DIR) / "golden/checkpoints" / name;
}

const nlohmann::json& answers() {
  static const auto all = nlohmann::json::parse(read_file(checkpoint("answers.json")));
  return all;
}

JudgeWeights weights_of(const formats::Safetensors& file) {
  JudgeWeights weights;
  for (const auto& [name, array] : file.arrays) weights[name] = training::to_tensor(array, name);
  return weights;
}

at::Tensor wave(std::vector<int64_t> shape) {
  int64_t count = 1;
  for (const int64_t n : shape) count *= n;
  return ((at::arange(count, at::kDouble) + 1) * 0.37).sin().to(at::kFloat).view(shape);
}

void expect_numbers(const at::Tensor& got, const nlohmann::json& expected) {
  const at::Tensor flat = got.flatten();
  ASSERT_EQ(flat.numel(), static_cast<int64_t>(expected.size()));
  double largest = 0;
  for (int64_t i = 0; i < flat.numel(); ++i) {
    const double answer = expected[static_cast<size_t>(i)].get<double>();
    EXPECT_NEAR(flat[i].item<double>(), answer, 1e-5) << i;
    largest = std::max(largest, std::abs(answer));
  }
  EXPECT_GT(largest, 1e-3) << "says nothing";
}

TEST(Checkpoint, HumanAct12sClassifierAnswersAsInTorch) {
  const ActionClassifier judge{
      weights_of(formats::read_safetensors(checkpoint("humanact12.safetensors")))};
  const Verdict verdict = judge.look(wave({2, 60, 72}), {60, 60}, std::nullopt);
  expect_numbers(verdict.features, answers().at("humanact12").at("features"));
  expect_numbers(verdict.logits, answers().at("humanact12").at("logits"));
}

TEST(Checkpoint, UestcsClassifierAnswersAsInTorch) {
  const GraphClassifier judge{
      weights_of(formats::read_safetensors(checkpoint("uestc.safetensors")))};
  const at::Tensor x = wave({2, 24, 6, 60}).permute({0, 3, 1, 2});  // ACTOR has frames last
  const Verdict verdict = judge.look(x);
  expect_numbers(verdict.features, answers().at("uestc").at("features"));
  expect_numbers(verdict.logits, answers().at("uestc").at("logits"));
}

TEST(Checkpoint, HumanMl3dsEvaluatorAnswersAsInTorch) {
  const auto file = formats::read_safetensors(checkpoint("humanml3d.safetensors"));
  const FieldEvaluator judge{
      weights_of(file), nlohmann::json::parse(training::metadata(file, "vocabulary", "judge"))};
  EXPECT_EQ(judge.vocabulary[3], "walk");
  expect_numbers(judge.motions({wave({40, 263})}), answers().at("motion_40"));
  expect_numbers(judge.motions({wave({196, 263})}), answers().at("motion_196"));
  expect_numbers(
      judge.sentences(
          {{{"person", "NOUN"}, {"walk", "VERB"}, {"yodel", "VERB"}, {"slowly", "ADV"}}}),
      answers().at("sentence"));
}

}  // namespace
}  // namespace pantomime::metrics
