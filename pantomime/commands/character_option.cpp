#include "pantomime/commands/character_option.h"

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/mapping_file.h"

namespace pantomime::commands {

namespace fs = std::filesystem;

void add_character_option(CLI::App& app, CharacterOption& option) {
  app.add_option("--character", option.file,
                 "Your own rigged character (.glb): GLB files are it, moving")
      ->type_name("FILE");
  app.add_option("--character-mapping", option.mapping,
                 "Which of its joints is which (TOML); default: matched, and written out")
      ->type_name("FILE");
}

std::optional<formats::UserCharacter> open_character(const CharacterOption& option,
                                                     const fs::path& folder, bool force,
                                                     Context& context) {
  if (option.file.empty()) {
    PANTOMIME_CHECK(option.mapping.empty(), "--character-mapping: there is no --character");
    return std::nullopt;
  }
  formats::UserCharacter character(read_file(option.file), option.file.string());
  if (!option.mapping.empty()) {
    character.use(formats::parse_mapping(read_file(option.mapping), option.mapping.string()));
    return character;
  }
  const motion::RigMatch match = character.match();
  const fs::path page = folder / (option.file.stem().string() + "-mapping.toml");
  const std::string text = formats::mapping_page(match, option.file.filename().string());
  if (fs::exists(page) && !force && read_file(page) != text)
    fail(
        "{}: is there already and says something else; use it with --character-mapping, or "
        "replace it with --force",
        page.string());
  fs::create_directories(folder);
  write_file(page, text);
  context.terminal.note(fmt::format("{}: {} of {} joints found; {} says which, for correction",
                                    option.file.string(), match.mapping.signature.size(),
                                    motion::kJointCount, page.string()));
  character.use(match.mapping);
  return character;
}

}  // namespace pantomime::commands
