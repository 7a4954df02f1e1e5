#include "pantomime/formats/point_set_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::formats {
namespace {

namespace fs = std::filesystem;
using motion::BodyPoint;
using motion::PointSet;

class Parser {
 public:
  explicit Parser(const std::string& file) : file_(file) {}

  PointSet parse(std::string_view text) {
    toml::table root;
    try {
      root = toml::parse(text, file_);
    } catch (const toml::parse_error& error) {
      fail_at_line(file_, error.source().begin.line, "{}", error.description());
    }
    for (const auto& [key, node] : root) take(std::string(key.str()), node);
    if (set_.name.empty()) fail_at_line(file_, 1, "no \"name\"");
    if (set_.points.empty()) fail_at_line(file_, 1, "no \"points\"");
    // TOML tables forget their order; that of the file is the line's.
    std::sort(lines_.begin(), lines_.end());
    PointSet sorted = set_;
    for (size_t i = 0; i < lines_.size(); ++i)
      sorted.points[i] = std::move(set_.points[std::get<2>(lines_[i])]);
    try {
      sorted.validate();
    } catch (const Error& error) {
      fail_at_line(file_, 1, "{}", error.what());
    }
    return sorted;
  }

 private:
  template <typename... Args>
  [[noreturn]] void fail(const toml::node& node, fmt::format_string<Args...> format,
                         Args&&... args) const {
    fail_at_line(file_, node.source().begin.line, format, std::forward<Args>(args)...);
  }

  std::string text(const toml::node& node, const std::string& key) const {
    const auto* value = node.as_string();
    if (value == nullptr || (*value)->empty()) fail(node, "{}: expected a name in quotes", key);
    return value->get();
  }
  float number(const toml::node& node, const std::string& key, double low, double high) const {
    const auto value = node.value<double>();
    if (!node.is_number() || !value || !(*value >= low && *value <= high))
      fail(node, "{}: expected a number from {} to {}", key, low, high);
    return static_cast<float>(*value);
  }
  motion::Axis axis(const toml::node& node, const std::string& key) const {
    const std::string name = text(node, key);
    try {
      return motion::parse_axis(name);
    } catch (const Error& error) {
      fail(node, "{}: {}", key, error.what());
    }
  }
  int joint(const toml::node& node, const std::string& key) const {
    const std::string name = text(node, key);
    const auto found = motion::find_joint(name);
    if (!found) fail(node, "{}: \"{}\" is not one of the 22 canonical joints", key, name);
    return *found;
  }

  void take(const std::string& key, const toml::node& node) {
    if (key == "name") {
      set_.name = text(node, key);
    } else if (key == "description") {
      text(node, key);  // for people
    } else if (key == "up") {
      set_.axes.up = axis(node, key);
    } else if (key == "forward") {
      set_.axes.forward = axis(node, key);
    } else if (key == "points") {
      if (!node.is_table()) fail(node, "points: expected a table");
      for (const auto& [name, value] : *node.as_table()) take_point(std::string(name.str()), value);
    } else {
      fail(node, "unknown key \"{}\"", key);
    }
  }

  void take_point(const std::string& name, const toml::node& node) {
    BodyPoint point;
    point.name = name;
    if (node.is_string()) {
      point.joint = joint(node, name);
    } else {
      if (!node.is_table()) fail(node, "{}: expected a joint or a table", name);
      bool has_joint = false;
      for (const auto& [key, value] : *node.as_table()) {
        const std::string what = name + ": " + std::string(key.str());
        if (key.str() == "joint") {
          point.joint = joint(value, what);
          has_joint = true;
        } else if (key.str() == "offset") {
          const toml::array* list = value.as_array();
          if (list == nullptr || list->size() != 3) fail(value, "{}: expected 3 numbers", what);
          point.offset = {number(*list->get(0), what, -1, 1), number(*list->get(1), what, -1, 1),
                          number(*list->get(2), what, -1, 1)};
        } else if (key.str() == "spread") {
          point.spread = number(value, what, 0, 0.3);
        } else if (key.str() == "noise") {
          point.noise = number(value, what, 0.1, 100);
        } else if (key.str() == "aliases") {
          const toml::array* list = value.as_array();
          if (list == nullptr) fail(value, "{}: expected a list of names", what);
          for (const toml::node& alias : *list) point.aliases.push_back(text(alias, what));
        } else {
          fail(value, "{}: unknown key \"{}\"", name, key.str());
        }
      }
      if (!has_joint) fail(node, "{}: no \"joint\"", name);
    }
    const auto begin = node.source().begin;
    lines_.emplace_back(begin.line, begin.column, set_.points.size());
    set_.points.push_back(std::move(point));
  }

  const std::string& file_;
  PointSet set_;
  std::vector<std::tuple<toml::source_index, toml::source_index, size_t>> lines_;
};

}  // namespace

PointSet parse_point_set(std::string_view text, const std::string& name) {
  return Parser(name).parse(text);
}

std::vector<PointSet> load_point_sets(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".toml") files.push_back(it->path());
  if (error) fail("{}: can't read the folder of point sets: {}", folder.string(), error.message());
  std::sort(files.begin(), files.end());
  std::vector<PointSet> sets;
  std::set<std::string> names;
  for (const fs::path& file : files) {
    sets.push_back(parse_point_set(read_file(file, 1 << 20), file.string()));
    PANTOMIME_CHECK(names.insert(sets.back().name).second,
                    "{}: another point set is called \"{}\" too", file.string(), sets.back().name);
  }
  return sets;
}

const PointSet& point_set_named(const std::vector<PointSet>& sets, std::string_view name) {
  std::string names;
  for (const PointSet& set : sets) {
    if (set.name == name) return set;
    names += (names.empty() ? "" : ", ") + set.name;
  }
  fail("no point set \"{}\"; there are: {}", name, names);
}

}  // namespace pantomime::formats
