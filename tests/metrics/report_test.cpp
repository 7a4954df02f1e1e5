#include "pantomime/metrics/report.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "pantomime/base/error.h"
#include "pantomime/features/features.h"
#include "pantomime/metrics/frechet.h"
#include "support.h"

namespace pantomime::metrics {
namespace {

/// Features and guesses without a network: clip i of a set is at angle i, all physics known.
MeasuredSet made_up(int64_t clips, double shift, double wrong_share) {
  MeasuredSet set;
  Random random(derive_seed(7, "made up", static_cast<uint64_t>(clips)));
  set.features = at::empty({clips, 3}, at::kFloat);
  set.poses = at::empty({clips * 2, 66}, at::kFloat);
  for (int64_t i = 0; i < clips; ++i) {
    const bool wave = i % 2 == 1;
    const bool wrong = static_cast<double>(i) < wrong_share * static_cast<double>(clips);
    set.labels.push_back(wave ? "wave" : "walk");
    set.truth.push_back(wave ? 1 : 0);
    set.guess.push_back(wrong ? 2 : set.truth.back());
    for (int64_t d = 0; d < 3; ++d) set.features[i][d] = random.normal() + (d == 0 ? shift : 0);
    Physics physics;
    physics.skating = wave ? 0.1 : 0.3;
    physics.jerk.mean = 100;
    physics.jerk.by_phase = {50, 100, 150, 100};
    physics.jerk.frames_in_phase = {5, 5, 5, 5};
    set.physics.push_back(physics);
    for (int64_t k = 0; k < 2; ++k) {
      set.frame_clip.push_back(i);
      for (int64_t d = 0; d < 66; ++d) set.poses[2 * i + k][d] = random.normal() + shift;
    }
  }
  set.speeds = set.poses * 2;
  return set;
}

Judge labels_only() {
  Judge judge;
  judge.labels = {"walk", "wave", "sit"};
  return judge;
}

TEST(Report, NumbersAreThoseOfTheWholeSet) {
  const MeasuredSet real = made_up(200, 0, 0), set = made_up(100, 2, 0.3);
  const SetNumbers n = compare("made", set, real, labels_only());
  EXPECT_EQ(n.clips, 100);
  EXPECT_NEAR(n.accuracy.value, 0.7, 1e-9);
  EXPECT_NEAR(n.fid.value, frechet_distance(set.features, real.features), 1e-9);
  EXPECT_NEAR(n.skating.value, 0.2, 1e-9);
  EXPECT_NEAR(n.jerk.value, 100, 1e-9);
  EXPECT_NEAR(n.jerk_by_phase[2].value, 150, 1e-9);
  EXPECT_NEAR(n.phase_imbalance.value, 1.5, 1e-9);
  EXPECT_GT(n.pose_mm.value, 2000) << "every number is 2 m off, so sqrt(3) * 2 m a joint";
  EXPECT_LT(n.pose_mm.value, 5000);
  EXPECT_TRUE(std::isnan(n.nearest_mm.value));
  ASSERT_EQ(n.labels.size(), 2u);
  EXPECT_EQ(n.labels[1].label, "wave");
  EXPECT_EQ(n.labels[1].taken_for, "sit");
  EXPECT_NEAR(n.labels[1].skating, 0.1, 1e-9);
}

TEST(Report, IntervalsAreThoseOfTheTheory) {
  // A mean of N values of spread s has the interval 1.96 s / sqrt(N).
  const MeasuredSet real = made_up(200, 0, 0), set = made_up(400, 0, 0.3);
  const SetNumbers n = compare("made", set, real, labels_only(), {.repetitions = 400});
  EXPECT_NEAR(n.skating.half_width, 1.96 * 0.1 / std::sqrt(400.0), 0.0015);
  EXPECT_NEAR(n.accuracy.half_width, 1.96 * std::sqrt(0.3 * 0.7 / 400.0), 0.006);
  EXPECT_EQ(n.jerk.half_width, 0);
  EXPECT_GT(n.fid.half_width, 0);
  const SetNumbers again = compare("made", set, real, labels_only(), {.repetitions = 400});
  EXPECT_EQ(n.fid.half_width, again.fid.half_width);
}

TEST(Report, ASetIsLikeItself) {
  const MeasuredSet real = made_up(60, 0, 0);
  const SetNumbers n = compare("real", real, real, labels_only());
  EXPECT_NEAR(n.fid.value, 0, 1e-6);
  EXPECT_NEAR(n.pose_mm.value, 0, 1e-2);
  EXPECT_EQ(n.fid_infinity.value, 0);
  EXPECT_EQ(n.precision.value, 1);
  EXPECT_EQ(n.recall.value, 1);
}

TEST(Report, MeanHasItsInterval) {
  const Interval mean = mean_interval(std::vector<double>{1, 2, 3, 6});
  EXPECT_NEAR(mean.value, 3, 1e-12);
  EXPECT_NEAR(mean.half_width, 1.96 * std::sqrt(3.5) / 2, 1e-12);
  EXPECT_EQ(mean_interval(std::vector<double>{5}).half_width, 0);
  EXPECT_TRUE(std::isnan(mean_interval({}).value));
}

TEST(Report, RepetitionsGiveTheFieldsInterval) {
  SetNumbers a, b;
  a.name = b.name = "x";
  a.clips = b.clips = 10;
  a.fid.value = 1, b.fid.value = 3;
  a.labels = {{"walk", 10, 1.0, 0.2, 50, ""}};
  b.labels = {{"walk", 30, 0.6, 0.4, 90, "run"}};
  const SetNumbers both = over_repetitions(std::vector<SetNumbers>{a, b});
  EXPECT_NEAR(both.fid.value, 2, 1e-12);
  EXPECT_NEAR(both.fid.half_width, 1.96 * 1 / std::sqrt(2.0), 1e-12);
  EXPECT_EQ(both.clips, 20);
  ASSERT_EQ(both.labels.size(), 1u);
  EXPECT_NEAR(both.labels[0].accuracy, 0.7, 1e-12);
  EXPECT_EQ(both.labels[0].taken_for, "run");
}

TEST(Report, MeasuresRealClips) {
  Judge judge = labels_only();
  judge.config = {.width = 8, .blocks = 1, .features = 4};
  for (const auto& [name, shape] : judge_shapes(judge.config, 3))
    judge.weights[name] = at::ones(shape, at::kFloat) * 0.1;
  MotionSet set;
  std::vector<Physics> expected;
  for (uint64_t i = 0; i < 10; ++i) {
    const motion::Clip clip = test::random_clip(i, 30 + 5 * i);
    set.clips.push_back(features::encode(clip));
    set.labels.push_back(i % 2 == 0 ? "walk" : "fly");
    expected.push_back(measure_physics(clip));
  }
  const MeasuredSet measured = measure(set, judge);
  ASSERT_EQ(measured.size(), 10u);
  EXPECT_EQ(measured.features.size(0), 10);
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(measured.truth[i], i % 2 == 0 ? 0 : -1);
    // The path goes through velocities and a clip's left and right bones are averaged.
    EXPECT_NEAR(measured.physics[i].jerk.mean, expected[i].jerk.mean, 0.02 * expected[i].jerk.mean);
    EXPECT_NEAR(measured.physics[i].slide_mm, expected[i].slide_mm, 1);
    EXPECT_NEAR(measured.physics[i].skating, expected[i].skating, 0.1);
  }
  EXPECT_EQ(measured.poses.size(0), static_cast<int64_t>(measured.frame_clip.size()));
  const SetNumbers n = compare("clips", measured, measured, judge);
  EXPECT_EQ(n.labels.size(), 2u);
  EXPECT_TRUE(std::isnan(n.labels[0].accuracy)) << "the judge knows no \"fly\"";
  EXPECT_THROW(measure({}, judge), Error);
  EXPECT_THROW(measure({{set.clips[0].narrow(0, 0, 3)}, {"walk"}}, judge), Error);
}

TEST(Report, WritesTablesAndJson) {
  const MeasuredSet real = made_up(40, 0, 0);
  MeasuredSet set = made_up(40, 1, 0.5);
  set.nearest_mm.assign(40, 60);
  set.nearest_mm[3] = 12;
  const std::vector<SetNumbers> sets = {compare("real", real, real, labels_only()),
                                        compare("ours", set, real, labels_only())};
  const std::string text = to_markdown(sets);
  EXPECT_LT(text.find("| real | 40 | 100.0 ± 0.0 |"), text.find("| ours | 40 | 50.0 ± "));
  EXPECT_NE(text.find(" 59 ± "), std::string::npos) << text;  // (39 * 60 + 12) / 40 = 58.8
  EXPECT_NE(text.find(" | 12 |\n"), std::string::npos) << text;
  const auto json = nlohmann::json::parse(to_json(sets));
  EXPECT_TRUE(json.at("sets")[0].at("nearest_mm").at("value").is_null());
  EXPECT_EQ(json.at("sets")[1].at("nearest_smallest_mm"), 12);
  EXPECT_NEAR(json.at("sets")[1].at("accuracy").at("value"), 0.5, 1e-9);
  EXPECT_EQ(json.at("sets")[1].at("labels").size(), 2u);
  const std::string labels = labels_to_markdown(sets);
  EXPECT_NE(labels.find("| right %, taken for |"), std::string::npos);
  EXPECT_NE(labels.find(" 100 |"), std::string::npos);
  EXPECT_NE(labels.find(" 20 |"), std::string::npos);
}

}  // namespace
}  // namespace pantomime::metrics
