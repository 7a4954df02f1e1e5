#include "pantomime/commands/commands.h"

#include <ATen/Parallel.h>

#include <cstdio>
#include <memory>

#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"
#include "pantomime/base/version.h"
#include "pantomime/commands/config_file.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;

constexpr int kUsageError = 2;

/// A command line that a POSIX shell reads back as the same words.
std::string quoted(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    const bool plain =
        !word.empty() && word.find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "-_=+,.:/%@") == std::string::npos;
    if (plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

/// One subcommand, ready to parse.
struct Prepared {
  CLI::App* app;
  Run run;
};

class Program {
 public:
  Program() : app_("Generates 4D human actions: moving, clothed 3D people.", "pantomime") {
    app_.require_subcommand(1);
    app_.failure_message(
        [](const CLI::App*, const CLI::Error& error) { return std::string(error.what()) + "\n"; });
    app_.set_help_flag("-h,--help", "This help (also: pantomime COMMAND --help)");
    app_.set_version_flag("--version", "pantomime " + std::string(version()));
    for (const Command& command : all_commands()) {
      CLI::App* app = app_.add_subcommand(command.name, command.help);
      app->option_defaults()->always_capture_default();
      app->set_help_flag("-h,--help", "This help");
      prepared_.push_back({app, command.add(*app, context_)});
      add_common(*app);
    }
  }

  int run(std::vector<std::string> args, std::string& command) {
    context_.command_line = quoted(args);
    args.erase(args.begin());  // the program
    if (args.size() == 1 && args[0] == "help") args[0] = "--help";
    if (args.size() == 2 && args[0] == "help") args = {args[1], "--help"};
    try {
      if (!args.empty()) add_config(args, command);
      app_.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // CLI11 wants it reversed
    } catch (const CLI::Success& help) {
      return app_.exit(help);
    } catch (const CLI::Error& error) {
      const std::string name = command.empty() ? "pantomime" : "pantomime " + command;
      context_.terminal.complain(fmt::format("{}: {} (see {} --help)", name, error.what(), name));
      return kUsageError;
    }
    context_.terminal.set_talk(quiet_     ? Terminal::Talk::Quiet
                               : verbose_ ? Terminal::Talk::Verbose
                                          : Terminal::Talk::Normal);
    context_.terminal.catch_signals();
    // Debian's libtorch, built without a core count, would otherwise stay on one thread.
    at::set_num_threads(resolve_threads(context_.threads));
    for (const Prepared& prepared : prepared_) {
      if (!prepared.app->parsed()) continue;
      context_.settings = effective_settings(*prepared.app);
      prepared.run();
    }
    return 0;
  }

 private:
  void add_common(CLI::App& app) {
    app.add_option("--config", config_, "TOML file with the same names as the options")
        ->type_name("FILE")
        ->configurable(false);
    app.add_option("--threads", context_.threads, "0: all cores")
        ->check(CLI::Range(0, 1024).description(""))
        ->type_name("N");
    app.add_flag("-q,--quiet", quiet_, "No progress")->configurable(false);
    app.add_flag("-v,--verbose", verbose_, "More words")->configurable(false);
  }

  /// Puts the settings of --config among the words of the subcommand.
  void add_config(std::vector<std::string>& args, std::string& command) {
    for (const Prepared& prepared : prepared_) {
      if (args[0] != prepared.app->get_name()) continue;
      command = args[0];
      auto words = with_config({args.begin() + 1, args.end()}, *prepared.app);
      args.resize(1);
      args.insert(args.end(), words.begin(), words.end());
    }
  }

  CLI::App app_;
  Context context_;
  std::vector<Prepared> prepared_;
  fs::path config_;
  bool quiet_ = false, verbose_ = false;
};

}  // namespace

const std::vector<Command>& all_commands() {
  static const std::vector<Command> commands = {
      {"import", "Fill a motion library from motion capture files", add_import},
      {"check", "Find recordings that no body did, and show them", add_check},
      {"augment", "Make more motion from a library: other bodies, speeds, backwards", add_augment},
      {"convert", "Turn any motion into any format, or onto your own character", add_convert},
      {"caption", "Write captions from labels and measured motion", add_caption},
      {"generate", "Make labelled, clothed, moving people", add_generate},
      {"dataset", "Render labelled people at home for training vision systems", add_dataset},
      {"train", "Train the unconditional prior on a library", add_train},
      {"train-guide", "Make a frozen prior follow labels", add_train_guide},
      {"train-text", "Make a frozen prior follow sentences", add_train_text},
      {"train-judge", "Train the network that marks motion, on real motion only", add_train_judge},
      {"evaluate", "Measure a prior and its guides against real motion", add_evaluate},
      {"benchmark", "Measure as published tables of the field do", add_benchmark},
      {"assets", "Compile the body's assets", add_assets},
      {"info", "Describe any file that Pantomime reads or writes", add_info},
      {"version", "Say which Pantomime this is and what it was built with", add_version},
  };
  return commands;
}

CLI::Option* add_out(CLI::App& app, fs::path& out, const std::string& help) {
  return app.add_option("-o,--out", out, help)->type_name("PATH");
}

CLI::Option* add_seed(CLI::App& app, uint64_t& seed) {
  return app.add_option("--seed", seed, "Same seed, same bytes")->type_name("N");
}

CLI::Option* add_json(CLI::App& app, bool& json) {
  return app.add_flag("--json", json, "Print the result as JSON")->configurable(false);
}

CLI::Option* add_force(CLI::App& app, bool& force, const std::string& help) {
  return app.add_flag("--force", force, help)->configurable(false);
}

void refuse_overwrite(const fs::path& path, bool force) {
  if (!force && fs::exists(path)) fail("{}: is there already (--force replaces it)", path.string());
}

int run_program(int argc, char** argv, std::string& command) {
  // Static: command functions keep references to its parts.
  static Program program;
  return program.run({argv, argv + argc}, command);
}

}  // namespace pantomime::commands
