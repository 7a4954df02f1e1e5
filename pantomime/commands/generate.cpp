// pantomime generate: labelled, clothed, moving people.
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/commands/character_option.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/completion_option.h"
#include "pantomime/commands/model_options.h"
#include "pantomime/commands/motion_writer.h"
#include "pantomime/commands/performance.h"
#include "pantomime/formats/geometry_file.h"
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
  std::vector<std::string> texts;
  std::string timeline;
  std::filesystem::path text_guide;
  std::string text_guidance = "adapter";
  double text_scale = -1, text_contrast = -1, text_probe_scale = -1;
  bool no_text_numbers = false;
  int tries = 4;
  std::optional<double> seconds;  ///< what suits: 4, or 3 for each of several things
  int64_t count = 1;
  uint64_t seed = 1;
  std::string body = "random";
  fs::path geometry;
  std::vector<std::string> formats = {"glb", "bvh", "npz", "mp4", "png"};
  CharacterOption character;
  SceneOptions scene;
  fs::path out = "out";
  std::string sampler = "auto";
  int noise_steps = 0;
  int steps = diffusion::SampleOptions{}.steps;
  bool no_foot_lock = false, no_completion = false, force = false;
  int size = 480;
};

/// The first words of a sentence, for a file's name.
std::string file_name_of(const std::string& sentence) {
  std::string name;
  for (const char c : sentence.substr(0, 40)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (plain) name += c;
    if (!plain && !name.empty() && name.back() != '-') name += '-';
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "text" : name;
}

/// How a clip was made; kept in every file of it.
json settings_of(const Options& options, const training::Prior& prior,
                 const std::optional<training::Guide>& guide, const Scene& scene,
                 const Performance& item, Context& context) {
  json settings = {{"program", "pantomime"},
                   {"command", context.command_line},
                   {"prior", options.model.prior},
                   {"prior_sha256", prior.hash},
                   {"prior_licence", prior.licence},
                   {"label", item.title},
                   {"seed", options.seed},
                   {"seconds", item.clip.seconds()},
                   {"sampler", options.sampler},
                   {"steps", options.steps},
                   {"noise_steps", options.noise_steps},
                   {"guidance", item.title.empty() ? "none" : options.model.guidance},
                   {"foot_lock", !options.no_foot_lock},
                   {"person", item.character.description}};
  for (const auto& [goal, miss] : item.missed)
    settings["missed"].push_back({{"goal", goal}, {"by", miss}});
  for (const HeldObject& object : scene.held(item.clip)) {
    json poses = json::array();
    for (size_t f = 0; f < object.positions.size(); ++f) {
      const motion::Vec3& p = object.positions[f];
      const motion::Quat& q = object.rotations[f];
      poses.push_back({p.x, p.y, p.z, q.w, q.x, q.y, q.z});
    }
    settings["held"].push_back({{"hand", object.hand},
                                {"from_frame", object.first},
                                {"to_frame", object.last},
                                {"poses_xyz_wxyz", std::move(poses)}});
  }
  if (!item.heard.empty()) {
    settings["text_guidance"] = options.text_guidance;
    settings["tries"] = item.tries;
    if (item.acts[0].backwards) settings["played"] = "backwards";
    if (item.acts[0].tempo != 1) settings["tempo"] = item.acts[0].tempo;
  }
  for (const auto& [sentence, facts] : item.heard) {
    json& heard = settings["heard"][sentence] = json::object();
    for (const auto& [fact, chance] : facts) heard[fact] = std::round(100 * chance) / 100;
  }
  if (guide) {
    const auto strength = training::with_defaults(*guide, strength_of(options.model));
    settings["scale"] = strength.scale;
    settings["guide_until"] = strength.until;
    settings["particles"] = strength.particles;
  }
  return settings;
}

/// What the sentence was taken for; a complaint when that is nothing.
void tell_heard(const std::string& sentence,
                const std::vector<std::pair<std::string, double>>& facts, Context& context) {
  constexpr double kSure = 0.5;
  std::vector<std::string> words;
  for (const auto& [fact, chance] : facts)
    if (chance >= kSure) words.push_back(fmt::format("{} {:.2f}", fact, chance));
  if (words.empty())
    context.terminal.complain(fmt::format(
        "\"{}\": nothing in it was understood; simple sentences do, like \"a person walks\"",
        sentence));
  else
    context.terminal.note(fmt::format("\"{}\": heard {}", sentence, fmt::join(words, ", ")));
}

void write_item(const Options& options, const Performance& item, const json& settings,
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
      write_motion(format, base,
                   {.clip = item.clip, .own = own, .title = item.name, .settings = kept});
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
  std::map<std::string, std::vector<std::string>> orders;
  size_t most_told = 1;
  for (const std::string& sentence : options.texts) {
    orders[sentence] = told_in_order(sentence);
    most_told = std::max(most_told, orders[sentence].size());
  }
  const auto suiting = [](const std::vector<std::string>& parts) {
    return seconds_suiting_all(parts, parts.size() == 1 ? 4 : 3);
  };
  double longest = orders.empty() ? 4 : 0;
  for (const auto& [sentence, parts] : orders) longest = std::max(longest, suiting(parts));
  const double seconds = options.seconds.value_or(longest);
  PANTOMIME_CHECK(seconds >= 0.5 * static_cast<double>(most_told) && seconds <= 3600,
                  "--seconds {}: expected {} to 3600", seconds,
                  0.5 * static_cast<double>(most_told));
  PANTOMIME_CHECK((options.timeline.empty() ? 0 : 1) + (options.labels.empty() ? 0 : 1) +
                          (options.texts.empty() ? 0 : 1) <=
                      1,
                  "expected one of --label, --text and --timeline");
  PANTOMIME_CHECK(options.count >= 1 && options.count <= 100000, "--count {}: expected 1 to 100000",
                  options.count);
  PANTOMIME_CHECK(options.size >= 64 && options.size <= 4096 && options.size % 2 == 0,
                  "--size {}: expected an even number from 64 to 4096", options.size);
  PANTOMIME_CHECK(options.character.file.empty() || options.body == "random",
                  "--body {}: there is a --character already", options.body);
  CastOptions casting{options.body, options.seed};
  if (!options.geometry.empty()) {
    PANTOMIME_CHECK(
        options.character.file.empty() && (options.body == "random" || options.body == "plain"),
        "--geometry {}: there is a {} already", options.geometry.string(),
        options.character.file.empty() ? "--body" : "--character");
    casting.geometry = formats::read_geometry(options.geometry);
  }
  std::optional<motion::Clip> edit;
  if (!options.scene.edit.empty()) edit = read_motion("--edit", options.scene.edit);
  std::vector<Act> acts = {{std::lround(seconds * motion::kFps), ""}};
  if (!options.timeline.empty()) acts = parse_timeline(options.timeline);
  ActingOptions acting{.seed = options.seed};
  if (edit) {
    const auto length = static_cast<int64_t>(edit->frame_count());
    if (!options.timeline.empty() || most_told > 1 || length < 16 || length > acting.stream.longest)
      fail("--edit {}: {:.2f} s, expected 0.5 to {:.1f} s and one act", options.scene.edit.string(),
           edit->seconds(), static_cast<double>(acting.stream.longest) / motion::kFps);
    acts[0].frames = length;
    acting.edit = &*edit;
    acting.stream.change = options.scene.change;
  }
  int64_t frames = 0;
  bool labelled = !options.labels.empty(), told = !options.texts.empty();
  for (const Act& act : acts) {
    frames += act.frames;
    labelled = labelled || !act.label.empty();
    told = told || !act.text.empty();
  }
  if (options.noise_steps > 0 && (acts.size() > 1 || frames > acting.stream.longest))
    fail("--noise-steps: {} acts of {:.1f} s, expected one of at most {:.1f} s", acts.size(),
         static_cast<double>(frames) / motion::kFps,
         static_cast<double>(acting.stream.longest) / motion::kFps);
  const Scene scene(options.scene, frames);
  const training::Prior prior = open_prior(options.model);
  std::optional<training::Guide> guide;
  // A prior that is told a way and nothing else may stand and be drawn along it.
  std::string gait;
  if (!labelled && !told && !edit && !scene.empty())
    gait = gait_of(scene.constraints(motion::canonical_skeleton(motion::default_geometry())));
  if (labelled || !gait.empty()) guide = open_guide(options.model, prior);
  std::vector<std::string> labels = options.labels;
  if (!gait.empty() && std::ranges::find(guide->labels, gait) != guide->labels.end())
    labels = {gait};
  std::optional<training::TextGuide> text;
  if (told) text = open_text_guide(options.model, options.text_guide, prior, options.text_guidance);

  std::vector<Performance> items;
  const auto add = [&](const std::string& title, const std::string& file) {
    for (const Act& act : acts)
      if (!act.label.empty())
        guide->index_of(act.label);  // an unknown label is told before any work
    for (int64_t i = 0; i < options.count; ++i) {
      std::string name = file;
      std::replace(name.begin(), name.end(), ' ', '-');
      items.push_back({.title = title,
                       .name = fmt::format("{:03d}-{}", items.size() + 1, name),
                       .looks = looks_of(acts[0].text),
                       .acts = acts});
    }
  };
  if (!options.texts.empty()) {
    for (const std::string& sentence : options.texts) {
      const std::vector<std::string>& parts = orders.at(sentence);
      // Each as long as suits it, where nothing else asks for a length.
      const bool own = !options.seconds && scene.empty() && !edit;
      acts = acts_of(parts, own ? std::lround(suiting(parts) * motion::kFps) : frames);
      add(sentence, file_name_of(sentence));
    }
  } else if (labels.empty()) {
    add(options.timeline, options.timeline.empty() ? "motion" : "timeline");
  } else {
    for (const std::string& label :
         labels == std::vector<std::string>{"all"} ? guide->labels : labels) {
      acts[0].label = label;
      add(label, label);
    }
  }
  if (fs::exists(options.out) && !fs::is_empty(options.out) && !options.force)
    fail("{}: is not empty; choose another folder or --force", options.out.string());
  fs::create_directories(options.out);

  const auto own = open_character(options.character, options.out, options.force, context);
  cast(casting, own ? &*own : nullptr, scene.person() != nullptr ? scene.person() : acting.edit,
       items, context);
  if (options.sampler != "auto") {
    acting.stream.sampler.method = diffusion::parse_method(options.sampler);
    acting.stream.renoise = false;
  }
  acting.stream.sampler.steps = options.steps;
  acting.stream.noise_rounds = options.noise_steps;
  acting.stream.sampler.progress = &context.terminal;
  acting.stream.strength = strength_of(options.model);
  acting.stream.foot_lock = !options.no_foot_lock;
  acting.stream.text_strength = {.scale = options.text_scale,
                                 .until = options.model.until,
                                 .contrast = options.text_contrast,
                                 .probe = options.text_probe_scale};
  acting.numbers = !options.no_text_numbers;
  acting.tries = acting.stream.tries = options.tries;
  std::optional<training::CompletionGuide> completion;
  if (!options.no_completion) completion = open_completion(options.model, prior);
  act(acting, prior,
      {guide ? &*guide : nullptr, text ? &*text : nullptr, completion ? &*completion : nullptr},
      scene, items, context);
  for (const Performance& item : items)
    for (const auto& [goal, miss] : item.missed)
      context.terminal.complain(fmt::format(
          "{}: {}: ended {:.2f} off; nearer, slower or later may do", item.name, goal, miss));

  std::set<std::string> told_of;
  for (const Performance& item : items)
    for (const auto& [sentence, facts] : item.heard)
      if (told_of.insert(sentence).second) tell_heard(sentence, facts, context);

  json manifest = json::array();
  context.terminal.begin("write", static_cast<int64_t>(items.size()));
  for (size_t i = 0; i < items.size(); ++i) {
    context.terminal.check();
    const json settings = settings_of(options, prior, guide, scene, items[i], context);
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
    for (const Performance& item : items) {
      rows.push_back({&item.character, &item.clip, item.name});
      strips.push_back({item.name, item.clip});
    }
    const render::PngText comment = {{"Comment", manifest.dump()}};
    render::ContactSheetOptions sheet;
    sheet.columns = rows.size() > 4 ? 2 : 1;
    sheet.threads = context.threads;
    render::write_png(options.out / "sheet.png",
                      render::contact_sheet(rows, sheet, context.terminal), comment);
    render::write_png(options.out / "strips.png",
                      render::skeleton_sheet(strips, {}, {}, rows.size() > 4 ? 2 : 1), comment);
  }
  write_file(options.out / "manifest.json", manifest.dump(2) + "\n");
  context.terminal.print(fmt::format("{}: {} people", options.out.string(), items.size()));
}

}  // namespace

