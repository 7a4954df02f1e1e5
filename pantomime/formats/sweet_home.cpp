#include "pantomime/formats/sweet_home.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include "pantomime/base/error.h"
#include "pantomime/base/text.h"
#include "pantomime/formats/archive.h"
#include "pantomime/formats/png.h"
#include "pantomime/formats/texture.h"

namespace pantomime::formats {
namespace {

namespace fs = std::filesystem;

constexpr const char* kList = "PluginFurnitureCatalog.properties";

/// Latin-1 to UTF-8.
std::string utf8(std::string_view latin) {
  std::string out;
  for (const char c : latin) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 128) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 63));
    }
  }
  return out;
}

double number(std::string_view text, double least, double most, const std::string& name,
              int64_t line) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= least) ||
      !(value <= most))
    fail_at_line(name, line, "\"{}\", expected a number from {} to {}", text.substr(0, 40), least,
                 most);
  return value;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

/// To its size, standing in the middle.
void fit(const FurnitureEntry& entry, Model3d& model) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const auto& m = entry.turn;
  const auto turned = [&](Vec3 v) {
    return Vec3{m[0] * v.x + m[1] * v.y + m[2] * v.z, m[3] * v.x + m[4] * v.y + m[5] * v.z,
                m[6] * v.x + m[7] * v.y + m[8] * v.z};
  };
  Vec3 low{kInf, kInf, kInf}, high{-kInf, -kInf, -kInf};
  for (ModelPiece& piece : model.pieces)
    for (Vec3& p : piece.positions) {
      p = turned(p);
      low = {std::min(low.x, p.x), std::min(low.y, p.y), std::min(low.z, p.z)};
      high = {std::max(high.x, p.x), std::max(high.y, p.y), std::max(high.z, p.z)};
    }
  const auto ratio = [](float wanted, float is) { return is > 1e-6f ? wanted / is : 1.0f; };
  const Vec3 scale{ratio(entry.size.x, high.x - low.x), ratio(entry.size.y, high.y - low.y),
                   ratio(entry.size.z, high.z - low.z)};
  for (ModelPiece& piece : model.pieces) {
    for (Vec3& p : piece.positions)
      p = {scale.x * (p.x - 0.5f * (low.x + high.x)), scale.y * (p.y - low.y),
           scale.z * (p.z - 0.5f * (low.z + high.z))};
    for (Vec3& n : piece.normals) {
      const Vec3 t = turned(n);
      n = motion::normalized({t.x / scale.x, t.y / scale.y, t.z / scale.z}, {0, 1, 0});
    }
  }
}

}  // namespace

std::vector<FurnitureEntry> parse_furniture_list(std::string_view text, const std::string& name) {
  std::map<int64_t, FurnitureEntry> entries;
  int64_t line = 0;
  while (!text.empty()) {
    ++line;
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
    const size_t hash = row.find('#'), equals = row.find('=');
    if (hash == std::string_view::npos || equals == std::string_view::npos || hash > equals ||
        hash == 0)
      continue;
    int64_t at = 0;
    const std::string_view digits = row.substr(hash + 1, equals - hash - 1);
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), at);
    if (error != std::errc() || stop != digits.data() + digits.size()) continue;
    const std::string_view key = row.substr(0, hash), value = trimmed(row.substr(equals + 1));
    FurnitureEntry& entry = entries[at];
    const auto metres = [&] {
      return static_cast<float>(number(value, 0, 10'000, name, line) / 100);
    };
    if (key == "name") entry.name = utf8(value);
    if (key == "category") entry.category = utf8(value);
    if (key == "creator") entry.creator = utf8(value);
    if (key == "width") entry.size.x = metres();
    if (key == "height") entry.size.y = metres();
    if (key == "depth") entry.size.z = metres();
    if (key == "elevation") entry.elevation = metres();
    if (key == "model") {
      entry.model = utf8(value.starts_with('/') ? value.substr(1) : value);
      entry.id = fs::path(entry.model).stem().string();
    }
    if (key == "modelRotation") {
      const auto numbers = split_list(value, ' ');
      if (numbers.size() != 9)
        fail_at_line(name, line, "{} numbers in a rotation, expected 9", numbers.size());
      for (size_t i = 0; i < 9; ++i)
        entry.turn[i] = static_cast<float>(number(numbers[i], -1.001, 1.001, name, line));
    }
  }
  std::vector<FurnitureEntry> out;
  for (auto& [at, entry] : entries)
    if (entry.model.ends_with(".obj") && entry.size.x > 0 && entry.size.y > 0 && entry.size.z > 0)
      out.push_back(std::move(entry));
  return out;
}

FurnitureCatalogue::FurnitureCatalogue(const fs::path& path) : path_(path) {
  std::string list;
  // The format's ending is its own; what is inside is a zip archive.
  read_archive(
      path, [](const std::string& name) { return name == kList; },
      [&](const std::string&, std::string&& content) {
        list = std::move(content);
        return false;
      });
  if (list.empty()) throw ParseError(fmt::format("{}: no {} in it", path.string(), kList));
  entries_ = parse_furniture_list(list, path.string() + "/" + kList);
  for (const std::string_view row : split_list(list, '\n')) {
    const std::string_view line = row.ends_with('\r') ? row.substr(0, row.size() - 1) : row;
    if (line.starts_with("name=")) name_ = utf8(line.substr(5));
    if (line.starts_with("license=")) licence_ = utf8(line.substr(8));
  }
}

const FurnitureEntry& FurnitureCatalogue::entry(const std::string& id) const {
  for (const FurnitureEntry& entry : entries_)
    if (entry.id == id) return entry;
  fail("{}: no \"{}\" among its {} models", path_.string(), id, entries_.size());
}

std::map<std::string, Model3d> FurnitureCatalogue::load(const std::vector<std::string>& ids,
                                                        int max_texture) const {
  std::set<std::string> folders;
  for (const std::string& id : ids) folders.insert(folder_of(entry(id).model));
  std::map<std::string, std::string> files;
  read_archive(
      path_, [&](const std::string& name) { return folders.count(folder_of(name)) > 0; },
      [&](const std::string& name, std::string&& content) {
        files[name] = std::move(content);
        return true;
      });
  std::map<std::string, std::shared_ptr<const Image>> pictures;
  std::map<std::string, Model3d> out;
  for (const std::string& id : ids) {
    if (out.count(id) > 0) continue;
    const FurnitureEntry& its = entry(id);
    const std::string folder = folder_of(its.model), where = path_.string() + "/" + its.model;
    const auto model = files.find(its.model);
    if (model == files.end()) throw ParseError(where + ": not in the archive");
    const auto file = [&](const std::string& name) {
      const auto found = files.find(folder + name);
      return found == files.end() ? std::string() : found->second;
    };
    const auto picture = [&](const std::string& name) {
      std::shared_ptr<const Image>& image = pictures[folder + name];
      if (const std::string bytes = file(name); !image && !bytes.empty())
        image = std::make_shared<Image>(shrunk(parse_image(bytes, folder + name), max_texture));
      return image;
    };
    Model3d loaded = parse_obj(model->second, where, file, picture);
    fit(its, loaded);
    out.emplace(id, std::move(loaded));
  }
  return out;
}

}  // namespace pantomime::formats
