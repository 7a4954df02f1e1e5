#include "pantomime/formats/gltf_document.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "pantomime/base/error.h"
#include "pantomime/formats/json.h"

namespace pantomime::formats {
namespace {

using motion::Quat;
using motion::Vec3;
using nlohmann::json;

constexpr uint32_t kGlb = 0x46546C67, kJsonChunk = 0x4E4F534A, kBinChunk = 0x004E4942;
constexpr size_t kMaxNodes = 100000;
constexpr float kMaxPlace = 1e6f;

uint32_t u32_at(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/// Whether it was base64.
bool from_base64(std::string_view text, std::string& out) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return false;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = digit_of(c);
    if (digit < 0) return false;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    if ((count += 6) < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count & 0xff));
  }
  return true;
}

}  // namespace

void GltfDocument::bad(const std::string& what) const {
  throw ParseError(fmt::format("{}: glTF: {}", name_, what));
}

GltfDocument::GltfDocument(std::string_view bytes, std::string name,
                           std::function<std::string(const std::string&)> load)
    : name_(std::move(name)), load_(std::move(load)) {
  std::string_view text = bytes;
  if (bytes.size() >= 12 && u32_at(bytes, 0) == kGlb) {
    if (u32_at(bytes, 4) != 2)
      fail_at_byte(name_, 4, "glTF version {}, expected 2", u32_at(bytes, 4));
    text = {};
    for (size_t at = 12; at + 8 <= bytes.size();) {
      const uint32_t size = u32_at(bytes, at), type = u32_at(bytes, at + 4);
      at += 8;
      if (size > bytes.size() - at)
        fail_at_byte(name_, at - 8, "chunk of {} bytes, the file has {} left", size,
                     bytes.size() - at);
      if (type == kJsonChunk && text.empty()) text = bytes.substr(at, size);
      if (type == kBinChunk && chunk_.empty()) chunk_ = bytes.substr(at, size);
      at += size;
    }
    if (text.empty()) fail_at_byte(name_, 12, "no JSON chunk");
  }
  root_ = parse_json(text, name_, static_cast<uint64_t>(text.data() - bytes.data()),
                     {.depth = 64, .values = 10'000'000});
  if (!root_.is_object() || !root_.contains("asset")) bad("no \"asset\", expected a glTF scene");
  const size_t buffers = list(root_, "buffers").size();
  loaded_.resize(buffers);
  is_loaded_.resize(buffers);
  read_nodes();
}

const json& GltfDocument::list(const json& object, const char* key) const {
  static const json kNone = json::array();
  if (!object.is_object()) bad(fmt::format("\"{}\" is asked of what is no object", key));
  const auto it = object.find(key);
  if (it == object.end()) return kNone;
  if (!it->is_array()) bad(fmt::format("\"{}\": expected a list", key));
  return *it;
}

size_t GltfDocument::count(const json& object, const char* key, size_t most) const {
  if (!object.is_object()) bad(fmt::format("\"{}\" is asked of what is no object", key));
  const auto it = object.find(key);
  if (it == object.end()) return 0;
  if (!it->is_number_unsigned() || it->get<uint64_t>() > most)
    bad(fmt::format("\"{}\": expected a whole number up to {}", key, most));
  return it->get<size_t>();
}

size_t GltfDocument::index(const json& object, const char* key, size_t size) const {
  if (!object.is_object() || !object.contains(key)) bad(fmt::format("no \"{}\"", key));
  if (size == 0) bad(fmt::format("\"{}\" points into an empty list", key));
  return count(object, key, size - 1);
}

std::string GltfDocument::text(const json& object, const char* key) const {
  if (!object.is_object()) bad(fmt::format("\"{}\" is asked of what is no object", key));
  const auto it = object.find(key);
  if (it == object.end()) return {};
  if (!it->is_string()) bad(fmt::format("\"{}\": expected text", key));
  return it->get<std::string>();
}

std::vector<std::string> GltfDocument::animation_names() const {
  std::vector<std::string> out;
  for (const json& animation : list(root_, "animations")) {
    const std::string name = text(animation, "name");
    out.push_back(name.empty() ? fmt::format("animation {}", out.size()) : name);
  }
  return out;
}

