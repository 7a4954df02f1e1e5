#include "pantomime/formats/makehuman_package.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "pantomime/base/error.h"
#include "pantomime/body/shape.h"
#include "pantomime/formats/json.h"

namespace pantomime::formats::makehuman {

namespace {

using nlohmann::json;

constexpr size_t kMaxPoints = 1u << 18;

/// A member that must be there and an array.
const json& array_of(const json& object, const char* key, const std::string& file) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_array())
    throw ParseError(fmt::format("{}: no array \"{}\"", file, key));
  return object[key];
}

template <typename T>
std::vector<T> numbers(const json& array, const std::string& file, const char* what) {
  std::vector<T> out;
  out.reserve(array.size());
  for (const json& v : array) {
    if (!v.is_number())
      throw ParseError(fmt::format("{}: {} holds something not a number", file, what));
    const double d = v.get<double>();
    // A model in decimetres has no number near this; casting larger ones would be undefined.
    if (!(std::abs(d) < 1e9) || (std::is_unsigned_v<T> && (d < 0 || d != std::floor(d))))
      throw ParseError(fmt::format("{}: {} holds {}", file, what, d));
    out.push_back(static_cast<T>(d));
  }
  return out;
}

/// three.js JSON model format 3.1: each face begins with bits that say what follows.
std::vector<Face> parse_faces(const std::vector<uint32_t>& f, size_t points, size_t uvs,
                              const std::string& file) {
  constexpr uint32_t kQuad = 1, kMaterial = 2, kCornerUvs = 8;
  std::vector<Face> out;
  for (size_t i = 0; i < f.size();) {
    const uint32_t bits = f[i++];
    if ((bits & ~(kQuad | kMaterial | kCornerUvs)) != 0)
      throw ParseError(fmt::format(
          "{}: face type {}, expected quads or triangles with material and uvs", file, bits));
    Face face;
    face.corners = (bits & kQuad) ? 4 : 3;
    const auto n = static_cast<size_t>(face.corners);
    const size_t size = n + ((bits & kMaterial) ? 1 : 0) + ((bits & kCornerUvs) ? n : 0);
    if (size > f.size() - i) throw ParseError(fmt::format("{}: the last face is cut off", file));
    for (size_t k = 0; k < n; ++k) face.points[k] = f[i++];
    if (bits & kMaterial) face.material = static_cast<int>(std::min(f[i++], 1u << 20));
    if (bits & kCornerUvs)
      for (size_t k = 0; k < n; ++k) face.uvs[k] = f[i++];
    for (size_t k = 0; k < n; ++k)
      if (face.points[k] >= points || face.uvs[k] >= std::max<size_t>(uvs, 1))
        throw ParseError(fmt::format("{}: a face uses point {} of {} and uv {} of {}", file,
                                     face.points[k], points, face.uvs[k], uvs));
    out.push_back(face);
  }
  return out;
}

/// Canonical joint of a bone of the default rig, or -1 when its parent decides.
int joint_of_bone(const std::string& bone) {
  using namespace motion;  // NOLINT: the joints' names
  static const std::map<std::string, int> middle = {
      {"root", kPelvis},    {"spine05", kPelvis}, {"spine04", kPelvis}, {"spine03", kSpine1},
      {"spine02", kSpine2}, {"spine01", kSpine3}, {"neck01", kNeck},    {"neck02", kNeck},
      {"neck03", kNeck},    {"head", kHead}};
  static const std::map<std::string, std::pair<int, int>> sides = {
      {"pelvis", {kPelvis, kPelvis}},
      {"breast", {kSpine3, kSpine3}},
      {"clavicle", {kLeftCollar, kRightCollar}},
      {"shoulder01", {kLeftCollar, kRightCollar}},
      {"upperarm01", {kLeftShoulder, kRightShoulder}},
      {"upperarm02", {kLeftShoulder, kRightShoulder}},
      {"lowerarm01", {kLeftElbow, kRightElbow}},
      {"lowerarm02", {kLeftElbow, kRightElbow}},
      {"wrist", {kLeftWrist, kRightWrist}},
      {"upperleg01", {kLeftHip, kRightHip}},
      {"upperleg02", {kLeftHip, kRightHip}},
      {"lowerleg01", {kLeftKnee, kRightKnee}},
      {"lowerleg02", {kLeftKnee, kRightKnee}},
      {"foot", {kLeftAnkle, kRightAnkle}}};
  if (const auto it = middle.find(bone); it != middle.end()) return it->second;
  if (bone.size() < 3 || bone[bone.size() - 2] != '.') return -1;
  const bool left = bone.back() == 'L';
  const std::string stem = bone.substr(0, bone.size() - 2);
  if (stem.starts_with("toe")) return left ? kLeftFoot : kRightFoot;
  const auto it = sides.find(stem);
  if (it == sides.end()) return -1;
  return left ? it->second.first : it->second.second;
}

}  // namespace

json read_json_file(const std::filesystem::path& path) {
  return parse_json(read_file(path, uint64_t{64} << 20), path.string());
}

