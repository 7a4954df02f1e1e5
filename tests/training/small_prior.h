// A small library and a small prior, for tests of what is trained on them.
#pragma once

#include <gtest/gtest.h>

#include "pantomime/training/trainer.h"
#include "support.h"

namespace pantomime::training {

/// What is known of clip `i` of a set that a test makes: somebody of their own does `label` from
/// begin to end.
inline library::ClipInfo made_clip(int i, int64_t frames, const std::string& label,
                                   const std::string& source_label = "x") {
  library::ClipInfo info{.name = fmt::format("set/{}", i),
                         .set = "set",
                         .subject = fmt::format("s{}", i),
                         .split = "train",
                         .licence = "CC0-1.0",
                         .source = "made by a test",
                         .mapping = "none",
                         .frames = frames};
  info.segments = {{0, frames, label, source_label}};
  return info;
}

/// Tests that share a prior, trained once for all tests of `Suite`, on a library of its own.
template <class Suite>
class OnSmallPrior : public testing::Test {
 protected:
  static void learn(const library::Library& library, TrainOptions options) {
    Progress quiet;
    data_ = new MotionData(MotionData::load(library, {}, options.window, quiet));
    options.rate = 3e-3;
    options.warm_up = 10;
    options.losses.kinematic_share = 0;
    options.validate_every = options.checkpoint_every = 10000;
    train(*data_, nullptr, options, *folder_ / "run", {}, quiet);
    prior_ = new Prior(read_prior(*folder_ / "run/prior.safetensors"));
  }
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    Suite::set_up_suite();
  }
  static void TearDownTestSuite() {
    delete prior_;
    delete data_;
    delete folder_;
  }

  inline static test::TemporaryFolder* folder_ = nullptr;
  inline static MotionData* data_ = nullptr;
  inline static Prior* prior_ = nullptr;
};

}  // namespace pantomime::training
