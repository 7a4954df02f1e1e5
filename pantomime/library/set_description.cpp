#include "pantomime/library/set_description.h"

#include <toml++/toml.h>
#include <algorithm>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;

toml::table parse_toml(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    fail_at_line(name, error.source().begin.line, "{}", error.description());
  }
}

/// A TOML table of which every key must be asked for.
class Keys {
 public:
  Keys(const toml::table& table, const std::string& file) : table_(table), file_(file) {}

  std::string text(const char* key, const std::string& fallback = {}) {
    const toml::node* node = find(key);
    if (node == nullptr) return fallback;
    if (!node->is_string()) wrong(*node, key, "a string");
    return **node->as_string();
  }
  std::string needed_text(const char* key) {
    const std::string value = text(key);
    if (value.empty()) fail_at_line(file_, line(table_), "no \"{}\"", key);
    return value;
  }
  double number(const char* key, double fallback) {
    const toml::node* node = find(key);
    if (node == nullptr) return fallback;
    const auto value = node->value<double>();
    if (!value || !(*value > 0)) wrong(*node, key, "a number above 0");
    return *value;
  }
  bool flag(const char* key, bool fallback) {
    const toml::node* node = find(key);
    if (node == nullptr) return fallback;
    if (!node->is_boolean()) wrong(*node, key, "true or false");
    return **node->as_boolean();
  }
  template <typename T>
  std::vector<T> list(const char* key) {
    std::vector<T> values;
    const toml::node* node = find(key);
    if (node == nullptr) return values;
    const toml::array* array = node->as_array();
    if (array == nullptr) wrong(*node, key, "a list");
    for (const toml::node& element : *array) {
      const auto value = element.value_exact<T>();
      if (!value) wrong(element, key, "other elements");
      values.push_back(*value);
    }
    return values;
  }
  std::map<std::string, std::string> texts(const char* key) {
    std::map<std::string, std::string> values;
    const toml::table* inner = table(key);
    if (inner == nullptr) return values;
    for (const auto& [name, node] : *inner) {
      if (!node.is_string()) wrong(node, std::string(name.str()), "a string");
      values.emplace(name.str(), **node.as_string());
    }
    return values;
  }
  const toml::table* table(const char* key) {
    const toml::node* node = find(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) wrong(*node, key, "a table");
    return node->as_table();
  }
  std::vector<const toml::table*> tables(const char* key) {
    std::vector<const toml::table*> values;
    const toml::node* node = find(key);
    if (node == nullptr) return values;
    const toml::array* array = node->as_array();
    if (array == nullptr) wrong(*node, key, "a list of tables");
    for (const toml::node& element : *array) {
      if (!element.is_table()) wrong(element, key, "a list of tables");
      values.push_back(element.as_table());
    }
    return values;
  }
  /// Throws when the table holds a key that nobody asked for.
  void done() const {
    for (const auto& [key, node] : table_)
      if (!asked_.contains(std::string(key.str())))
        fail_at_line(file_, line(node), "unknown key \"{}\"", key.str());
  }

 private:
  static int64_t line(const toml::node& node) { return node.source().begin.line; }
  const toml::node* find(const char* key) {
    asked_.insert(key);
    return table_.get(key);
  }
  [[noreturn]] void wrong(const toml::node& node, const std::string& key, const char* expected) {
    fail_at_line(file_, line(node), "\"{}\": expected {}", key, expected);
  }

  const toml::table& table_;
  const std::string& file_;
  std::set<std::string> asked_;
};

SegmentTable parse_segment_table(const toml::table& table, const std::string& name) {
  Keys keys(table, name);
  SegmentTable result;
  result.file = keys.needed_text("file");
  result.path = keys.text("path", "file");
  result.label = keys.text("label", "label");
  result.first = keys.text("first", "first");
  result.last = keys.text("last", "last");
  result.per_second = keys.number("per_second", 30);
  result.where = keys.texts("where");
  result.label_map = keys.text("label_map");
  result.optional = keys.flag("optional", false);
  result.replaces = keys.list<std::string>("replaces");
  for (const toml::table* inner : keys.tables("between")) {
    Keys between(*inner, name);
    result.between.push_back({between.needed_text("after"), between.needed_text("before"),
                              between.needed_text("label")});
    between.done();
  }
  keys.done();
  return result;
}

PointArray parse_point_array(const toml::table& table, const std::string& name) {
  Keys keys(table, name);
  PointArray result;
  result.array = keys.needed_text("array");
  result.recordings = keys.needed_text("recordings");
  result.names = keys.needed_text("names");
  result.prefix = keys.text("prefix");
  result.points = keys.text("points");
  result.metres_per_unit = keys.number("metres_per_unit", result.metres_per_unit);
  result.confidence_per_unit = keys.number("confidence_per_unit", result.confidence_per_unit);
  result.benchmark = keys.flag("benchmark", false);
  keys.done();
  return result;
}

PointFiles parse_point_files(const toml::table& table, const std::string& name) {
  Keys keys(table, name);
  PointFiles result;
  result.ending = keys.needed_text("ending");
  result.fps = keys.number("fps", result.fps);
  result.picture = keys.flag("picture", false);
  result.picture_aspect = keys.number("picture_aspect", result.picture_aspect);
  keys.done();
  return result;
}