void push_largest(const std::array<float, motion::kJointCount>& sums, SkinWeights& out) {
  std::array<float, motion::kJointCount> rest = sums;
  std::array<std::pair<uint8_t, float>, 4> four;
  float total = 0;
  for (auto& [joint, weight] : four) {
    const auto most = std::max_element(rest.begin(), rest.end());
    joint = static_cast<uint8_t>(most - rest.begin());
    // Less than half a percent is a seam for nothing: it costs time and is not seen.
    weight = *most > 0.005f ? *most : 0.f;
    if (weight == 0) joint = 0;
    total += weight;
    *most = 0;
  }
  for (const auto& [joint, weight] : four) {
    out.joints.push_back(joint);
    out.weights.push_back(total > 0 ? weight / total : joint == four[0].first ? 1.f : 0.f);
  }
}

Mesh parse_mesh(const json& model, const std::string& file) {
  Mesh mesh;
  mesh.file = file;
  const auto xyz = numbers<float>(array_of(model, "vertices", file), file, "vertices");
  if (xyz.size() % 3 != 0 || xyz.empty() || xyz.size() / 3 > kMaxPoints)
    throw ParseError(fmt::format("{}: {} coordinates", file, xyz.size()));
  for (size_t i = 0; i < xyz.size(); i += 3)
    mesh.points.push_back(kMetres * Vec3{xyz[i], xyz[i + 1], xyz[i + 2]});
  const json& layers = array_of(model, "uvs", file);
  if (!layers.empty() && layers[0].is_array()) {
    const auto uv = numbers<float>(layers[0], file, "uvs");
    for (size_t i = 0; i + 1 < uv.size(); i += 2) mesh.uvs.push_back({uv[i], 1 - uv[i + 1]});
  }
  if (mesh.uvs.empty()) mesh.uvs.push_back({0, 0});
  mesh.faces = parse_faces(numbers<uint32_t>(array_of(model, "faces", file), file, "faces"),
                           mesh.points.size(), mesh.uvs.size(), file);
  if (mesh.faces.empty()) throw ParseError(fmt::format("{}: no faces", file));
  for (const json& material : array_of(model, "materials", file))
    mesh.materials.push_back(material.is_object() ? material.value("DbgName", "") : "");
  return mesh;
}

SplitSurface split(const Mesh& mesh, const std::vector<const Face*>& faces) {
  SplitSurface out;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> seen;
  auto vertex = [&](const Face& face, size_t corner) {
    const auto key = std::pair(face.points[corner], face.uvs[corner]);
    const auto [it, fresh] = seen.try_emplace(key, static_cast<uint32_t>(out.points.size()));
    if (fresh) {
      out.points.push_back(key.first);
      out.uvs.push_back(mesh.uvs[key.second][0]);
      out.uvs.push_back(mesh.uvs[key.second][1]);
    }
    return it->second;
  };
  for (const Face* face : faces) {
    auto triangle = [&](size_t a, size_t b, size_t c) {
      const std::array<uint32_t, 3> p{face->points[a], face->points[b], face->points[c]};
      if (p[0] == p[1] || p[1] == p[2] || p[2] == p[0]) return;
      for (const size_t k : {a, b, c}) out.triangles.push_back(vertex(*face, k));
    };
    if (face->corners == 3) {
      triangle(0, 1, 2);
      continue;
    }
    auto apart = [&](size_t a, size_t b) {
      return length(mesh.points[face->points[a]] - mesh.points[face->points[b]]);
    };
    if (apart(0, 2) <= apart(1, 3)) {
      triangle(0, 1, 2);
      triangle(0, 2, 3);
    } else {
      triangle(0, 1, 3);
      triangle(1, 2, 3);
    }
  }
  return out;
}

Package::Package(const std::filesystem::path& folder) : folder_(folder) {
  read_rig();
  read_base();
  read_targets();
}

void Package::read_rig() {
  const auto path = folder_ / "src/json/rigs/default.json";
  const json rig = read_json_file(path);
  const std::string file = path.string();
  if (!rig.is_object() || !rig.contains("bones") || !rig["bones"].is_object() ||
      !rig.contains("joints") || !rig["joints"].is_object())
    throw ParseError(fmt::format("{}: no \"bones\" and \"joints\"", file));
  for (const auto& [name, bone] : rig["bones"].items()) {
    const bool has = bone.is_object() && bone.contains("parent") && bone["parent"].is_string();
    bone_parents_[name] = has ? bone["parent"].get<std::string>() : "";
  }
  for (const auto& [name, points] : rig["joints"].items())
    bone_ends_[name] = numbers<uint32_t>(points, file, "joints");
}

