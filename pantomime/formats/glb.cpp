#include "pantomime/formats/glb.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <utility>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/json.h"
#include "pantomime/formats/png.h"
#include "pantomime/formats/tangents.h"
#include "pantomime/formats/texture.h"

namespace pantomime::formats {
namespace {

using motion::Quat;
using motion::Vec3;
using nlohmann::json;

// glTF's numbers for types and uses.
constexpr int kByte = 5121, kShort = 5123, kInt = 5125, kFloat = 5126;
constexpr int kVertices = 34962, kIndices = 34963;

json vector_json(Vec3 v) {
  return {v.x, v.y, v.z};
}
/// glTF writes quaternions x y z w.
json rotation_json(Quat q) {
  return {q.x, q.y, q.z, q.w};
}

/// The binary chunk and the tables that say what lies where in it.
class Buffer {
 public:
  json views = json::array(), accessors = json::array();
  std::string bytes;

  template <typename T>
  int view(std::span<const T> values, int target) {
    bytes.resize((bytes.size() + 3) / 4 * 4, '\0');
    json entry = {{"buffer", 0}, {"byteOffset", bytes.size()}, {"byteLength", values.size_bytes()}};
    if (target != 0) entry["target"] = target;
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    views.push_back(std::move(entry));
    return static_cast<int>(views.size()) - 1;
  }

  /// `width` numbers make one element of `type`.
  template <typename T>
  int accessor(const std::vector<T>& values, int component, const char* type, size_t width,
               int target) {
    json entry = {{"bufferView", view(std::span<const T>(values), target)},
                  {"componentType", component},
                  {"type", type},
                  {"count", values.size() / width}};
    accessors.push_back(std::move(entry));
    return static_cast<int>(accessors.size()) - 1;
  }

  /// As above for floats, with the smallest and largest element, which glTF wants for some uses.
  int bounded(const std::vector<float>& values, const char* type, size_t width, int target) {
    const int index = accessor(values, kFloat, type, width, target);
    std::vector<float> low(width, std::numeric_limits<float>::max());
    std::vector<float> high(width, std::numeric_limits<float>::lowest());
    for (size_t i = 0; i < values.size(); ++i) {
      low[i % width] = std::min(low[i % width], values[i]);
      high[i % width] = std::max(high[i % width], values[i]);
    }
    accessors.back()["min"] = low;
    accessors.back()["max"] = high;
    return index;
  }
};

/// Pictures and materials, each written once however many use it.
class Surfaces {
 public:
  json images = json::array(), textures = json::array(), materials = json::array();

  Surfaces(const body::Character& character, const GlbOptions& options, Buffer& buffer)
      : character_(character), options_(options), buffer_(buffer) {}

  int material(int index) {
    PANTOMIME_CHECK(index >= 0 && index < static_cast<int>(character_.materials.size()),
                    "GLB: material {}, the character has {}", index, character_.materials.size());
    const auto [place, is_new] = materials_.emplace(index, static_cast<int>(materials.size()));
    if (is_new) add(character_.materials[static_cast<size_t>(index)]);
    return place->second;
  }

 private:
  void add(const body::Material& material) {
    json surface = {{"metallicFactor", 0},
                    {"roughnessFactor", material.roughness},
                    {"baseColorFactor", material.base_colour}};
    json entry = {{"name", material.name}, {"doubleSided", material.two_sided}};
    const bool coverage =
        material.see_through && material.colour != nullptr && material.colour->channels == 4;
    if (material.colour)
      surface["baseColorTexture"] = {{"index", texture(material.colour, coverage)}};
    if (material.normals) entry["normalTexture"] = {{"index", texture(material.normals, false)}};
    if (material.base_colour[3] < 1 || (coverage && blends(*material.colour))) {
      entry["alphaMode"] = "BLEND";
    } else if (coverage) {
      entry["alphaMode"] = "MASK";
      entry["alphaCutoff"] = options_.alpha_cutoff;
    }
    entry["pbrMetallicRoughness"] = std::move(surface);
    materials.push_back(std::move(entry));
  }

  bool blends(const Image& colour) const {
    return options_.alpha == GlbAlpha::Blend ||
           (options_.alpha == GlbAlpha::Auto && soft_share(colour) > 0.5);
  }

