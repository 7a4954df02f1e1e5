#include "pantomime/commands/completion_option.h"

namespace pantomime::commands {

namespace fs = std::filesystem;

fs::path completion_path(const ModelOptions& options) {
  return prior_path(options.prior).parent_path() / "completion.safetensors";
}

std::optional<training::CompletionGuide> open_completion(const ModelOptions& options,
                                                         const training::Prior& prior) {
  const fs::path path = completion_path(options);
  if (!fs::exists(path)) return std::nullopt;
  return training::read_completion(path, prior);
}

}  // namespace pantomime::commands
