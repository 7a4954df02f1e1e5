#include "pantomime/dataset/recipe.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"

namespace pantomime::dataset {
namespace {

namespace fs = std::filesystem;

/// A table whose keys must all be asked for.
class Table {
 public:
  Table(const toml::table& table, std::string where) : table_(table), where_(std::move(where)) {}

  void number(const char* key, double& value, double low, double high) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto found = node->value<double>();
    if (!found || !(*found >= low && *found <= high))
      fail("{}: {} must be a number from {} to {}", where_, key, low, high);
    value = *found;
  }
  template <class Integer>
  void whole(const char* key, Integer& value, int64_t low, int64_t high) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto found = node->value_exact<int64_t>();
    if (!found || *found < low || *found > high)
      fail("{}: {} must be a whole number from {} to {}", where_, key, low, high);
    value = static_cast<Integer>(*found);
  }
  void text(const char* key, std::string& value) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto found = node->value_exact<std::string>();
    if (!found) fail("{}: {} must be a text", where_, key);
    value = *found;
  }
  void range(const char* key, Range& value, double low, double high) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* both = node->as_array();
    const auto a = both != nullptr && both->size() == 2 ? (*both)[0].value<double>() : std::nullopt;
    const auto b = both != nullptr && both->size() == 2 ? (*both)[1].value<double>() : std::nullopt;
    if (!a || !b || !(*a >= low && *a <= *b && *b <= high))
      fail("{}: {} must be [from, to], {} to {}", where_, key, low, high);
    value = {*a, *b};
  }
  void texts(const char* key, std::vector<std::string>& values) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    values.clear();
    if (const auto one = node->value_exact<std::string>()) {
      values.push_back(*one);
      return;
    }
    const toml::array* list = node->as_array();
    if (list == nullptr) fail("{}: {} must be a text or a list of texts", where_, key);
    for (const toml::node& item : *list) {
      const auto found = item.value_exact<std::string>();
      if (!found) fail("{}: {} must be a text or a list of texts", where_, key);
      values.push_back(*found);
    }
  }
  /// One of a few words.
  template <class Enum, size_t count>
  void choice(const char* key, Enum& value, const std::array<const char*, count>& words) {
    std::string word;
    text(key, word);
    if (!word.empty()) value = meaning<Enum>(key, word, words);
  }
  /// { word = weight, … }
  template <class Enum, size_t count>
  void weights(const char* key, Weighted<Enum>& value,
               const std::array<const char*, count>& words) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::table* table = node->as_table();
    if (table == nullptr) fail("{}: {} must be a table of weights", where_, key);
    value.clear();
    double all = 0;
    for (const auto& [word, weight] : *table) {
      const auto number = weight.template value<double>();
      if (!number || !(*number >= 0 && *number <= 1e6))
        fail("{}: {}.{} must be a number from 0 to 1000000", where_, key, std::string(word.str()));
      value.emplace_back(meaning<Enum>(key, std::string(word.str()), words), *number);
      all += *number;
    }
    if (!(all > 0)) fail("{}: {} gives everything the weight 0", where_, key);
  }
  const toml::node* find(const char* key) {
    asked_.insert(key);
    return table_.get(key);
  }
  Table sub(const char* key) {
    static const toml::table kNone;
    const toml::node* node = find(key);
    if (node != nullptr && !node->is_table()) fail("{}: {} must be a table", where_, key);
    return {node == nullptr ? kNone : *node->as_table(), where_ + " [" + key + "]"};
  }
  /// Complains of keys that nobody asked for.
  void finish() const {
    for (const auto& [key, value] : table_)
      if (!asked_.contains(std::string(key.str()))) {
        std::string all;
        for (const std::string& one : asked_) all += (all.empty() ? "" : ", ") + one;
        fail("{}: no such key \"{}\", expected {}", where_, std::string(key.str()), all);
      }
  }
  const std::string& where() const { return where_; }

 private:
  template <class Enum, size_t count>
  Enum meaning(const char* key, const std::string& word,
               const std::array<const char*, count>& words) const {
    std::string all;
    for (size_t i = 0; i < count; ++i) {
      if (word == words[i]) return static_cast<Enum>(i);
      all += (i == 0 ? "" : ", ") + std::string(words[i]);
    }
    fail("{}: {} \"{}\", expected {}", where_, key, word, all);
  }
  const toml::table& table_;
  std::string where_;
  std::set<std::string> asked_;
};

