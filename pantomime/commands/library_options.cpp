#include "pantomime/commands/library_options.h"

namespace pantomime::commands {

void add_library_options(CLI::App& app, LibraryOptions& options) {
  app.add_option("--library", options.path, "Motion library (pantomime import)")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--sets", options.sets, "Only these sets")->delimiter(',');
  app.add_option("--labels", options.labels, "Only clips with one of these labels")->delimiter(',');
  app.add_option("--licences", options.licences, "Only clips with one of these licences")
      ->delimiter(',');
  app.add_option("--without-licences", options.without_licences, "No clips with these licences")
      ->delimiter(',');
}

library::Library open_library(const LibraryOptions& options) {
  return library::Library(options.path, library::Library::Mode::Read);
}

library::Filter library_filter(const LibraryOptions& options) {
  library::Filter filter;
  filter.sets = options.sets;
  filter.labels = options.labels;
  filter.licences = options.licences;
  filter.without_licences = options.without_licences;
  return filter;
}

}  // namespace pantomime::commands
