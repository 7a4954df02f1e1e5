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
#include "pantomime/conditions/text_cross.h"
#include "pantomime/conditions/text_probe.h"
#include "pantomime/conditions/text_reader.h"
#include "pantomime/training/guide.h"
#include "pantomime/training/model_file.h"
#include "pantomime/training/text_data.h"

namespace pantomime::training {

/// The ways to follow a sentence; docs/TRAINING.md says what each costs and gives.
enum class TextKind {
  Adapter,  ///< facts are heard, and bend the frozen prior
  Free,  ///< a copy of the prior that learnt to read by cross-attention: classifier-free guidance
  Probe  ///< gradient of a contrastive probe on the frozen prior's hidden states
};
TextKind parse_text_kind(const std::string& name);
const char* name_of(TextKind kind);

/// What a file of one kind holds, or several of them taken together: a probe may push beside an
/// adapter. With a free network the adapter is not used, but what the reader hears may be asked.
struct TextGuide {
  std::vector<std::string> facts;  ///< sorted, library/facts.h
  std::shared_ptr<conditions::TextReader> reader;
  std::shared_ptr<conditions::TextAdapter> adapter;
  std::shared_ptr<conditions::TextCross> cross;  ///< Free, with …
  std::shared_ptr<diffusion::Denoiser> network;  ///< … the network that was trained with it
  std::shared_ptr<conditions::TextProbe> probe;
  std::string prior_hash;  ///< SHA-256 of the prior's weights it belongs to
  std::string licence;
  double scale = 2.5;       ///< strength of adapter or free network that suits it
  double contrast = 1;      ///< how strongly it pushes away from the contrary
  double probe_scale = 20;  ///< strength of the probe that suits it
};
/// `guide` with what `more` has and it has not. Both belong to one prior.
TextGuide joined(TextGuide guide, const TextGuide& more);

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
  double dropout = 0.2;  ///< Free: share of clips whose sentence is hidden
};
/// The probe's cosines are multiplied by it (the inverse temperature).
inline constexpr double kProbeSharpness = 14;

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

/// For comparison: a copy of the prior and its cross-attention learn together, from sentences of
/// which some are hidden (a sentence is read by its word pieces; there are no facts).
TextGuide train_text_network(const TextData& data, const Prior& prior,
                             const TextGuideOptions& options,
                             const std::function<void(int64_t, double)>& on_log,
                             Progress& progress);
/// A contrastive probe on the frozen prior's hidden states, at all noise levels (loss: in nats, of
/// finding a clip's sentence among the batch's and back).
TextGuide train_text_probe(const TextData& data, const Prior& prior,
                           const TextGuideOptions& options,
                           const std::function<void(int64_t, double)>& on_log, Progress& progress);

/// Of what one kind of guide holds.
void write_text_guide(const std::filesystem::path& path, const TextGuide& guide, Storage storage);
/// Throws Error when the guide was trained for another prior.
TextGuide read_text_guide(const std::filesystem::path& path, const Prior& prior);

/// One clip per seed, told by the states [T, 512] of a sentence each (empty: none): features
/// [B, F, D]. Conditions in `also` come after the text. `arms`: another sentence for what the arms
/// do meanwhile (none at all, or one a clip; empty: what everything does); the push of the first
/// then moves what is not arms, that of the second the arms.
at::Tensor generate_told(const Prior& prior, const TextGuide& guide,
                         const std::vector<std::vector<float>>& sentences,
                         const conditions::GenerateOptions& options,
                         const GuidanceStrength& strength = {},
                         const std::vector<conditions::Condition*>& also = {},
                         const std::vector<std::vector<float>>& arms = {});

}  // namespace pantomime::training
