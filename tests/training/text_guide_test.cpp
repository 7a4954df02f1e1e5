#include "pantomime/training/text_guide.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "pantomime/base/error.h"
#include "pantomime/training/trainer.h"
#include "small_prior.h"
#include "support.h"
#include "tests/motion/synthetic_walk.h"

namespace pantomime::training {
namespace {

namespace fs = std::filesystem;

TEST(TextGuide, IsTrainedKeptAndReadAgain) {
  const fs::path assets = fs::path(PANTOMIME_REPOSITORY) / "assets/sentence_encoder";
  if (!fs::exists(assets / "model.json")) GTEST_SKIP() << "tools/fetch_text fetches it";
  const test::TemporaryFolder folder;
  library::Library library(folder / "l.db", library::Library::Mode::Write);
  for (int i = 0; i < 10; ++i) {
    const bool slow = i % 2 == 0;
    const motion::Clip walk = test::synthetic_walk({.seconds = 3, .step = slow ? 0.3 : 0.7});
    library.put(made_clip(i, static_cast<int64_t>(walk.frame_count()), "walk", "walk"), walk);
  }
  Progress quiet;
  const auto data = MotionData::load(library, {}, 60, quiet);
  const auto encoder = text::SentenceEncoder::open(assets);
  const auto told =
      TextData::make(data, encoder, library::default_caption_words(), 3, 60, 1, 1, quiet);
  ASSERT_FALSE(told.facts().empty());
  TrainOptions options;
  options.network = {.features = features::kFeatureSize, .width = 32, .layers = 2, .heads = 2};
  Prior prior;
  prior.normaliser = data.fit_normaliser();
  prior.denoiser =
      std::make_shared<diffusion::Denoiser>(options.network, prior.normaliser.spectrum, 1);
  prior.denoiser->parameters().set_trainable(false);
  prior.licence = "CC0-1.0";
  int64_t logged = 0;
  auto [guide, reading, blind] = train_text_guide(
      told, prior, nullptr,
      {.reading_steps = 60, .reading_batch = 32, .steps = 20, .batch = 4, .seed = 1},
      [&](int64_t, double loss) {
        ++logged;
        EXPECT_TRUE(std::isfinite(loss));
      },
      quiet);
  EXPECT_EQ(logged, 2);
  const auto slow = encoder.encode("a person walks slowly").states;
  const auto now = heard(guide, slow, 0);
  EXPECT_EQ(now.size(), guide.facts.size());
  EXPECT_TRUE(std::is_sorted(now.begin(), now.end(),
                             [](const auto& a, const auto& b) { return a.second > b.second; }));

  guide.scale = 1.5;
  guide.contrast = 0.5;
  write_text_guide(folder / "text.safetensors", guide, Storage::Float);
  const TextGuide again = read_text_guide(folder / "text.safetensors", prior);
  EXPECT_EQ(again.facts, guide.facts);
  EXPECT_EQ(again.scale, 1.5);
  EXPECT_EQ(again.contrast, 0.5);
  EXPECT_EQ(heard(again, slow, 0), now);
  conditions::GenerateOptions generate{.frames = 16, .seeds = {1, 2}};
  generate.sampler.steps = 2;
  const at::Tensor a = generate_told(prior, guide, {slow, {}}, generate);
  EXPECT_TRUE(at::equal(a, generate_told(prior, again, {slow, {}}, generate)));
  // Who is told nothing moves as the prior does.
  EXPECT_TRUE(at::allclose(
      a[1], conditions::generate(*prior.denoiser, prior.normaliser, {}, generate)[1], 1e-3, 1e-3));

  // The rivals: trained, kept and read again; told nothing they are the prior, or its copy.
  for (const TextKind kind : {TextKind::Free, TextKind::Probe}) {
    const TextGuideOptions few{.steps = 20, .batch = 4, .seed = 1};
    std::vector<double> losses;
    const auto log = [&](int64_t, double loss) { losses.push_back(loss); };
    TextGuide rival = kind == TextKind::Free ? train_text_network(told, prior, few, log, quiet)
                                             : train_text_probe(told, prior, few, log, quiet);
    ASSERT_EQ(losses.size(), 2u);
    EXPECT_TRUE(std::isfinite(losses[1]));
    rival.probe_scale = 3;
    const fs::path file = folder / (std::string(name_of(kind)) + ".safetensors");
    write_text_guide(file, rival, Storage::Float);
    const TextGuide kept = read_text_guide(file, prior);
    EXPECT_EQ(kept.adapter, nullptr);
    if (kind == TextKind::Probe) {
      EXPECT_EQ(kept.probe_scale, 3);
    }
    EXPECT_TRUE(heard(kept, slow, 0).empty());  // neither reads facts
    const at::Tensor told_it = generate_told(prior, rival, {slow, {}}, generate);
    EXPECT_TRUE(at::equal(told_it, generate_told(prior, kept, {slow, {}}, generate)));
    EXPECT_FALSE(at::allclose(told_it[0], told_it[1], 1e-3, 1e-3));
    // The adapter's reader comes along, and a probe pushes beside the adapter.
    const TextGuide both = joined(kept, again);
    EXPECT_EQ(heard(both, slow, 0), now);
    EXPECT_EQ(both.adapter != nullptr, kind == TextKind::Probe);
    if (kind == TextKind::Probe) {
      EXPECT_FALSE(at::equal(generate_told(prior, both, {slow, {}}, generate), a));
    }
  }
  EXPECT_EQ(parse_text_kind("free"), TextKind::Free);
  EXPECT_THROW(parse_text_kind("classifier"), Error);
  // Arms of their own: the rest of the push stays with the first sentence.
  const at::Tensor apart = generate_told(prior, guide, {slow, {}}, generate, {}, {}, {slow, {}});
  EXPECT_TRUE(at::allclose(apart, a, 1e-3, 1e-3));  // both say the same
  EXPECT_THROW(generate_told(prior, guide, {slow, {}}, generate, {}, {}, {slow}), Error);

  prior.denoiser =
      std::make_shared<diffusion::Denoiser>(options.network, prior.normaliser.spectrum, 2);
  EXPECT_THROW(read_text_guide(folder / "text.safetensors", prior), Error);
}

}  // namespace
}  // namespace pantomime::training