  int texture(const std::shared_ptr<const Image>& image, bool coverage) {
    const auto [place, is_new] =
        textures_.emplace(std::pair(image.get(), coverage), static_cast<int>(textures.size()));
    if (!is_new) return place->second;
    const Image small = shrunk(*image, options_.max_texture);
    const std::string file = coverage ? to_png(bled(small)) : to_jpeg(small, options_.jpeg_quality);
    images.push_back({{"bufferView", buffer_.view(std::span<const char>(file), 0)},
                      {"mimeType", coverage ? "image/png" : "image/jpeg"}});
    textures.push_back({{"sampler", 0}, {"source", images.size() - 1}});
    return place->second;
  }

  const body::Character& character_;
  const GlbOptions& options_;
  Buffer& buffer_;
  std::map<int, int> materials_;  // character's index -> ours
  std::map<std::pair<const Image*, bool>, int> textures_;
};

void check_mesh(const body::SkinnedMesh& mesh, size_t joints) {
  const size_t vertices = mesh.positions.size();
  PANTOMIME_CHECK(mesh.normals.size() == vertices && mesh.uvs.size() == vertices &&
                      mesh.joints.size() == vertices && mesh.weights.size() == vertices,
                  "GLB: mesh \"{}\": {} positions, {} normals, {} uvs, {} joints, {} weights; "
                  "expected the same number",
                  mesh.name, vertices, mesh.normals.size(), mesh.uvs.size(), mesh.joints.size(),
                  mesh.weights.size());
  for (const auto& triangle : mesh.triangles)
    for (const uint32_t v : triangle)
      PANTOMIME_CHECK(v < vertices, "GLB: mesh \"{}\": triangle with vertex {}, there are {}",
                      mesh.name, v, vertices);
  for (size_t v = 0; v < vertices; ++v) {
    const Vec3 p = mesh.positions[v];
    PANTOMIME_CHECK(std::isfinite(p.x) && std::isfinite(p.y) && std::isfinite(p.z),
                    "GLB: mesh \"{}\": position of vertex {} is not finite", mesh.name, v);
    for (size_t k = 0; k < 4; ++k)
      PANTOMIME_CHECK(mesh.weights[v][k] <= 0 || mesh.joints[v][k] < joints,
                      "GLB: mesh \"{}\": vertex {} hangs on joint {}, there are {}", mesh.name, v,
                      mesh.joints[v][k], joints);
  }
}

/// Influences as glTF wants them: no joint twice, unused places joint 0 with weight 0, sum
/// exactly 1.
void append_influences(const std::array<uint8_t, 4>& joints, const std::array<float, 4>& weights,
                       std::vector<uint8_t>& out_joints, std::vector<float>& out_weights) {
  std::array<uint8_t, 4> j{};
  std::array<float, 4> w{};
  size_t used = 0;
  double sum = 0;
  for (size_t k = 0; k < 4; ++k) {
    if (!(weights[k] > 0) || !std::isfinite(weights[k])) continue;
    const auto same =
        static_cast<size_t>(std::find(j.begin(), j.begin() + used, joints[k]) - j.begin());
    if (same == used) j[used++] = joints[k];
    w[same] += weights[k];
    sum += weights[k];
  }
  if (used == 0) sum = w[0] = 1;  // hangs on nothing: keep it with the root
  float rest = 1;
  for (size_t k = 1; k < 4; ++k) rest -= w[k] = static_cast<float>(w[k] / sum);
  w[0] = rest;
  out_joints.insert(out_joints.end(), j.begin(), j.end());
  out_weights.insert(out_weights.end(), w.begin(), w.end());
}

json mesh_json(const body::SkinnedMesh& mesh, const body::Character& character, Surfaces& surfaces,
               Buffer& buffer) {
  check_mesh(mesh, character.bind_positions.size());
  const int material = surfaces.material(mesh.material);
  const bool bumpy = character.materials[static_cast<size_t>(mesh.material)].normals != nullptr;
  const auto frames = bumpy ? tangents(mesh) : std::vector<std::array<float, 4>>();
  constexpr uint32_t kUnused = 0xffffffff;
  std::vector<uint32_t> renamed(mesh.positions.size(), kUnused);
  for (const auto& triangle : mesh.triangles)
    for (const uint32_t v : triangle) renamed[v] = 0;
  std::vector<float> positions, normals, uvs, weights, directions;
  std::vector<uint8_t> joints;
  uint32_t count = 0;
  for (size_t v = 0; v < renamed.size(); ++v) {
    if (renamed[v] == kUnused) continue;
    renamed[v] = count++;
    const Vec3 p = mesh.positions[v], n = motion::normalized(mesh.normals[v], {0, 1, 0});
    positions.insert(positions.end(), {p.x, p.y, p.z});
    normals.insert(normals.end(), {n.x, n.y, n.z});
    uvs.insert(uvs.end(), mesh.uvs[v].begin(), mesh.uvs[v].end());
    if (bumpy) directions.insert(directions.end(), frames[v].begin(), frames[v].end());
    append_influences(mesh.joints[v], mesh.weights[v], joints, weights);
  }
  std::vector<uint32_t> indices;
  for (const auto& [a, b, c] : mesh.triangles)
    indices.insert(indices.end(), {renamed[a], renamed[b], renamed[c]});

  json attributes;
  attributes["POSITION"] = buffer.bounded(positions, "VEC3", 3, kVertices);
  attributes["NORMAL"] = buffer.accessor(normals, kFloat, "VEC3", 3, kVertices);
  if (bumpy) attributes["TANGENT"] = buffer.accessor(directions, kFloat, "VEC4", 4, kVertices);
  attributes["TEXCOORD_0"] = buffer.accessor(uvs, kFloat, "VEC2", 2, kVertices);
  attributes["JOINTS_0"] = buffer.accessor(joints, kByte, "VEC4", 4, kVertices);
  attributes["WEIGHTS_0"] = buffer.accessor(weights, kFloat, "VEC4", 4, kVertices);
  json primitive = {{"attributes", attributes}, {"material", material}};
  if (count < 0xffff) {
    const std::vector<uint16_t> small(indices.begin(), indices.end());
    primitive["indices"] = buffer.accessor(small, kShort, "SCALAR", 1, kIndices);
  } else {
    primitive["indices"] = buffer.accessor(indices, kInt, "SCALAR", 1, kIndices);
  }
  return {{"name", mesh.name}, {"primitives", json::array({primitive})}};
}

/// Where the joints of a clip's skeleton are at rest: with a character in its bind pose, else
/// upright with the lowest point on the floor.
struct Rest {
  Vec3 root;
  std::vector<Quat> rotations;  // in the parent
};

Rest rest_of(const motion::Skeleton& skeleton, const body::Character* character) {
  const size_t joints = skeleton.joint_count();
  if (character != nullptr)
    return {character->bind_positions[0],
            motion::local_rotations(skeleton, character->bind_rotations)};
  std::vector<Vec3> at(joints);
  float lowest = 0;
  for (size_t j = 1; j < joints; ++j) {
    at[j] = at[static_cast<size_t>(skeleton.parents[j])] + skeleton.offsets[j];
    lowest = std::min(lowest, at[j].y);
  }
  return {{0, -lowest, 0}, std::vector<Quat>(joints)};
}

/// Joints are nodes 0 … J-1, end sites follow.
json joint_nodes(const motion::Skeleton& skeleton, const Rest& rest) {
  const size_t joints = skeleton.joint_count();
  std::vector<std::vector<size_t>> children(joints);
  for (size_t j = 1; j < joints; ++j)
    children[static_cast<size_t>(skeleton.parents[j])].push_back(j);
  for (size_t e = 0; e < skeleton.end_sites.size(); ++e)
    children[static_cast<size_t>(skeleton.end_sites[e].parent)].push_back(joints + e);
  json nodes = json::array();
  for (size_t j = 0; j < joints; ++j) {
    json node = {{"name", skeleton.names[j]},
                 {"translation", vector_json(j == 0 ? rest.root : skeleton.offsets[j])},
                 {"rotation", rotation_json(motion::normalized(rest.rotations[j]))}};
    if (!children[j].empty()) node["children"] = children[j];
    nodes.push_back(std::move(node));
  }
  for (const auto& site : skeleton.end_sites)
    nodes.push_back({{"name", skeleton.names[static_cast<size_t>(site.parent)] + "_end"},
                     {"translation", vector_json(site.offset)}});
  return nodes;
}

json animation_json(const motion::Clip& clip, const std::string& title, Buffer& buffer) {
  const size_t frames = clip.frame_count(), joints = clip.joint_count();
  std::vector<float> times(frames);
  for (size_t f = 0; f < frames; ++f)
    times[f] = static_cast<float>(static_cast<double>(f) / clip.fps);
  const int input = buffer.bounded(times, "SCALAR", 1, 0);
  json channels = json::array(), samplers = json::array();
  const auto add = [&](size_t node, const char* path, const std::vector<float>& values,
                       const char* type, size_t width) {
    channels.push_back(
        {{"sampler", samplers.size()}, {"target", {{"node", node}, {"path", path}}}});
    samplers.push_back({{"input", input},
                        {"interpolation", "LINEAR"},
                        {"output", buffer.accessor(values, kFloat, type, width, 0)}});
  };
  std::vector<float> values;
  for (const Vec3 p : clip.root_positions) values.insert(values.end(), {p.x, p.y, p.z});
  add(0, "translation", values, "VEC3", 3);
  for (size_t m = 0; m < clip.moving_joints.size(); ++m) {
    values.clear();
    for (size_t f = 0; f < frames; ++f) {
      const Vec3 p = clip.translations[f * clip.moving_joints.size() + m];
      values.insert(values.end(), {p.x, p.y, p.z});
    }
    add(static_cast<size_t>(clip.moving_joints[m]), "translation", values, "VEC3", 3);
  }
  for (size_t j = 0; j < joints; ++j) {
    values.clear();
    Quat last = motion::canonical(clip.rotation(0, j));
    for (size_t f = 0; f < frames; ++f) {
      // q and -q are the same pose; staying on one side keeps viewers from turning the long way.
      Quat q = motion::normalized(clip.rotation(f, j));
      if (motion::dot(q, last) < 0) q = -q;
      last = q;
      values.insert(values.end(), {q.x, q.y, q.z, q.w});
    }
    add(j, "rotation", values, "VEC4", 4);
  }
  return {{"name", title}, {"channels", channels}, {"samplers", samplers}};
}

/// Matrices that take a vertex of the bind pose into each joint's frame, column by column.
std::vector<float> inverse_bind_matrices(const body::Character& character) {
  std::vector<float> out;
  for (size_t j = 0; j < character.bind_positions.size(); ++j) {
    const Quat inverse = motion::conjugate(motion::normalized(character.bind_rotations[j]));
    const motion::Mat3 turn = motion::to_matrix(inverse);
    for (int c = 0; c < 3; ++c) {
      const Vec3 column = turn.column(c);
      out.insert(out.end(), {column.x, column.y, column.z, 0});
    }
    const Vec3 shift = -(inverse * character.bind_positions[j]);
    out.insert(out.end(), {shift.x, shift.y, shift.z, 1});
  }
  return out;
}

json asset_json(const motion::Clip& clip, const body::Character* character,
                const GlbOptions& options) {
  const json settings = parse_json(options.settings, "GLB settings");
  PANTOMIME_CHECK(settings.is_object(), "GLB settings: expected a JSON object");
  json extras = {{"title", options.title},
                 {"settings", settings},
                 {"frames", clip.frame_count()},
                 {"fps", clip.fps}};
  json asset = {{"version", "2.0"}, {"generator", "Pantomime"}};
  if (character != nullptr) {
    extras["character"] = character->description;
    extras["credits"] = json::array();
    std::vector<std::string> lines;
    for (const body::Credit& credit : character->credits) {
      extras["credits"].push_back({{"item", credit.item},
                                   {"author", credit.author},
                                   {"licence", credit.licence},
                                   {"source", credit.source}});
      const std::string line =
          fmt::format("{} by {} ({})", credit.item, credit.author, credit.licence);
      if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
    }
    if (!lines.empty()) asset["copyright"] = fmt::format("{}", fmt::join(lines, "; "));
  }
  asset["extras"] = std::move(extras);
  return asset;
}

void append_number(std::string& out, uint64_t value) {
  PANTOMIME_CHECK(value <= 0xffffffff, "GLB: a file of 4 GiB or more");
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

std::string packed(json document, Buffer& buffer) {
  buffer.bytes.resize((buffer.bytes.size() + 3) / 4 * 4, '\0');
  document["buffers"] = json::array({{{"byteLength", buffer.bytes.size()}}});
  document["bufferViews"] = std::move(buffer.views);
  document["accessors"] = std::move(buffer.accessors);
  std::string text = to_json_text(document, "GLB");
  text.resize((text.size() + 3) / 4 * 4, ' ');
  std::string out = "glTF";
  append_number(out, 2);
  append_number(out, 12 + 8 + text.size() + 8 + buffer.bytes.size());
  append_number(out, text.size());
  out += "JSON";
  out += text;
  append_number(out, buffer.bytes.size());
  out += std::string("BIN\0", 4);
  return out + buffer.bytes;
}

void check_character(const body::Character& character, const motion::Clip& clip) {
  const size_t joints = clip.joint_count();
  PANTOMIME_CHECK(character.skeleton.names == clip.skeleton.names,
                  "GLB: the clip's joints are not the character's");
  PANTOMIME_CHECK(
      character.bind_positions.size() == joints && character.bind_rotations.size() == joints,
      "GLB: {} bind positions and {} bind rotations, expected {} each",
      character.bind_positions.size(), character.bind_rotations.size(), joints);
}

std::string to_glb(const motion::Clip& clip, const body::Character* character,
                   const GlbOptions& options) {
  clip.validate();
  PANTOMIME_CHECK(options.max_texture >= 16 && options.max_texture <= kMaxImageSide,
                  "GLB: textures up to {}, expected 16 to {}", options.max_texture, kMaxImageSide);
  if (character != nullptr) check_character(*character, clip);

  Buffer buffer;
  json document;
  document["asset"] = asset_json(clip, character, options);
  json nodes = joint_nodes(clip.skeleton, rest_of(clip.skeleton, character));
  json roots = json::array({0});
  if (character != nullptr) {
    Surfaces surfaces(*character, options, buffer);
    json meshes = json::array();
    for (const body::SkinnedMesh& mesh : character->meshes) {
      if (mesh.triangles.empty()) continue;
      roots.push_back(nodes.size());
      // A name of its own, as viewers find animated nodes by name.
      const bool taken = clip.skeleton.find(mesh.name).has_value();
      nodes.push_back({{"name", taken ? mesh.name + "_mesh" : mesh.name},
                       {"mesh", meshes.size()},
                       {"skin", 0}});
      meshes.push_back(mesh_json(mesh, *character, surfaces, buffer));
    }
    if (!meshes.empty()) {
      std::vector<size_t> joints(clip.joint_count());
      for (size_t j = 0; j < joints.size(); ++j) joints[j] = j;
      const int matrices =
          buffer.accessor(inverse_bind_matrices(*character), kFloat, "MAT4", 16, 0);
      document["skins"] =
          json::array({{{"joints", joints}, {"skeleton", 0}, {"inverseBindMatrices", matrices}}});
      document["meshes"] = std::move(meshes);
      document["materials"] = std::move(surfaces.materials);
    }
    if (!surfaces.textures.empty()) {
      document["images"] = std::move(surfaces.images);
      document["textures"] = std::move(surfaces.textures);
      // Trilinear, repeating.
      document["samplers"] = json::array(
          {{{"magFilter", 9729}, {"minFilter", 9987}, {"wrapS", 10497}, {"wrapT", 10497}}});
    }
  }
  document["animations"] = json::array({animation_json(clip, options.title, buffer)});
  document["nodes"] = std::move(nodes);
  document["scenes"] = json::array({{{"name", options.title}, {"nodes", roots}}});
  document["scene"] = 0;
  return packed(std::move(document), buffer);
}

}  // namespace

std::string to_glb(const body::Character& character, const motion::Clip& clip,
                   const GlbOptions& options) {
  return to_glb(clip, &character, options);
}

std::string to_glb(const motion::Clip& clip, const GlbOptions& options) {
  return to_glb(clip, nullptr, options);
}

void write_glb(const std::filesystem::path& path, const body::Character& character,
               const motion::Clip& clip, const GlbOptions& options) {
  write_file(path, to_glb(character, clip, options));
}

}  // namespace pantomime::formats
