// The parts of a glTF file that animations need: nodes, numbers in buffers.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/rotation.h"

namespace pantomime::formats {

/// Translation, rotation and scale of a node.
struct GltfTransform {
  motion::Vec3 translation;
  motion::Quat rotation;
  motion::Vec3 scale{1, 1, 1};
};

struct GltfNode {
  std::string name;
  int parent = -1;
  std::vector<int> children;
  GltfTransform rest;
};

/// A parsed document. Everything that can be asked is checked; all errors are ParseError.
class GltfDocument {
 public:
  /// `load` gives files beside the scene, may be empty.
  GltfDocument(std::string_view bytes, std::string name,
               std::function<std::string(const std::string&)> load);

  const std::vector<GltfNode>& nodes() const { return nodes_; }
  /// Joints of the skin that has the most; empty without skins.
  std::vector<int> largest_skin() const;
  /// A list of the document; empty when it isn't there.
  const nlohmann::json& list(const nlohmann::json& object, const char* key) const;
  const nlohmann::json& root() const { return root_; }
  /// [animations]; those without a name are numbered.
  std::vector<std::string> animation_names() const;
  /// Index below `count` under `key`.
  size_t index(const nlohmann::json& object, const char* key, size_t count) const;
  size_t count(const nlohmann::json& object, const char* key, size_t most) const;
  /// All numbers of an accessor, `width` an element; whole numbers only where they are normalised.
  std::vector<float> numbers(size_t accessor, size_t width);
  std::string text(const nlohmann::json& object, const char* key) const;
  [[noreturn]] void bad(const std::string& what) const;

 private:
  void read_nodes();
  motion::Vec3 vector(const nlohmann::json& node, const char* key, motion::Vec3 fallback) const;
  std::vector<float> floats(const nlohmann::json& node, const char* key, size_t count) const;
  GltfTransform transform_of(const nlohmann::json& node) const;
  std::string_view buffer(size_t i);

  std::string name_;
  std::function<std::string(const std::string&)> load_;
  nlohmann::json root_;
  std::string_view chunk_;  ///< the binary part of a .glb
  std::vector<GltfNode> nodes_;
  std::vector<std::string> loaded_;  ///< [buffers] that are not the chunk
  std::vector<bool> is_loaded_;
};

}  // namespace pantomime::formats
