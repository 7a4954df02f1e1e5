#include "pantomime/scene/furnishings.h"

#include <toml++/toml.h>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/exr.h"
#include "pantomime/formats/sweet_home.h"

namespace pantomime::scene {
namespace {

namespace fs = std::filesystem;

body::Material painted(const std::string& name, std::array<float, 4> colour, float roughness) {
  body::Material material;
  material.name = name;
  material.base_colour = colour;
  material.roughness = roughness;
  return material;
}

/// A table to put a cup on from a sofa.
std::shared_ptr<const Model> low_table(const std::string& id, Vec3 size,
                                       std::array<float, 4> colour) {
  Model table;
  table.id = id;
  table.role = "low_table";
  table.size = size;
  table.credit = {id, "Pantomime", "Apache-2.0", "made by the program"};
  table.materials = {painted("wood", colour, 0.5f)};
  const float x = size.x / 2, z = size.z / 2, leg = 0.045f, top = 0.035f;
  add_box(table, 0, {-x, size.y - top, -z}, {x, size.y, z});
  for (const float sx : {-1.f, 1.f})
    for (const float sz : {-1.f, 1.f}) {
      const Vec3 at{sx * (x - leg), 0, sz * (z - leg)};
      add_box(table, 0, {at.x - leg / 2, 0, at.z - leg / 2},
              {at.x + leg / 2, size.y - top, at.z + leg / 2});
    }
  return std::make_shared<Model>(std::move(table));
}

std::vector<std::shared_ptr<const Model>> low_tables() {
  return {low_table("low_table_oak", {1.1f, 0.42f, 0.6f}, {0.35f, 0.20f, 0.10f, 1}),
          low_table("low_table_white", {0.9f, 0.40f, 0.9f}, {0.75f, 0.74f, 0.72f, 1})};
}

std::shared_ptr<const Model> plain_box(const std::string& role, Vec3 size) {
  Model box;
  box.id = "plain_" + role;
  box.role = role;
  box.size = size;
  box.credit = {box.id, "Pantomime", "Apache-2.0", "made by the program"};
  box.materials = {painted(role, {0.5f, 0.5f, 0.48f, 1}, 0.8f)};
  add_box(box, 0, {-size.x / 2, 0, -size.z / 2}, {size.x / 2, size.y, size.z / 2});
  return std::make_shared<Model>(std::move(box));
}

}  // namespace

namespace {

/// The skies that a file of roles names.
std::vector<std::shared_ptr<const Sky>> open_skies(const toml::table& table, const char* when,
                                                   const std::string& where) {
  const auto text = [&](const char* key) {
    const auto value = table[key].value<std::string>();
    PANTOMIME_CHECK(value, "{}: no \"{}\" in [skies]", where, key);
    return *value;
  };
  const toml::array* names = table[when].as_array();
  PANTOMIME_CHECK(names != nullptr && !names->empty(), "{}: skies, {}: expected names of pictures",
                  where, when);
  std::vector<std::shared_ptr<const Sky>> out;
  for (const auto& node : *names) {
    const std::string name = node.value_or<std::string>("");
    const fs::path file = fs::path(text("folder")) / (name + ".exr");
    PANTOMIME_CHECK(fs::exists(file),
                    "{}: not there; it is part of Debian's package blender-data (tools/setup "
                    "installs it)",
                    file.string());
    const FloatImage picture = formats::parse_exr_light(read_file(file), file.string());
    out.push_back(std::make_shared<Sky>(
        name, picture,
        body::Credit{"sky " + name, text("author"), text("licence"), text("source")}));
  }
  return out;
}

}  // namespace

Furnishings Furnishings::open(const fs::path& roles, size_t most_triangles) {
  toml::table config;
  try {
    config = toml::parse(read_file(roles), roles.string());
  } catch (const toml::parse_error& error) {
    fail_at_line(roles.string(), error.source().begin.line, "{}", error.description());
  }
  const auto text = [&](const char* key) {
    const auto value = config[key].value<std::string>();
    PANTOMIME_CHECK(value, "{}: no \"{}\"", roles.string(), key);
    return *value;
  };
  const fs::path file = text("catalogue");
  PANTOMIME_CHECK(fs::exists(file),
                  "{}: not there; it is part of Debian's package sweethome3d-furniture "
                  "(tools/setup installs it)",
                  file.string());
  const formats::FurnitureCatalogue catalogue(file);
  const toml::table* named = config["roles"].as_table();
  PANTOMIME_CHECK(named != nullptr, "{}: no [roles]", roles.string());
  std::vector<std::string> ids;
  std::vector<std::pair<std::string, std::string>> wanted;  // role, id
  for (const auto& [role, list] : *named) {
    const toml::array* names = list.as_array();
    PANTOMIME_CHECK(names != nullptr && !names->empty(), "{}: role {}: expected names of models",
                    roles.string(), role.str());
    for (const auto& name : *names) {
      wanted.emplace_back(std::string(role.str()), name.value_or<std::string>(""));
      ids.push_back(wanted.back().second);
    }
  }
  std::map<std::string, formats::Model3d> loaded = catalogue.load(ids, 512);
  Furnishings out;
  for (const auto& [role, id] : wanted) {
    const formats::FurnitureEntry& entry = catalogue.entry(id);
    const formats::Model3d& source = loaded.at(id);
    Model model;
    model.id = id;
    model.role = role;
    model.size = entry.size;
    model.elevation = entry.elevation;
    model.pieces = source.pieces;
    model.materials = source.materials;
    model.credit = {entry.name, entry.creator, text("licence"), catalogue.name()};
    if (model.triangle_count() <= most_triangles)
      out.roles_[role].push_back(std::make_shared<Model>(std::move(model)));
  }
  for (const auto& [role, id] : wanted)
    PANTOMIME_CHECK(!out.roles_[role].empty(),
                    "{}: role {}: every model has more than {} triangles", roles.string(), role,
                    most_triangles);
  out.roles_["low_table"] = low_tables();
  const toml::table* skies = config["skies"].as_table();
  PANTOMIME_CHECK(skies != nullptr, "{}: no [skies]", roles.string());
  out.skies_ = {open_skies(*skies, "day", roles.string()),
                open_skies(*skies, "night", roles.string())};
  return out;
}

Furnishings Furnishings::plain() {
  Furnishings out;
  const std::vector<std::pair<const char*, Vec3>> sizes = {
      {"sofa", {2.0f, 0.44f, 0.9f}},      {"armchair", {0.9f, 0.44f, 0.85f}},
      {"chair", {0.45f, 0.45f, 0.5f}},    {"table", {1.4f, 0.74f, 0.9f}},
      {"television", {1.4f, 1.1f, 0.5f}}, {"shelves", {0.9f, 1.6f, 0.4f}},
      {"plant", {0.5f, 1.0f, 0.5f}},      {"bed", {1.4f, 0.5f, 2.05f}},
      {"bedside", {0.45f, 0.45f, 0.45f}}, {"wardrobe", {1.6f, 2.0f, 0.6f}},
      {"desk", {1.4f, 0.74f, 0.7f}},      {"office_chair", {0.6f, 0.46f, 0.6f}},
      {"counter", {0.6f, 0.88f, 0.61f}},  {"fridge", {0.9f, 1.8f, 0.8f}},
      {"upper", {0.6f, 0.72f, 0.41f}},    {"stool", {0.4f, 0.6f, 0.4f}},
      {"toilet", {0.36f, 0.42f, 0.69f}},  {"washbasin", {0.6f, 0.9f, 0.5f}},
      {"shower", {0.95f, 2.0f, 1.1f}},    {"bidet", {0.4f, 0.42f, 0.54f}},
      {"radiator", {1.2f, 0.7f, 0.2f}},   {"bin", {0.25f, 0.35f, 0.25f}},
      {"box", {0.6f, 0.5f, 0.6f}},        {"piano", {1.4f, 1.0f, 1.7f}}};
  for (const auto& [role, size] : sizes) out.roles_[role] = {plain_box(role, size)};
  out.roles_["low_table"] = low_tables();
  return out;
}

const std::vector<std::shared_ptr<const Model>>& Furnishings::role(const std::string& name) const {
  const auto found = roles_.find(name);
  PANTOMIME_CHECK(found != roles_.end(), "furniture: no role \"{}\"", name);
  return found->second;
}

}  // namespace pantomime::scene
