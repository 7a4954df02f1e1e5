// What makes a frozen prior follow sentences: trained, stored, applied.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pantomime/conditions/condition.h"
#include "pantomime/conditions/text_adapter.h"
#include "pantomime/conditions/text_reader.h"
#include "pantomime/training/guide.h"
#include "pantomime/training/model_file.h"
#include "pantomime/training/text_data.h"

namespace pantomime::training {

struct TextGuide {
  std::vector<std::string> facts;  ///< sorted, library/facts.h
  std::shared_ptr<conditions::TextReader> reader;
  std::shared_ptr<conditions::TextAdapter> adapter;
  std::string prior_hash;  ///< SHA-256 of the prior's weights it belongs to
  std::string licence;
  double scale = 2.5;   ///< strength that suits it
  double contrast = 1;  ///< how strongly it pushes away from the contrary
};

/// What a guide hears in a sentence of which the encoder says `states` [T, 512]: facts and their
/// chances, the surest first, those of at least `least`.
std::vector<std::pair<std::string, double>> heard(const TextGuide& guide,
                                                  const std::vector<float>& states,
                                                  double least = 0.3);

struct TextGuideOptions {
  int64_t reading_steps = 1500, reading_batch = 256;
  int64_t steps = 2000, batch = 48;
  double rate = 1e-3;
  uint64_t seed = 1;
};

/// A guide, and how well it reads: mean cross-entropy of a fact given its sentence, of clips that
/// it didn't learn from, beside that of knowing only how common the facts are.
struct TrainedText {
  TextGuide guide;
  double reading_loss = 0, blind_loss = 0;
};
/// Trains first a reader, then an adapter for the prior, which is not changed. The adapter begins
/// with what one for labels knows (an adapter's guide of this prior; null: with nothing).
/// `on_log(step, loss)` every 10 steps of the adapter.
TrainedText train_text_guide(const TextData& data, const Prior& prior, const Guide* labels,
                             const TextGuideOptions& options,
                             const std::function<void(int64_t, double)>& on_log,
                             Progress& progress);

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
