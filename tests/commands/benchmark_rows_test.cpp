#include "pantomime/commands/benchmark_rows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "pantomime/base/bytes.h"
#include "pantomime/formats/humanml3d_text.h"
#include "pantomime/formats/npz.h"
#include "support.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;
using metrics::JudgeWeights;

class Filler {
 public:
  void add(const std::string& name, std::vector<int64_t> shape, double size = 0.2) {
    at::Tensor w = at::empty(shape, at::kFloat);
    for (int64_t i = 0; i < w.numel(); ++i)
      w.data_ptr<float>()[i] = static_cast<float>(size * random_.normal());
    weights[name] = w;
  }
  void add_gru(const std::string& prefix, const std::string& suffix, int64_t d, int64_t h) {
    add(prefix + "weight_ih" + suffix, {3 * h, d});
    add(prefix + "weight_hh" + suffix, {3 * h, h});
    add(prefix + "bias_ih" + suffix, {3 * h});
    add(prefix + "bias_hh" + suffix, {3 * h});
  }
  void add_linear(const std::string& name, int64_t out, int64_t in) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  }
  JudgeWeights weights;

 private:
  Random random_{11};
};

/// Of the sizes of the published one.
metrics::ActionClassifier classifier() {
  Filler f;
  f.add_gru("recurrent.", "_l0", 72, 128);
  f.add_gru("recurrent.", "_l1", 128, 128);
  f.add_linear("linear1", 30, 128);
  f.add_linear("linear2", 12, 30);
  return {f.weights};
}

/// Of the published form, smaller inside.
metrics::FieldEvaluator evaluator() {
  Filler f;
  f.add("movement_encoder.main.0.weight", {16, 259, 4}, 0.05);
  f.add("movement_encoder.main.0.bias", {16});
  f.add("movement_encoder.main.3.weight", {16, 16, 4});
  f.add("movement_encoder.main.3.bias", {16});
  f.add_linear("movement_encoder.out_net", 16, 16);
  for (const auto& [name, in] : {std::pair("motion_encoder", 16), std::pair("text_encoder", 300)}) {
    const std::string prefix(name);
    f.add_linear(prefix + ".input_emb", 16, in);
    f.add_gru(prefix + ".gru.", "_l0", 16, 16);
    f.add_gru(prefix + ".gru.", "_l0_reverse", 16, 16);
    f.add(prefix + ".hidden", {2, 1, 16});
    f.add_linear(prefix + ".output_net.0", 16, 32);
    f.add(prefix + ".output_net.1.weight", {16});
    f.add(prefix + ".output_net.1.bias", {16});
    f.add_linear(prefix + ".output_net.3", 8, 16);
  }
  f.add_linear("text_encoder.pos_emb", 300, 15);
  f.add("words", {5, 300});
  f.weights["mean"] = at::zeros({263}, at::kFloat);
  f.weights["std"] = at::ones({263}, at::kFloat);
  return {f.weights, {"unk", "sos", "eos", "person", "walk"}};
}

TEST(ActionInput, IsInTheAxesOfTheDataSet) {
  motion::Clip clip;
  clip.skeleton = motion::canonical_skeleton(motion::default_geometry());
  clip.fps = 20;
  for (int f = 0; f < 10; ++f)
    clip.root_positions.push_back({0.1f * static_cast<float>(f), 1, 0.2f * static_cast<float>(f)});
  clip.rotations.resize(10 * motion::kJointCount);
  const at::Tensor x = action_input(clip, 1).view({kActionFrames, 24, 3});
  // From where the pelvis begins: x stays, z turns round, and the last frame goes on to the 60th.
  EXPECT_NEAR(x[0][0].abs().max().item<double>(), 0, 1e-6);
  EXPECT_NEAR(x[5][0][0].item<double>(), 0.5, 1e-5);
  EXPECT_NEAR(x[5][0][2].item<double>(), -1.0, 1e-5);
  EXPECT_TRUE(at::equal(x[9], x[59]));
  // y points down: heads have less of it than feet. Hands lie beyond the wrists.
  EXPECT_LT(x[0][motion::kHead][1].item<double>(), x[0][motion::kLeftFoot][1].item<double>());
  EXPECT_NEAR((x[0][22] - x[0][motion::kLeftWrist])[0].item<double>(), 0.084, 1e-5);
  EXPECT_NEAR((x[0][23] - x[0][motion::kRightWrist])[0].item<double>(), -0.084, 1e-5);
}