Run add_generate(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  app.add_option("--label", o->labels, "Actions, or all; --count people do each of them")
      ->delimiter(',');
  app.add_option("--text", o->texts, "A sentence, e.g. \"a person waves with the left hand\"")
      ->type_name("TEXT ...");
  app.add_option("--text-scale", o->text_scale, "Strength of text; negative: the guide's own");
  app.add_option("--text-contrast", o->text_contrast,
                 "Push away from the contrary of the text; negative: the guide's own");
  app.add_option("--text-guidance", o->text_guidance,
                 "adapter, free, probe, or adapter+probe (docs/TRAINING.md)");
  app.add_option("--text-probe-scale", o->text_probe_scale,
                 "Strength of a probe; negative: the guide's own");
  app.add_flag("--no-text-numbers", o->no_text_numbers,
               "Words for speed, way, circle, distance, count and \"while\" only steer; by default "
               "what they ask for holds");
  app.add_option("--tries", o->tries,
                 "Clips that are made, at most, until one shows all that was heard in a sentence; "
                 "and begins that are looked at until one that is told its way goes on good feet")
      ->check(CLI::Range(1, 64).description(""));
  app.add_option("--text-guide", o->text_guide, "The guide for text (default: beside the prior)")
      ->type_name("FILE");
  app.add_option(
      "--seconds", o->seconds,
      "Length of each clip, 0.5 to 3600 (default: what suits the words; else 4, or 3 for "
      "each of several things that are told)");
  app.add_option(
      "--timeline", o->timeline,
      "Acts one after another, labels or quoted sentences: \"0-3 walk; 3-5 sit down; 5-9 "
      "'a person waves'\"");
  app.add_option("--count,--variations", o->count, "Clips of each label");
  app.add_option("--geometry", o->geometry, "Bone lengths from a TOML file (docs/CONDITIONS.md)")
      ->type_name("FILE");
  app.add_option("--body", o->body,
                 "random, plain, or a description: \"sex=female,age=70,weight=0.7,height=1.62m\"");
  app.add_option("--format", o->formats,
                 "glb, bvh, npz (amass), mp4, png, humanml3d, ntu, csv, usd, obj, pc2")
      ->delimiter(',');
  app.add_option("--sampler", o->sampler,
                 "dpm2m, ddim or ddpm; auto: ddpm where something must hold, else dpm2m");
  app.add_option("--steps", o->steps, "Denoising steps");
  app.add_option(
         "--noise-steps", o->noise_steps,
         "Look so often for noise that leads to what is asked for, instead of holding it at "
         "every step (one act of at most 4.2 s)")
      ->check(CLI::Range(0, 10000).description(""));
  app.add_option("--size", o->size, "Width and height of videos, pixels");
  app.add_flag("--no-foot-lock", o->no_foot_lock, "Leave the feet as they were sampled");
  app.add_flag("--no-completion", o->no_completion,
               "Don't tell the prior what is given (completion.safetensors beside it)");
  add_scene_options(app, o->scene);
  add_character_option(app, o->character);
  add_model_options(app, o->model);
  add_out(app, o->out, "Folder for the files");
  add_seed(app, o->seed);
  add_force(app, o->force, "Write into a folder that is not empty");
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
