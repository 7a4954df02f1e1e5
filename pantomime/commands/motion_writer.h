// Motion in every format that we write, for convert and generate.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/body/character.h"
#include "pantomime/formats/user_character.h"
#include "pantomime/motion/clip.h"

namespace pantomime::commands {

/// bvh, glb, amass, humanml3d, ntu, csv, usd, obj, pc2.
const std::vector<std::string>& motion_formats();
/// The format that a word means: its name, or its files' ending ("npz": amass, "npy": humanml3d,
/// "skeleton": ntu, "usda": usd). Throws Error that lists all, and `more`.
std::string motion_format(const std::string& word, const std::string& more = {});
/// True for obj and pc2, which are meshes.
bool needs_body(std::string_view format);
/// Ending of the files, with the dot.
std::string_view ending_of(std::string_view format);

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

/// Writes a file, or for usd with a body, obj and pc2 a folder of files; `base`: without ending.
/// Returns what it wrote.
std::filesystem::path write_motion(const std::string& format, const std::filesystem::path& base,
                                   const MotionToWrite& motion);

}  // namespace pantomime::commands
