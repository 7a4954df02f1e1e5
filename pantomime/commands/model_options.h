// Options of all commands that read a prior, and how its files are found.
#pragma once

#include <filesystem>
#include <string>

#include "pantomime/commands/commands.h"
#include "pantomime/training/guide.h"
#include "pantomime/training/text_guide.h"

namespace pantomime::commands {

/// `prior` is the name of a shipped prior ("open", "research") or a file. Guides of a shipped prior
/// lie beside it as <kind>.safetensors.
struct ModelOptions {
  std::string prior = "open";
  std::string guidance = "adapter";
  std::filesystem::path guide;  ///< empty: the guide that lies beside the prior
  double scale = -1, until = -1;
  int64_t particles = 8;
};

void add_model_options(CLI::App& app, ModelOptions& options);
std::filesystem::path prior_path(const std::string& prior);
training::Prior open_prior(const ModelOptions& options);
/// Where the guide that `--guidance` asks for lies.
std::filesystem::path guide_path(const ModelOptions& options);
/// The guide that `--guidance` asks for; throws Error that says how to train one when there is
/// none.
training::Guide open_guide(const ModelOptions& options, const training::Prior& prior);
/// Where a guide for sentences lies: text.safetensors, text-free.safetensors or
/// text-probe.safetensors beside the prior.
std::filesystem::path text_guide_path(const std::string& prior, training::TextKind kind);
/// The guide for sentences: `file`, or what lies beside the prior. `guidance`: a kind, or several
/// ("adapter+probe"). What reads facts comes along where it is there, whoever steers.
training::TextGuide open_text_guide(const ModelOptions& options, const std::filesystem::path& file,
                                    const training::Prior& prior,
                                    const std::string& guidance = "adapter");
/// SHA-256 of its file, or of its files one after another.
std::string text_guide_hash(const ModelOptions& options, const std::filesystem::path& file,
                            const std::string& guidance);
training::GuidanceStrength strength_of(const ModelOptions& options);

}  // namespace pantomime::commands
