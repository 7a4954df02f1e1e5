// pantomime generate: labelled, clothed, moving people.
#include <ATen/core/Tensor.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/body/person.h"
#include "pantomime/body/plain_body.h"
#include "pantomime/body/rig.h"
#include "pantomime/commands/character_option.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/model_options.h"
#include "pantomime/body/nearest_shape.h"
#include "pantomime/commands/motion_writer.h"
#include "pantomime/commands/scene_options.h"
#include "pantomime/conditions/constraint_condition.h"
#include "pantomime/conditions/geometry.h"
#include "pantomime/formats/makehuman.h"
#include "pantomime/motion/fit_to_body.h"
#include "pantomime/motion/foot_lock.h"
#include "pantomime/motion/retarget.h"
#include "pantomime/render/image_file.h"
#include "pantomime/render/preview.h"
#include "pantomime/render/skeleton_strip.h"
#include "pantomime/render/video.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Options {
  ModelOptions model;
  std::vector<std::string> labels;
  double seconds = 4;
  int64_t count = 1;
  uint64_t seed = 1;
  std::string body = "random";
  std::vector<std::string> formats = {"glb", "bvh", "npz", "mp4", "png"};
  CharacterOption character;
  SceneOptions scene;
  fs::path out = "out";
  std::string sampler = "dpm2m";
  int steps = diffusion::SampleOptions{}.steps;
  bool no_foot_lock = false, force = false;
  int size = 480;
};

/// One clip to be made.
struct Item {
  std::string label;  ///< empty: no condition
  std::string name;   ///< of its files, without extension
  body::Character character;
  motion::Clip clip;
  /// Of goals that were missed: what was asked, and how far off it ended.
  std::vector<std::pair<std::string, double>> missed;
};

/// People for the items: random ones, one described, or plain bodies when there are no assets. The
/// user's own character is played by a plain body with its bones. Who goes on from kept frames is
/// the person nearest to the one in them.
void cast(const Options& options, const formats::UserCharacter* own, const motion::Clip* kept,
          std::vector<Item>& items, Context& context) {
  const auto plain_one = [&](const motion::Geometry& geometry) {
    return body::plain_character(geometry, derive_seed(options.seed, "person"));
  };
  if (own != nullptr) {
    for (Item& item : items) item.character = plain_one(motion::geometry_of(own->body().offsets));
    return;
  }
  const bool kept_one = kept != nullptr && options.body == "random";
  const fs::path assets_file = formats::body_assets_path();
  const bool plain = options.body == "plain" || !fs::exists(assets_file);
  if (plain) {
    if (options.body != "plain")
      context.terminal.note(fmt::format("{} is not there (tools/setup makes it): plain bodies",
                                        assets_file.string()));
    for (Item& item : items) {
      item.character = plain_one(kept ? motion::geometry_of(kept->skeleton.offsets)
                                      : motion::default_geometry());
      if (kept) item.character.skeleton = kept->skeleton;  // to the last millimetre
    }
    return;
  }
  const body::BodyAssets assets = formats::open_body_assets(assets_file);
  std::optional<body::BodyShape> nearest;
  if (kept_one)
    nearest = body::nearest_shape(body::GeometryModel(assets),
                                  motion::geometry_of(kept->skeleton.offsets))
                  .shape;
  for (size_t i = 0; i < items.size(); ++i) {
    const body::PersonDescription person =
        kept_one ? body::PersonDescription{.shape = *nearest}
        : options.body == "random"
            ? body::sample_person(assets, derive_seed(options.seed, "person", i))
            : body::parse_person(options.body);
    items[i].character = body::make_character(assets, person);
  }
}

int64_t frames_of(const Options& options) {
  return std::lround(options.seconds * motion::kFps);
}

/// What must hold, held on this very body; tells what could not be.
void finish(Item& item, const motion::Clip& clip, const conditions::Constraints& constraints,
            const Scene& scene, const training::Prior& prior) {
  const conditions::Settled settled = conditions::settle(clip, constraints, prior.normaliser);
  for (size_t g = 0; g < constraints.goals.size(); ++g)
    if (settled.misses[g] > std::max(0.01, 2 * constraints.goals[g]->tolerance()))
      item.missed.emplace_back(constraints.goals[g]->describe(), settled.misses[g]);
  item.clip = scene.in_world(settled.clip);
  if (constraints.loop)
    item.clip = motion::cut(item.clip, 0,
                            item.clip.frame_count() - conditions::Constraints::kLoopFrames);
}