std::vector<float> GltfDocument::floats(const json& node, const char* key, size_t size) const {
  const json& values = list(node, key);
  if (values.size() != size)
    bad(fmt::format("\"{}\": {} numbers, expected {}", key, values.size(), size));
  std::vector<float> out;
  for (const json& value : values) {
    if (!value.is_number() || !(std::abs(value.get<double>()) <= kMaxPlace))
      bad(fmt::format("\"{}\": expected numbers of at most {:g}", key, kMaxPlace));
    out.push_back(value.get<float>());
  }
  return out;
}

Vec3 GltfDocument::vector(const json& node, const char* key, Vec3 fallback) const {
  if (!node.contains(key)) return fallback;
  const std::vector<float> v = floats(node, key, 3);
  return {v[0], v[1], v[2]};
}

GltfTransform GltfDocument::transform_of(const json& node) const {
  GltfTransform out;
  if (node.contains("matrix")) {
    const std::vector<float> m = floats(node, "matrix", 16);  // by columns
    const Vec3 x{m[0], m[1], m[2]}, y{m[4], m[5], m[6]}, z{m[8], m[9], m[10]};
    out.translation = {m[12], m[13], m[14]};
    out.scale = {motion::length(x), motion::length(y), motion::length(z)};
    if (motion::dot(motion::cross(x, y), z) < 0) bad("a node that mirrors");
    const Vec3 unit_x = motion::normalized(x, {1, 0, 0});
    const Vec3 unit_z = motion::normalized(motion::cross(unit_x, y), {0, 0, 1});
    out.rotation = motion::from_matrix(
        motion::Mat3::from_columns(unit_x, motion::cross(unit_z, unit_x), unit_z));
    return out;
  }
  out.translation = vector(node, "translation", {});
  out.scale = vector(node, "scale", {1, 1, 1});
  if (node.contains("rotation")) {
    const std::vector<float> q = floats(node, "rotation", 4);
    out.rotation = motion::normalized(Quat{q[3], q[0], q[1], q[2]});
  }
  if (out.scale.x < 0 || out.scale.y < 0 || out.scale.z < 0) bad("a node that mirrors");
  return out;
}

void GltfDocument::read_nodes() {
  const json& nodes = list(root_, "nodes");
  if (nodes.size() > kMaxNodes) bad(fmt::format("more than {} nodes", kMaxNodes));
  nodes_.resize(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].is_object()) bad(fmt::format("node {} is no object", i));
    nodes_[i].name = text(nodes[i], "name");
    nodes_[i].rest = transform_of(nodes[i]);
    for (const json& child : list(nodes[i], "children")) {
      if (!child.is_number_unsigned() || child.get<uint64_t>() >= nodes.size())
        bad(fmt::format("node {}: a child that is not there", i));
      GltfNode& its = nodes_[child.get<size_t>()];
      if (its.parent >= 0) bad(fmt::format("node {} has two parents", child.get<size_t>()));
      its.parent = static_cast<int>(i);
      nodes_[i].children.push_back(child.get<int>());
    }
  }
  // Every walk upwards must end.
  std::vector<uint8_t> safe(nodes_.size(), 0);
  for (size_t i = 0; i < nodes_.size(); ++i) {
    std::vector<size_t> path;
    for (int n = static_cast<int>(i); n >= 0 && safe[static_cast<size_t>(n)] != 2;
         n = nodes_[static_cast<size_t>(n)].parent) {
      const auto at = static_cast<size_t>(n);
      if (safe[at] == 1) bad(fmt::format("node {} is below itself", at));
      safe[at] = 1;
      path.push_back(at);
    }
    for (const size_t at : path) safe[at] = 2;
  }
}

std::vector<int> GltfDocument::largest_skin() const {
  std::vector<int> best;
  for (const json& skin : list(root_, "skins")) {
    std::vector<int> joints;
    for (const json& joint : list(skin, "joints")) {
      if (!joint.is_number_unsigned() || joint.get<uint64_t>() >= nodes_.size())
        bad("a skin with a joint that is not there");
      joints.push_back(joint.get<int>());
    }
    if (joints.size() > best.size()) best = std::move(joints);
  }
  return best;
}

