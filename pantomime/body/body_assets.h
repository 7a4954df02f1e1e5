// The parametric human and its wardrobe, opened from a compiled asset file.
//
// The base mesh has V points in metres, y up, facing +z, its left at +x; points 0 … B-1 are the
// visible body, the rest are helpers that clothes are tied to. A shape moves the points (morph.h),
// clothes follow by their fitting data (dressing.h), the 22 joints are means of points (rig.h).
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/base/image.h"
#include "pantomime/body/asset_file.h"
#include "pantomime/body/character.h"

namespace pantomime::body {

/// Decodes a PNG or JPEG file in memory; `name` is for errors. Handed in, because this room knows
/// no picture formats.
using ImageDecoder = std::function<Image(std::string_view bytes, const std::string& name)>;

/// Triangles of a mesh whose points are split where the texture has a seam.
struct Surface {
  std::span<const uint32_t> points;     ///< [N] point of each vertex to draw
  std::span<const float> uvs;           ///< [N * 2] v = 0 at the top of the picture
  std::span<const uint32_t> triangles;  ///< [T * 3] vertices, counter-clockwise from outside
};

/// A morph: int16 steps of 0.1 mm for runs of points that move.
struct Target {
  std::string_view name;
  std::span<const uint32_t> runs;   ///< [R * 2] first point, number of points
  std::span<const int16_t> deltas;  ///< [sum of run lengths * 3]
};

/// Metres for one step of Target::deltas.
inline constexpr float kTargetStep = 1e-4f;

enum class ItemKind : uint8_t {
  Outfit,
  Top,
  Bottom,
  Shoes,
  Underwear,
  Hat,
  Glasses,
  Hair,
  Beard,
  Eyes,
  Eyebrows,
  Eyelashes,
  Teeth,
  Tongue,
};
inline constexpr std::array<std::string_view, 14> kItemKinds = {
    "outfit", "top",   "bottom", "shoes",    "underwear", "hat",   "glasses",
    "hair",   "beard", "eyes",   "eyebrows", "eyelashes", "teeth", "tongue"};

inline constexpr int kNoTexture = -1;

/// Something worn or fitted: P points tied to the body's points.
struct Item {
  std::string name;
  ItemKind kind = ItemKind::Outfit;
  bool for_women = true, for_men = true;
  float youngest = 1, oldest = 90;  ///< years of people who would wear it
  std::string style;                ///< casual, elegant, work, sport, winter, summer; may be empty
  int layer = 0;                    ///< larger is further out
  Credit credit;
  /// Names and textures of the colours it comes in; empty: base_colour alone.
  std::vector<std::pair<std::string, int>> colours;
  int normals = kNoTexture;
  std::array<float, 4> base_colour{1, 1, 1, 1};
  bool see_through = false;
  Surface surface;
  std::span<const uint32_t> references;  ///< [P * 3] points of the body
  std::span<const float> weights;        ///< [P * 3] barycentric, sum 1
  std::span<const float> offsets;        ///< [P * 3] metres on the body the item was made for
  /// Along each axis offsets are multiplied by |a - b| (along that axis) / distance.
  std::array<uint32_t, 3> scale_a{}, scale_b{};
  std::array<float, 3> scale_distance{1, 1, 1};
  std::span<const uint8_t> joints;       ///< [P * 4] canonical joints
  std::span<const float> joint_weights;  ///< [P * 4] sum 1, largest first
  /// [V] how deep a body point lies under the item: 0 bare … 254 well inside; 255: never seen, may
  /// be left out.
  std::span<const uint8_t> cover;

  size_t point_count() const { return references.size() / 3; }
};

/// A skin texture and whom it suits.
struct Skin {
  std::string name;
  int texture = kNoTexture;
  bool female = false;
  float age = 25;     ///< years it was painted for
  int ethnicity = 0;  ///< 0 african, 1 asian, 2 caucasian
  Credit credit;
};

/// A point on or in the body as a weighted mean of its points.
struct Regressor {
  std::string name;
  std::span<const uint32_t> points;
  std::span<const float> weights;  ///< sum 1
};

/// A pair of opposite morphs of a detail of the face, e.g. a narrower and a wider nose.
struct Detail {
  std::string name;
  int less = -1, more = -1;  ///< targets; -1: only one way
};

class BodyAssets {
 public:
  BodyAssets() = default;
  /// Opens and validates `path`. Without a decoder the materials have no textures. Throws Error
  /// when the file can't be read, ParseError when anything in it is not sound.
  static BodyAssets open(const std::filesystem::path& path, ImageDecoder decoder = nullptr);
  static BodyAssets open(AssetFile file, ImageDecoder decoder = nullptr);

  std::string hash() const { return file_.hash(); }  ///< names these assets in outputs
  const AssetFile& file() const { return file_; }

  size_t point_count() const { return base_.size() / 3; }      ///< V
  size_t body_point_count() const { return body_points_; }     ///< B
  std::span<const float> base() const { return base_; }        ///< [V * 3] metres
  const Surface& surface() const { return surface_; }          ///< of the visible body
  std::span<const uint8_t> joints() const { return joints_; }  ///< [V * 4] canonical joints
  std::span<const float> joint_weights() const { return joint_weights_; }  ///< [V * 4] sum 1
  /// [22] joint centres.
  const std::vector<Regressor>& joint_regressors() const { return joint_regressors_; }
  /// Named points: nose, left_eye, left_ear, left_heel, … Throws Error for an unknown name.
  const Regressor& landmark(std::string_view name) const;
  const std::vector<Regressor>& landmarks() const { return landmarks_; }
  const Credit& credit() const { return credit_; }

  const std::vector<Target>& targets() const { return targets_; }
  std::optional<size_t> find_target(std::string_view name) const;
  const std::vector<Detail>& details() const { return details_; }

  const std::vector<Item>& items() const { return items_; }
  /// Throws Error that lists what there is.
  const Item& item(ItemKind kind, std::string_view name) const;
  const std::vector<Skin>& skins() const { return skins_; }
  const Skin& skin(std::string_view name) const;

  size_t texture_count() const { return textures_.size(); }
  /// Bytes of the picture file.
  std::string_view texture_file(int index) const;
  /// Decoded on first use and kept while somebody holds it; null without decoder or for kNoTexture.
  /// Safe to call from several threads.
  std::shared_ptr<const Image> texture(int index) const;

 private:
  struct Cache;

  void read_base();
  void read_targets();
  void read_regressors();
  void read_textures();
  void read_items();
  void read_skins();

  AssetFile file_;
  std::span<const float> base_;
  size_t body_points_ = 0;
  Surface surface_;
  std::span<const uint8_t> joints_;
  std::span<const float> joint_weights_;
  std::vector<Regressor> joint_regressors_, landmarks_;
  Credit credit_;
  std::vector<Target> targets_;  ///< sorted by name
  std::vector<Detail> details_;
  std::vector<Item> items_;
  std::vector<Skin> skins_;
  std::vector<std::pair<std::string_view, std::string_view>> textures_;  ///< name, file
  std::shared_ptr<Cache> cache_;
};

}  // namespace pantomime::body
