#include "pantomime/metrics/judge.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "pantomime/features/features.h"
#include "pantomime/features/kinematics.h"
#include "support.h"

namespace pantomime::metrics {
namespace {

/// A judge with arbitrary but fixed weights.
Judge small_judge(JudgeKind kind = JudgeKind::Convolution, int64_t blocks = 2) {
  Judge judge;
  judge.config = {.kind = kind, .width = 16, .blocks = blocks, .features = 8};
  judge.labels = {"run", "walk", "wave"};
  double phase = 0;
  for (const auto& [name, shape] : judge_shapes(judge.config, 3)) {
    int64_t count = 1;
    for (const int64_t n : shape) count *= n;
    at::Tensor w = (at::arange(count, at::kDouble) * 0.7 + (phase += 1)).sin() * 0.2;
    if (name.ends_with("gain") || name == "input.scale") w = w.abs() + 0.5;
    judge.weights[name] = w.to(at::kFloat).view(shape);
  }
  return judge;
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(Judge, SeesNoPlaceAndNoDirection) {
  const Judge judge = small_judge();
  const motion::Clip clip = test::random_clip(3, 50);
  const motion::Clip elsewhere =
      motion::transformed(clip, motion::from_axis_angle({0, 1, 0}, 2.1f), {3, 0, -5});
  auto joints = [](const motion::Clip& c) {
    const auto pose = motion::forward_kinematics(c);
    at::Tensor t = at::empty({1, static_cast<int64_t>(c.frame_count()), 22, 3}, at::kFloat);
    std::copy_n(&pose.positions[0].x, t.numel(), t.data_ptr<float>());
    return t;
  };
  const at::Tensor mask = at::ones({1, 50}, at::kBool);
  const Verdict a = judge.look_at_joints(joints(clip), mask);
  const Verdict b = judge.look_at_joints(joints(elsewhere), mask);
  EXPECT_LT(largest_difference(a.features, b.features), 2e-3);
  // Height does count.
  const Verdict high =
      judge.look_at_joints(joints(motion::transformed(clip, {}, {0, 0.5f, 0})), mask);
  EXPECT_GT(largest_difference(a.features, high.features), 0.01);
}

TEST(Judge, InputOfABodyThatWalksStraight) {
  // All joints go 2 m/s along the way the body faces: local velocity (0, 0, 2) wherever it faces.
  at::Tensor joints = at::zeros({1, 20, 22, 3}, at::kFloat);
  auto p = joints.accessor<float, 4>();
  for (int64_t f = 0; f < 20; ++f) {
    for (int64_t j = 0; j < 22; ++j) {
      // Facing +X: left is -Z.
      const bool left = j == motion::kLeftHip || j == motion::kLeftShoulder;
      const bool right = j == motion::kRightHip || j == motion::kRightShoulder;
      p[0][f][j][0] = 7 + 2 * static_cast<float>(f) / 30;
      p[0][f][j][1] = 1;
      p[0][f][j][2] = left ? -0.2f : right ? 0.2f : 0.0f;
    }
  }
  const at::Tensor x = judge_input(joints, at::ones({1, 20}, at::kBool));
  ASSERT_EQ(x.size(2), kJudgeInput);
  const at::Tensor middle = x[0][10];
  EXPECT_NEAR(middle[3 * motion::kLeftHip].item<float>(), 0.2, 1e-5);  // to its left
  EXPECT_NEAR(middle[3 * motion::kLeftHip + 1].item<float>(), 1, 1e-5);
  EXPECT_NEAR(middle[66].item<float>(), 0, 1e-4);
  EXPECT_NEAR(middle[68].item<float>(), 2, 1e-4);
  EXPECT_NEAR(middle[132].item<float>(), 0, 1e-4);
}

class EveryJudge : public testing::TestWithParam<JudgeKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EveryJudge,
                         testing::Values(JudgeKind::Convolution, JudgeKind::Recurrent,
                                         JudgeKind::Graph),
                         [](const auto& one) { return std::string(name_of(one.param)); });

TEST_P(EveryJudge, PaddingAndCompanyChangeNothing) {
  const Judge judge = small_judge(GetParam(), 3);
  const std::vector<at::Tensor> clips = {features::encode(test::random_clip(1, 33)),
                                         features::encode(test::random_clip(2, 80)),
                                         features::encode(test::random_clip(3, 17))};
  const Verdict together = judge.look_at_all(clips);
  for (size_t i = 0; i < clips.size(); ++i) {
    const Verdict alone = judge.look_at_all({clips[i]});
    EXPECT_LT(
        largest_difference(alone.features, together.features.narrow(0, static_cast<int64_t>(i), 1)),
        1e-4);
    EXPECT_LT(
        largest_difference(alone.logits, together.logits.narrow(0, static_cast<int64_t>(i), 1)),
        1e-4);
  }
}

TEST_P(EveryJudge, HasANameAndSizes) {
  EXPECT_EQ(parse_judge_kind(name_of(GetParam())), GetParam());
  EXPECT_EQ(default_config(GetParam()).kind, GetParam());
  EXPECT_THROW(judge_shapes({.kind = GetParam(), .width = 5000}, 3), Error);
}

TEST(Judge, GraphBlocksHalveFramesAndDoubleChannels) {
  const auto shapes = judge_shapes({.kind = JudgeKind::Graph, .width = 10, .blocks = 5}, 3);
  const auto shape_of = [&](const std::string& name) {
    for (const auto& [each, shape] : shapes)
      if (each == name) return shape;
    return std::vector<int64_t>{};
  };
  EXPECT_EQ(shape_of("block0.space.weight"), (std::vector<int64_t>{30, 6}));
  EXPECT_EQ(shape_of("block1.time.weight"), (std::vector<int64_t>{10, 90}));
  EXPECT_EQ(shape_of("block2.pass.weight"), (std::vector<int64_t>{20, 10}));
  EXPECT_TRUE(shape_of("block3.pass.weight").empty());
  EXPECT_EQ(shape_of("features.weight"), (std::vector<int64_t>{64, 40}));
  EXPECT_THROW(judge_shapes({.kind = JudgeKind::Graph, .width = 2048, .blocks = 6}, 3), Error);
}

TEST(Judge, RefusesWrongShapes) {
  Judge judge = small_judge();
  const at::Tensor clip = features::encode(test::random_clip(1, 33));
  EXPECT_THROW(judge.look(clip, at::ones({1, 33}, at::kBool)), Error);
  EXPECT_THROW(judge.look(clip.unsqueeze(0), at::ones({1, 32}, at::kBool)), Error);
  EXPECT_THROW(judge.look_at_all({}), Error);
  EXPECT_THROW(judge_shapes({.width = 0}, 3), Error);
  judge.weights.erase("norm.gain");
  EXPECT_THROW(judge.look_at_all({clip}), Error);
  EXPECT_EQ(judge.find("walk"), 1);
  EXPECT_EQ(judge.find("fly"), -1);
}

}  // namespace
}  // namespace pantomime::metrics