const std::set<std::string> kUsualLayers = {"depth", "normals",   "flow",
                                            "parts", "instances", "amodal"};
const std::set<std::string> kLayers = {"depth",     "normals", "flow", "parts",
                                       "instances", "amodal",  "light"};
const std::set<std::string> kFormats = {"webdataset", "coco", "ntu", "pyskl", "amass", "video"};

void check_words(const std::string& where, const std::vector<std::string>& words,
                 const std::set<std::string>& known) {
  for (const std::string& word : words)
    if (!known.contains(word)) {
      std::string all;
      for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
      fail("{} \"{}\": expected some of {}", where, word, all);
    }
}

Action parse_action(const toml::node& node, const std::string& where) {
  if (!node.is_table()) fail("{}: must be a table", where);
  Table table(*node.as_table(), where);
  Action action;
  table.text("name", action.name);
  if (action.name.empty()) fail("{}: has no name", where);
  table.whole("number", action.number, 0, 100000);
  table.number("share", action.share, 0, 1e6);
  table.whole("least", action.least, 0, 1'000'000'000);
  table.texts("label", action.labels);
  if (action.labels.empty()) fail("{}: \"{}\" has no label", where, action.name);
  table.text("before", action.before);
  table.range("seconds", action.seconds, 1, 60);
  table.number("travel", action.travel, 0, 100);
  table.choice("rest", action.rest, std::array<const char*, 3>{"none", "seat", "bed"});
  table.choice("when", action.when, std::array<const char*, 3>{"all", "begin", "end"});
  if (action.rest != RestUse::None && action.when != RestWhen::All && action.before.empty())
    fail("{}: \"{}\" sits or lies for a part of the clip and has no `before`", where, action.name);
  table.texts("holds", action.holds);
  table.finish();
  return action;
}

}  // namespace

bool Recipe::wants_layer(const std::string& layer) const {
  return std::find(layers.begin(), layers.end(), layer) != layers.end();
}

bool Recipe::wants_format(const std::string& format) const {
  return std::find(formats.begin(), formats.end(), format) != formats.end();
}

Recipe parse_recipe(const std::string& text, const std::string& name) {
  toml::table parsed;
  try {
    parsed = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    fail("{}:{}: {}", name, error.source().begin.line, error.description());
  }
  Recipe recipe;
  recipe.layers = {kUsualLayers.begin(), kUsualLayers.end()};
  recipe.formats = {kFormats.begin(), kFormats.end()};
  for (size_t i = 0; i < scene::kRoomKinds.size(); ++i)
    recipe.rooms.emplace_back(static_cast<scene::RoomKind>(i), 1);
  recipe.moves = {{CameraMove::Fixed, 1}};
  recipe.places = {{CameraPlace::Robot, 1}};

  Table table(parsed, name);
  table.text("name", recipe.name);
  const bool plain = !recipe.name.empty() &&
                     std::all_of(recipe.name.begin(), recipe.name.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '_' || c == '-';
                     });
  if (!plain) fail("{}: name \"{}\", expected letters, digits, - and _", name, recipe.name);
  table.whole("clips", recipe.clips, 1, 1'000'000'000);
  table.whole("clips_per_shard", recipe.clips_per_shard, 1, 1'000'000);
  table.texts("layers", recipe.layers);
  check_words(name + ": layers", recipe.layers, kLayers);
  table.texts("formats", recipe.formats);
  check_words(name + ": formats", recipe.formats, kFormats);

  Table pictures = table.sub("pictures");
  pictures.number("fps", recipe.fps, 1, 30);
  pictures.whole("width", recipe.width, 64, 4096);
  pictures.whole("height", recipe.height, 64, 4096);
  // Of other sizes x264 fills whole blocks with whatever lies there: no two videos are the same.
  if (recipe.width % 16 != 0 || recipe.height % 16 != 0)
    fail("{}: pictures of {} x {}, expected multiples of 16", name, recipe.width, recipe.height);
  pictures.whole("samples", recipe.samples, 1, 256);
  pictures.whole("jpeg_quality", recipe.jpeg_quality, 1, 100);
  pictures.finish();

  Table people = table.sub("people");
  people.range("age", recipe.age, 1, 90);
  people.number("others", recipe.others, 0, 1);
  people.finish();

  Table rooms = table.sub("rooms");
  rooms.weights("kinds", recipe.rooms, scene::kRoomKinds);
  rooms.number("day", recipe.day, 0, 1);
  rooms.finish();

  Table camera = table.sub("camera");
  camera.weights("moves", recipe.moves, kCameraMoves);
  camera.weights("places", recipe.places, kCameraPlaces);
  camera.range("field_of_view", recipe.field_of_view, 20, 120);
  camera.range("distortion", recipe.distortion, -0.3, 0.3);
  camera.range("noise", recipe.noise, 0, 4);
  camera.number("heads", recipe.heads, 0, 1);
  camera.finish();

  Table occlusion = table.sub("occlusion");
  occlusion.number("share", recipe.occluded, 0, 1);
  occlusion.range("visible", recipe.visible, 0.05, 1);
  occlusion.number("least_visible", recipe.least_visible, 0, 1);
  occlusion.finish();

  const toml::node* actions = table.find("action");
  const toml::array* list = actions == nullptr ? nullptr : actions->as_array();
  if (list == nullptr || list->empty()) fail("{}: has no [[action]]", name);
  std::set<std::string> names;
  std::set<int> numbers;
  for (size_t i = 0; i < list->size(); ++i) {
    Action action = parse_action((*list)[i], fmt::format("{}: action {}", name, i + 1));
    if (!names.insert(action.name).second)
      fail("{}: two actions are called \"{}\"", name, action.name);
    if (!numbers.insert(action.number).second)
      fail("{}: two actions have the number {}", name, action.number);
    recipe.actions.push_back(std::move(action));
  }
  table.finish();
  return recipe;
}