void Package::read_base() {
  const auto path = folder_ / "public/data/models/human_full_size.json";
  const json model = read_json_file(path);
  const std::string file = path.string();
  base_ = parse_mesh(model, file);
  const auto [first, last] = group("body");
  if (first != 0) throw ParseError(fmt::format("{}: the body's points don't come first", file));
  body_points_ = last;
  for (const auto& [name, points] : bone_ends_)
    for (const uint32_t p : points)
      if (p >= base_.points.size())
        throw ParseError(fmt::format("{}: bone end \"{}\" uses point {} of {}",
                                     (folder_ / "src/json/rigs/default.json").string(), name, p,
                                     base_.points.size()));

  std::vector<int> joint_of;
  for (const json& bone : array_of(model, "bones", file)) {
    std::string name = bone.is_object() ? bone.value("name", "") : "";
    if (const size_t cut = name.find("____"); cut != std::string::npos) name.resize(cut);
    int joint = joint_of_bone(name);
    // Fingers, face and the like move with the nearest ancestor that is a canonical joint.
    for (int steps = 0; joint < 0 && steps < 32 && bone_parents_.contains(name); ++steps) {
      name = bone_parents_[name];
      joint = joint_of_bone(name);
    }
    joint_of.push_back(joint);
  }
  const auto indices = numbers<uint32_t>(array_of(model, "skinIndices", file), file, "skinIndices");
  const auto weights = numbers<float>(array_of(model, "skinWeights", file), file, "skinWeights");
  if (indices.size() != 4 * base_.points.size() || weights.size() != indices.size())
    throw ParseError(fmt::format("{}: {} skin indices and {} skin weights for {} points", file,
                                 indices.size(), weights.size(), base_.points.size()));
  for (size_t p = 0; p < base_.points.size(); ++p) {
    std::array<float, motion::kJointCount> sums{};
    for (size_t k = 4 * p; k < 4 * p + 4; ++k) {
      if (!(weights[k] > 0)) continue;
      const int joint = indices[k] < joint_of.size() ? joint_of[indices[k]] : -1;
      if (joint < 0)
        throw ParseError(fmt::format("{}: point {} hangs on bone {}, which is no part of the body",
                                     file, p, indices[k]));
      sums[static_cast<size_t>(joint)] += weights[k];
    }
    push_largest(sums, skin_);
  }
}

std::pair<uint32_t, uint32_t> Package::group(const std::string& name) const {
  uint32_t first = UINT32_MAX, last = 0;
  for (const Face& face : base_.faces) {
    const auto m = static_cast<size_t>(face.material);
    if (m >= base_.materials.size() || base_.materials[m] != name) continue;
    for (size_t k = 0; k < static_cast<size_t>(face.corners); ++k) {
      first = std::min(first, face.points[k]);
      last = std::max(last, face.points[k] + 1);
    }
  }
  if (last == 0) throw ParseError(fmt::format("{}: no group \"{}\"", base_.file, name));
  return {first, last};
}

const std::vector<uint32_t>& Package::bone_end(const std::string& bone,
                                               const std::string& end) const {
  const auto it = bone_ends_.find(bone + "____" + end);
  if (it == bone_ends_.end() || it->second.empty())
    throw ParseError(fmt::format("{}: no {} of bone \"{}\"",
                                 (folder_ / "src/json/rigs/default.json").string(), end, bone));
  return it->second;
}

void Package::read_targets() {
  const auto list = folder_ / "src/json/targets/target-list.json";
  const json names = read_json_file(list);
  if (!names.is_object() || !names.contains("targets") || !names["targets"].is_object())
    throw ParseError(fmt::format("{}: no \"targets\"", list.string()));
  constexpr std::string_view prefix = "data/targets/", suffix = ".target";
  for (const auto& [key, unused] : names["targets"].items()) {  // sorted, as the rows are
    std::string name = key;
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
    target_names_.push_back(std::move(name));
  }
  const auto table = folder_ / "public/data/targets/targets.bin";
  target_file_ = MappedFile(table);
  const size_t expected = target_names_.size() * base_.points.size() * 3 * sizeof(int16_t);
  if (target_file_.bytes().size() != expected)
    throw ParseError(fmt::format("{}: {} bytes, expected {} for {} targets of {} points",
                                 table.string(), target_file_.bytes().size(), expected,
                                 target_names_.size(), base_.points.size()));
}

std::span<const int16_t> Package::target(size_t row) const {
  const size_t size = base_.points.size() * 3;
  return {reinterpret_cast<const int16_t*>(target_file_.bytes().data()) + row * size, size};
}

std::vector<Vec3> Package::shape_points(const body::BodyShape& shape) const {
  std::vector<Vec3> out = base_.points;
  for (const body::TargetWeight& t : body::shape_targets(shape)) {
    const auto it = std::find(target_names_.begin(), target_names_.end(), t.target);
    if (it == target_names_.end()) continue;
    const auto delta = target(static_cast<size_t>(it - target_names_.begin()));
    const float step = static_cast<float>(t.weight) * body::kTargetStep;
    for (size_t i = 0; i < out.size(); ++i)
      out[i] += step * Vec3{static_cast<float>(delta[3 * i]), static_cast<float>(delta[3 * i + 1]),
                            static_cast<float>(delta[3 * i + 2])};
  }
  return out;
}

}  // namespace pantomime::formats::makehuman
