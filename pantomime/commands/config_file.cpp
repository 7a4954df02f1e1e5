#include "pantomime/commands/config_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <map>
#include <optional>

#include "pantomime/base/bytes.h"

namespace pantomime::commands {
namespace {

[[noreturn]] void fail_config(const std::string& message) {
  throw CLI::ConfigError(message, CLI::ExitCodes::ConfigError);
}

/// Is the option already on the command line?
bool names_option(const std::vector<std::string>& args, const CLI::Option& option) {
  for (const std::string& arg : args) {
    if (arg == "--") return false;
    for (const std::string& name : option.get_lnames())
      if (arg == "--" + name || arg.starts_with("--" + name + "=")) return true;
    for (const std::string& name : option.get_snames())
      if (arg.size() >= 2 && arg[0] == '-' && arg[1] == name[0]) return true;
  }
  return false;
}

std::string value_text(const toml::node& node, const std::string& place) {
  if (const auto* text = node.as_string()) return **text;
  if (const auto* number = node.as_integer()) return fmt::format("{}", **number);
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", **number);
  if (const auto* flag = node.as_boolean()) return **flag ? "true" : "false";
  fail_config(place + ": expected a string, a number, true, false, or a list of them");
}

void add_words(const toml::table& table, const std::string& prefix, const std::string& file,
               const CLI::App& app, const std::vector<std::string>& args,
               std::vector<std::string>& words) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    const std::string place = fmt::format("{}:{}: \"{}\"", file, node.source().begin.line, name);
    if (const auto* inner = node.as_table()) {
      add_words(*inner, name + "-", file, app, args, words);
      continue;
    }
    const CLI::Option* option = app.get_option_no_throw("--" + name);
    if (option == nullptr || !option->get_configurable())
      fail_config(fmt::format("{}: unknown key, not an option of \"{}\"", place, app.get_name()));
    if (names_option(args, *option)) continue;
    if (const auto* list = node.as_array()) {
      for (const toml::node& element : *list)
        words.push_back("--" + name + "=" + value_text(element, place));
    } else {
      words.push_back("--" + name + "=" + value_text(node, place));
    }
  }
}

std::optional<std::string> config_file_of(const std::vector<std::string>& args) {
  for (size_t i = 0; i < args.size() && args[i] != "--"; ++i) {
    if (args[i] == "--config" && i + 1 < args.size()) return args[i + 1];
    if (args[i].starts_with("--config=")) return args[i].substr(9);
  }
  return std::nullopt;
}

/// What TOML itself reads as a number or a truth value; "007" and "0x" are not.
bool is_plain_value(const std::string& text) {
  if (text.find_first_not_of("+-._0123456789abcdefinrstlu") != std::string::npos) return false;
  try {
    const toml::table table = toml::parse("v = " + text);
    return table.size() == 1 && (table["v"].is_number() || table["v"].is_boolean());
  } catch (const toml::parse_error&) {
    return false;
  }
}

std::string toml_value(const std::string& text) {
  if (is_plain_value(text)) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (code < 0x20 || code == 0x7F) {
      quoted += fmt::format("\\u{:04X}", code);
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

}  // namespace

std::vector<std::string> words_from_config(std::string_view text, const std::string& name,
                                           const CLI::App& app,
                                           const std::vector<std::string>& args) {
  std::vector<std::string> words;
  try {
    add_words(toml::parse(text, name), "", name, app, args, words);
  } catch (const toml::parse_error& error) {
    fail_config(fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
  }
  return words;
}

std::vector<std::string> with_config(std::vector<std::string> args, const CLI::App& app) {
  const auto file = config_file_of(args);
  if (!file) return args;
  const auto words = words_from_config(read_file(*file, 1 << 20), *file, app, args);
  // At the end, where a list can't swallow what stands behind it; but before "--".
  args.insert(std::find(args.begin(), args.end(), "--"), words.begin(), words.end());
  return args;
}

std::string effective_settings(const CLI::App& app) {
  std::map<std::string, std::string> lines;  // sorted, so the same settings are the same text
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty() || !option->get_configurable()) continue;
    std::vector<std::string> values = option->results();
    if (values.empty() && option->get_expected_max() == 0) values = {"false"};  // a flag
    if (values.empty() && option->get_default_str().empty()) continue;
    if (values.empty()) values = {option->get_default_str()};
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : ", ") + toml_value(value);
    if (option->get_expected_max() > 1) text = "[" + text + "]";
    lines[option->get_lnames().front()] = text;
  }
  std::string result;
  for (const auto& [key, value] : lines) result += key + " = " + value + "\n";
  return result;
}

}  // namespace pantomime::commands
