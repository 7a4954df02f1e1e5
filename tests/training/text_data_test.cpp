#include "pantomime/training/text_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "pantomime/motion/clip.h"
#include "support.h"
#include "tests/motion/synthetic_walk.h"

namespace pantomime::training {
namespace {

namespace fs = std::filesystem;

TEST(TextData, SaysOfEachWindowWhatItShows) {
  const fs::path assets = fs::path(PANTOMIME_REPOSITORY) / "assets/sentence_encoder";
  if (!fs::exists(assets / "model.json")) GTEST_SKIP() << "tools/fetch_text fetches it";
  const test::TemporaryFolder folder;
  library::Library library(folder / "l.db", library::Library::Mode::Write);
  library::ClipInfo info;
  info.name = "made/kick";
  info.set = "made";
  info.subject = "made/1";
  info.split = "train";
  info.licence = "CC0-1.0";
  info.source = "formulas";
  info.mapping = "none";
  const motion::Clip walk = test::synthetic_walk({.seconds = 4, .step = 0.55});
  info.segments = {
      {0, 60, "walk", "walk"},
      {60, static_cast<int64_t>(walk.frame_count()), "kick", "kick with the left foot"}};
  library.put(info, walk);
  Progress progress;
  const auto data = MotionData::load(library, {}, 60, progress);
  const auto told = TextData::make(data, text::SentenceEncoder::open(assets),
                                   library::default_caption_words(), 2, 50, 1, 1, progress);
  ASSERT_FALSE(told.items().empty());
  EXPECT_LE(told.items().size(), 2 * data.windows().size());
  bool mirrored = false;
  for (const auto& item : told.items()) {
    ASSERT_FALSE(item.sentences.empty());
    mirrored = mirrored || item.mirrored;
    for (const size_t s : item.sentences) {
      EXPECT_FALSE(told.sentence(s).empty());
      EXPECT_EQ(told.states(s).size() % 512, 0u);
      // The last window kicks and doesn't walk by its label, the first the other way round.
      const auto& w = data.windows()[item.window];
      if (w.first == 0 && w.count == 60) {
        EXPECT_EQ(told.sentence(s).find("kick"), std::string::npos) << told.sentence(s);
      }
    }
  }
  EXPECT_TRUE(mirrored);
  EXPECT_TRUE(std::is_sorted(told.facts().begin(), told.facts().end()));
  const features::Normaliser normaliser = data.fit_normaliser();
  const auto a = told.draw(3, 5, 4, normaliser), b = told.draw(3, 5, 4, normaliser);
  EXPECT_EQ(a.sentences, b.sentences);
  EXPECT_TRUE(at::equal(a.motion.x, b.motion.x));
  EXPECT_EQ(a.text.states.size(0), 4);
  EXPECT_TRUE(a.text.mask.any(1).all().item<bool>());
}

}  // namespace
}  // namespace pantomime::training
