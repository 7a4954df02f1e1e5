// pantomime augment: more motion from a library.
#include "pantomime/library/augment.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/body/person.h"
#include "pantomime/body/rig.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/library_options.h"
#include "pantomime/formats/makehuman.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;

struct Options {
  LibraryOptions library;
  fs::path out, table;
  library::AugmentOptions augment;
  bool force = false, json = false;
};

void run(const Options& options, Context& context) {
  library::AugmentOptions augment = options.augment;
  if (augment.bodies == 0 && augment.speeds == 0 && !augment.backwards)
    fail("augment: nothing to do, expected --bodies, --speeds or --backwards");
  augment.threads = context.threads;
  const fs::path table =
      options.table.empty() ? resource_path("configs/backwards.toml") : options.table;
  augment.table = library::LabelMap::parse(read_file(table), table.string());
  std::optional<body::BodyAssets> assets;
  if (augment.bodies > 0) {
    const fs::path file = formats::body_assets_path();
    if (!fs::exists(file))
      fail("{}: is not there, --bodies draws people from it (tools/setup makes it)", file.string());
    assets = formats::open_body_assets(file);
    augment.body = [&assets](uint64_t seed) {
      return motion::canonical_skeleton(
          body::geometry_of(*assets, body::sample_person(*assets, seed).shape));
    };
  }
  if (!fs::exists(options.library.path)) fail("{}: no such file", options.library.path.string());
  refuse_overwrite(options.out, options.force);
  const library::Library from = open_library(options.library);
  // Under another name until it is whole.
  fs::path part = options.out;
  part += ".part";
  fs::remove(part);
  library::AugmentReport report;
  {
    library::Library to(part, library::Library::Mode::Write);
    report = library::augment(from, library_filter(options.library), augment, to, context.terminal);
    if (report.taken == 0) fail("{}: no clips that fit", options.library.path.string());
  }
  fs::rename(part, options.out);
  if (options.json) {
    context.terminal.print(nlohmann::json{
        {"clips", report.taken},
        {"bodies", report.bodies},
        {"speeds", report.speeds},
        {"backwards", report.backwards},
        {"refused", report.refused},
        {"minutes",
         report.seconds / 60}}.dump(2));
  } else {
    context.terminal.print(fmt::format(
        "{}: {} clips, and {} on other bodies, {} at other speeds, {} backwards ({:.1f} minutes "
        "more); {} left out that no body could do",
        options.out.string(), report.taken, report.bodies, report.speeds, report.backwards,
        report.seconds / 60, report.refused));
  }
}

}  // namespace

Run add_augment(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  add_library_options(app, o->library);
  add_out(app, o->out, "Library to write: all clips and their variations")->required();
  app.add_option("--bodies", o->augment.bodies, "Copies of each training clip on other bodies")
      ->check(CLI::Range(0, 100).description(""))
      ->type_name("N");
  app.add_option("--speeds", o->augment.speeds, "Copies of each training clip at other speeds")
      ->check(CLI::Range(0, 100).description(""))
      ->type_name("N");
  app.add_flag("--backwards", o->augment.backwards,
               "Labelled intervals backwards in time, where that stays plausible");
  app.add_option("--backwards-table", o->table,
                 "What acts become backwards (default: configs/backwards.toml)")
      ->type_name("FILE");
  add_seed(app, o->augment.seed);
  add_json(app, o->json);
  add_force(app, o->force, "Replace a library that is there");
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