fs::path recipe_path(const std::string& name) {
  if (fs::exists(name)) return name;
  const fs::path preset = resource_path(fs::path("configs") / "recipes" / (name + ".toml"));
  if (name.find('/') == std::string::npos && fs::exists(preset)) return preset;
  fail("recipe \"{}\": no such file, and no such preset in {}", name,
       preset.parent_path().string());
}

std::vector<size_t> plan_actions(const Recipe& recipe, int64_t clips, uint64_t seed) {
  const size_t count = recipe.actions.size();
  std::vector<int64_t> numbers(count);
  int64_t fixed = 0;
  double shares = 0;
  for (const Action& action : recipe.actions) {
    fixed += action.least;
    shares += action.share;
  }
  if (fixed > clips)
    fail("recipe {}: the actions ask for at least {} clips, there are {}", recipe.name, fixed,
         clips);
  // Those whose share falls below their least number get that; the others divide what is left.
  std::vector<bool> held(count, false);
  int64_t left = clips;
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < count; ++i) {
      const Action& action = recipe.actions[i];
      const double due = shares > 0 ? static_cast<double>(left) * action.share / shares : 0;
      if (held[i] || due >= static_cast<double>(action.least)) continue;
      held[i] = changed = true;
      numbers[i] = action.least;
      left -= action.least;
      shares -= action.share;
      break;
    }
  }
  std::vector<std::pair<double, size_t>> remainders;
  int64_t given = 0;
  for (size_t i = 0; i < count; ++i) {
    if (held[i]) continue;
    const double due =
        shares > 0 ? static_cast<double>(left) * recipe.actions[i].share / shares : 0;
    numbers[i] = static_cast<int64_t>(std::floor(due + 1e-9));
    given += numbers[i];
    remainders.emplace_back(due - static_cast<double>(numbers[i]), i);
  }
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first + 1e-12; });
  for (size_t k = 0; given < left && !remainders.empty(); ++k, ++given)
    ++numbers[remainders[k % remainders.size()].second];

  std::vector<size_t> plan;
  for (size_t i = 0; i < count; ++i) plan.insert(plan.end(), static_cast<size_t>(numbers[i]), i);
  Random random(derive_seed(seed, "plan"));
  for (size_t i = plan.size(); i > 1; --i)
    std::swap(plan[i - 1], plan[random.below(static_cast<uint32_t>(i))]);
  return plan;
}

}  // namespace pantomime::dataset
