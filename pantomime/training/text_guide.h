// What makes a frozen prior follow sentences: trained, stored, applied.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pantomime/conditions/condition.h"
#include "pantomime/conditions/text_adapter.h"
#include "pantomime/training/guide.h"
#include "pantomime/training/model_file.h"
#include "pantomime/training/text_data.h"

namespace pantomime::training {

struct TextGuide {
  std::shared_ptr<conditions::TextAdapter> adapter;
  std::string prior_hash;  ///< SHA-256 of the prior's weights it belongs to
  std::string licence;
  double scale = 2.5;  ///< strength that suits it
};

struct TextGuideOptions {
  int64_t steps = 2000, batch = 40;
  double rate = 2e-3;
  uint64_t seed = 1;
};

/// Trains an adapter for the prior, which is not changed. `on_log(step, loss)` every 10 steps.
TextGuide train_text_guide(const TextData& data, const Prior& prior,
                           const TextGuideOptions& options,
                           const std::function<void(int64_t, double)>& on_log, Progress& progress);

void write_text_guide(const std::filesystem::path& path, const TextGuide& guide, Storage storage);
/// Throws Error when the guide was trained for another prior.
TextGuide read_text_guide(const std::filesystem::path& path, const Prior& prior);

/// One clip per seed, told by the states [T, 512] of a sentence each (empty: none): features
/// [B, F, D]. Conditions in `also` come after the text.
at::Tensor generate_told(const Prior& prior, const TextGuide& guide,
                         const std::vector<std::vector<float>>& sentences,
                         const conditions::GenerateOptions& options,
                         const GuidanceStrength& strength = {},
                         const std::vector<conditions::Condition*>& also = {});

}  // namespace pantomime::training
