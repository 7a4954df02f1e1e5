#include "pantomime/formats/user_character.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "pantomime/base/error.h"
#include "pantomime/formats/json.h"
#include "pantomime/formats/mapping_file.h"

namespace pantomime::formats {
namespace {

using motion::kJointCount;
using motion::Quat;
using motion::Vec3;
using nlohmann::json;

constexpr uint32_t kGlb = 0x46546C67, kJsonChunk = 0x4E4F534A, kBinChunk = 0x004E4942;
constexpr float kToeLength = 0.13f;  // metres, of feet without a toe joint
constexpr float kSole = 0.02f;       // metres from a toe joint down to the sole
constexpr int kFloats = 5126;
constexpr float kFarthest = 1e6f;  // what readers, ours among them, take

/// What `v` is inside of something with this scale: a place or a scale that other programs will
/// read.
Vec3 inside(Vec3 v, Vec3 scale) {
  PANTOMIME_CHECK(scale.x != 0 && scale.y != 0 && scale.z != 0,
                  "GLB: a joint is scaled to nothing along an axis, expected some size");
  const Vec3 at{v.x / scale.x, v.y / scale.y, v.z / scale.z};
  for (const float part : {at.x, at.y, at.z})
    PANTOMIME_CHECK(std::abs(part) <= kFarthest,
                    "GLB: a joint is {:g} from or times its parent, expected at most {:g}", part,
                    kFarthest);
  return at;
}

uint32_t u32_at(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

void put_u32(std::string& out, uint64_t value) {
  const auto number = static_cast<uint32_t>(value);
  out.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

/// JSON and binary chunk of a GLB whose structure parse_gltf_rig() has checked.
std::pair<std::string_view, std::string_view> chunks_of(std::string_view glb) {
  std::pair<std::string_view, std::string_view> out;
  for (size_t at = 12; at + 8 <= glb.size();) {
    const uint32_t size = u32_at(glb, at), type = u32_at(glb, at + 4);
    const std::string_view chunk = glb.substr(at + 8, size);
    if (type == kJsonChunk && out.first.empty()) out.first = chunk;
    if (type == kBinChunk && out.second.empty()) out.second = chunk;
    at += 8 + size_t{size};
  }
  return out;
}

/// Adds numbers to the end of buffer 0, with a view and an accessor of them.
class Appender {
 public:
  Appender(json& root, std::string& bytes) : root_(root), bytes_(bytes) {
    for (const char* list : {"bufferViews", "accessors"})
      if (!root_.contains(list)) root_[list] = json::array();
  }

  size_t add(const std::vector<float>& values, size_t width, bool bounds) {
    while (bytes_.size() % 4 != 0) bytes_.push_back('\0');
    const size_t begin = bytes_.size(), size = values.size() * sizeof(float);
    bytes_.append(reinterpret_cast<const char*>(values.data()), size);
    root_["bufferViews"].push_back({{"buffer", 0}, {"byteOffset", begin}, {"byteLength", size}});
    json accessor = {{"bufferView", root_["bufferViews"].size() - 1},
                     {"componentType", kFloats},
                     {"count", values.size() / width},
                     {"type", width == 1   ? "SCALAR"
                              : width == 3 ? "VEC3"
                                           : "VEC4"}};
    if (bounds) {
      const auto [low, high] = std::minmax_element(values.begin(), values.end());
      accessor["min"] = {*low};
      accessor["max"] = {*high};
    }
    root_["accessors"].push_back(std::move(accessor));
    return root_["accessors"].size() - 1;
  }

 private:
  json& root_;
  std::string& bytes_;
};

}  // namespace

UserCharacter::UserCharacter(std::string glb, std::string name)
    : glb_(std::move(glb)), name_(std::move(name)) {
  if (glb_.size() < 20 || u32_at(glb_, 0) != kGlb)
    throw ParseError(name_ + ": no GLB file, expected a character as binary glTF 2.0 (.glb)");
  rig_ = parse_gltf_rig(glb_, name_);
  const auto [text, binary] = chunks_of(glb_);
  const json root = parse_json(text, name_, 20, {.depth = 64, .values = 10'000'000});
  const bool inside = root.contains("buffers") && root["buffers"].is_array() &&
                      !root["buffers"].empty() && root["buffers"][0].is_object() &&
                      !root["buffers"][0].contains("uri") && !binary.empty();
  const auto none_or_list = [&](const char* key) {
    return !root.contains(key) || root[key].is_array();
  };
  if (!none_or_list("bufferViews") || !none_or_list("accessors"))
    throw ParseError(name_ + ": glTF: bufferViews and accessors are lists");
  if (!inside)
    throw ParseError(name_ + ": glTF: no data inside, expected one .glb with everything");
}

motion::RigMatch UserCharacter::match() const {
  return motion::match_rig(rig_.rest, name_);
}

void UserCharacter::use(motion::Mapping mapping) {
  mapping_ = std::move(mapping);
  const motion::Clip at_rest = motion::to_canonical(rig_.rest, mapping_);
  body_ = at_rest.skeleton;
  const motion::WorldPose pose = motion::forward_kinematics(at_rest);
  // The rig stands on y = 0 in its rest pose, our clips on soles 2 cm under the toe joints.
  float ankle = 0, toe = 0;
  bool toes = true;
  for (const auto& [a, t] : {std::pair(motion::kLeftAnkle, motion::kLeftFoot),
                             std::pair(motion::kRightAnkle, motion::kRightFoot)}) {
    ankle += 0.5f * pose.positions[a].y;
    toe += 0.5f * pose.positions[t].y;
    toes = toes && length(body_.offsets[t]) > 1e-3f;
  }
  if (toes) {
    floor_ = toe - kSole;
  } else {
    const float drop = std::clamp(ankle - kSole, 0.f, 0.3f);
    for (const size_t t : {motion::kLeftFoot, motion::kRightFoot})
      body_.offsets[t] = {0, -drop, kToeLength};
    floor_ = ankle - drop - kSole;
  }
}

std::string UserCharacter::animated(const motion::Clip& clip, const std::string& title,
                                    const std::string& settings) const {
  PANTOMIME_CHECK(!mapping_.rotation_from[motion::kPelvis].empty(), "{}: no mapping yet", name_);
  const motion::Clip moved =
      motion::to_rig(motion::transformed(clip, {}, {0, floor_, 0}), rig_.rest, mapping_);
  const size_t joints = moved.joint_count(), frames = moved.frame_count();
  const motion::WorldPose pose = motion::forward_kinematics(moved),
                          rest = motion::forward_kinematics(rig_.rest);
  const auto pelvis =
      static_cast<size_t>(*moved.skeleton.find(mapping_.rotation_from[motion::kPelvis]));
  std::vector<bool> turns(joints, false);
  for (const std::string& name : mapping_.rotation_from)
    if (!name.empty()) turns[static_cast<size_t>(*moved.skeleton.find(name))] = true;

  const auto [text, binary] = chunks_of(glb_);
  json root = parse_json(text, name_, 20, {.depth = 64, .values = 10'000'000});
  std::string bytes(binary);
  Appender appender(root, bytes);
  std::vector<float> times(frames);
  for (size_t f = 0; f < frames; ++f)
    times[f] = static_cast<float>(static_cast<double>(f) / clip.fps);
  const size_t input = appender.add(times, 1, true);
  json animation = {{"name", title}, {"samplers", json::array()}, {"channels", json::array()}};
  const auto add = [&](const std::vector<float>& values, size_t width, size_t joint,
                       const char* path) {
    animation["channels"].push_back({{"sampler", animation["samplers"].size()},
                                     {"target", {{"node", rig_.nodes[joint]}, {"path", path}}}});
    animation["samplers"].push_back({{"input", input},
                                     {"output", appender.add(values, width, false)},
                                     {"interpolation", "LINEAR"}});
  };
  for (size_t j = 0; j < joints; ++j) {
    if (!turns[j] || rig_.nodes[j] < 0) continue;
    const int parent = moved.skeleton.parents[j];
    std::vector<float> turned, places;
    Quat before;
    for (size_t f = 0; f < frames; ++f) {
      // A node's frame at rest is turned against the clip's, in which all are parallel.
      const Quat own = pose.rotations[f * joints + j] * rig_.rotations[j];
      Quat above;
      Vec3 origin, scale{1, 1, 1};
      if (parent >= 0) {
        const auto p = static_cast<size_t>(parent);
        above = pose.rotations[f * joints + p] * rig_.rotations[p];
        origin = j == pelvis ? rest.positions[p] : Vec3{};  // what is above the pelvis stays
        scale = rig_.scales[p];
      }
      Quat q = motion::normalized(motion::conjugate(above) * own);
      if (f > 0 && q.w * before.w + q.x * before.x + q.y * before.y + q.z * before.z < 0)
        q = {-q.w, -q.x, -q.y, -q.z};
      before = q;
      turned.insert(turned.end(), {q.x, q.y, q.z, q.w});
      if (j != pelvis) continue;
      const Vec3 at = motion::conjugate(above) * (pose.positions[f * joints + j] - origin);
      const Vec3 place = inside(at, scale);
      places.insert(places.end(), {place.x, place.y, place.z});
    }
    add(turned, 4, j, "rotation");
    if (j == pelvis) add(places, 3, j, "translation");
  }
  root["animations"] = json::array({std::move(animation)});
  json kept = json::parse(settings, nullptr, false);
  PANTOMIME_CHECK(kept.is_object(), "GLB: settings are no JSON object");
  if (!root["asset"].is_object()) root["asset"] = {{"version", "2.0"}};
  json& extras = root["asset"]["extras"];
  if (!extras.is_object()) extras = json::object();
  extras["pantomime"] = std::move(kept);
  while (bytes.size() % 4 != 0) bytes.push_back('\0');
  root["buffers"][0]["byteLength"] = bytes.size();
  // A node that is animated may have no matrix: it gets what the matrix says in parts.
  for (size_t j = 0; j < joints; ++j) {
    if (rig_.nodes[j] < 0 || !turns[j]) continue;
    json& node = root["nodes"][static_cast<size_t>(rig_.nodes[j])];
    if (!node.contains("matrix")) continue;
    node.erase("matrix");
    const int parent = moved.skeleton.parents[j];
    const auto p = static_cast<size_t>(std::max(parent, 0));
    const Quat above = parent < 0 ? Quat{} : rig_.rotations[p];
    const Vec3 by = parent < 0 ? Vec3{1, 1, 1} : rig_.scales[p];
    const Vec3 from = parent < 0 ? Vec3{} : rest.positions[p];
    const Vec3 t = motion::conjugate(above) * (rest.positions[j] - from);
    const Quat q = motion::normalized(motion::conjugate(above) * rig_.rotations[j]);
    const Vec3 place = inside(t, by), s = inside(rig_.scales[j], by);
    node["translation"] = {place.x, place.y, place.z};
    node["rotation"] = {q.x, q.y, q.z, q.w};
    node["scale"] = {s.x, s.y, s.z};
  }
  std::string page = root.dump(-1, ' ', false, json::error_handler_t::replace);
  while (page.size() % 4 != 0) page.push_back(' ');
  const uint64_t total = 12 + 8 + page.size() + 8 + bytes.size();
  PANTOMIME_CHECK(total < (uint64_t{1} << 32), "{}: GLB files end at 4 GiB", name_);
  std::string out;
  out.reserve(total);
  put_u32(out, kGlb);
  put_u32(out, 2);
  put_u32(out, total);
  put_u32(out, page.size());
  put_u32(out, kJsonChunk);
  out += page;
  put_u32(out, bytes.size());
  put_u32(out, kBinChunk);
  out += bytes;
  return out;
}

std::string mapping_page(const motion::RigMatch& match, const std::string& character) {
  std::vector<std::string> comments(kJointCount);
  for (size_t j = 0; j < kJointCount; ++j)
    comments[j] = match.by[j] == motion::FoundBy::Name    ? "by its name"
                  : match.by[j] == motion::FoundBy::Place ? "by its place"
                                                          : "not found: keeps still";
  return to_mapping_toml(match.mapping,
                         "Joints of " + character +
                             ". Correct them and hand this file over as "
                             "--character-mapping.\ndocs/MAPPINGS.md tells what can stand here.",
                         comments);
}

}  // namespace pantomime::formats
