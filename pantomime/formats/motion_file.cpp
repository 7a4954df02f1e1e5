#include "pantomime/formats/motion_file.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "pantomime/base/error.h"
#include "pantomime/formats/actor.h"
#include "pantomime/formats/amass.h"
#include "pantomime/formats/asf.h"
#include "pantomime/formats/bvh.h"
#include "pantomime/formats/gltf.h"
#include "pantomime/formats/lines.h"
#include "pantomime/formats/uestc.h"

namespace pantomime::formats {
namespace {

std::string lower_file_name(std::string_view path) {
  return lower_case(path.substr(path.find_last_of('/') + 1));
}

/// A name that can be one folder or file of a path: no slashes, no dots, nothing unprintable.
std::string as_file_name(std::string text) {
  for (char& c : text)
    if (c == '/' || c == '\\' || c == '.' || static_cast<unsigned char>(c) < ' ') c = '_';
  return text.empty() ? "_" : text;
}

}  // namespace

std::optional<MotionKind> motion_kind(std::string_view path) {
  const std::string name = lower_file_name(path);
  if (name.ends_with(".bvh")) return MotionKind::Bvh;
  if (name.ends_with(".amc")) return MotionKind::Amc;
  if (name.ends_with(".glb") || name.ends_with(".gltf")) return MotionKind::Gltf;
  if (name.ends_with(".pkl")) return MotionKind::Actor;
  if (name.ends_with(".npz") && name != "shape.npz" && !name.ends_with("_stagei.npz"))
    return MotionKind::Amass;
  return std::nullopt;
}

bool has_parts(MotionKind kind) {
  return kind == MotionKind::Gltf || kind == MotionKind::Actor;
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
      // Its joints are the canonical ones.
      return {parse_amass(file.bytes, file.name).clip, "amass"};
    case MotionKind::Gltf:
    case MotionKind::Actor: {
      std::vector<MotionPart> parts = parse_parts(file, options);
      if (parts.size() != 1)
        throw ParseError(fmt::format("{}: {} clips, expected one", file.name, parts.size()));
      return std::move(parts[0].motion);
    }
  }
  fail("{}: motion of an unknown kind", file.name);
}

std::vector<MotionPart> parse_parts(const MotionBytes& file, const MotionFileOptions& options) {
  std::vector<MotionPart> out;
  if (motion_kind(file.name) == MotionKind::Gltf) {
    GltfOptions own;
    if (std::filesystem::exists(file.name)) own.load = files_beside(file.name);
    std::set<std::string> taken;
    for (GltfAnimation& animation : parse_gltf(file.bytes, file.name, own)) {
      const std::string name = as_file_name(animation.name);
      std::string its = name;
      for (int again = 2; !taken.insert(its).second; ++again)
        its = fmt::format("{}_{}", name, again);
      out.push_back({its, {std::move(animation.clip), {}}});
    }
    if (out.empty()) throw ParseError(file.name + ": no animations");
    return out;
  }
  // UESTC's pickle doesn't say who does what; lists beside it do. People it tests on stay unseen.
  const std::filesystem::path pickle(file.name);
  if (std::filesystem::exists(pickle.parent_path() / "info/action_classes.txt")) {
    Uestc set = parse_uestc(file.bytes, pickle);
    for (size_t i = 0; i < set.sequences.size(); ++i) {
      if (!uestc_trains(set.subjects[i])) continue;
      ActorSequence& one = set.sequences[i];
      out.push_back({fmt::format("{}/p{:03}_{:05}",
                                 as_file_name(set.actions[static_cast<size_t>(one.action)]),
                                 set.subjects[i], i),
                     {std::move(one.clip), "actor"}});
    }
    return out;
  }
  std::vector<ActorSequence> sequences =
      parse_actor(file.bytes, file.name, {.fps = options.actor_fps});
  const bool humanact12 = lower_file_name(file.name).find("humanact12") != std::string::npos;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const int64_t action = sequences[i].action;
    const bool known = humanact12 && action >= 0 && action < 12;
    const std::string folder =
        known        ? as_file_name(std::string(kHumanAct12Actions[static_cast<size_t>(action)]))
        : action < 0 ? std::string("unknown")
                     : fmt::format("action {}", action);
    out.push_back({fmt::format("{}/{:05}", folder, i), {std::move(sequences[i].clip), "actor"}});
  }
  return out;
}

}  // namespace pantomime::formats
