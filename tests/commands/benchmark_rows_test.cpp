#include "pantomime/commands/benchmark_rows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
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
    std::vector<formats::ActorSequence> made;
    for (const int64_t a : actions) made.push_back(data[a == data[0].action ? 0 : 1]);
    return made;
  };
  const metrics::ActionClassifier judge = classifier();
  const ActionProtocol protocol = humanact12_protocol(judge);
  const auto rows = benchmark_actions(data, protocol, copy, options, quiet);
  ASSERT_EQ(rows.size(), 2u);
  // Copies of the clips in the same order, judged with the same noise: nothing apart.
  EXPECT_NEAR(rows[1].numbers.at("FID").value, 0, 1e-5);
  EXPECT_GE(rows[0].numbers.at("FID").value, 0);
  EXPECT_GE(rows[0].numbers.at("accuracy").value, 0);
  EXPECT_LE(rows[0].numbers.at("accuracy").value, 1);
  EXPECT_EQ(benchmark_actions(data, protocol, {}, options, quiet).size(), 1u);
  const std::string text = to_markdown(rows, {"accuracy", "R@1"});
  EXPECT_TRUE(text.starts_with("| set | accuracy | R@1 |\n|---|---:|---:|\n| real | "));
  EXPECT_NE(text.find(" | – |\n"), std::string::npos);
}

/// Of the published form, with few channels.
metrics::GraphClassifier graph_classifier() {
  Filler f;
  const auto add_norm = [&](const std::string& name, int64_t n) {
    for (const char* part : {"bias", "running_mean"}) f.add(name + "." + part, {n});
    // As they are when a training begins: smaller gains leave nothing of the input.
    for (const char* part : {"weight", "running_var"})
      f.weights[name + "." + part] = at::ones({n}, at::kFloat);
  };
  f.add("A", {3, 24, 24}, 0.7);
  add_norm("data_bn", 6 * 24);
  int64_t in = 6, b = 0;
  for (const int64_t out : {4, 4, 8}) {
    const std::string name = "st_gcn_networks." + std::to_string(b);
    f.add("edge_importance." + std::to_string(b++), {3, 24, 24}, 1);
    f.add(name + ".gcn.conv.weight", {3 * out, in, 1, 1});
    f.add(name + ".gcn.conv.bias", {3 * out});
    add_norm(name + ".tcn.0", out);
    f.add(name + ".tcn.2.weight", {out, out, 9, 1});
    f.add(name + ".tcn.2.bias", {out});
    add_norm(name + ".tcn.3", out);
    if (b > 1 && in != out) {
      f.add(name + ".residual.0.weight", {out, in, 1, 1});
      f.add(name + ".residual.0.bias", {out});
      add_norm(name + ".residual.1", out);
    }
    in = out;
  }
  f.add("fcn.weight", {3, in, 1, 1});
  f.add("fcn.bias", {3});
  return {f.weights};
}

TEST(RotationInput, IsRowsOfTheDataSetsMatrices) {
  formats::ActorSequence one;
  one.clip.skeleton = motion::canonical_skeleton(motion::default_geometry());
  one.clip.fps = 30;
  one.clip.root_positions.resize(3);
  one.clip.rotations.assign(3 * motion::kJointCount, motion::Quat{});
  // Upright and facing +Z for us is half a turn about x in the camera's axes: diag(1, -1, -1).
  const motion::Quat bent = motion::from_axis_angle({0, 0, 1}, 0.5f);
  one.clip.rotations[2 * motion::kJointCount + motion::kLeftKnee] = bent;
  one.hands.assign(3, {bent, motion::Quat{}});
  const at::Tensor x = rotation_input(one, 1);
  EXPECT_EQ(x.sizes(), (std::vector<int64_t>{kActionFrames, 24, 6}));
  const auto expect = [&](int64_t frame, int64_t joint, const std::array<double, 6>& rows) {
    for (int64_t i = 0; i < 6; ++i)
      EXPECT_NEAR(x[frame][joint][i].item<double>(), rows[static_cast<size_t>(i)], 1e-6)
          << frame << " " << joint << " " << i;
  };
  const double c = std::cos(0.5), s = std::sin(0.5);
  expect(0, 0, {1, 0, 0, 0, -1, 0});
  expect(0, motion::kLeftKnee, {1, 0, 0, 0, 1, 0});
  expect(2, motion::kLeftKnee, {c, -s, 0, s, c, 0});  // rows, not columns
  expect(59, motion::kLeftKnee, {c, -s, 0, s, c, 0});
  expect(0, 22, {c, -s, 0, s, c, 0});
  expect(0, 23, {1, 0, 0, 0, 1, 0});
  one.hands.pop_back();
  EXPECT_THROW(rotation_input(one, 1), Error);
}

