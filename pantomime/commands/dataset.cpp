#include "pantomime/dataset/builder.h"
#include "pantomime/dataset/check.h"
#include "pantomime/dataset/page.h"
#include "pantomime/render/image_file.h"

#include <ATen/Parallel.h>

#include <memory>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/commands/model_options.h"
#include "pantomime/commands/performance.h"
#include "pantomime/formats/makehuman.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;

struct Options {
  ModelOptions model;
  std::string recipe, shard = "0/1", body = "assets";
  int64_t clips = 0;
  uint64_t seed = 1;
  fs::path out = "data", furniture, checked;
  bool preview = false;
};

/// Runs the prior for a data set.
class PriorActor : public dataset::Actor {
 public:
  PriorActor(const ModelOptions& options, Context& context)
      : options_(options), prior_(open_prior(options)), guide_(open_guide(options, prior_)) {
    silent_.terminal.set_talk(Terminal::Talk::Quiet);
    silent_.threads = context.threads;
  }

  std::vector<std::string> labels() const override { return guide_.labels; }
  std::string model_hash() const override { return prior_.hash; }
  std::string model_licence() const override { return prior_.licence; }

  dataset::ActResult act(const dataset::ActRequest& request) override {
    Performance item;
    int64_t frames = 0;
    for (const dataset::ActPart& part : request.parts) {
      item.acts.push_back({std::lround(part.seconds * motion::kFps), part.label});
      frames += item.acts.back().frames;
    }
    const Scene scene(goals(request, static_cast<double>(frames) / motion::kFps), frames);
    item.character.skeleton = request.person->skeleton;
    ActingOptions acting{.seed = request.seed};
    acting.stream.strength = strength_of(options_);
    std::vector<Performance> items;
    items.push_back(std::move(item));
    // The networks keep caches: one at a time. A motion takes a hundredth of its pictures' time.
    const std::lock_guard<std::mutex> lock(mutex_);
    commands::act(acting, prior_, {&guide_, nullptr}, scene, items, silent_);
    double missed = 0;
    for (const auto& [goal, miss] : items[0].missed) missed = std::max<double>(missed, miss);
    return {std::move(items[0].clip), missed};
  }

 private:
  static SceneOptions goals(const dataset::ActRequest& request, double seconds) {
    SceneOptions out;
    if (request.rest) rest(*request.rest, request, seconds, out);
    for (const auto& [x, z] : request.floor) out.floor += fmt::format("{:.3f},{:.3f};", x, z);
    for (const dataset::Obstacle& box : request.obstacles)
      out.avoid.push_back(fmt::format("{:.3f},{:.3f},{:.3f},{:.3f},{:.3f}", box.x, box.z, box.width,
                                      box.depth, box.height));
    if (!request.floor.empty())
      out.path = fmt::format("0={:.3f},{:.3f}", request.start[0], request.start[1]);
    return out;
  }

  /// Feet before the seat and on the floor, or hanging: the prior saw stools, nobody on a sofa.
  static void feet_before_seat(const dataset::ActRequest& request, double from, double to,
                               SceneOptions& out) {
    constexpr double kShin = 0.10;   // metres, from the edge to an ankle: a leg and some air
    constexpr double kAnkle = 0.09;  // metres above the floor, in shoes
    constexpr double kKnee = 0.05;   // metres above the seat
    const auto& bones = request.person->skeleton.offsets;
    const double shin = length(bones[motion::kLeftAnkle]);
    Random random(derive_seed(request.seed, "feet"));
    const double deep =
        std::max<double>(request.rest->front + kShin, length(bones[motion::kLeftKnee]) + kShin / 2);
    for (const auto& [name, side] : {std::pair{"left ankle", 1.0}, {"right ankle", -1.0}}) {
      const double across = side * random.uniform(0.10, 0.20);
      const double along = deep + random.uniform(0, 0.12);
      const double up = std::max(kAnkle, request.rest->height + kKnee - shin);
      out.reach.push_back(
          fmt::format("{}@{:.2f}:{:.2f}={:.3f},{:.3f},{:.3f}", name, from, to, across, up, along));
    }
  }