TEST(BenchmarkActions, RunsOnAnActorFile) {
  // The file holds two sequences; ten copies of each make a set.
  auto data = formats::read_actor(test::test_data("good/actor.pkl"));
  ASSERT_EQ(data.size(), 2u);
  for (int i = 0; i < 9; ++i) {
    data.push_back(data[0]);
    data.push_back(data[1]);
  }
  Progress quiet;
  const BenchmarkOptions options{.repetitions = 3, .clips = 16};
  const auto copy = [&](const std::vector<int64_t>& actions, uint64_t) {
    std::vector<motion::Clip> clips;
    for (const int64_t a : actions) clips.push_back(data[a == data[0].action ? 0 : 1].clip);
    return clips;
  };
  const auto rows = benchmark_actions(data, classifier(), copy, options, quiet);
  ASSERT_EQ(rows.size(), 2u);
  // Copies of the clips in the same order, judged with the same noise: nothing apart.
  EXPECT_NEAR(rows[1].numbers.at("FID").value, 0, 1e-5);
  EXPECT_GE(rows[0].numbers.at("FID").value, 0);
  EXPECT_GE(rows[0].numbers.at("accuracy").value, 0);
  EXPECT_LE(rows[0].numbers.at("accuracy").value, 1);
  EXPECT_EQ(benchmark_actions(data, classifier(), {}, options, quiet).size(), 1u);
  const std::string text = to_markdown(rows, {"accuracy", "R@1"});
  EXPECT_TRUE(text.starts_with("| set | accuracy | R@1 |\n|---|---:|---:|\n| real | "));
  EXPECT_NE(text.find(" | – |\n"), std::string::npos);
}

/// A data set in HumanML3D's form, of random motion.
class HumanMl3dSet : public testing::Test {
 protected:
  HumanMl3dSet() {
    fs::create_directories(folder_ / "new_joint_vecs");
    fs::create_directories(folder_ / "texts");
    std::string list;
    for (uint64_t i = 0; i < 40; ++i) {
      const std::string id = fmt::format("{:06}", i);
      // At 30 frames a second; the first is too short at 20, the second is cut to 196.
      const size_t frames = i == 0 ? 50 : i == 1 ? 299 : 75 + i;
      formats::write_humanml3d(folder_ / ("new_joint_vecs/" + id + ".npy"),
                               test::random_clip(i, frames));
      std::string text = "a person walks.#a/DET person/NOUN walk/VERB#0.0#0.0\n";
      if (i == 2) text += "a part.#a/DET part/NOUN#0.5#2.55\n";
      if (i == 3) text += "a short part.#a/DET part/NOUN#0.5#1.0\n";
      write_file(folder_ / ("texts/" + id + ".txt"), text);
      list += id + "\n";
    }
    write_file(folder_ / "test.txt", list);
  }
  test::TemporaryFolder folder_;
};

TEST_F(HumanMl3dSet, IsReadAsTheEvaluatorsLoaderDoes) {
  const auto set = read_humanml3d_set(folder_.path(), folder_ / "test.txt");
  ASSERT_EQ(set.size(), 40u) << "one too short, one part of its own";
  EXPECT_EQ(set[0].id, "000001");
  EXPECT_EQ(set[0].features.size(0), 196);
  EXPECT_EQ(set[1].id, "000002@10");
  EXPECT_EQ(set[1].features.size(0), 40);
  EXPECT_EQ(set[1].sentences, std::vector<std::string>{"a part."});
  EXPECT_EQ(set[2].features.size(0) % 4, 0);
  EXPECT_EQ(set[2].tokens[0].size(), 3u);
  EXPECT_EQ(set[3].sentences.size(), 1u) << "half a second is no motion";
  fs::remove(folder_ / "texts/000007.txt");
  EXPECT_NE(test::error_of([&] {
              read_humanml3d_set(folder_.path(), folder_ / "test.txt");
            }).find("000007.txt"),
            std::string::npos);
  write_file(folder_ / "test.txt", "000001\n");
  EXPECT_NE(test::error_of([&] {
              read_humanml3d_set(folder_.path(), folder_ / "test.txt");
            }).find("at least 32"),
            std::string::npos);
}

TEST_F(HumanMl3dSet, GivesRowsOfRealAndGeneratedMotion) {
  const auto set = read_humanml3d_set(folder_.path(), folder_ / "test.txt");
  Progress quiet;
  const BenchmarkOptions options{.repetitions = 2, .clips = 33};
  std::vector<int64_t> asked;
  const auto still = [&](const std::vector<std::string>& sentences,
                         const std::vector<int64_t>& frames, uint64_t) {
    asked.insert(asked.end(), frames.begin(), frames.end());
    std::vector<at::Tensor> motions;
    for (size_t i = 0; i < sentences.size(); ++i)
      motions.push_back(set[0].features.narrow(0, 0, 1).expand({frames[i], 263}).contiguous());
    return motions;
  };
  const auto rows = benchmark_told(set, evaluator(), still, options, quiet);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(asked.size(), 66u);
  EXPECT_NEAR(rows[0].numbers.at("FID").value, 0, 1e-6);
  EXPECT_GT(rows[1].numbers.at("FID").value, 10 * rows[0].numbers.at("FID").value + 1e-3);
  EXPECT_LT(rows[1].numbers.at("diversity").value, rows[0].numbers.at("diversity").value);
  for (const char* column : {"R@1", "R@2", "R@3"})
    EXPECT_TRUE(rows[0].numbers.at(column).value >= 0 && rows[0].numbers.at(column).value <= 1);
  // The same seed gives the same table; another one does not.
  const auto again = benchmark_told(set, evaluator(), {}, options, quiet);
  EXPECT_EQ(again[0].numbers.at("R@3").value, rows[0].numbers.at("R@3").value);
}

}  // namespace
}  // namespace pantomime::commands