/// Motions for all items in a few batches; one condition list for each batch.
void move(const Options& options, const training::Prior& prior,
          const std::optional<training::Guide>& guide, const Scene& scene,
          std::vector<Item>& items, Context& context) {
  constexpr size_t kBatch = 16;
  const int64_t frames = frames_of(options);
  context.terminal.begin("generate", static_cast<int64_t>(items.size()));
  for (size_t first = 0; first < items.size(); first += kBatch) {
    const size_t last = std::min(items.size(), first + kBatch);
    conditions::GenerateOptions generate{.frames = frames};
    generate.sampler.method = diffusion::parse_method(options.sampler);
    generate.sampler.steps = options.steps;
    generate.sampler.progress = &context.terminal;
    std::vector<motion::Geometry> bodies;
    std::vector<int64_t> labels;
    for (size_t i = first; i < last; ++i) {
      generate.seeds.push_back(derive_seed(options.seed, "clip", i));
      bodies.push_back(motion::geometry_of(items[i].character.skeleton.offsets));
      labels.push_back(items[i].label.empty() ? -1 : guide->index_of(items[i].label));
    }
    conditions::GeometryCondition geometry(bodies, prior.normaliser);
    std::vector<conditions::Condition*> also = {&geometry};
    std::vector<conditions::Constraints> wanted;
    std::optional<conditions::ConstraintCondition> constraints;
    if (!scene.empty()) {
      std::vector<conditions::Constraints> held;
      for (size_t i = first; i < last; ++i) {
        const motion::Skeleton& body = items[i].character.skeleton;
        wanted.push_back(scene.constraints(body));
        // In the size of the body that the prior moves.
        held.push_back(wanted.back().scaled(
            motion::leg_length(motion::canonical_skeleton(geometry.held(i - first))) /
            motion::leg_length(body)));
      }
      constraints.emplace(held, prior.normaliser);
      also.push_back(&*constraints);
    }
    const at::Tensor features =
        guide ? training::generate_labelled(prior, *guide, labels, generate,
                                            strength_of(options.model), also)
              : conditions::generate(*prior.denoiser, prior.normaliser, also, generate);
    for (size_t i = first; i < last; ++i) {
      const motion::Clip raw = features::decode(features[static_cast<int64_t>(i - first)]);
      motion::Clip clip = motion::fit_to_body(raw, items[i].character.skeleton);
      if (scene.empty() || !wanted[i - first].fixes_height()) clip = motion::on_floor(clip);
      if (!options.no_foot_lock) clip = motion::lock_feet(clip);
      if (!scene.empty()) finish(items[i], clip, wanted[i - first], scene, prior);
      else items[i].clip = clip;
    }
    context.terminal.step(static_cast<int64_t>(last), "");
  }
  context.terminal.end();
}

/// How a clip was made; kept in every file of it.
json settings_of(const Options& options, const training::Prior& prior,
                 const std::optional<training::Guide>& guide, const Item& item, Context& context) {
  json settings = {{"program", "pantomime"},
                   {"command", context.command_line},
                   {"prior", options.model.prior},
                   {"prior_sha256", prior.hash},
                   {"prior_licence", prior.licence},
                   {"label", item.label},
                   {"seed", options.seed},
                   {"seconds", options.seconds},
                   {"sampler", options.sampler},
                   {"steps", options.steps},
                   {"guidance", item.label.empty() ? "none" : options.model.guidance},
                   {"foot_lock", !options.no_foot_lock},
                   {"person", item.character.description}};
  for (const auto& [goal, miss] : item.missed)
    settings["missed"].push_back({{"goal", goal}, {"by", miss}});
  if (guide) {
    const auto strength = training::with_defaults(*guide, strength_of(options.model));
    settings["scale"] = strength.scale;
    settings["guide_until"] = strength.until;
    settings["particles"] = strength.particles;
  }
  return settings;
}

void write_item(const Options& options, const Item& item, const json& settings,
                const formats::UserCharacter* own, Context& context) {
  const fs::path base = options.out / item.name;
  auto wanted = [&](const char* format) {
    return std::find(options.formats.begin(), options.formats.end(), format) !=
           options.formats.end();
  };
  auto path = [&](const char* extension) { return fs::path(base.string() + extension); };
  const std::string kept = settings.dump();
  for (const std::string& word : options.formats) {
    if (word == "mp4" || word == "png") continue;
    const std::string format = motion_format(word);
    if (format == "glb" && own != nullptr) {
      const motion::Clip on_own = on_character(item.clip, *own, !options.no_foot_lock);
      write_motion(format, base,
                   {.clip = on_own, .own = own, .title = item.name, .settings = kept});
    } else {
      write_motion(
          format, base,
          {.clip = item.clip, .character = &item.character, .title = item.name, .settings = kept});
    }
  }
  if (wanted("mp4")) {
    render::PreviewOptions preview;
    preview.framing.width = preview.framing.height = options.size;
    preview.threads = context.threads;
    render::write_video(
        path(".mp4"), {.width = options.size, .height = options.size, .comment = settings.dump()},
        [&](const render::PushFrame& push) {
          render::render_preview(item.character, item.clip, preview, push, context.terminal);
        });
  }
  write_file(path(".json"), settings.dump(2) + "\n");
}

