#include <algorithm>
#include <cstring>
#include <memory>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/library_table.h"
#include "pantomime/formats/actor.h"
#include "pantomime/formats/amass.h"
#include "pantomime/formats/asf.h"
#include "pantomime/formats/bvh.h"
#include "pantomime/formats/c3d.h"
#include "pantomime/formats/gltf_document.h"
#include "pantomime/formats/makehuman.h"
#include "pantomime/formats/mapping_file.h"
#include "pantomime/formats/motion_file.h"
#include "pantomime/formats/npz.h"
#include "pantomime/formats/ntu.h"
#include "pantomime/formats/png.h"
#include "pantomime/formats/safetensors.h"
#include "pantomime/library/source_files.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Options {
  std::vector<fs::path> files;
  fs::path mappings;
  bool json = false;
};

json describe_clip(const motion::Clip& clip) {
  json result = {{"joints", clip.joint_count()},
                 {"frames", clip.frame_count()},
                 {"fps", clip.fps},
                 {"seconds", clip.seconds()},
                 {"joint_names", clip.skeleton.names}};
  if (!clip.moving_joints.empty())
    result["joints_that_move_in_their_parent"] = clip.moving_joints.size();
  return result;
}

/// A clip on a foreign skeleton, and which mapping knows it.
json describe_foreign(const motion::Clip& clip, const char* kind, const fs::path& path,
                      const Options& options) {
  json result = describe_clip(clip);
  result["kind"] = kind;
  const auto mappings = formats::load_mappings(
      options.mappings.empty() ? resource_path("configs/mappings") : options.mappings);
  try {
    const motion::Mapping& mapping = formats::recognise(clip.skeleton, mappings, path.string());
    result["rig"] = mapping.name;
    result["metres_per_unit"] = mapping.axes.metres_per_unit;
  } catch (const Error&) {
    result["rig"] = "unknown (no mapping in configs/mappings fits)";
  }
  return result;
}

json describe_amc(const fs::path& path, const Options& options) {
  motion::Clip clip;
  library::read_source_files(path, path.parent_path(), [&](library::SourceFile&& file) {
    clip = formats::parse_motion({file.bytes, file.where, file.skeleton, file.skeleton_where}).clip;
    return true;
  });
  json result = describe_foreign(clip, "AMC motion", path, options);
  result["fps"] = fmt::format("{} (AMC files don't say)", formats::MotionFileOptions{}.amc_fps);
  return result;
}

json describe_points(const motion::PointRecording& points, const char* kind) {
  size_t found = 0;
  for (const float confidence : points.confidence) found += confidence > 0;
  const size_t all = std::max<size_t>(points.confidence.size(), 1);
  return {{"kind", kind},
          {"points", points.point_count()},
          {"frames", points.frame_count()},
          {"fps", points.fps},
          {"found", static_cast<double>(found) / static_cast<double>(all)},
          {"point_names", points.names}};
}

json describe_c3d(const std::string& bytes, const fs::path& path) {
  const formats::C3d c3d = formats::parse_c3d(bytes, path.string());
  json result = describe_points(c3d.points, "C3D markers");
  result["analog_channels"] = c3d.analog_channels;
  return result;
}

json describe_ntu(const std::string& bytes, const fs::path& path) {
  const formats::NtuSkeleton people = formats::parse_ntu_skeleton(bytes, path.string());
  json result = {{"kind", "NTU skeletons"}, {"frames", people.frames}, {"fps", formats::kNtuFps}};
  result["people"] = json::array();
  for (const formats::NtuBody& body : people.bodies)
    result["people"].push_back({{"id", body.id}, {"frames", body.joints.frame_count()}});
  return result;
}

json describe_actor(const std::string& bytes, const fs::path& path) {
  const auto sequences = formats::parse_actor(bytes, path.string());
  size_t frames = 0;
  for (const auto& sequence : sequences) frames += sequence.clip.frame_count();
  return {{"kind", "ACTOR motion"}, {"clips", sequences.size()}, {"frames", frames}};
}

