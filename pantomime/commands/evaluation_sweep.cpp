// Sweeps: many rows from one TOML file.
#include <toml++/toml.h>

#include <functional>

#include "pantomime/base/error.h"
#include "pantomime/commands/evaluation_rows.h"

namespace pantomime::commands {
namespace {

/// One field of a row: how it is read from a TOML value, and how it is shown in a name.
struct Key {
  const char* name;
  const char* expected;
  std::function<bool(RowPlan&, const toml::node&)> set;
};

const std::vector<Key>& keys() {
  const auto text = [](std::string RowPlan::*field) {
    return [field](RowPlan& plan, const toml::node& node) {
      if (!node.is_string()) return false;
      plan.*field = *node.value<std::string>();
      return true;
    };
  };
  const auto number = [](double RowPlan::*field) {
    return [field](RowPlan& plan, const toml::node& node) {
      if (!node.is_number()) return false;
      plan.*field = *node.value<double>();
      return true;
    };
  };
  static const std::vector<Key> list = {
      {"name", "a text", text(&RowPlan::name)},
      {"prior", "a text", text(&RowPlan::prior)},
      {"guidance", "a text", text(&RowPlan::guidance)},
      {"sampler", "a text", text(&RowPlan::sampler)},
      {"steps", "a whole number from 1",
       [](RowPlan& plan, const toml::node& node) {
         if (!node.is_integer() || *node.value<int64_t>() < 1) return false;
         plan.steps = static_cast<int>(*node.value<int64_t>());
         return true;
       }},
      {"scale", "a number", number(&RowPlan::scale)},
      {"until", "a number", number(&RowPlan::until)},
      {"foot_lock", "true or false", [](RowPlan& plan, const toml::node& node) {
         if (!node.is_boolean()) return false;
         plan.foot_lock = *node.value<bool>();
         return true;
       }}};
  return list;
}

const Key& key_named(const std::string& name, const std::string& where) {
  std::string known;
  for (const Key& key : keys()) {
    if (name == key.name) return key;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", key.name);
  }
  fail("{}: unknown key, expected one of {}", where, known);
}

std::string shown(const toml::node& node) {
  if (node.is_string()) return *node.value<std::string>();
  if (node.is_integer()) return std::to_string(*node.value<int64_t>());
  if (node.is_boolean()) return *node.value<bool>() ? "on" : "off";
  return fmt::format("{:g}", *node.value<double>());
}

void set(RowPlan& plan, std::string& told, const std::string& name, const toml::node& node,
         const std::string& file) {
  const std::string where = fmt::format("{}:{}: \"{}\"", file, node.source().begin.line, name);
  const Key& key = key_named(name, where);
  if (!key.set(plan, node)) fail("{}: expected {}", where, key.expected);
  if (name != "name") told += fmt::format("{}{} {}", told.empty() ? "" : ", ", name, shown(node));
}

}  // namespace

std::vector<RowPlan> parse_sweep(const std::string& text, const std::string& file,
                                 const RowPlan& start) {
  toml::table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    fail("{}:{}: {}", file, error.source().begin.line, error.description());
  }
  std::vector<RowPlan> rows;
  for (const auto& [name, node] : table) {
    const std::string key(name.str());
    if (key == "row" && node.is_array_of_tables()) {
      for (const toml::node& entry : *node.as_array()) {
        RowPlan plan = start;
        plan.name.clear();
        std::string told;
        for (const auto& [field, value] : *entry.as_table())
          set(plan, told, std::string(field.str()), value, file);
        if (plan.name.empty()) plan.name = told.empty() ? "as it is" : told;
        rows.push_back(std::move(plan));
      }
    } else if (key == "grid" && node.is_table()) {
      std::vector<std::pair<RowPlan, std::string>> grid = {{start, ""}};
      for (const auto& [field, value] : *node.as_table()) {
        const std::string what(field.str());
        const toml::array* values = value.as_array();
        if (values == nullptr || values->empty())
          fail("{}:{}: \"{}\": expected a list", file, value.source().begin.line, what);
        std::vector<std::pair<RowPlan, std::string>> longer;
        for (const auto& [plan, told] : grid)
          for (const toml::node& one : *values) {
            auto next = std::pair(plan, told);
            set(next.first, next.second, what, one, file);
            longer.push_back(std::move(next));
          }
        grid = std::move(longer);
      }
      for (auto& [plan, told] : grid) {
        plan.name = told;
        rows.push_back(std::move(plan));
      }
    } else {
      fail("{}:{}: \"{}\": expected [[row]] or [grid]", file, node.source().begin.line, key);
    }
  }
  if (rows.empty()) fail("{}: no rows, expected [[row]] or [grid]", file);
  return rows;
}

}  // namespace pantomime::commands