  static void rest(const dataset::RestGoal& goal, const dataset::ActRequest& request,
                   double seconds, SceneOptions& out) {
    const double first = request.parts[0].seconds;
    const auto place = [&](double from, double to, double x, double z, double angle) {
      return fmt::format("{:.2f}:{:.2f}={:.3f},{:.3f},{:.3f},{:.0f}", from, to, x, z, goal.height,
                         angle);
    };
    constexpr double kBefore = 0.45;  // metres before a seat that one stands
    if (goal.use == dataset::RestUse::Seat) {
      switch (goal.when) {
        case dataset::RestWhen::All:
          out.sit = {place(0, seconds, 0, 0, 0)};
          feet_before_seat(request, 0, seconds, out);
          break;
        case dataset::RestWhen::End:
          out.sit = {place(seconds - 1, seconds, 0, 0, 0)};
          feet_before_seat(request, seconds - 1, seconds, out);
          out.path = fmt::format("0=0,{0}; {1:.2f}=0,{0}", kBefore, first - 0.4);
          out.heading = fmt::format("0=0; {:.2f}=0", first - 0.4);
          break;
        case dataset::RestWhen::Begin:
          out.sit = {place(0, first - 0.3, 0, 0, 0)};
          feet_before_seat(request, 0, first - 0.3, out);
          out.path = fmt::format("{:.2f}=0,{}", seconds - 0.8, kBefore);
          out.heading = fmt::format("{:.2f}=0", seconds - 0.8);
          break;
      }
      return;
    }
    // Beds: on the edge one faces away from the middle, on a wide bed one lies at one's own side.
    const double edge = goal.side * (goal.width / 2 - 0.22), angle = goal.side > 0 ? 90 : 270;
    const double middle = goal.side * std::max(0.0, goal.width / 2 - 0.55);
    const auto on_edge = [&](double from, double to) {
      out.sit = {place(from, to, edge, 0, angle)};
    };
    const auto flat = [&](double from, double to) { out.lie = {place(from, to, middle, 0, 0)}; };
    // Recorded people lie down on floors: between edge and middle the pelvis is kept above the bed.
    const auto slide = [&](double from, double to, double x_from, double x_to) {
      constexpr int kPoints = 5;
      for (int i = 1; i < kPoints; ++i) {
        const double share = static_cast<double>(i) / kPoints;
        out.reach.push_back(fmt::format("pelvis@{:.2f}={:.3f},{:.3f},0", from + share * (to - from),
                                        x_from + share * (x_to - x_from), goal.height + 0.10));
      }
    };
    switch (goal.when) {
      case dataset::RestWhen::All:
        flat(0, seconds);
        break;
      case dataset::RestWhen::End:
        on_edge(0, first - 0.5);
        slide(first - 0.5, seconds - 1, edge, middle);
        flat(seconds - 1, seconds);
        break;
      case dataset::RestWhen::Begin:
        flat(0, first - 0.5);
        slide(first - 0.5, seconds - 1, middle, edge);
        on_edge(seconds - 1, seconds);
        break;
    }
  }

  const ModelOptions& options_;
  Context silent_;  // the data set shows its own progress
  training::Prior prior_;
  training::Guide guide_;
  std::mutex mutex_;
};

/// "3/64"
void parse_shard(const std::string& text, dataset::BuildOptions& build) {
  int64_t part = -1, parts = 0;
  char more = 0;
  if (std::sscanf(text.c_str(), "%ld/%ld%c", &part, &parts, &more) != 2 || parts < 1 || part < 0 ||
      part >= parts)
    fail("--shard {}: expected JOB/JOBS, from 0/1 to 63/64 and so on", text);
  build.part = part;
  build.parts = parts;
}

void check_folder(const fs::path& folder, Context& context) {
  const dataset::CheckResult result = dataset::check(folder, context.threads, context.terminal);
  if (!result.clips.empty()) {
    write_file(folder / "statistics.json", dataset::statistics_json(result.clips));
    render::write_png(folder / "statistics.png",
                      dataset::statistics_picture(result.clips, folder.filename().string()));
  }
  for (const std::string& line : result.problems) context.terminal.complain(line);
  const double error = dataset::visible_error(result.clips);
  context.terminal.print(fmt::format(
      "{}: {} clips, {} files, {} samples in shards; {}{}", folder.string(), result.clips.size(),
      result.files, result.samples,
      error < 0 ? "" : fmt::format("visible fraction off by {:.3f} on average; ", error),
      result.problems.empty() ? "all is well"
                              : fmt::format("{} problems", result.problems.size())));
  if (!result.problems.empty()) fail("{}: {} problems", folder.string(), result.problems.size());
}