json describe_asf(const std::string& bytes, const fs::path& path) {
  const formats::Asf asf = formats::parse_asf(bytes, path.string());
  return {{"kind", "ASF skeleton"},
          {"joints", asf.skeleton.joint_count()},
          {"metres_per_unit", asf.metres_per_unit},
          {"joint_names", asf.skeleton.names}};
}

const char* name_of(formats::DType type) {
  switch (type) {
    case formats::DType::F32:
      return "F32";
    case formats::DType::F16:
      return "F16";
    case formats::DType::BF16:
      return "BF16";
    case formats::DType::F64:
      return "F64";
    case formats::DType::I64:
      return "I64";
    case formats::DType::I32:
      return "I32";
    case formats::DType::U8:
      return "U8";
  }
  return "?";
}

const char* name_of(formats::NpyType type) {
  switch (type) {
    case formats::NpyType::F4:
      return "float32";
    case formats::NpyType::F8:
      return "float64";
    case formats::NpyType::I2:
      return "int16";
    case formats::NpyType::I4:
      return "int32";
    case formats::NpyType::I8:
      return "int64";
    case formats::NpyType::U1:
      return "uint8";
    case formats::NpyType::Bool:
      return "bool";
    case formats::NpyType::Text:
      return "text";
  }
  return "?";
}

json describe_safetensors(const std::string& bytes, const fs::path& path) {
  const formats::Safetensors content = formats::parse_safetensors(bytes, path.string());
  json result = {{"kind", "safetensors"}, {"metadata", content.metadata}};
  int64_t numbers = 0;
  for (const auto& [name, array] : content.arrays) {
    int64_t count = 1;
    for (const int64_t side : array.shape) count *= side;
    numbers += count;
    result["arrays"][name] = {{"type", name_of(array.dtype)}, {"shape", array.shape}};
  }
  result["numbers"] = numbers;
  result["bytes"] = bytes.size();
  result["sha256"] = sha256_hex(bytes);
  return result;
}

json describe_npz(const std::string& bytes, const fs::path& path) {
  const formats::Npz arrays =
      formats::parse_npz(bytes, path.string(), {.objects = formats::NpyObjects::LeaveOut});
  json result;
  if ((arrays.contains("poses") || arrays.contains("pose_body")) && arrays.contains("trans")) {
    const formats::Amass amass = formats::parse_amass(bytes, path.string());
    result = describe_clip(amass.clip);
    result["kind"] = "AMASS motion";
    result["gender"] = amass.gender;
    result["betas"] = amass.betas.size();
    if (!amass.model.empty()) result["model"] = amass.model;
    if (!amass.settings.empty()) result["settings"] = amass.settings;
  } else {
    result["kind"] = "NumPy arrays";
  }
  for (const auto& [name, array] : arrays)
    result["arrays"][name] = {{"type", name_of(array.type)}, {"shape", array.shape}};
  return result;
}

json describe_npy(const std::string& bytes, const fs::path& path) {
  const formats::NpyArray array = formats::parse_npy(bytes, path.string());
  return {{"kind", "NumPy array"}, {"type", name_of(array.type)}, {"shape", array.shape}};
}

json describe_image(const std::string& bytes, const fs::path& path) {
  const Image image = formats::parse_image(bytes, path.string());
  return {{"kind", "picture"},
          {"width", image.width},
          {"height", image.height},
          {"channels", image.channels}};
}

/// Longest time any animation of a glTF document tells, from its accessors' bounds.
double animation_seconds(const json& document) {
  double seconds = 0;
  for (const json& animation : document.value("animations", json::array()))
    for (const json& sampler : animation.value("samplers", json::array())) {
      const auto at = sampler.value("input", size_t{0});
      const json accessors = document.value("accessors", json::array());
      if (at < accessors.size() && accessors[at].contains("max"))
        seconds = std::max(seconds, accessors[at]["max"].at(0).get<double>());
    }
  return seconds;
}

