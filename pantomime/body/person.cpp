#include "pantomime/body/person.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/random.h"
#include "pantomime/body/dressing.h"
#include "pantomime/body/morph.h"
#include "pantomime/body/parts.h"
#include "pantomime/body/rig.h"
#include "pantomime/body/tints.h"

namespace pantomime::body {

namespace {

constexpr std::string_view kNone = "none";

const Item* find_item(const BodyAssets& assets, ItemKind kind, std::string_view name) {
  if (name == kNone || name.empty()) return nullptr;
  return &assets.item(kind, name);
}

/// The item of clothing called `name`, whatever its kind.
const Item& find_clothing(const BodyAssets& assets, const std::string& name) {
  for (const ItemKind kind : {ItemKind::Outfit, ItemKind::Top, ItemKind::Bottom})
    for (const Item& i : assets.items())
      if (i.kind == kind && i.name == name) return i;
  return assets.item(ItemKind::Outfit, name);  // throws, listing the outfits
}

/// Everything the person wears or carries on the body, innermost first.
std::vector<const Item*> items_of(const BodyAssets& assets, const PersonDescription& p) {
  std::vector<const Item*> out;
  auto add = [&](const Item* item) {
    if (item != nullptr) out.push_back(item);
  };
  for (const Item& i : assets.items())
    if (i.kind == ItemKind::Eyes || i.kind == ItemKind::Teeth || i.kind == ItemKind::Tongue) {
      add(&i);
    }
  add(find_item(assets, ItemKind::Eyebrows, p.eyebrows));
  add(find_item(assets, ItemKind::Eyelashes, p.eyelashes));
  for (const Item& i : assets.items())
    if (i.kind == ItemKind::Underwear && (p.shape.sex < 0.5 ? i.for_women : i.for_men)) add(&i);
  add(find_item(assets, ItemKind::Shoes, p.shoes));
  for (const std::string& name : p.clothes)
    if (name != kNone) add(&find_clothing(assets, name));
  add(find_item(assets, ItemKind::Beard, p.beard));
  add(find_item(assets, ItemKind::Hair, p.hair));
  add(find_item(assets, ItemKind::Glasses, p.glasses));
  add(find_item(assets, ItemKind::Hat, p.hat));
  return out;
}

bool suits(const Item& item, const BodyShape& shape) {
  return (shape.sex < 0.5 ? item.for_women : item.for_men) && shape.age >= item.youngest &&
         shape.age <= item.oldest;
}

/// Names of the items of a kind that suit; all of the kind when none does.
std::vector<std::string> suitable(const BodyAssets& assets, ItemKind kind, const BodyShape& shape) {
  std::vector<std::string> fitting, all;
  for (const Item& i : assets.items()) {
    if (i.kind != kind) continue;
    all.push_back(i.name);
    if (suits(i, shape)) fitting.push_back(i.name);
  }
  return fitting.empty() ? all : fitting;
}

std::string pick(const std::vector<std::string>& from, Random& random) {
  return from.empty() ? std::string(kNone) : from[random.below(static_cast<uint32_t>(from.size()))];
}

std::string nearest_skin(const BodyAssets& assets, const BodyShape& shape, Random& random) {
  std::vector<std::string> best;
  double least = 1e9;
  // People of several origins alike have the skin of any of them.
  const double most = *std::max_element(shape.ethnicity.begin(), shape.ethnicity.end());
  std::vector<int> origins;
  for (int e = 0; e < 3; ++e)
    if (shape.ethnicity[static_cast<size_t>(e)] > most - 1e-6) origins.push_back(e);
  const int ethnicity = origins[random.below(static_cast<uint32_t>(origins.size()))];
  for (const Skin& s : assets.skins()) {
    double distance = std::abs(s.age - shape.age);
    if (s.female != (shape.sex < 0.5)) distance += 1000;
    if (s.ethnicity != ethnicity) distance += 300;
    if (distance < least - 1e-6) best.clear(), least = distance;
    if (distance < least + 1e-6) best.push_back(s.name);
  }
  PANTOMIME_CHECK(!best.empty(), "body assets: no skins");
  return pick(best, random);
}

std::string natural_hair_colour(const BodyShape& shape, Random& random) {
  // Greying: half of the people at 55, nearly all at 75.
  const double grey = 1 / (1 + std::exp(-(shape.age - 55) / 5.5));
  const double u = random.uniform(), v = random.uniform();
  if (u < grey) return shape.age > 72 && v < 0.6 ? "white" : "grey";
  const double light = shape.ethnicity[2];
  if (v < 0.35 * light) return random.uniform() < 0.2 ? "red" : "blond";
  if (v < 0.85 * light) return random.uniform() < 0.5 ? "brown" : "dark_brown";
  return shape.ethnicity[0] + shape.ethnicity[1] > 0.5 ? "black" : "dark_brown";
}

std::string natural_hair(const BodyAssets& assets, const BodyShape& shape, Random& random) {
  std::vector<std::string> names = suitable(assets, ItemKind::Hair, shape);
  // Afro hair is African people's, and then it is likely.
  const bool afro = shape.ethnicity[0] > 0.5;
  if (afro && random.uniform() < 0.4)
    for (const std::string& name : names)
      if (name.starts_with("afro")) return name;
  std::erase_if(names, [](const std::string& name) { return name.starts_with("afro"); });
  return pick(names, random);
}

std::string natural_eyes(const BodyAssets& assets, const BodyShape& shape, Random& random) {
  std::vector<std::string> colours;
  for (const Item& i : assets.items())
    if (i.kind == ItemKind::Eyes)
      for (const auto& [name, unused] : i.colours) colours.push_back(name);
  const bool light = random.uniform() < 0.55 * shape.ethnicity[2];
  const std::vector<std::string> wanted =
      light ? std::vector<std::string>{"blue", "blue", "grey", "green", "brownlight"}
            : std::vector<std::string>{"brown", "brown", "brownlight"};
  const std::string choice = pick(wanted, random);
  if (std::find(colours.begin(), colours.end(), choice) != colours.end()) return choice;
  return colours.empty() ? std::string(kNone) : colours.front();
}

std::vector<std::string> choose_clothes(const BodyAssets& assets, const BodyShape& shape,
                                        Random& random) {
  const auto outfits = suitable(assets, ItemKind::Outfit, shape);
  const auto tops = suitable(assets, ItemKind::Top, shape);
  const auto bottoms = suitable(assets, ItemKind::Bottom, shape);
  bool separates = false;
  for (const Item& i : assets.items())
    if (i.kind == ItemKind::Top && suits(i, shape)) separates = true;
  if (separates && !bottoms.empty() && random.uniform() < 0.4)
    return {pick(bottoms, random), pick(tops, random)};
  return {pick(outfits, random)};
}

/// Shoes that go with the clothes: no trainers with a suit.
std::string choose_shoes(const BodyAssets& assets, const PersonDescription& p, Random& random) {
  bool elegant = false;
  for (const std::string& name : p.clothes)
    elegant |= name != kNone && find_clothing(assets, name).style == "elegant";
  std::vector<std::string> names = suitable(assets, ItemKind::Shoes, p.shape), matching;
  for (const std::string& name : names) {
    const std::string& style = assets.item(ItemKind::Shoes, name).style;
    if (style != (elegant ? "sport" : "elegant") && style != "winter") matching.push_back(name);
  }
  if (!elegant && random.uniform() < 0.12) matching = names;
  return pick(matching.empty() ? names : matching, random);
}

/// Fills what is open, drawing from `seed`.
PersonDescription filled(const BodyAssets& assets, PersonDescription p, uint64_t seed) {
  auto stream = [&](std::string_view what) { return Random(derive_seed(seed, what)); };
  auto fill = [&](std::string& field, std::string_view what, auto&& choose) {
    Random random = stream(what);
    if (field.empty()) field = choose(random);
  };
  auto from_kind = [&](ItemKind kind) {
    return [&, kind](Random& r) { return pick(suitable(assets, kind, p.shape), r); };
  };
  fill(p.skin, "skin", [&](Random& r) { return nearest_skin(assets, p.shape, r); });
  if (p.clothes.empty()) {
    Random random = stream("clothes");
    p.clothes = choose_clothes(assets, p.shape, random);
  }
  fill(p.shoes, "shoes", [&](Random& r) { return choose_shoes(assets, p, r); });
  fill(p.hair, "hair", [&](Random& r) { return natural_hair(assets, p.shape, r); });
  fill(p.hair_colour, "hair colour", [&](Random& r) { return natural_hair_colour(p.shape, r); });
  fill(p.eyes, "eyes", [&](Random& r) { return natural_eyes(assets, p.shape, r); });
  fill(p.eyebrows, "eyebrows", from_kind(ItemKind::Eyebrows));
  fill(p.eyelashes, "eyelashes", from_kind(ItemKind::Eyelashes));
  fill(p.beard, "beard", [](Random&) { return std::string(kNone); });
  fill(p.glasses, "glasses", [](Random&) { return std::string(kNone); });
  fill(p.hat, "hat", [](Random&) { return std::string(kNone); });
  return p;
}

void check(const BodyAssets& assets, const PersonDescription& p) {
  assets.skin(p.skin);
  items_of(assets, p);
  int outfits = 0, tops = 0, bottoms = 0;
  for (const std::string& name : p.clothes) {
    if (name == kNone) continue;
    const ItemKind kind = find_clothing(assets, name).kind;
    ++(kind == ItemKind::Outfit ? outfits : kind == ItemKind::Top ? tops : bottoms);
  }
  PANTOMIME_CHECK(
      outfits + std::max(tops, bottoms) <= 1,
      "person: {} outfits, {} tops and {} bottoms at once, expected one outfit, or a top "
      "and a bottom",
      outfits, tops, bottoms);
  find_hair_colour(p.hair_colour);
  for (const Item& i : assets.items()) {
    if (i.kind != ItemKind::Eyes) continue;
    const bool known = std::any_of(i.colours.begin(), i.colours.end(),
                                   [&](const auto& c) { return c.first == p.eyes; });
    std::string names;
    for (const auto& [name, unused] : i.colours) names += (names.empty() ? "" : ", ") + name;
    PANTOMIME_CHECK(known, "person: eyes={}, expected one of {}", p.eyes, names);
  }
}

int texture_of(const Item& item, const PersonDescription& p) {
  if (item.colours.empty()) return kNoTexture;
  for (const auto& [name, texture] : item.colours)
    if (item.kind == ItemKind::Eyes && name == p.eyes) return texture;
  return item.colours.front().second;
}

bool is_hair(ItemKind kind) {
  return kind == ItemKind::Hair || kind == ItemKind::Beard || kind == ItemKind::Eyebrows;
}

Material material_of(const BodyAssets& assets, const Item& item, const PersonDescription& p) {
  Material m;
  m.name = item.name;
  m.colour = assets.texture(texture_of(item, p));
  if (is_hair(item.kind) && m.colour) m.colour = dyed(*m.colour, find_hair_colour(p.hair_colour));
  if (item.kind == ItemKind::Eyes && p.eyes == "brown" && m.colour) m.colour = browned(*m.colour);
  m.normals = assets.texture(item.normals);
  m.base_colour = item.base_colour;
  m.see_through = item.see_through;
  switch (item.kind) {
    case ItemKind::Eyes:
      m.roughness = 0.15f;
      break;
    case ItemKind::Teeth:
    case ItemKind::Tongue:
      m.roughness = 0.4f;
      break;
    case ItemKind::Shoes:
      m.roughness = 0.6f;
      break;
    case ItemKind::Glasses:
      m.roughness = 0.2f;
      break;
    case ItemKind::Hair:
    case ItemKind::Beard:
      m.roughness = 0.55f;
      break;
    default:
      m.roughness = 0.9f;
  }
  m.two_sided = item.kind != ItemKind::Eyes && item.kind != ItemKind::Teeth;
  return m;
}

void add_credit(std::vector<Credit>& credits, const Credit& credit) {
  for (const Credit& c : credits)
    if (c.item == credit.item) return;
  credits.push_back(credit);
}

Landmark landmark_of(const BodyAssets& assets, const Regressor& r, std::span<const Vec3> points) {
  Landmark out;
  out.name = r.name;
  out.position = locate(r, points);
  std::array<float, motion::kJointCount> sums{};
  for (size_t i = 0; i < r.points.size(); ++i)
    for (size_t k = 0; k < 4; ++k) {
      const size_t at = 4 * size_t{r.points[i]} + k;
      sums[assets.joints()[at]] += r.weights[i] * assets.joint_weights()[at];
    }
  float total = 0;
  for (size_t k = 0; k < 4; ++k) {
    const auto most = std::max_element(sums.begin(), sums.end());
    out.joints[k] = static_cast<uint8_t>(most - sums.begin());
    out.weights[k] = std::max(*most, 0.f);
    total += out.weights[k];
    *most = 0;
  }
  for (float& w : out.weights) w /= total;
  return out;
}

}  // namespace

PersonDescription complete(const BodyAssets& assets, const PersonDescription& person) {
  // The open choices depend on the shape alone, so one description is always one person.
  const uint64_t seed = derive_seed(1, to_text(person.shape));
  PersonDescription out = filled(assets, person, seed);
  check(assets, out);
  return out;
}

Character make_character(const BodyAssets& assets, const PersonDescription& person) {
  const PersonDescription p = complete(assets, person);
  const std::vector<Vec3> points = morph(assets, p.shape);
  Binding binding = bind_joints(assets, points);
  Character out;
  out.skeleton = std::move(binding.skeleton);
  out.bind_positions = std::move(binding.positions);
  out.bind_rotations = std::move(binding.rotations);
  out.description = to_text(p);

  const std::vector<const Item*> items = items_of(assets, p);
  const Skin& skin = assets.skin(p.skin);
  out.materials.push_back(
      Material{.name = skin.name, .colour = assets.texture(skin.texture), .roughness = 0.6f});
  add_credit(out.credits, assets.credit());
  add_credit(out.credits, skin.credit);
  out.meshes.push_back(body_mesh(assets, points, items));
  for (size_t i = 0; i < items.size(); ++i) {
    SkinnedMesh mesh = item_mesh(assets, points, items, i);
    if (mesh.triangles.empty()) continue;  // a sock that a boot hides
    mesh.material = static_cast<int>(out.materials.size());
    out.meshes.push_back(std::move(mesh));
    out.materials.push_back(material_of(assets, *items[i], p));
    add_credit(out.credits, items[i]->credit);
  }
  for (SkinnedMesh& mesh : out.meshes) label_parts(out, mesh);
  for (const Regressor& r : assets.landmarks())
    out.landmarks.push_back(landmark_of(assets, r, points));
  return out;
}

}  // namespace pantomime::body
