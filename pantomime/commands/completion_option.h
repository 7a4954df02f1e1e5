// The adapter that tells the prior what is given: completion.safetensors beside it.
#pragma once

#include <filesystem>
#include <optional>

#include "pantomime/commands/model_options.h"
#include "pantomime/training/completion_guide.h"

namespace pantomime::commands {

/// Where it lies.
std::filesystem::path completion_path(const ModelOptions& options);
/// The adapter; nothing where there is none.
std::optional<training::CompletionGuide> open_completion(const ModelOptions& options,
                                                         const training::Prior& prior);

}  // namespace pantomime::commands