json describe_glb(const std::string& bytes, const fs::path& path) {
  const formats::GltfDocument scene(bytes, path.string(), nullptr);
  const json& document = scene.root();
  json result = {{"kind", "GLB scene"}, {"bytes", bytes.size()}};
  try {
    for (const char* part :
         {"scenes", "nodes", "meshes", "skins", "animations", "materials", "images"})
      result[part] = document.value(part, json::array()).size();
    result["seconds"] = animation_seconds(document);
    const auto names = scene.animation_names();
    if (!names.empty()) result["animation_names"] = names;
    if (document.contains("asset")) result["asset"] = document["asset"];
  } catch (const json::exception& error) {
    fail("{}: {}", path.string(), error.what());
  }
  return result;
}

json describe_body(const fs::path& path) {
  const body::BodyAssets assets = formats::open_body_assets(path);
  json result = {{"kind", "body assets"},
                 {"body_points", assets.body_point_count()},
                 {"shape_targets", assets.targets().size()},
                 {"hash", assets.hash()}};
  for (const body::Item& item : assets.items())
    result["items"][std::string(body::kItemKinds[static_cast<size_t>(item.kind)])].push_back(
        item.name);
  for (const body::Skin& skin : assets.skins()) result["skins"].push_back(skin.name);
  return result;
}

bool looks_like_safetensors(const std::string& bytes) {
  if (bytes.size() < 9 || bytes[8] != '{') return false;
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  return length <= bytes.size() - 8;
}

json describe(const fs::path& path, const Options& options) {
  if (library::looks_like_library(path))
    return library_json(library::Library(path, library::Library::Mode::Read));
  const std::string bytes = read_file(path);
  const auto begins = [&](std::string_view magic) { return bytes.starts_with(magic); };
  if (begins("PANTOBOD")) return describe_body(path);
  if (begins("PK\x03\x04")) return describe_npz(bytes, path);
  if (begins("\x93NUMPY")) return describe_npy(bytes, path);
  if (begins("glTF")) return describe_glb(bytes, path);
  if (begins("\x89PNG") || begins("\xFF\xD8\xFF")) return describe_image(bytes, path);
  if (looks_like_safetensors(bytes)) return describe_safetensors(bytes, path);
  if (bytes.find("HIERARCHY") < 1000)
    return describe_foreign(formats::parse_bvh(bytes, path.string()), "BVH motion", path, options);
  if (formats::motion_kind(path.string()) == formats::MotionKind::Actor)
    return describe_actor(bytes, path);
  if (path.extension() == ".c3d") return describe_c3d(bytes, path);
  if (path.extension() == ".skeleton") return describe_ntu(bytes, path);
  if (formats::is_skeleton_name(path.string())) return describe_asf(bytes, path);
  if (formats::motion_kind(path.string()) == formats::MotionKind::Amc)
    return describe_amc(path, options);
  fail(
      "{}: no kind of file that Pantomime knows: expected BVH, ASF, AMC, C3D, npz, npy, pkl, "
      "NTU skeletons, safetensors, GLB, PNG, JPEG or a motion library",
      path.string());
}

/// "key: value" lines; deeper things are indented.
std::string as_text(const json& value, size_t depth = 0) {
  std::string text;
  const std::string indent(2 * depth, ' ');
  for (const auto& [key, item] : value.items()) {
    if (item.is_object() && !item.empty()) {
      text += indent + key + ":\n" + as_text(item, depth + 1);
    } else {
      text +=
          indent + key + ": " + (item.is_string() ? item.get<std::string>() : item.dump()) + "\n";
    }
  }
  return text;
}

void run(const Options& options, Context& context) {
  json all = json::object();
  for (const fs::path& file : options.files) {
    const json description = describe(file, options);
    if (options.json) {
      all[file.string()] = description;
      continue;
    }
    const bool is_library = description.value("kind", "") == "motion library";
    context.terminal.print(file.string() + "\n" +
                           (is_library ? library_table(description) : as_text(description, 1)));
  }
  if (options.json) context.terminal.print(all.dump(2));
}

}  // namespace

Run add_info(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  app.add_option("files", options->files, "Motion, npz, npy, safetensors, GLB, pictures, library")
      ->required()
      ->type_name("FILE")
      ->default_str("");
  app.add_option("--mappings", options->mappings, "Folder of rig mappings (default: our own)")
      ->type_name("DIR");
  add_json(app, options->json);
  return [options, &context] { run(*options, context); };
}

}  // namespace pantomime::commands