TEST(Uestc, IsReadFromActorsFolder) {
  const auto data = formats::read_uestc(fs::path(PANTOMIME_TESTS_DIR) / "data/uestc");
  // Of twenty videos one is too short to be learnt from, one is of the camera that goes around.
  ASSERT_EQ(data.sequences.size(), 18u);
  ASSERT_EQ(data.actions.size(), 40u);
  EXPECT_EQ(data.actions[1], "knee-lifting");
  EXPECT_EQ(data.actions[2], "jumping jack");
  EXPECT_TRUE(formats::uestc_trains(data.subjects[0]));
  EXPECT_FALSE(formats::uestc_trains(data.subjects[17]));
  EXPECT_EQ(data.sequences[1].action, 1);
  EXPECT_EQ(data.sequences[0].clip.frame_count(), 46u);
  EXPECT_EQ(data.sequences[1].clip.frame_count(), 45u) << "the good frames";
  EXPECT_EQ(data.sequences[1].hands.size(), 45u);
  for (const formats::ActorSequence& one : data.sequences) {
    // Whatever the camera, all are turned to the front and face +Z; the pelvis, not the nose,
    // counts.
    const motion::Vec3 ahead = one.clip.rotations[0] * motion::Vec3{0, 0, 1};
    EXPECT_NEAR(ahead.z, 1, 2e-3);
    EXPECT_NEAR((one.clip.rotations[0] * motion::Vec3{0, 1, 0}).y, 1, 2e-3);
    EXPECT_NEAR(one.clip.root_positions[0].y, 0, 1e-3);
  }
  EXPECT_NEAR(data.sequences[0].clip.root_positions[45].x, 0.45, 1e-3) << "the path of globtrans";
  EXPECT_NEAR(motion::to_rotation_vector(mean_hands(data.sequences)[1]).z, 0.2, 1e-3);
  EXPECT_THROW(formats::parse_uestc_names("a1_d1_p200_c1_color.avi\n", "names.txt"), Error);
  EXPECT_THROW(formats::parse_uestc_names("a1_d1_color.avi\n", "names.txt"), Error);
}

TEST(BenchmarkActions, RunsOnUestc) {
  auto data = formats::read_uestc(fs::path(PANTOMIME_TESTS_DIR) / "data/uestc");
  data.sequences.resize(8);  // of people who are trained on
  const metrics::GraphClassifier judge = graph_classifier();
  const ActionProtocol protocol = uestc_protocol(judge, data.actions);
  const auto copy = [&](const std::vector<int64_t>& actions, uint64_t) {
    std::vector<formats::ActorSequence> made;
    for (const int64_t a : actions) made.push_back(data.sequences[static_cast<size_t>(a)]);
    return made;
  };
  Progress quiet;
  const auto rows = benchmark_actions(data.sequences, protocol, copy, {.repetitions = 2}, quiet);
  ASSERT_EQ(rows.size(), 2u);
  for (const BenchmarkRow& row : rows)
    for (const char* column : {"accuracy", "FID", "diversity", "multimodality"})
      EXPECT_TRUE(std::isfinite(row.numbers.at(column).value)) << column;
  // The same motions in another order have the same features: no noise in this judge.
  EXPECT_NEAR(rows[0].numbers.at("FID").value, 0, 1e-5);
  // One motion for all is seen.
  const auto always = [&](const std::vector<int64_t>& actions, uint64_t) {
    return std::vector<formats::ActorSequence>(actions.size(), data.sequences[0]);
  };
  const auto worse = benchmark_actions(data.sequences, protocol, always, {.repetitions = 2}, quiet);
  EXPECT_GT(worse[1].numbers.at("FID").value, 1e-3);
  EXPECT_NEAR(worse[1].numbers.at("diversity").value, 0, 1e-5);
  EXPECT_GT(worse[0].numbers.at("diversity").value, 1e-2);
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
  EXPECT_FALSE(rows[1].numbers.contains("multimodality")) << "not asked for";
  // Each sentence in motions of two kinds: pairs are 0 or d apart.
  const auto two_kinds = [&](const std::vector<std::string>& sentences,
                             const std::vector<int64_t>& frames, uint64_t) {
    std::vector<at::Tensor> motions;
    for (size_t i = 0; i < sentences.size(); ++i)
      motions.push_back(set[i % 2].features.narrow(0, 0, 1).expand({frames[i], 263}).contiguous());
    return motions;
  };
  BenchmarkOptions more = options;
  more.mm_sentences = 3, more.mm_motions = 8, more.mm_pairs = 6;
  const auto varied = benchmark_told(set, evaluator(), two_kinds, more, quiet);
  EXPECT_GT(varied[1].numbers.at("multimodality").value, 0);
  EXPECT_FALSE(varied[0].numbers.contains("multimodality"));
  const auto alike = benchmark_told(set, evaluator(), still, more, quiet);
  EXPECT_NEAR(alike[1].numbers.at("multimodality").value, 0, 1e-6);
  more.mm_pairs = 8;
  EXPECT_THROW(benchmark_told(set, evaluator(), still, more, quiet), Error);
  // The same seed gives the same table; another one does not.
  const auto again = benchmark_told(set, evaluator(), {}, options, quiet);
  EXPECT_EQ(again[0].numbers.at("R@3").value, rows[0].numbers.at("R@3").value);
}

}  // namespace
}  // namespace pantomime::commands
