// What makes a frozen prior follow labels, as one object that can be trained, stored and applied.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pantomime/conditions/label_adapter.h"
#include "pantomime/conditions/probe.h"
#include "pantomime/training/model_file.h"
#include "pantomime/training/motion_data.h"

namespace pantomime::training {

/// The five ways to follow a label; docs/TRAINING.md says what each costs and gives.
enum class GuidanceKind {
  Adapter,     ///< side network on the frozen prior: adapted minus plain estimate
  Probe,       ///< gradient of a classifier on the prior's hidden states
  Particles,   ///< the probe's likelihood selects among several noise paths
  Classifier,  ///< gradient of a separate noise-aware classifier (4DFM's way)
  Free         ///< a network trained with label dropout: classifier-free guidance
};
GuidanceKind parse_guidance(const std::string& name);
const char* name_of(GuidanceKind kind);

/// A trained guide. Probe and Particles use the same file.
struct Guide {
  GuidanceKind kind = GuidanceKind::Adapter;
  std::vector<std::string> labels;
  std::shared_ptr<conditions::LabelAdapter> adapter;  ///< Adapter, Free
  std::shared_ptr<conditions::Probe> probe;           ///< Probe, Particles, Classifier
  std::shared_ptr<diffusion::Denoiser>
      network;             ///< Free: the whole network; Classifier: its backbone
  std::string prior_hash;  ///< SHA-256 of the prior's weights it belongs to
  std::string licence;
  double scale = -1;  ///< strength that suits this very guide; negative: the default of its kind

  /// Index of a label; throws Error that lists the labels.
  int64_t index_of(const std::string& label) const;
};

struct GuideOptions {
  GuidanceKind kind = GuidanceKind::Adapter;
  int64_t steps = 1500;
  int64_t batch = 48;
  double rate = 1e-3;
  uint64_t seed = 1;
  int64_t fewest_windows = 8;  ///< labels with fewer training windows are left out
  double dropout = 0.3;        ///< Free: share of clips whose label is hidden
};

/// Labels that have enough windows, and those that do not ("label: n windows").
struct LabelChoice {
  std::vector<std::string> used;
  std::vector<std::string> too_few;
};
LabelChoice choose_labels(const MotionData& data, int64_t fewest_windows);

/// A copy of a network; `trainable`: that may learn on.
std::shared_ptr<diffusion::Denoiser> copy_of(const diffusion::Denoiser& network, bool trainable);

/// Trains a guide for the prior, which is not changed. For Free, a copy of the prior is trained on
/// with label dropout. `on_log(step, loss)` every 10 steps.
Guide train_guide(const MotionData& data, const Prior& prior, const GuideOptions& options,
                  const std::function<void(int64_t, double)>& on_log, Progress& progress);

void write_guide(const std::filesystem::path& path, const Guide& guide, Storage storage);
/// Throws Error when the guide was trained for another prior.
Guide read_guide(const std::filesystem::path& path, const Prior& prior);

/// How to apply a guide.
struct GuidanceStrength {
  double scale = -1;      ///< negative: the guide's own, or the default of the kind
  double until = -1;      ///< Adapter, Free: below this t no push; negative: the default
  int64_t particles = 8;  ///< Particles only
  double contrast = -1;   ///< text only: push away from the contrary; negative: the guide's own
  double probe = -1;      ///< text only: strength of the probe; negative: the guide's own
};
/// With the defaults of the guide and its kind filled in.
GuidanceStrength with_defaults(const Guide& guide, GuidanceStrength given);
inline constexpr double kGuideUntil = 0.3;  ///< default of GuidanceStrength::until

/// Generates one clip per seed with labels [index of the guide's labels]: features [B, F, D].
/// Conditions in `also` come after the label; with Particles they see a row for each particle.
at::Tensor generate_labelled(const Prior& prior, const Guide& guide,
                             const std::vector<int64_t>& labels,
                             const conditions::GenerateOptions& options,
                             const GuidanceStrength& strength = {},
                             const std::vector<conditions::Condition*>& also = {});

}  // namespace pantomime::training
