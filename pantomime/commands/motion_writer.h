// Motion in every format that we write, for convert and generate.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/body/character.h"
#include "pantomime/formats/user_character.h"
#include "pantomime/motion/clip.h"

namespace pantomime::commands {

/// The format that a word means: its name, or its files' ending ("npz": amass, "npy": humanml3d,
/// "skeleton": ntu, "usda": usd). Throws Error that lists all, and `more`.
std::string motion_format(const std::string& word, const std::string& more = {});
/// The format of files with this ending ("walk.glb": glb), or nothing.
std::optional<std::string> format_of(const std::filesystem::path& file);
/// True for glb, usd, obj and pc2: what can show a body.
bool shows_body(std::string_view format);
/// True for obj and pc2, which are meshes and nothing else.
bool needs_body(std::string_view format);
/// The files by which a motion is known, with endings: write_motion() may put textures beside.
std::vector<std::filesystem::path> files_of(std::string_view format,
                                            const std::filesystem::path& base);

/// One motion to write.
struct MotionToWrite {
  const motion::Clip& clip;                    ///< canonical, except for bvh, glb, usd, csv
  const body::Character* character = nullptr;  ///< null: a skeleton alone
  /// The user's own, instead of a character; the clip is then on its bones. Only for glb.
  const formats::UserCharacter* own = nullptr;
  std::string title = "motion";
  std::string settings = "{}";  ///< JSON, kept where the format has a place
  double bvh_metres_per_unit = 0.01;
};

/// Writes a motion and returns the first of its files. `base`: without ending. Meshes have their
/// textures in a folder BASE_textures; obj is BASE_00000.obj and so on; pc2 has its BASE.obj
/// beside.
std::filesystem::path write_motion(const std::string& format, const std::filesystem::path& base,
                                   const MotionToWrite& motion);

}  // namespace pantomime::commands
