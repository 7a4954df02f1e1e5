#include "pantomime/training/text_judge_trainer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "pantomime/base/bytes.h"
#include "pantomime/training/model_file.h"
#include "small_prior.h"
#include "support.h"
#include "tests/motion/synthetic_walk.h"

namespace pantomime::training {
namespace {

namespace fs = std::filesystem;

TEST(OneWordChanged, ExchangesOneWordForItsCounterpart) {
  const auto changed = one_word_changed("a person walks slowly to the left");
  ASSERT_EQ(changed.size(), 3u);
  EXPECT_EQ(changed[0].sentence, "a person walks slowly to the right");
  EXPECT_EQ(changed[1].sentence, "a person walks quickly to the left");
  EXPECT_EQ(changed[2].sentence, "a person runs slowly to the left");
  EXPECT_EQ(changed[2].one, "walks");
  EXPECT_EQ(changed[2].other, "runs");
  // Which of two would be changed? And parts of words are none.
  EXPECT_TRUE(one_word_changed("left, then right").empty());
  EXPECT_TRUE(one_word_changed("someone uprightly leftovers").empty());
  EXPECT_EQ(one_word_changed("forwards")[0].sentence, "backwards");
}

/// People who walk at different speeds, each told by sentences of their own.
class TextJudgeTrainer : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path assets = fs::path(PANTOMIME_REPOSITORY) / "assets/sentence_encoder";
    if (!fs::exists(assets / "model.json")) GTEST_SKIP() << "tools/fetch_text fetches it";
    library::Library library(folder_ / "l.db", library::Library::Mode::Write);
    for (int i = 0; i < 12; ++i) {
      const motion::Clip walk =
          test::synthetic_walk({.seconds = 3, .step = i % 2 == 0 ? 0.25 : 0.8});
      library.put(made_clip(i, static_cast<int64_t>(walk.frame_count()), "walk", "walk"), walk);
    }
    Progress quiet;
    data_.emplace(MotionData::load(library, {}, 60, quiet));
    told_.emplace(TextData::make(*data_, text::SentenceEncoder::open(assets),
                                 library::default_caption_words(), 2, 0, 1, 1, quiet));
  }

  TextJudgeOptions small() const {
    TextJudgeOptions options;
    options.network = {.width = 24, .blocks = 2, .reading = 24, .queries = 2, .space = 16};
    options.steps = 50;
    options.batch = 12;
    options.rate = 4e-3;
    options.licence = "CC0-1.0";
    return options;
  }

  test::TemporaryFolder folder_;
  std::optional<MotionData> data_;
  std::optional<TextData> told_;
};

TEST_F(TextJudgeTrainer, LearnsWhichSentenceBelongsToWhichWalk) {
  Progress quiet;
  std::vector<double> losses;
  const metrics::TextJudge judge = train_text_judge(
      *data_, *told_, small(), [&](int64_t, double loss) { losses.push_back(loss); }, quiet);
  ASSERT_EQ(losses.size(), 5u);
  EXPECT_LT(losses.back(), 0.9 * losses[0]);
  // Each walk is nearer to its own sentence than to one of the other kind.
  at::Tensor slow, fast;
  std::vector<at::Tensor> clips;
  std::vector<std::vector<float>> own, other;
  const auto kind = [&](const TextData::Item& item) {
    return data_->info(data_->windows()[item.window].clip).name.back() % 2;
  };
  for (const TextData::Item& a : told_->items())
    for (const TextData::Item& b : told_->items()) {
      if (kind(a) == kind(b) || a.mirrored || b.mirrored || clips.size() > 60) continue;
      clips.push_back(data_->window_features(a.window, false));
      own.push_back(told_->states(a.sentences[0]));
      other.push_back(told_->states(b.sentences[0]));
      break;
    }
  ASSERT_GE(clips.size(), 12u);
  EXPECT_GT(
      metrics::nearer_to_own(judge.motions(clips), judge.sentences(own), judge.sentences(other)),
      0.9);
}

TEST_F(TextJudgeTrainer, SameSeedSameFileAndBack) {
  Progress quiet;
  TextJudgeOptions options = small();
  options.steps = 2;
  const auto train = [&] { return train_text_judge(*data_, *told_, options, {}, quiet); };
  const metrics::TextJudge a = train();
  write_text_judge(folder_ / "a.safetensors", a);
  write_text_judge(folder_ / "b.safetensors", train());
  EXPECT_EQ(read_file(folder_ / "a.safetensors"), read_file(folder_ / "b.safetensors"));
  options.seed = 2;
  write_text_judge(folder_ / "c.safetensors", train());
  EXPECT_NE(read_file(folder_ / "a.safetensors"), read_file(folder_ / "c.safetensors"));
  const metrics::TextJudge back = read_text_judge(folder_ / "a.safetensors");
  EXPECT_EQ(back.config, a.config);
  EXPECT_EQ(back.hash, sha256_hex(read_file(folder_ / "a.safetensors")));
  EXPECT_EQ(back.licence, "CC0-1.0");
  EXPECT_TRUE(at::equal(back.sentences({told_->states(0)}), a.sentences({told_->states(0)})));
}

TEST_F(TextJudgeTrainer, RefusesFilesThatAreNone) {
  Progress quiet;
  TextJudgeOptions options = small();
  options.steps = 1;
  write_text_judge(folder_ / "good.safetensors",
                   train_text_judge(*data_, *told_, options, {}, quiet));
  const auto message = [&](const std::function<void(formats::Safetensors&)>& harm) {
    formats::Safetensors file = formats::read_safetensors(folder_ / "good.safetensors");
    harm(file);
    formats::write_safetensors(folder_ / "bad.safetensors", file);
    return test::error_of([&] { read_text_judge(folder_ / "bad.safetensors"); });
  };
  EXPECT_NE(message([](auto& f) { f.metadata["pantomime.kind"] = "judge"; }).find("\"judge\""),
            std::string::npos);
  EXPECT_NE(message([](auto& f) { f.arrays.erase("judge.text.out.bias"); }).find("text.out.bias"),
            std::string::npos);
  EXPECT_NE(message([](auto& f) { f.metadata["pantomime.config"] = "{}"; }).find("width"),
            std::string::npos);
  EXPECT_NE(message([](auto& f) { f.metadata["pantomime.format"] = "99"; }).find("99"),
            std::string::npos);
  EXPECT_EQ(message([](auto& f) { f.metadata["pantomime.format"] = "1"; }), "no error")
      << "the layout is that of all formats";
}

}  // namespace
}  // namespace pantomime::training
