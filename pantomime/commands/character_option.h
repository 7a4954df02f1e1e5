// A user's own rigged character, for convert and generate.
#pragma once

#include <filesystem>
#include <optional>

#include "pantomime/commands/commands.h"
#include "pantomime/formats/user_character.h"

namespace pantomime::commands {

struct CharacterOption {
  std::filesystem::path file;     ///< --character
  std::filesystem::path mapping;  ///< --character-mapping
};

void add_character_option(CLI::App& app, CharacterOption& option);

/// The character with its mapping: the file's that was given, else matched by names and places, and
/// then written to `folder`/NAME-mapping.toml for correction. Nothing without --character. Throws
/// Error when another mapping is there already, unless `force`: somebody may have corrected it.
std::optional<formats::UserCharacter> open_character(const CharacterOption& option,
                                                     const std::filesystem::path& folder,
                                                     bool force, Context& context);

}  // namespace pantomime::commands