BabelLabels parse_babel_labels(const toml::table& table, const std::string& name) {
  Keys keys(table, name);
  BabelLabels result;
  result.files = keys.list<std::string>("files");
  if (result.files.empty()) fail_at_line(name, table.source().begin.line, "babel: no \"files\"");
  result.label_map = keys.text("label_map", result.label_map);
  result.splits = keys.flag("splits", false);
  result.optional = keys.flag("optional", false);
  keys.done();
  return result;
}

HumanMl3dLabels parse_humanml3d_labels(const toml::table& table, const std::string& name) {
  Keys keys(table, name);
  HumanMl3dLabels result;
  result.texts = keys.text("texts", "texts");
  for (const char* split : {"train", "val", "test"})
    if (const std::string file = keys.text(split); !file.empty()) result.splits[split] = file;
  result.optional = keys.flag("optional", false);
  keys.done();
  return result;
}

}  // namespace

LabelMap LabelMap::parse(std::string_view text, const std::string& name) {
  const toml::table root = parse_toml(text, name);
  LabelMap result;
  result.fingerprint_ = sha256_hex(text);
  for (const auto& [map, node] : root) {
    result.maps_.insert(std::string(map.str()));
    const toml::table* table = node.as_table();
    if (table == nullptr)
      fail_at_line(name, node.source().begin.line, "\"{}\": expected a table of labels", map.str());
    for (const auto& [source, value] : *table) {
      CommonLabel label{{}, std::string(source.str())};
      if (value.is_string()) {
        label.label = **value.as_string();
      } else if (value.is_table()) {
        Keys keys(*value.as_table(), name);
        label.label = keys.needed_text("label");
        label.detail = keys.text("detail", label.detail);
        keys.done();
      }
      if (label.label.empty())
        fail_at_line(name, value.source().begin.line, "\"{}\": expected a label", source.str());
      result.entries_[{std::string(map.str()), std::string(source.str())}] = label;
    }
  }
  return result;
}

std::optional<CommonLabel> LabelMap::find(const std::string& map, const std::string& source) const {
  const auto found = entries_.find({map, source});
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> LabelMap::labels() const {
  std::set<std::string> all;
  for (const auto& entry : entries_) all.insert(entry.second.label);
  return {all.begin(), all.end()};
}

SetDescription parse_set_description(std::string text, const std::string& name) {
  const toml::table root = parse_toml(text, name);
  Keys keys(root, name);
  SetDescription set;
  set.name = keys.needed_text("name");
  set.licence = keys.needed_text("licence");
  set.source = keys.needed_text("source");
  set.weight = keys.number("weight", 1);
  set.recorded = keys.flag("recorded", true);
  set.label_map = keys.text("label_map", set.name);
  set.benchmark = keys.flag("benchmark", false);
  set.points = keys.text("points");
  for (const toml::table* table : keys.tables("arrays"))
    set.arrays.push_back(parse_point_array(*table, name));
  if (const toml::table* table = keys.table("point_files"))
    set.point_files = parse_point_files(*table, name);
  set.index = keys.text("index");
  if (!set.index.empty() && !set.arrays.empty())
    fail("{}: \"index\" beside \"arrays\", whose recordings are the index", name);
  set.path = keys.text("path", "file");
  set.subject = keys.text("subject", set.name + "/unknown");
  set.label = keys.text("label");
  set.style = keys.text("style");
  set.caption = keys.text("caption");
  set.skip = keys.list<std::string>("skip");
  if (const toml::table* table = keys.table("subjects")) {
    Keys subjects(*table, name);
    set.renamed_subjects = subjects.texts("rename");
    set.subjects_of_files = subjects.texts("files");
    subjects.done();
  }
  for (const toml::table* table : keys.tables("segments"))
    set.segments.push_back(parse_segment_table(*table, name));
  if (const toml::table* table = keys.table("babel")) set.babel = parse_babel_labels(*table, name);
  if (const toml::table* table = keys.table("humanml3d"))
    set.humanml3d = parse_humanml3d_labels(*table, name);
  if (const toml::table* table = keys.table("split")) {
    Keys split(*table, name);
    set.val_subjects = split.list<std::string>("val");
    set.test_subjects = split.list<std::string>("test");
    set.splits_of_files = split.texts("files");
    for (const auto& [path, name_of_split] : set.splits_of_files)
      if (name_of_split != "train" && name_of_split != "val" && name_of_split != "test")
        fail("{}: split of \"{}\" is \"{}\", expected train, val or test", name, path,
             name_of_split);
    if (const toml::table* inner = split.table("by")) {
      Keys by(*inner, name);
      set.split_column = by.needed_text("column");
      set.modulo = static_cast<int64_t>(by.number("modulo", 1));
      set.val_values = by.list<int64_t>("val");
      set.test_values = by.list<int64_t>("test");
      by.done();
    }
    split.done();
  }
  keys.done();
  set.text = std::move(text);
  return set;
}

std::vector<SetDescription> read_set_descriptions(const fs::path& folder) {
  if (!fs::is_directory(folder)) fail("{}: no such folder", folder.string());
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<SetDescription> sets;
  for (const fs::path& file : files)
    sets.push_back(parse_set_description(read_file(file), file.string()));
  return sets;
}

}  // namespace pantomime::library
