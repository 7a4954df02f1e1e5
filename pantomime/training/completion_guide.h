// What makes a frozen prior heed given frames, joints and places: trained, stored, applied.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "pantomime/base/random.h"
#include "pantomime/conditions/completion_adapter.h"
#include "pantomime/training/model_file.h"
#include "pantomime/training/motion_data.h"

namespace pantomime::training {

struct CompletionGuide {
  std::shared_ptr<conditions::CompletionAdapter> adapter;
  std::string prior_hash;  ///< SHA-256 of the prior's weights it belongs to
  std::string licence;
};

/// Something to be asked for, taken from a clip that does it, of the kinds that people ask for:
/// begin, end, both, key poses, joints in all frames (upper body, an arm, any), head and hands as
/// points, places of the root, any joints for any time; now and then two of them, or nothing.
/// `clip` is canonical, its first frame over the origin and facing +Z.
conditions::Constraints random_task(const motion::Clip& clip, Random& random);

struct CompletionOptions {
  int64_t steps = 2000, batch = 24;
  double rate = 1e-3;
  uint64_t seed = 1;
};
/// Trains a completion adapter for the prior, which is not changed. It learns by the prior's own
/// loss (losses.h), so that feet that stand count. `on_log(step, loss)` every 10 steps.
CompletionGuide train_completion(const MotionData& data, const Prior& prior,
                                 const CompletionOptions& options,
                                 const std::function<void(int64_t, double)>& on_log,
                                 Progress& progress);

void write_completion(const std::filesystem::path& path, const CompletionGuide& guide,
                      Storage storage);
/// Throws Error when the guide was trained for another prior.
CompletionGuide read_completion(const std::filesystem::path& path, const Prior& prior);

}  // namespace pantomime::training