void run(const Options& options, Context& context) {
  for (const std::string& format : options.formats)
    if (format != "mp4" && format != "png") motion_format(format, "mp4 or png");
  PANTOMIME_CHECK(options.seconds >= 0.5 && options.seconds <= 10,
                  "--seconds {}: expected 0.5 to 10", options.seconds);
  PANTOMIME_CHECK(options.count >= 1 && options.count <= 100000, "--count {}: expected 1 to 100000",
                  options.count);
  PANTOMIME_CHECK(options.size >= 64 && options.size <= 4096 && options.size % 2 == 0,
                  "--size {}: expected an even number from 64 to 4096", options.size);
  PANTOMIME_CHECK(options.character.file.empty() || options.body == "random",
                  "--body {}: there is a --character already", options.body);
  const Scene scene(options.scene, frames_of(options));
  const training::Prior prior = open_prior(options.model);
  std::optional<training::Guide> guide;
  if (!options.labels.empty()) guide = open_guide(options.model, prior);

  std::vector<Item> items;
  std::vector<std::string> labels = options.labels;
  if (labels.empty()) labels = {""};
  if (labels == std::vector<std::string>{"all"}) labels = guide->labels;
  for (const std::string& label : labels) {
    if (guide) guide->index_of(label);  // an unknown label is told before any work
    for (int64_t i = 0; i < options.count; ++i) {
      std::string name = label.empty() ? "motion" : label;
      std::replace(name.begin(), name.end(), ' ', '-');
      items.push_back({label, fmt::format("{:03d}-{}", items.size() + 1, name), {}, {}});
    }
  }
  if (fs::exists(options.out) && !fs::is_empty(options.out) && !options.force)
    fail("{}: is not empty; choose another folder or --force", options.out.string());
  fs::create_directories(options.out);

  const auto own = open_character(options.character, options.out, options.force, context);
  cast(options, own ? &*own : nullptr, scene.person(), items, context);
  move(options, prior, guide, scene, items, context);
  for (const Item& item : items)
    for (const auto& [goal, miss] : item.missed)
      context.terminal.complain(
          fmt::format("{}: {}: ended {:.2f} off; nearer, slower or later may do", item.name, goal, miss));

  json manifest = json::array();
  context.terminal.begin("write", static_cast<int64_t>(items.size()));
  for (size_t i = 0; i < items.size(); ++i) {
    context.terminal.check();
    const json settings = settings_of(options, prior, guide, items[i], context);
    write_item(options, items[i], settings, own ? &*own : nullptr, context);
    json entry = settings;
    entry["name"] = items[i].name;
    manifest.push_back(entry);
    context.terminal.step(static_cast<int64_t>(i) + 1, items[i].name);
  }
  context.terminal.end();
  if (std::find(options.formats.begin(), options.formats.end(), "png") != options.formats.end()) {
    std::vector<render::SheetRow> rows;
    std::vector<render::LabelledClip> strips;
    for (const Item& item : items) {
      rows.push_back({&item.character, &item.clip, item.name});
      strips.push_back({item.name, item.clip});
    }
    const render::PngText text = {{"Comment", manifest.dump()}};
    render::ContactSheetOptions sheet;
    sheet.columns = rows.size() > 4 ? 2 : 1;
    sheet.threads = context.threads;
    render::write_png(options.out / "sheet.png",
                      render::contact_sheet(rows, sheet, context.terminal), text);
    render::write_png(options.out / "strips.png",
                      render::skeleton_sheet(strips, {}, {}, rows.size() > 4 ? 2 : 1), text);
  }
  write_file(options.out / "manifest.json", manifest.dump(2) + "\n");
  context.terminal.print(fmt::format("{}: {} people", options.out.string(), items.size()));
}

}  // namespace

Run add_generate(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  app.add_option("--label", o->labels, "Actions, or all; --count people do each of them")
      ->delimiter(',');
  app.add_option("--seconds", o->seconds, "Length of each clip, 0.5 to 10");
  app.add_option("--count,--variations", o->count, "Clips of each label");
  app.add_option("--body", o->body,
                 "random, plain, or a description: \"sex=female,age=70,weight=0.7,height=1.62m\"");
  app.add_option("--format", o->formats,
                 "glb, bvh, npz (amass), mp4, png, humanml3d, ntu, csv, usd, obj, pc2")
      ->delimiter(',');
  app.add_option("--sampler", o->sampler, "dpm2m, ddim or ddpm");
  app.add_option("--steps", o->steps, "Denoising steps");
  app.add_option("--size", o->size, "Width and height of videos, pixels");
  app.add_flag("--no-foot-lock", o->no_foot_lock, "Leave the feet as they were sampled");
  add_scene_options(app, o->scene);
  add_character_option(app, o->character);
  add_model_options(app, o->model);
  add_out(app, o->out, "Folder for the files");
  add_seed(app, o->seed);
  add_force(app, o->force, "Write into a folder that is not empty");
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
