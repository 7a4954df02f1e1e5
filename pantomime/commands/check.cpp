// pantomime check: what is wrong with the clips of a library, or of motion files.
#include "pantomime/library/check.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "pantomime/base/error.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/findings_table.h"
#include "pantomime/library/import.h"
#include "pantomime/render/quality_report.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;
using motion::Finding;

struct Options {
  std::vector<fs::path> inputs;
  fs::path out;
  std::vector<std::string> kinds, sets;
  fs::path descriptions;
  size_t strips = 200;
  bool serious = false, store = false, json = false, force = false;
};

/// What was asked for, of one clip's findings.
std::vector<Finding> chosen(const Options& options, std::vector<Finding> findings) {
  std::erase_if(findings, [&](const Finding& f) {
    if (options.serious && f.severity != motion::Severity::kSerious) return true;
    return !options.kinds.empty() && std::find(options.kinds.begin(), options.kinds.end(),
                                               motion::name_of(f.defect)) == options.kinds.end();
  });
  return findings;
}

void run(const Options& options, Context& context) {
  for (const std::string& kind : options.kinds)
    if (!motion::find_defect(kind)) {
      std::string known;
      for (int d = 0; d < motion::kDefectCount; ++d)
        known += (d > 0 ? ", " : "") + std::string(motion::name_of(static_cast<motion::Defect>(d)));
      fail("kind \"{}\", expected one of {}", kind, known);
    }
  for (const fs::path& input : options.inputs)
    if (!fs::exists(input)) fail("{}: no such file or folder", input.string());
  std::optional<render::QualityReport> report;
  if (!options.out.empty()) {
    refuse_overwrite(options.out / "index.html", options.force);
    report.emplace(options.out, options.strips);
  }
  nlohmann::json rows = nlohmann::json::array();
  FindingCounts counts;
  int64_t clips = 0;
  const auto tell = [&](const std::string& set, const std::string& name, const motion::Clip& clip,
                        const std::vector<Finding>& all) {
    ++clips;
    const std::vector<Finding> findings = chosen(options, all);
    counts.add(findings);
    if (report) report->add(set, name, clip, findings);
    for (const Finding& f : findings) {
      if (options.json) {
        rows.push_back(finding_json(name, f));
      } else {
        context.terminal.print(
            fmt::format("{}: {}: {}", name, motion::name_of(f.severity), motion::describe(f)));
      }
    }
  };

  std::vector<fs::path> files;
  library::Filter filter;
  filter.sets = options.sets;
  for (const fs::path& input : options.inputs) {
    if (!library::looks_like_library(input)) {
      files.push_back(input);
      continue;
    }
    using Mode = library::Library::Mode;
    library::Library library(input, options.store ? Mode::Write : Mode::Read);
    library::check_library(library, filter, options.descriptions, context.threads, context.terminal,
                           [&](const library::CheckedClip& one) {
                             if (options.store) library.set_findings(one.info.id, one.findings);
                             tell(one.info.set, one.info.name, one.clip, one.findings);
                           });
  }
  bool failures = false;
  if (!files.empty()) {
    // A library in memory: files are checked as import would take them.
    library::Library library(":memory:", library::Library::Mode::Write);
    library::ImportOptions import;
    import.sets = options.descriptions;
    import.threads = context.threads;
    const auto done = library::import_motion(files, library, import, context.terminal);
    for (const library::ClipInfo& info : library.clips(filter))
      tell(info.set, info.name, library.load(info.id), library.findings(info.id));
    for (const library::ImportFailure& failure : done.failures)
      context.terminal.complain("not checked: " + failure.message);
    failures = !done.failures.empty();
    if (done.files == 0) fail("no motion files found");
  }
  if (report) report->finish();
  if (options.json) {
    context.terminal.print(nlohmann::json{
        {"clips", clips},
        {"flagged", counts.clips()},
        {"serious", counts.serious()},
        {"findings",
         std::move(rows)}}.dump(2));
  } else {
    context.terminal.print(fmt::format("{} clips checked", clips));
    if (counts.clips() > 0) context.terminal.print(counts.table());
    if (report) context.terminal.print((options.out / "index.html").string());
  }
  if (failures && clips == 0) fail("none of the files could be read");
}

}  // namespace

Run add_check(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  app.add_option("inputs", o->inputs, "Libraries, or motion files, folders and archives of them")
      ->required()
      ->type_name("PATH")
      ->default_str("");
  add_out(app, o->out, "Folder for a report with strips (index.html)");
  app.add_option("--kinds", o->kinds, "Only these findings, e.g. flip,teleport")->delimiter(',');
  app.add_option("--sets", o->sets, "Only these sets")->delimiter(',');
  app.add_option("--descriptions", o->descriptions, "Folder of set descriptions (default: our own)")
      ->type_name("DIR");
  app.add_option("--strips", o->strips, "Most clips that the report shows in pictures");
  app.add_flag("--serious", o->serious, "Only serious findings");
  app.add_flag("--store", o->store, "Write what is found into the library");
  add_json(app, o->json);
  add_force(app, o->force, "Replace a report that is there");
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