void make(const Options& options, Context& context) {
  dataset::BuildOptions build;
  parse_shard(options.shard, build);
  const fs::path file = dataset::recipe_path(options.recipe);
  build.recipe_text = read_file(file, 1 << 20);
  const dataset::Recipe recipe = dataset::parse_recipe(build.recipe_text, file.string());
  build.out = options.out;
  build.clips = options.clips == 0 ? recipe.clips : options.clips;
  build.seed = options.seed;
  build.threads = context.threads;
  // Whole clips run side by side; the same clip comes out with any number of them.
  at::set_num_threads(1);
  PriorActor actor(options.model, context);
  const std::vector<std::string> known = actor.labels();
  for (const dataset::Action& action : recipe.actions) {
    std::vector<std::string> asked = action.labels;
    if (!action.before.empty()) asked.push_back(action.before);
    for (const std::string& label : asked)
      if (std::find(known.begin(), known.end(), label) == known.end())
        fail("{}: {}: the prior does not know \"{}\"; it knows {}", file.string(), action.name,
             label, fmt::join(known, ", "));
  }
  const scene::Furnishings furnishings =
      options.furniture == "plain"
          ? scene::Furnishings::plain()
          : scene::Furnishings::open(options.furniture.empty()
                                         ? resource_path(fs::path("configs") / "furniture.toml")
                                         : options.furniture);
  std::optional<body::BodyAssets> assets;
  if (options.body == "assets") {
    if (!fs::exists(formats::body_assets_path()))
      fail("{}: is not there (tools/fetch_body makes it); --body plain goes without",
           formats::body_assets_path().string());
    assets = formats::open_body_assets(formats::body_assets_path());
  } else if (options.body != "plain") {
    fail("--body {}: expected assets or plain", options.body);
  }
  dataset::Studio studio(recipe, furnishings, assets ? &*assets : nullptr, actor);
  const dataset::BuildResult result = dataset::build(studio, build, context.terminal);
  context.terminal.print(fmt::format(
      "{}: {} clips made, {} were there; {}", options.out.string(), result.made, result.there,
      result.complete ? "complete" : "shards of other jobs are still missing"));
}

void run(const Options& options, Context& context) {
  if (options.recipe.empty() == options.checked.empty())
    fail("dataset: expected a recipe, or --check FOLDER");
  if (!options.recipe.empty()) make(options, context);
  const fs::path& folder = options.checked.empty() ? options.out : options.checked;
  if (!options.checked.empty()) check_folder(folder, context);
  if (!options.preview) return;
  if (!fs::exists(folder / "manifest.jsonl")) {
    context.terminal.note(folder.string() + ": no preview before all shards are there");
    return;
  }
  dataset::write_preview(folder, {.threads = context.threads}, context.terminal);
  context.terminal.print(
      fmt::format("{}, sheet.jpg", (folder / "preview" / "index.html").string()));
}

}  // namespace

Run add_dataset(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  app.add_option("recipe", o->recipe, "A TOML file or the name of a preset: care")
      ->type_name("FILE|NAME");
  app.add_option("--clips", o->clips, "How many clips (default: as the recipe says)")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}).description(""));
  app.add_option("--shard", o->shard, "Make the part JOB of JOBS alone: 3/64")
      ->type_name("JOB/JOBS");
  app.add_option("--body", o->body, "assets (tools/fetch_body makes them) or plain");
  app.add_option("--furniture", o->furniture, "Another list of furniture, or plain: boxes")
      ->type_name("FILE");
  app.add_option("--check", o->checked, "Verify a finished data set and draw its statistics")
      ->type_name("FOLDER");
  app.add_flag("--preview", o->preview, "Make a sheet of its clips and a page to watch some");
  add_model_options(app, o->model);
  add_out(app, o->out, "Folder of the data set");
  add_seed(app, o->seed);
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
