#include "pantomime/metrics/field_judges.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::metrics {
namespace {

using Shapes = std::map<std::string, std::vector<int64_t>>;

nlohmann::json answers() {
  return nlohmann::json::parse(
      std::ifstream(test::test_data("").parent_path().parent_path() / "golden/field_judges.json"));
}

/// As tools/golden/field_judges.py fills them.
JudgeWeights filled(const Shapes& shapes) {
  JudgeWeights weights;
  int n = 0;
  for (const auto& [name, shape] : shapes) {
    at::Tensor w = at::empty(shape, at::kFloat);
    for (int64_t k = 0; k < w.numel(); ++k)
      w.data_ptr<float>()[k] =
          static_cast<float>(0.4 * std::sin(0.7 * static_cast<double>(k + 1) + 1.3 * n));
    weights[name] = w;
    ++n;
  }
  return weights;
}

void add_gru(Shapes& shapes, const std::string& prefix, const std::string& suffix, int64_t d,
             int64_t h) {
  shapes[prefix + "weight_ih" + suffix] = {3 * h, d};
  shapes[prefix + "weight_hh" + suffix] = {3 * h, h};
  shapes[prefix + "bias_ih" + suffix] = shapes[prefix + "bias_hh" + suffix] = {3 * h};
}
void add_linear(Shapes& shapes, const std::string& name, int64_t out, int64_t in) {
  shapes[name + ".weight"] = {out, in};
  shapes[name + ".bias"] = {out};
}
void add_encoder(Shapes& shapes, const std::string& name, int64_t in, int64_t h, int64_t out) {
  add_linear(shapes, name + ".input_emb", h, in);
  add_gru(shapes, name + ".gru.", "_l0", h, h);
  add_gru(shapes, name + ".gru.", "_l0_reverse", h, h);
  shapes[name + ".hidden"] = {2, 1, h};
  add_linear(shapes, name + ".output_net.0", h, 2 * h);
  shapes[name + ".output_net.1.weight"] = shapes[name + ".output_net.1.bias"] = {h};
  add_linear(shapes, name + ".output_net.3", out, h);
}

ActionClassifier small_classifier() {
  Shapes shapes;
  add_gru(shapes, "recurrent.", "_l0", 6, 5);
  add_gru(shapes, "recurrent.", "_l1", 5, 5);
  add_linear(shapes, "linear1", 4, 5);
  add_linear(shapes, "linear2", 3, 4);
  return {filled(shapes)};
}

FieldEvaluator small_evaluator() {
  Shapes shapes = {{"movement_encoder.main.0.weight", {6, 8, 4}},
                   {"movement_encoder.main.0.bias", {6}},
                   {"movement_encoder.main.3.weight", {5, 6, 4}},
                   {"movement_encoder.main.3.bias", {5}},
                   {"mean", {12}},
                   {"std", {12}},
                   {"words", {6, 7}}};
  add_linear(shapes, "movement_encoder.out_net", 5, 5);
  add_encoder(shapes, "motion_encoder", 5, 4, 3);
  add_linear(shapes, "text_encoder.pos_emb", 7, 15);
  add_encoder(shapes, "text_encoder", 7, 4, 3);
  FieldEvaluator judge{filled(shapes), {"unk", "sos", "eos", "walk", "person", "slowly"}};
  judge.weights["std"] += 1;
  return judge;
}

void add_norm(Shapes& shapes, const std::string& name, int64_t width) {
  for (const char* part : {"weight", "bias", "running_mean", "running_var"})
    shapes[name + "." + part] = {width};
}

GraphClassifier small_graph_classifier() {
  constexpr int64_t kJoints = 4;
  Shapes shapes = {{"A", {3, kJoints, kJoints}}, {"fcn.weight", {7, 8, 1, 1}}, {"fcn.bias", {7}}};
  add_norm(shapes, "data_bn", 3 * kJoints);
  int64_t in = 3, b = 0;
  for (const int64_t out : {5, 6, 6, 8}) {
    const std::string name = "st_gcn_networks." + std::to_string(b);
    shapes["edge_importance." + std::to_string(b)] = {3, kJoints, kJoints};
    shapes[name + ".gcn.conv.weight"] = {3 * out, in, 1, 1};
    shapes[name + ".gcn.conv.bias"] = {3 * out};
    shapes[name + ".tcn.2.weight"] = {out, out, 9, 1};
    shapes[name + ".tcn.2.bias"] = {out};
    add_norm(shapes, name + ".tcn.0", out);
    add_norm(shapes, name + ".tcn.3", out);
    if (b > 0 && out != in) {
      shapes[name + ".residual.0.weight"] = {out, in, 1, 1};
      shapes[name + ".residual.0.bias"] = {out};
      add_norm(shapes, name + ".residual.1", out);
    }
    in = out, ++b;
  }
  GraphClassifier judge{filled(shapes)};
  for (auto& [name, w] : judge.weights)
    if (name.ends_with("running_var")) w = w.square() + 0.5;
  return judge;
}

void expect_rows(const at::Tensor& got, const nlohmann::json& expected) {
  ASSERT_EQ(got.numel(), static_cast<int64_t>(expected.size()));
  for (int64_t i = 0; i < got.numel(); ++i)
    EXPECT_NEAR(got[i].item<double>(), expected[static_cast<size_t>(i)].get<double>(), 1e-5);
}

at::Tensor waves(int64_t frames, int64_t d, double a, double b, bool cosine) {
  at::Tensor x = at::empty({frames, d}, at::kFloat);
  for (int64_t t = 0; t < frames; ++t)
    for (int64_t c = 0; c < d; ++c) {
      const double angle = a * static_cast<double>(t) + b * static_cast<double>(c);
      x[t][c] = static_cast<float>(cosine ? std::cos(angle) : std::sin(angle));
    }
  return x;
}

TEST(ActionClassifier, AgreesWithNumpy) {
  const at::Tensor x = waves(9, 6, 0.3, 1, false);
  const Verdict verdict = small_classifier().look(at::stack({x, x}), {9, 5}, std::nullopt);
  const auto expected = answers().at("classifier");
  for (int64_t b = 0; b < 2; ++b) {
    expect_rows(verdict.features[b], expected[static_cast<size_t>(b)].at("features"));
    expect_rows(verdict.logits[b], expected[static_cast<size_t>(b)].at("logits"));
  }
}

TEST(ActionClassifier, BeginsWithTheNoiseOfItsSeed) {
  const ActionClassifier judge = small_classifier();
  const at::Tensor x = waves(9, 6, 0.3, 1, false).unsqueeze(0);
  EXPECT_TRUE(at::equal(judge.look(x, {9}, 4).logits, judge.look(x, {9}, 4).logits));
  EXPECT_FALSE(at::equal(judge.look(x, {9}, 4).logits, judge.look(x, {9}, 5).logits));
  EXPECT_THROW(judge.look(x, {10}, 4), Error);
  EXPECT_THROW(judge.look(x.narrow(2, 0, 5), {9}, 4), Error);
}

at::Tensor graph_input() {
  at::Tensor x = at::empty({1, 13, 4, 3}, at::kFloat);
  auto cell = x.accessor<float, 4>();
  for (int f = 0; f < 13; ++f)
    for (int j = 0; j < 4; ++j)
      for (int c = 0; c < 3; ++c)
        cell[0][f][j][c] = static_cast<float>(std::sin(0.4 * f + 0.9 * j + 1.7 * c));
  return x;
}

TEST(GraphClassifier, AgreesWithNumpy) {
  const Verdict verdict = small_graph_classifier().look(graph_input().expand({2, -1, -1, -1}));
  const auto expected = answers().at("graph_classifier");
  expect_rows(verdict.features[1], expected.at("features"));
  expect_rows(verdict.logits[0], expected.at("logits"));
}

TEST(GraphClassifier, RefusesOtherSizes) {
  GraphClassifier judge = small_graph_classifier();
  const at::Tensor x = graph_input();
  EXPECT_THROW(judge.look(x.narrow(2, 0, 3)), Error);
  EXPECT_THROW(judge.look(x.narrow(3, 0, 2)), Error);
  EXPECT_THROW(judge.look(x[0]), Error);
  judge.weights.erase("st_gcn_networks.3.residual.0.weight");
  EXPECT_ANY_THROW(judge.look(x)) << "the residual doesn't fit any more";
}

TEST(FieldEvaluator, AgreesWithNumpy) {
  const FieldEvaluator judge = small_evaluator();
  const auto expected = answers().at("evaluator");
  expect_rows(judge.motions({waves(19, 12, 0.2, 0.9, true)})[0], expected.at("motion"));
  expect_rows(
      judge.sentences(
          {{{"person", "NOUN"}, {"walk", "VERB"}, {"yodel", "VERB"}, {"slowly", "ADV"}}})[0],
      expected.at("sentence"));
}

TEST(FieldEvaluator, AnswersInTheOrderOfItsQuestions) {
  const FieldEvaluator judge = small_evaluator();
  std::vector<at::Tensor> motions;
  for (const int64_t frames : {16, 40, 12, 16}) motions.push_back(waves(frames, 12, 0.3, 1, true));
  motions[3] = motions[3] * 0.5;
  const at::Tensor all = judge.motions(motions);
  for (int64_t i = 0; i < 4; ++i)
    EXPECT_TRUE(
        at::allclose(all[i], judge.motions({motions[static_cast<size_t>(i)]})[0], 1e-4, 1e-5))
        << i;
  EXPECT_THROW(judge.motions({motions[0].narrow(0, 0, 7)}), Error);
  EXPECT_THROW(judge.motions({motions[0].narrow(1, 0, 11)}), Error);
  EXPECT_THROW(judge.motions({}), Error);
  FieldEvaluator broken = judge;
  broken.vocabulary.pop_back();
  EXPECT_THROW(broken.sentences({{{"walk", "VERB"}}}), Error);
}

TEST(FieldEvaluator, ReadsTwentyWords) {
  const FieldEvaluator judge = small_evaluator();
  std::vector<std::pair<std::string, std::string>> words(20, {"walk", "VERB"});
  const at::Tensor twenty = judge.sentences({words});
  words.emplace_back("person", "NOUN");
  EXPECT_TRUE(at::equal(judge.sentences({words}), twenty));
  words.erase(words.begin());
  EXPECT_FALSE(at::equal(judge.sentences({words}), twenty));
}

TEST(PartOfSpeech, ListsComeBeforeTags) {
  EXPECT_EQ(part_of_speech("person", "NOUN"), 1);
  EXPECT_EQ(part_of_speech("walk", "NOUN"), 12);
  EXPECT_EQ(part_of_speech("left", "ADJ"), 9);
  EXPECT_EQ(part_of_speech("knee", "NOUN"), 10);
  EXPECT_EQ(part_of_speech("chair", "NOUN"), 11);
  EXPECT_EQ(part_of_speech("angrily", "ADV"), 13);
  EXPECT_EQ(part_of_speech("the", "DET"), 2);
  EXPECT_EQ(part_of_speech("oh", "INTJ"), 14);
}

}  // namespace
}  // namespace pantomime::metrics
