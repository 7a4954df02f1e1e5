// Settings from a TOML file, with the same names as the options.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pantomime::commands {

/// The settings of a TOML text as command line words for `app`: `steps = 20` becomes "--steps=20",
/// a table's keys get its name and a dash before theirs. Keys that `args` already names are left
/// out: options override the file. Throws CLI::ConfigError naming file, line and key for a key that
/// is no option of `app`, and for broken TOML.
std::vector<std::string> words_from_config(std::string_view text, const std::string& name,
                                           const CLI::App& app,
                                           const std::vector<std::string>& args);

/// `args` (without program and command name) with the settings of the file that --config names, if
/// it does.
std::vector<std::string> with_config(std::vector<std::string> args, const CLI::App& app);

/// All options of a parsed `app` with the values they have now, defaults too, as TOML that --config
/// reads back.
std::string effective_settings(const CLI::App& app);

}  // namespace pantomime::commands
