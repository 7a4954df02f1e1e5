// The subcommands. One file each: parse, call, print; the work is in the rooms.
//
// To add one: write commands/<name>.cpp with `Run add_<name>(CLI::App&, Context&)`, declare it at
// the end of this page, and give it a line in the table of commands.cpp (which also makes the
// help).
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pantomime/commands/terminal.h"

namespace pantomime::commands {

/// What every command gets.
struct Context {
  Terminal terminal;         ///< hand it to the rooms as their Progress; print() results
  std::string command_line;  ///< as typed, quoted so that a shell reads it back
  std::string settings;      ///< effective settings as TOML, set before the command runs
  int threads = 0;           ///< --threads; 0: all cores
};

/// Does the work; errors are exceptions.
using Run = std::function<void()>;

struct Command {
  const char* name;
  const char* help;                             ///< one line
  Run (*add)(CLI::App& app, Context& context);  ///< adds its options, returns the work
};

/// In the order of the help.
const std::vector<Command>& all_commands();

// Options that several commands have. Same word, same meaning everywhere.
CLI::Option* add_out(CLI::App& app, std::filesystem::path& out, const std::string& help);
CLI::Option* add_seed(CLI::App& app, uint64_t& seed);
CLI::Option* add_json(CLI::App& app, bool& json);
CLI::Option* add_force(CLI::App& app, bool& force, const std::string& help);

/// Throws Error when `path` exists and `force` is off.
void refuse_overwrite(const std::filesystem::path& path, bool force);

/// Runs the program; what it returns is the exit code for a usage problem (2) or success (0). Other
/// problems come as exceptions; `command` then holds the subcommand's name, for the message.
int run_program(int argc, char** argv, std::string& command);

Run add_import(CLI::App& app, Context& context);
Run add_check(CLI::App& app, Context& context);
Run add_augment(CLI::App& app, Context& context);
Run add_convert(CLI::App& app, Context& context);
Run add_caption(CLI::App& app, Context& context);
Run add_generate(CLI::App& app, Context& context);
Run add_dataset(CLI::App& app, Context& context);
Run add_train(CLI::App& app, Context& context);
Run add_train_guide(CLI::App& app, Context& context);
Run add_train_text(CLI::App& app, Context& context);
Run add_train_judge(CLI::App& app, Context& context);
Run add_evaluate(CLI::App& app, Context& context);
Run add_benchmark(CLI::App& app, Context& context);
Run add_assets(CLI::App& app, Context& context);
Run add_info(CLI::App& app, Context& context);
Run add_version(CLI::App& app, Context& context);

}  // namespace pantomime::commands
