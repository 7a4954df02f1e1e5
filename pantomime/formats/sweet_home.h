// Furniture catalogues of Sweet Home 3D (.sh3f): archives of OBJ models with a list of what they
// are, how large, and whose. Source: sweethome3d.com, "Creating furniture libraries"; the keys of
// PluginFurnitureCatalog.properties are those of its DefaultFurnitureCatalog.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pantomime/formats/wavefront.h"

namespace pantomime::formats {

/// One entry of a catalogue. Sizes in metres; the front looks to +Z, y is up.
struct FurnitureEntry {
  std::string id;        ///< file name of its model without ending: "couch2"
  std::string name;      ///< what the catalogue calls it: "Couch"
  std::string category;  ///< "Living room", …
  std::string creator;
  std::string model;    ///< path of the OBJ file in the archive
  Vec3 size;            ///< width, height, depth
  float elevation = 0;  ///< metres above the floor where it hangs or stands
  std::array<float, 9> turn{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< rows of the model's rotation
};

/// The list, from text in ISO 8859-1. Entries without a model or a size are left out. Throws
/// ParseError naming file and line for sizes that are no numbers from 0 to 100 m.
std::vector<FurnitureEntry> parse_furniture_list(std::string_view text, const std::string& name);

/// An open catalogue.
class FurnitureCatalogue {
 public:
  /// Throws Error when the file can't be read, ParseError when it is no catalogue.
  explicit FurnitureCatalogue(const std::filesystem::path& path);

  const std::string& name() const { return name_; }
  const std::string& licence() const { return licence_; }
  const std::vector<FurnitureEntry>& entries() const { return entries_; }
  /// Throws Error naming what there is.
  const FurnitureEntry& entry(const std::string& id) const;

  /// The models of these entries at their sizes, standing on y = 0 in the middle of x and z; goes
  /// once through the archive. Pictures longer than `max_texture` pixels are halved until they fit.
  std::map<std::string, Model3d> load(const std::vector<std::string>& ids,
                                      int max_texture = 1024) const;

 private:
  std::filesystem::path path_;
  std::string name_, licence_;
  std::vector<FurnitureEntry> entries_;
};

}  // namespace pantomime::formats
