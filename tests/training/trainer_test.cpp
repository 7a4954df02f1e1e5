#include "pantomime/training/trainer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <csignal>
#include <fstream>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/diffusion/sampler.h"
#include "small_prior.h"

namespace pantomime::training {
namespace {

/// A library of a few moving people with two labels.
library::Library small_library(const std::filesystem::path& path, int clips = 4) {
  library::Library library(path, library::Library::Mode::Write);
  for (int i = 0; i < clips; ++i) {
    library.put(made_clip(i, 70, i % 2 == 0 ? "walk" : "wave"),
                test::random_clip(static_cast<uint64_t>(i), 70));
  }
  return library;
}

TrainOptions small_options(int64_t steps) {
  TrainOptions options;
  options.network = {.features = features::kFeatureSize, .width = 64, .layers = 2, .heads = 2};
  options.steps = steps;
  options.batch = 8;
  options.window = 64;
  options.rate = 2e-3;
  options.warm_up = 5;
  options.log_every = 5;
  options.checkpoint_every = 10;
  options.validate_every = 1000;
  options.optimiser.average = 0.95;
  options.losses.kinematic_share = 0.5;
  return options;
}

TEST(Trainer, LearnsOneClip) {
  const test::TemporaryFolder folder;
  const library::Library library = small_library(folder / "l.db", 1);
  Progress quiet;
  const MotionData data = MotionData::load(library, {}, 64, quiet);
  std::vector<LogRow> rows;
  TrainOptions options = small_options(300);
  options.vary = 0;
  const Prior prior = train(data, nullptr, options, folder / "run",
                            {.on_log = [&](const LogRow& r) { rows.push_back(r); }}, quiet);
  ASSERT_EQ(rows.size(), 60u);
  EXPECT_LT(rows.back().feature, 0.45 * rows.front().feature);
  EXPECT_LT(rows.back().velocity, 0.75 * rows.front().velocity);
  EXPECT_LT(rows.back().kinematic, 0.5 * rows.front().kinematic);
  std::vector<size_t> all(data.windows().size());
  std::iota(all.begin(), all.end(), size_t{0});
  const Batch batch = data.collect(all, prior.normaliser);
  EXPECT_LT(denoising_error_mm(*prior.denoiser, prior.normaliser, batch, 0.02, 1), 15);
  EXPECT_LT(denoising_error_mm(*prior.denoiser, prior.normaliser, batch, 0.5, 1), 120);
}

TEST(Trainer, AResumedRunEndsWithTheSameBytes) {
  const test::TemporaryFolder folder;
  const library::Library library = small_library(folder / "l.db");
  Progress quiet;
  const MotionData data = MotionData::load(library, {}, 64, quiet);
  train(data, nullptr, small_options(24), folder / "whole", {}, quiet);
  // Stopped after step 13, between two checkpoints, then resumed.
  struct Stopper : Progress {
    void step(int64_t, const std::string&) override {
      if (++calls == 3) stop();
    }
    int calls = 0;
  } stopper;
  EXPECT_THROW(train(data, nullptr, small_options(24), folder / "broken", {}, stopper), Cancelled);
  train(data, nullptr, small_options(24), folder / "broken", {}, quiet);
  EXPECT_EQ(sha256_hex(read_file(folder / "whole/prior.safetensors")),
            sha256_hex(read_file(folder / "broken/prior.safetensors")));
}

TEST(Trainer, RefusesToContinueUnderOtherSettings) {
  const test::TemporaryFolder folder;
  const library::Library library = small_library(folder / "l.db");
  Progress quiet;
  const MotionData data = MotionData::load(library, {}, 64, quiet);
  train(data, nullptr, small_options(10), folder / "run", {}, quiet);
  TrainOptions other = small_options(20);
  other.batch = 4;
  try {
    train(data, nullptr, other, folder / "run", {}, quiet);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("batch = 8, now it is 4"), std::string::npos)
        << error.what();
  }
}

TEST(Trainer, BatchesDependOnSeedAndStepOnly) {
  const test::TemporaryFolder folder;
  const library::Library library = small_library(folder / "l.db");
  Progress quiet;
  const MotionData data = MotionData::load(library, {}, 64, quiet);
  const auto normaliser = data.fit_normaliser();
  const Batch a = data.draw(3, 17, 6, normaliser);
  data.draw(3, 18, 6, normaliser);
  const Batch b = data.draw(3, 17, 6, normaliser);
  EXPECT_TRUE(at::equal(a.x, b.x));
  EXPECT_TRUE(at::equal(a.labels, b.labels));
  EXPECT_FALSE(at::equal(a.x, data.draw(4, 17, 6, normaliser).x));
}

TEST(Trainer, VariedWindowsAreOtherBodiesAtOtherTempos) {
  const test::TemporaryFolder folder;
  const library::Library library = small_library(folder / "l.db", 1);
  Progress quiet;
  const MotionData data = MotionData::load(library, {}, 64, quiet);
  const auto normaliser = data.fit_normaliser();
  // Thigh lengths and frames of the batch: one body as recorded, many when varied.
  const auto spread = [&](double vary) {
    const Batch batch = data.draw(5, 1, 24, normaliser, vary);
    const at::Tensor x = normaliser.restore(batch.x).select(1, 0);
    const at::Tensor size = x.select(1, features::kGeometry) / data.clip(0)[0][features::kGeometry];
    EXPECT_GT(size.min().item<float>(), 0.94f);
    EXPECT_LT(size.max().item<float>(), 1.07f);
    EXPECT_GE(batch.mask.sum(1).min().item<int64_t>(), 16);
    return (size.max() - size.min()).item<float>();
  };
  EXPECT_LT(spread(0), 1e-3f);
  EXPECT_GT(spread(1), 0.08f);
}

TEST(ModelFile, PriorSurvivesWritingAndReading) {
  const test::TemporaryFolder folder;
  const library::Library library = small_library(folder / "l.db");
  Progress quiet;
  const MotionData data = MotionData::load(library, {}, 64, quiet);
  const Prior prior = train(data, nullptr, small_options(10), folder / "run", {}, quiet);
  write_prior(folder / "half.safetensors", prior, Storage::Half);
  for (const char* name : {"run/prior.safetensors", "half.safetensors"}) {
    const Prior back = read_prior(folder / name);
    const at::Tensor x = torch::randn({2, 64, features::kFeatureSize}),
                     t = torch::tensor({0.2, 0.7});
    EXPECT_TRUE(
        at::allclose(back.denoiser->estimate(x, t), prior.denoiser->estimate(x, t), 1e-2, 1e-2));
    EXPECT_EQ(back.labels, (std::vector<std::string>{"walk", "wave"}));
    EXPECT_EQ(back.steps_trained, 10);
    EXPECT_EQ(back.hash.size(), 64u);
  }
  EXPECT_THROW(read_prior(folder / "run/checkpoint.safetensors"), Error);
}

}  // namespace
}  // namespace pantomime::training
