// Options of all commands that read a library.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pantomime/commands/commands.h"
#include "pantomime/library/library.h"

namespace pantomime::commands {

struct LibraryOptions {
  std::filesystem::path path = "library.db";
  std::vector<std::string> sets, labels, licences, without_licences;
};

void add_library_options(CLI::App& app, LibraryOptions& options);
library::Library open_library(const LibraryOptions& options);
library::Filter library_filter(const LibraryOptions& options);

}  // namespace pantomime::commands