std::string_view GltfDocument::buffer(size_t i) {
  const json& entry = list(root_, "buffers")[i];
  const std::string uri = text(entry, "uri");
  std::string_view bytes = chunk_;
  if (uri.empty()) {
    if (i != 0 || chunk_.empty()) bad(fmt::format("buffer {} has no bytes", i));
  } else {
    if (!is_loaded_[i]) {
      constexpr std::string_view kBase64 = ";base64,";
      if (uri.starts_with("data:")) {
        const size_t at = uri.find(kBase64);
        if (at == std::string::npos ||
            !from_base64(std::string_view(uri).substr(at + kBase64.size()), loaded_[i]))
          bad(fmt::format("buffer {}: a data URI that is not base64", i));
      } else if (load_) {
        loaded_[i] = load_(uri);
      } else {
        bad(fmt::format("buffer {} is another file", i));
      }
      is_loaded_[i] = true;
    }
    bytes = loaded_[i];
  }
  const size_t size = count(entry, "byteLength", bytes.size());
  return bytes.substr(0, size);
}

std::vector<float> GltfDocument::numbers(size_t at, size_t width) {
  const json& accessor = list(root_, "accessors")[at];
  if (accessor.contains("sparse")) bad(fmt::format("accessor {} is sparse, which isn't read", at));
  constexpr std::array<const char*, 5> kTypes = {"", "SCALAR", "VEC2", "VEC3", "VEC4"};
  if (text(accessor, "type") != kTypes[width])
    bad(fmt::format("accessor {} has another type than {}", at, kTypes[width]));
  const json& views = list(root_, "bufferViews");
  const json& view = views[index(accessor, "bufferView", views.size())];
  const std::string_view whole = buffer(index(view, "buffer", list(root_, "buffers").size()));
  const size_t begin = count(view, "byteOffset", whole.size());
  const std::string_view bytes =
      whole.substr(begin, count(view, "byteLength", whole.size() - begin));
  const size_t component = count(accessor, "componentType", 10000);
  const size_t size = component == 5120 || component == 5121   ? 1
                      : component == 5122 || component == 5123 ? 2
                      : component == 5126                      ? 4
                                                               : 0;
  const bool normalised = accessor.contains("normalized") && accessor["normalized"].is_boolean() &&
                          accessor["normalized"].get<bool>();
  if (size == 0 || (size < 4 && !normalised))
    bad(fmt::format("accessor {}: component type {}, expected floats or normalised numbers", at,
                    component));
  const size_t elements = count(accessor, "count", bytes.size());
  const size_t offset = count(accessor, "byteOffset", bytes.size());
  size_t stride = count(view, "byteStride", 252);
  if (stride == 0) stride = size * width;
  if (stride < size * width) bad(fmt::format("accessor {}: elements overlap", at));
  if (elements > 0 && (elements - 1) * stride + size * width > bytes.size() - offset)
    bad(fmt::format("accessor {} goes past its buffer", at));
  std::vector<float> out;
  out.reserve(elements * width);
  for (size_t e = 0; e < elements; ++e)
    for (size_t i = 0; i < width; ++i) {
      const char* from = bytes.data() + offset + e * stride + i * size;
      const auto read = [&](auto value) {
        std::memcpy(&value, from, sizeof(value));
        return static_cast<float>(value);
      };
      // Section 3.11: c / 127 or c / 32767, at least -1; c / 255 or c / 65535.
      out.push_back(component == 5126   ? read(float{})
                    : component == 5120 ? std::max(read(int8_t{}) / 127.f, -1.f)
                    : component == 5121 ? read(uint8_t{}) / 255.f
                    : component == 5122 ? std::max(read(int16_t{}) / 32767.f, -1.f)
                                        : read(uint16_t{}) / 65535.f);
      if (!(std::abs(out.back()) <= kMaxPlace))
        bad(fmt::format("accessor {} has {}, expected numbers of at most {:g}", at, out.back(),
                        kMaxPlace));
    }
  return out;
}

}  // namespace pantomime::formats
