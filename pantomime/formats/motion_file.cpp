#include "pantomime/formats/motion_file.h"

#include <algorithm>

#include "pantomime/base/error.h"
#include "pantomime/formats/amass.h"
#include "pantomime/formats/asf.h"
#include "pantomime/formats/bvh.h"

namespace pantomime::formats {
namespace {

std::string lower_file_name(std::string_view path) {
  std::string name(path.substr(path.find_last_of('/') + 1));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace

std::optional<MotionKind> motion_kind(std::string_view path) {
  const std::string name = lower_file_name(path);
  if (name.ends_with(".bvh")) return MotionKind::Bvh;
  if (name.ends_with(".amc")) return MotionKind::Amc;
  if (name.ends_with(".npz") && name != "shape.npz" && !name.ends_with("_stagei.npz"))
    return MotionKind::Amass;
  return std::nullopt;
}

bool is_skeleton_name(std::string_view path) {
  return lower_file_name(path).ends_with(".asf");
}

MotionOfFile parse_motion(const MotionBytes& file, const MotionFileOptions& options) {
  const auto kind = motion_kind(file.name);
  if (!kind) throw ParseError(file.name + ": no motion file, by its name");
  switch (*kind) {
    case MotionKind::Bvh:
      return {parse_bvh(file.bytes, file.name), {}};
    case MotionKind::Amc: {
      if (file.skeleton_name.empty())
        throw ParseError(file.name +
                         ": no skeleton in its folder, expected an .asf file whose name begins "
                         "this one's");
      const Asf asf = parse_asf(file.skeleton, file.skeleton_name);
      return {parse_amc(file.bytes, file.name, asf, {.fps = options.amc_fps}), {}};
    }
    case MotionKind::Amass:
      return {parse_amass(file.bytes, file.name).clip,
              "amass"};  // its joints are the canonical ones
  }
  fail("{}: motion of an unknown kind", file.name);
}

}  // namespace pantomime::formats
