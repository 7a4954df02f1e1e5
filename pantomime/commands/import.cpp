#include "pantomime/library/import.h"

#include <memory>

#include "pantomime/base/error.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/findings_table.h"
#include "pantomime/commands/library_table.h"

namespace pantomime::commands {
namespace {

struct Options {
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path out = "library.db";
  library::ImportOptions import;
  bool json = false;
};

nlohmann::json report_json(const library::ImportReport& report) {
  nlohmann::json result = {{"files", report.files},
                           {"imported", report.imported},
                           {"unchanged", report.unchanged},
                           {"duplicates", report.duplicates},
                           {"skipped", report.skipped},
                           {"minutes", report.seconds / 60},
                           {"missing", report.missing},
                           {"unlabelled", report.unlabelled},
                           {"from_points", report.from_points},
                           {"bridged", nlohmann::json::array()},
                           {"mended", nlohmann::json::array()},
                           {"failures", nlohmann::json::array()}};
  for (const library::ImportRepair& repair : report.mended)
    result["mended"].push_back(
        {{"clip", repair.clip}, {"redrawn", repair.redrawn}, {"left_out", repair.left_out}});
  result["refused"] = report.refused;
  result["findings"] = nlohmann::json::array();
  for (const library::ImportFindings& clip : report.found)
    for (const motion::Finding& finding : clip.findings)
      result["findings"].push_back(finding_json(clip.clip, finding));
  for (const library::ImportBridge& bridge : report.bridged)
    result["bridged"].push_back({{"clip", bridge.clip},
                                 {"points", bridge.gaps.points},
                                 {"share", bridge.gaps.share},
                                 {"longest_seconds", bridge.gaps.longest},
                                 {"joints", bridge.gaps.joints},
                                 {"unknown_points", bridge.gaps.unknown}});
  for (const library::ImportFailure& failure : report.failures)
    result["failures"].push_back({{"file", failure.file}, {"message", failure.message}});
  return result;
}

std::string bridge_line(const library::ImportBridge& bridge) {
  std::string line = fmt::format("{}: {:.1f} % of the joints bridged, longest {:.1f} s",
                                 bridge.clip, 100 * bridge.gaps.share, bridge.gaps.longest);
  for (size_t i = 0; i < bridge.gaps.joints.size(); ++i)
    line += (i == 0 ? ": " : ", ") + bridge.gaps.joints[i];
  return line;
}

void tell(const library::ImportReport& report, Terminal& terminal) {
  terminal.print(fmt::format("{} files: {} imported ({:.1f} minutes), {} unchanged, {} failed",
                             report.files, report.imported, report.seconds / 60, report.unchanged,
                             report.failures.size()));
  if (report.duplicates > 0)
    terminal.print(fmt::format("{} were found twice and taken once", report.duplicates));
  if (report.skipped > 0)
    terminal.print(
        fmt::format("{} were left out, as their set's description says", report.skipped));
  for (const auto& [set, count] : report.missing)
    terminal.print(fmt::format("{}: {} files of its index are not there", set, count));
  if (!report.mended.empty())
    terminal.print(fmt::format("{} recordings had impossible frames, which were mended{}",
                               report.mended.size(),
                               terminal.verbose() ? ":" : " (-v lists them)"));
  if (report.refused > 0)
    terminal.print(fmt::format("{} clips were refused (--strict)", report.refused));
  FindingCounts counts;
  for (const library::ImportFindings& clip : report.found) counts.add(clip.findings);
  if (counts.clips() > 0)
    terminal.print(counts.table() + (terminal.verbose()
                                         ? ""
                                         : "\n  (-v lists them, \"pantomime check\" shows them)"));
  if (report.from_points > 0)
    terminal.print(fmt::format(
        "{} clips were solved from points; in {} joints were lost for a while and bridged{}",
        report.from_points, report.bridged.size(),
        report.bridged.empty() || terminal.verbose() ? "" : " (-v lists them)"));
  if (!terminal.verbose()) return;
  for (const library::ImportFindings& clip : report.found)
    for (const motion::Finding& finding : clip.findings)
      terminal.print(fmt::format("  {}: {}: {}", clip.clip, motion::name_of(finding.severity),
                                 motion::describe(finding)));
  for (const library::ImportBridge& bridge : report.bridged)
    terminal.print("  " + bridge_line(bridge));
  for (const library::ImportRepair& repair : report.mended)
    terminal.print(fmt::format("  {}: {} frames drawn anew, {} left out", repair.clip,
                               repair.redrawn, repair.left_out));
  for (const std::string& label : report.unlabelled)
    terminal.print(fmt::format("no common label for {}", label));
}

void run(const Options& options, Context& context) {
  library::ImportOptions import = options.import;
  import.threads = context.threads;
  for (const std::filesystem::path& input : options.inputs)
    if (!std::filesystem::exists(input)) fail("{}: no such file or folder", input.string());
  library::Library library(options.out, library::Library::Mode::Write);
  const library::ImportReport report =
      library::import_motion(options.inputs, library, import, context.terminal);
  const nlohmann::json summary = library_json(library);
  if (options.json) {
    context.terminal.print(
        nlohmann::json{{"import", report_json(report)}, {"library", summary}}.dump(2));
  } else {
    tell(report, context.terminal);
    context.terminal.print(library_table(summary));
  }
  for (const library::ImportFailure& failure : report.failures)
    context.terminal.complain("not imported: " + failure.message);
  if (options.import.strict)
    for (const library::ImportFindings& clip : report.found)
      if (const auto worst = first_serious(clip.findings))
        context.terminal.complain("refused: " + clip.clip + ": " + motion::describe(*worst));
  if (report.files == 0) fail("no motion files found");
  if (report.imported + report.unchanged + report.refused == 0)
    fail("none of the files could be imported");
}

}  // namespace

Run add_import(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  app.add_option("inputs", options->inputs, "Motion files, folders and archives of them")
      ->required()
      ->type_name("PATH")
      ->default_str("");
  add_out(app, options->out, "The library; filled further when it is there");
  library::ImportOptions& import = options->import;
  app.add_option("--sets", import.sets, "Folder of set descriptions (default: our own)")
      ->type_name("DIR");
  app.add_option("--mappings", import.reader.mappings, "Folder of rig mappings (default: our own)")
      ->type_name("DIR");
  app.add_option("--labels", import.labels, "Common labels (default: our own)")->type_name("FILE");
  const std::string group = "For motion of no known set";
  app.add_option("--set", import.set, "Name of its set")->group(group);
  app.add_option("--licence", import.licence, "SPDX id of its licence")->group(group);
  app.add_option("--source", import.source, "Where it comes from")->group(group);
  app.add_option("--subject", import.subject, "Who moves; {folder} and {stem} are the file's")
      ->group(group);
  app.add_option("--label", import.label, "What they do, e.g. \"{folder}\"")->group(group);
  app.add_option("--amc-fps", import.reader.rates.amc_fps,
                 "Frame rate of AMC files, which don't say it")
      ->check(CLI::Range(1.0, 1000.0));
  app.add_option("--actor-fps", import.reader.rates.actor_fps,
                 "Frame rate of ACTOR's pickles, likewise")
      ->check(CLI::Range(1.0, 1000.0));
  app.add_flag("--strict", import.strict, "Refuse clips that no body did (docs/QUALITY.md)");
  const std::string points = "For recordings of points (joints, landmarks, markers)";
  app.add_option("--points", import.reader.point_set,
                 "Point set, e.g. kinect_v2 (default: by the set, or guessed from the names)")
      ->group(points);
  app.add_option("--point-sets", import.reader.points, "Folder of point sets (default: our own)")
      ->type_name("DIR")
      ->group(points);
  app.add_option("--points-fps", import.reader.points_fps,
                 "Frame rate of JSON and CSV that don't say it")
      ->check(CLI::Range(1.0, 1000.0))
      ->group(points);
  add_json(app, options->json);
  add_force(app, import.force, "Import also what has not changed");
  return [options, &context] { run(*options, context); };
}

}  // namespace pantomime::commands
