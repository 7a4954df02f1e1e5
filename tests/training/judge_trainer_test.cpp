#include "pantomime/training/judge_trainer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/safetensors.h"
#include "pantomime/training/model_file.h"
#include "support.h"

namespace pantomime::training {
namespace {

/// Three actions that differ in what the arms do; every person has a body and a speed of their own.
motion::Clip acting(uint64_t person, int action) {
  motion::Clip clip = test::random_clip(1, 64);
  Random random(derive_seed(person, "person"));
  motion::Geometry geometry = motion::default_geometry();
  for (float& g : geometry) g *= static_cast<float>(random.uniform(0.9, 1.1));
  clip.skeleton = motion::canonical_skeleton(geometry);
  const double speed = random.uniform(4, 6), phase = random.uniform(0, 6);
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    clip.root_positions[f] = {0, 0.95f, 0};
    for (size_t j = 0; j < clip.joint_count(); ++j) clip.rotation(f, j) = {};
    const double s = std::sin(speed * static_cast<double>(f) / motion::kFps + phase);
    auto turn = [&](int joint, motion::Vec3 axis, double angle) {
      clip.rotation(f, static_cast<size_t>(joint)) =
          motion::from_axis_angle(axis, static_cast<float>(angle));
    };
    turn(motion::kLeftShoulder, {0, 0, 1}, action == 1 ? 1.0 + 0.5 * s : -1.2);
    turn(motion::kRightShoulder, {0, 0, 1}, action == 1 ? -1.0 - 0.5 * s : 1.2);
    if (action == 2) {
      turn(motion::kLeftHip, {1, 0, 0}, 0.7 * s);
      turn(motion::kRightHip, {1, 0, 0}, -0.7 * s);
    }
  }
  return clip;
}

MotionData people(const std::filesystem::path& path, uint64_t first, uint64_t count) {
  library::Library library(path, library::Library::Mode::Write);
  const std::array<const char*, 3> labels = {"stand", "flap", "stride"};
  for (uint64_t person = first; person < first + count; ++person) {
    for (int action = 0; action < 3; ++action) {
      library::ClipInfo info{.name = fmt::format("set/{}-{}", person, action),
                             .set = "set",
                             .subject = fmt::format("s{}", person),
                             .split = "train",
                             .licence = "CC0-1.0",
                             .source = "made by a test",
                             .mapping = "none"};
      info.segments = {{0, 64, labels[static_cast<size_t>(action)], ""}};
      library.put(info, acting(person, action));
    }
  }
  // One person does something nobody else does.
  library::ClipInfo info{.name = "set/odd",
                         .set = "set",
                         .subject = fmt::format("s{}", first),
                         .split = "train",
                         .licence = "CC0-1.0",
                         .source = "made by a test",
                         .mapping = "none"};
  info.segments = {{0, 64, "cartwheel", ""}};
  library.put(info, test::random_clip(9, 64));
  Progress quiet;
  return MotionData::load(library, {}, 64, quiet);
}

JudgeOptions small_options() {
  JudgeOptions options;
  options.network = {.width = 32, .blocks = 3, .features = 16};
  options.steps = 120;
  options.batch = 24;
  options.rate = 3e-3;
  options.least_windows = 3;
  options.seed = 5;
  options.licence = "CC0-1.0";
  return options;
}

TEST(JudgeTrainer, NamesTheActionsOfPeopleItHasNotSeen) {
  const test::TemporaryFolder folder;
  const MotionData known = people(folder / "known.db", 0, 8);
  const MotionData strangers = people(folder / "strangers.db", 100, 10);
  Progress quiet;
  std::vector<JudgeLogRow> log;
  const TrainedJudge trained = train_judge(
      known, small_options(), [&](const JudgeLogRow& row) { log.push_back(row); }, quiet);
  EXPECT_EQ(trained.judge.labels, (std::vector<std::string>{"flap", "stand", "stride"}));
  ASSERT_EQ(trained.dropped.size(), 1u);
  EXPECT_EQ(trained.dropped[0].label, "cartwheel");
  EXPECT_EQ(trained.dropped[0].subjects, 1);
  ASSERT_EQ(log.size(), 3u);
  EXPECT_LT(log.back().loss, log.front().loss);
  const JudgeExam exam = examine_judge(trained.judge, strangers);
  EXPECT_GE(exam.accuracy, 0.9);
  EXPECT_EQ(exam.unknown, 1);
  EXPECT_EQ(exam.confusion[0][0] + exam.confusion[0][1] + exam.confusion[0][2], 10);
  EXPECT_NE(exam.markdown().find("| stride | 10 |"), std::string::npos);
  const auto recipe = nlohmann::json::parse(trained.judge.recipe);
  EXPECT_EQ(recipe.at("dropped")[0].at("label"), "cartwheel");
  EXPECT_EQ(recipe.at("seed"), 5);
}

TEST(JudgeTrainer, AGraphJudgeLearnsAndComesBack) {
  const test::TemporaryFolder folder;
  const MotionData known = people(folder / "known.db", 0, 6);
  Progress quiet;
  JudgeOptions options = small_options();
  options.network = {.kind = metrics::JudgeKind::Graph, .width = 8, .blocks = 4, .features = 16};
  options.steps = 80;
  options.batch = 16;
  std::vector<JudgeLogRow> log;
  const metrics::Judge judge =
      train_judge(
          known, options, [&](const JudgeLogRow& row) { log.push_back(row); }, quiet)
          .judge;
  ASSERT_EQ(log.size(), 2u);
  EXPECT_LT(log.back().loss, log.front().loss);
  EXPECT_GT(log.back().accuracy, log.front().accuracy);
  write_judge(folder / "judge.safetensors", judge);
  const metrics::Judge back = read_judge(folder / "judge.safetensors");
  EXPECT_EQ(back.config, judge.config);
  const std::vector<at::Tensor> clips = {known.clip(0), known.clip(1)};
  EXPECT_TRUE(at::equal(back.look_at_all(clips).logits, judge.look_at_all(clips).logits));
}

TEST(JudgeTrainer, SameSeedSameFileAndBack) {
  const test::TemporaryFolder folder;
  const MotionData known = people(folder / "known.db", 0, 3);
  Progress quiet;
  JudgeOptions options = small_options();
  options.steps = 4;
  const metrics::Judge a = train_judge(known, options, {}, quiet).judge;
  write_judge(folder / "a.safetensors", a);
  write_judge(folder / "b.safetensors", train_judge(known, options, {}, quiet).judge);
  EXPECT_EQ(read_file(folder / "a.safetensors"), read_file(folder / "b.safetensors"));
  options.seed = 6;
  write_judge(folder / "c.safetensors", train_judge(known, options, {}, quiet).judge);
  EXPECT_NE(read_file(folder / "a.safetensors"), read_file(folder / "c.safetensors"));

  const metrics::Judge back = read_judge(folder / "a.safetensors");
  EXPECT_EQ(back.labels, a.labels);
  EXPECT_EQ(back.config, a.config);
  EXPECT_EQ(back.licence, "CC0-1.0");
  EXPECT_EQ(back.hash, sha256_hex(read_file(folder / "a.safetensors")));
  const std::vector<at::Tensor> clips = {known.clip(0), known.clip(1)};
  EXPECT_TRUE(at::equal(back.look_at_all(clips).logits, a.look_at_all(clips).logits));
}

TEST(JudgeTrainer, RefusesFilesThatAreNoJudges) {
  const test::TemporaryFolder folder;
  const MotionData known = people(folder / "known.db", 0, 3);
  Progress quiet;
  JudgeOptions options = small_options();
  options.steps = 1;
  write_judge(folder / "judge.safetensors", train_judge(known, options, {}, quiet).judge);
  const formats::Safetensors good = formats::read_safetensors(folder / "judge.safetensors");
  auto message = [&](const std::function<void(formats::Safetensors&)>& harm) -> std::string {
    formats::Safetensors file = good;
    harm(file);
    formats::write_safetensors(folder / "bad.safetensors", file);
    try {
      read_judge(folder / "bad.safetensors");
    } catch (const Error& error) {
      return error.what();
    }
    return "read without an error";
  };
  EXPECT_NE(message([](auto& f) { f.metadata["pantomime.kind"] = "prior"; }).find("\"prior\""),
            std::string::npos);
  EXPECT_NE(message([](auto& f) { f.metadata["pantomime.format"] = "99"; }).find("99"),
            std::string::npos);
  EXPECT_NE(message([](auto& f) { f.arrays.erase("judge.labels.bias"); }).find("labels.bias"),
            std::string::npos);
  EXPECT_NE(
      message([](auto& f) { f.metadata["pantomime.labels"] = "[\"a\",\"b\"]"; }).find("shape"),
      std::string::npos);
  EXPECT_NE(message([](auto& f) { f.metadata["pantomime.config"] = "{}"; }).find("width"),
            std::string::npos);
  options.least_subjects = 100;
  EXPECT_THROW(train_judge(known, options, {}, quiet), Error);
}

}  // namespace
}  // namespace pantomime::training
