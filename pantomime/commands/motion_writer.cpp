#include "pantomime/commands/motion_writer.h"

#include <algorithm>
#include <array>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/amass.h"
#include "pantomime/formats/bvh.h"
#include "pantomime/formats/exchange.h"
#include "pantomime/formats/glb.h"
#include "pantomime/formats/humanml3d.h"
#include "pantomime/formats/ntu.h"
#include "pantomime/formats/point_table.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;

struct Format {
  std::string_view name, ending;
};
constexpr std::array<Format, 9> kFormats = {{{"bvh", ".bvh"},
                                             {"glb", ".glb"},
                                             {"amass", ".npz"},
                                             {"humanml3d", ".npy"},
                                             {"ntu", ".skeleton"},
                                             {"csv", ".csv"},
                                             {"usd", ".usda"},
                                             {"obj", ".obj"},
                                             {"pc2", ".pc2"}}};

}  // namespace

std::string motion_format(const std::string& word, const std::string& more) {
  std::string all;
  for (const Format& format : kFormats) {
    if (word == format.name || "." + word == format.ending) return std::string(format.name);
    all += (all.empty() ? "" : ", ") + std::string(format.name);
  }
  fail("format \"{}\": expected {}{}", word, all, more.empty() ? "" : ", " + more);
}

std::optional<std::string> format_of(const fs::path& file) {
  for (const Format& format : kFormats)
    if (file.extension() == format.ending) return std::string(format.name);
  return std::nullopt;
}

bool shows_body(std::string_view format) {
  return format == "glb" || format == "usd" || needs_body(format);
}

bool needs_body(std::string_view format) {
  return format == "obj" || format == "pc2";
}

std::vector<fs::path> files_of(std::string_view format, const fs::path& base) {
  const std::string stem = base.string();
  if (format == "obj") return {stem + "_00000.obj", stem + ".mtl"};
  if (format == "pc2") return {stem + ".pc2", stem + ".obj", stem + ".mtl"};
  for (const Format& one : kFormats)
    if (one.name == format) return {stem + std::string(one.ending)};
  fail("format \"{}\" has no ending", format);
}

fs::path write_motion(const std::string& format, const fs::path& base,
                      const MotionToWrite& motion) {
  const fs::path file = files_of(format, base)[0];
  if (format == "bvh") {
    formats::write_bvh(file, motion.clip, {.metres_per_unit = motion.bvh_metres_per_unit});
  } else if (format == "glb") {
    const formats::GlbOptions options{.title = motion.title, .settings = motion.settings};
    write_file(file, motion.own != nullptr
                         ? motion.own->animated(motion.clip, motion.title, motion.settings)
                     : motion.character != nullptr
                         ? formats::to_glb(*motion.character, motion.clip, options)
                         : formats::to_glb(motion.clip, options));
  } else if (format == "amass") {
    formats::write_amass(file,
                         {.clip = motion.clip, .gender = "neutral", .settings = motion.settings});
  } else if (format == "humanml3d") {
    formats::write_humanml3d(file, motion.clip);
  } else if (format == "ntu") {
    formats::write_ntu_skeleton(file, formats::ntu_of(motion.clip));
  } else if (format == "csv") {
    formats::write_points_csv(file, motion.clip);
  } else if (format == "usd" && motion.character == nullptr) {
    write_file(file, formats::to_usd(motion.clip));
  } else {
    PANTOMIME_CHECK(motion.character != nullptr, "format {}: needs a body", format);
    const std::string name = base.filename().string();
    const formats::ExchangeOptions options{.name = name, .textures = name + "_textures"};
    formats::write_files(file.parent_path(),
                         format == "usd" ? formats::to_usd(*motion.character, motion.clip, options)
                         : format == "obj"
                             ? formats::to_obj_sequence(*motion.character, motion.clip, options)
                             : formats::to_pc2(*motion.character, motion.clip, options));
  }
  return file;
}

}  // namespace pantomime::commands
