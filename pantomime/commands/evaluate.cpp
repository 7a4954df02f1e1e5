// pantomime evaluate: a prior and its guides against real motion of people it has never seen.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/completion_option.h"
#include "pantomime/commands/evaluation_report.h"
#include "pantomime/commands/evaluation_watch.h"
#include "pantomime/commands/library_options.h"
#include "pantomime/commands/sentence_pairs.h"
#include "pantomime/formats/makehuman.h"
#include "pantomime/training/judge_trainer.h"
#include "pantomime/training/text_judge_trainer.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;
using training::MotionData;

constexpr int64_t kWindow = 128;  // frames

struct Options {
  LibraryOptions library;
  ModelOptions model;
  std::vector<fs::path> judges;
  fs::path text_judge, text_guide, out = "evaluation", sweep;

  std::vector<std::string> guidance = {"adapter"}, other_priors;
  LabelOptions label;
  TextTrialOptions text;
  int steps = diffusion::SampleOptions{}.steps;
  std::string sampler = "dpm2m";
  uint64_t seed = 1;
  std::vector<std::string> text_guidance = {"adapter"};
  bool no_text_numbers = false, frames_given = false;
  int tries = ActingOptions{}.tries;
  bool no_foot_lock = false, force = false;
  std::vector<std::string> only = {"label"};
  std::vector<std::string> tasks, ways;
  bool no_completion = false;
  int64_t condition_clips = TrialOptions{}.clips, body_clips = BodiesOptions{}.per_label,
          timeline_clips = TimelineOptions{}.clips;
  double long_seconds = TimelineOptions{}.long_seconds;

  bool wants(const char* part) const {
    return std::find(only.begin(), only.end(), part) != only.end();
  }
  bool wants_rows() const { return wants("label") || wants("baselines") || wants("cheats"); }
};

fs::path shipped_judge(const char* name) {
  return resource_path(fs::path("models/judges") / (std::string(name) + ".safetensors"));
}

/// Lines of the table, in order.
std::vector<RowPlan> plans_of(const Options& o) {
  const RowPlan start{.prior = o.model.prior,
                      .sampler = o.sampler,
                      .steps = o.steps,
                      .scale = o.model.scale,
                      .until = o.model.until,
                      .foot_lock = !o.no_foot_lock};
  if (!o.sweep.empty()) return parse_sweep(read_file(o.sweep), o.sweep.string(), start);
  std::vector<RowPlan> plans;
  const auto add = [&](const std::string& name, const std::string& guidance, auto&& change) {
    RowPlan plan = start;
    plan.name = name;
    plan.guidance = guidance;
    change(plan);
    for (const RowPlan& there : plans)
      if (there.name == plan.name) return;
    plans.push_back(std::move(plan));
  };
  const auto nothing = [](RowPlan&) {};
  add("no condition", "none", nothing);
  for (const std::string& kind : o.guidance)
    if (kind != "none") add(kind, kind, nothing);
  if (o.wants("baselines")) {
    const std::string& first = o.guidance[0];
    if (fs::exists(guide_path({.prior = o.model.prior, .guidance = "free"})))
      add("classifier-free guidance", "free", nothing);
    for (const int steps : {4, 25, 50})
      if (steps != o.steps && first != "none")
        add(fmt::format("{}, {} steps", first, steps), first,
            [&](RowPlan& plan) { plan.steps = steps; });
    if (!o.no_foot_lock && first != "none")
      add(fmt::format("{}, no foot lock", first), first,
          [](RowPlan& plan) { plan.foot_lock = false; });
  }
  for (const std::string& prior : o.other_priors)
    add("no condition, prior " + fs::path(prior).parent_path().filename().string() +
            fs::path(prior).stem().string(),
        "none", [&](RowPlan& plan) { plan.prior = prior; });
  return plans;
}

/// The label part: judges that mark, and rows.
void run_rows(const Options& o, const library::Library& library, library::Filter filter,
              const MotionData& test, Evaluation& e, const KeptSets& kept, Context& context) {
  std::vector<metrics::Judge> judges;
  for (const fs::path& path : o.judges) {
    judges.push_back(training::read_judge(path));
    e.judges.push_back({path.stem().string(), metrics::name_of(judges.back().config.kind),
                        judges.back().hash, training::examine_judge(judges.back(), test).accuracy});
  }
  filter.splits = {"train"};
  const auto train = MotionData::load(library, filter, kWindow, context.terminal);
  LabelOptions label = o.label;
  label.seed = o.seed;
  label.baselines = o.wants("baselines");
  label.cheats = o.wants("cheats");
  RowMaker maker(kept, context);
  e.label = evaluate_labels(label, plans_of(o), judges, train, test, maker, context);
}

void run_text(const Options& o, const library::Library& library, library::Filter filter,
              const training::Prior& prior, const MotionData& test, Evaluation& e,
              const KeptSets& kept, Context& context) {
  const metrics::TextJudge judge = training::read_text_judge(o.text_judge);
  e.judges.push_back(
      {o.text_judge.stem().string(), "text", judge.hash, std::numeric_limits<double>::quiet_NaN()});
  const auto encoder = text::SentenceEncoder::open();
  std::vector<NamedTextGuide> guides;
  for (const std::string& kinds : o.text_guidance) {
    if (kinds == "none") continue;
    training::TextGuide guide = open_text_guide(o.model, o.text_guide, prior, kinds);
    guides.push_back({kinds, text_guide_hash(o.model, o.text_guide, kinds), std::move(guide)});
  }
  filter.splits = {"train"};
  const auto train = MotionData::load(library, filter, kWindow, context.terminal);
  TextTrialOptions text = o.text;
  text.frames = o.label.frames;
  text.steps = o.steps;
  text.sampler = o.sampler;
  text.seed = o.seed;
  text.foot_lock = !o.no_foot_lock;
  text.tries = o.tries;
  text.threads = context.threads;
  e.text = evaluate_text(text, prior, guides, judge, encoder, train, test, kept, context);
}

/// Given motion, places and goals; bodies; acts one after another.
void run_conditions(const Options& o, const training::Prior& prior, const MotionData& test,
                    Evaluation& e, const KeptSets& all_kept, Context& context) {
  const metrics::Judge judge = training::read_judge(o.judges[0]);
  std::optional<training::Guide> labels;
  if (fs::exists(guide_path(o.model))) labels = open_guide(o.model, prior);
  std::optional<training::CompletionGuide> completion;
  if (!o.no_completion) completion = open_completion(o.model, prior);
  const auto hash_of = [](const fs::path& path) {
    return fs::exists(path) ? sha256_hex(read_file(path)) : "";
  };
  const KeptSets kept =
      all_kept.about({prior.hash, hash_of(guide_path(o.model)),
                      completion ? hash_of(completion_path(o.model)) : "", o.model.scale});
  if (o.wants("conditions")) {
    TrialOptions trial{.frames = o.label.frames, .steps = o.steps, .seed = o.seed};
    trial.clips = o.condition_clips;
    trial.foot_lock = !o.no_foot_lock;
    trial.tries = o.tries;
    trial.tasks = o.tasks;
    trial.ways = o.ways;
    trial.labels = labels ? &*labels : nullptr;
    trial.completion = completion ? &*completion : nullptr;
    e.conditions = condition_trials(prior, judge, test, trial, kept, context.terminal);
  }
  if (!o.wants("bodies") && !o.wants("timeline")) return;
  const training::Guide& guide = labels ? *labels : open_guide(o.model, prior);
  if (o.wants("bodies")) {
    const fs::path assets = formats::body_assets_path();
    if (!fs::exists(assets))
      fail("--only bodies: {} is not there (tools/fetch_body makes it)", assets.string());
    BodiesOptions bodies{.frames = o.label.frames, .steps = o.steps, .seed = o.seed};
    bodies.foot_lock = !o.no_foot_lock;
    bodies.per_label = o.body_clips;
    e.bodies = evaluate_bodies(prior, guide, judge, formats::open_body_assets(assets), test, bodies,
                               kept, context.terminal);
  }
  if (o.wants("timeline")) {
    TimelineOptions timeline{.long_seconds = o.long_seconds, .steps = o.steps, .seed = o.seed};
    timeline.clips = o.timeline_clips;
    timeline.foot_lock = !o.no_foot_lock;
    timeline.completion = completion ? &*completion : nullptr;
    e.timeline = evaluate_timeline(prior, guide, judge, test, timeline, kept, context.terminal);
  }
}

/// Sentences that differ in one word: measured on the motion itself, no library, no judge.
void run_pairs(const Options& o, const training::Prior& prior, Context& context) {
  const training::TextGuide guide =
      open_text_guide(o.model, o.text_guide, prior, o.text_guidance[0]);
  PairOptions pairs{.frames = o.frames_given ? o.label.frames : 0};
  if (o.label.samples > 0) pairs.clips = o.label.samples;
  pairs.acting.seed = o.seed;
  pairs.acting.numbers = !o.no_text_numbers;
  pairs.acting.tries = o.tries;
  pairs.acting.stream.sampler.steps = o.steps;
  pairs.acting.stream.sampler.method = diffusion::parse_method(o.sampler);
  pairs.acting.stream.text_strength = {.scale = o.text.scale,
                                       .until = o.model.until,
                                       .contrast = o.text.contrast,
                                       .probe = o.text.probe};
  const auto results = sentence_pairs(prior, guide, pairs, context);
  const std::string report = fmt::format(
      "# Pairs of sentences\n\nprior {} ({}), {} clips of each sentence, guidance {}\n\n"
      "{}\ncommand: `{}`\n",
      o.model.prior, prior.hash.substr(0, 12), pairs.clips, o.text_guidance[0],
      to_markdown(results), context.command_line);
  write_file(o.out / "pairs.md", report);
  context.terminal.print(report);
}

/// No library, no report: numbers as JSON, to hold beside those of another day.
void run_watch(const Options& o, Context& context) {
  std::vector<metrics::Judge> judges;
  for (const fs::path& path : o.judges) judges.push_back(training::read_judge(path));
  context.terminal.print(
      nlohmann::json(watch({.seed = o.seed}, plans_of(o).back(), judges, context)).dump(1));
}

void run(Options o, Context& context) {
  for (const std::string& part : o.only)
    if (part != "label" && part != "baselines" && part != "cheats" && part != "text" &&
        part != "conditions" && part != "bodies" && part != "timeline" && part != "pairs" &&
        part != "watch")
      fail(
          "--only {}: expected label, baselines, cheats, text, conditions, bodies, timeline, pairs "
          "or watch",
          part);
  PANTOMIME_CHECK(o.label.repetitions >= 1 && o.label.frames >= 24,
                  "evaluate: {} repetitions of {} frames, expected at least 1 of 24",
                  o.label.repetitions, o.label.frames);
  if (o.judges.empty()) {
    o.judges = {shipped_judge("convolution")};
    for (const char* name : {"recurrent", "graph"})
      if (const fs::path other = shipped_judge(name); fs::exists(other)) o.judges.push_back(other);
  }
  if (o.text_judge.empty()) o.text_judge = shipped_judge("text");
  if (o.wants("watch")) {
    if (o.only.size() > 1) fail("--only watch: it stands alone");
    run_watch(o, context);
    return;
  }
  if (o.wants("pairs")) {
    if (o.only.size() > 1) fail("--only pairs: it stands alone");
    refuse_overwrite(o.out / "pairs.md", o.force);
    fs::create_directories(o.out);
    run_pairs(o, open_prior(o.model), context);
    return;
  }
  refuse_overwrite(o.out / "report.md", o.force);
  fs::create_directories(o.out);
  const training::Prior prior = open_prior(o.model);
  const library::Library library = open_library(o.library);
  library::Filter filter = library_filter(o.library);
  filter.splits = {"test"};
  const auto test = MotionData::load(library, filter, kWindow, context.terminal);

  Evaluation e{.command_line = context.command_line,
               .prior = o.model.prior,
               .prior_hash = prior.hash,
               .frames = o.label.frames,
               .repetitions = o.label.repetitions,
               .seed = o.seed};
  const KeptSets kept(o.out / "parts");
  if (o.wants_rows()) run_rows(o, library, filter, test, e, kept, context);
  if (o.wants("text")) run_text(o, library, filter, prior, test, e, kept, context);
  if (o.wants("conditions") || o.wants("bodies") || o.wants("timeline"))
    run_conditions(o, prior, test, e, kept, context);
  write_report(o.out, e);
  kept.forget();  // only needed to go on after a stop
  context.terminal.print(to_markdown(e));
}

}  // namespace

Run add_evaluate(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  add_library_options(app, o->library);
  app.add_option("--prior", o->model.prior, "A shipped prior (open, research) or a file");
  app.add_option("--guidance", o->guidance, "Kinds of guidance to compare, or none")
      ->delimiter(',');
  app.add_option("--scale", o->model.scale,
                 "Strength of guidance; negative: the default of each kind");
  app.add_option("--guide-until", o->model.until,
                 "Push towards the label down to this diffusion time; negative: the default");
  app.add_option("--judge", o->judges,
                 "Judges (pantomime train-judge); the first one's features are used for distances "
                 "(default: the shipped ones)")
      ->delimiter(',')
      ->type_name("FILE");
  app.add_option("--text-judge", o->text_judge,
                 "The judge of text (pantomime train-judge --kind text; default: the shipped one)")
      ->type_name("FILE");
  app.add_option("--text-guide", o->text_guide,
                 "The guide for sentences (default: text.safetensors beside the prior)")
      ->type_name("FILE");
  app.add_option("--text-scale", o->text.scale, "Its strength; negative: its own");
  app.add_option("--text-contrast", o->text.contrast,
                 "Push away from the contrary of a text; negative: the guide's own");
  app.add_option("--text-guidance", o->text_guidance,
                 "Kinds of guidance by text to compare: adapter, free, probe, adapter+probe; none")
      ->delimiter(',');
  app.add_option("--text-probe-scale", o->text.probe, "Strength of a probe; negative: its own");
  app.add_flag("--no-text-numbers", o->no_text_numbers,
               "Of pairs: words that name numbers only steer, they don't hold");
  app.add_option(
      "--tries", o->tries,
      "Of pairs: clips that are made, at most, until one shows what was heard; of conditions: "
      "begins that are looked at where a way is given");
  app.add_option("--text-clips", o->text.clips, "Sentences of held-out people, at most");
  app.add_option(
         "--only", o->only,
         "Parts: label (default), baselines, cheats (with label), text, conditions, bodies, "
         "timeline; or one "
         "that needs no library: pairs (sentences that differ in a word), watch (a small fixed "
         "one, as JSON)")
      ->delimiter(',');
  app.add_option("--sweep", o->sweep,
                 "Rows of the table from a TOML file ([[row]], [grid]; docs/EVALUATION.md)")
      ->type_name("FILE");
  app.add_option("--other-priors", o->other_priors, "Files of priors to compare, without condition")
      ->delimiter(',')
      ->type_name("FILE");
  app.add_option("--per-label", o->label.per_label, "At most so many clips of each label");
  app.add_option("--samples", o->label.samples,
                 "Generated clips of each kind of guidance, the same number of each label (0: of "
                 "each label as many as real ones); or of each sentence of pairs")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--repetitions", o->label.repetitions,
                 "Generate each row so often, with seeds of their own; intervals are then over "
                 "repetitions");
  const CLI::Option* frames =
      app.add_option("--frames", o->label.frames, "Length of clips (of pairs: else what suits)");
  app.add_option("--steps", o->steps, "Denoising steps");
  app.add_option("--sampler", o->sampler, "dpm2m, ddim or ddpm");
  app.add_flag("--no-foot-lock", o->no_foot_lock, "Measure motion as it was sampled");
  app.add_option("--condition-clips", o->condition_clips, "Clips of each condition and way");
  app.add_option("--body-clips", o->body_clips, "Clips of each body and label");
  app.add_option("--timeline-clips", o->timeline_clips, "Clips of all acts one after another");
  app.add_option("--tasks", o->tasks, "Of the conditions: only those that begin so")
      ->delimiter(',');
  app.add_option("--ways", o->ways, "Of the ways to do them: only those that begin so, and ours")
      ->delimiter(',');
  app.add_flag("--no-completion", o->no_completion,
               "Conditions without the adapter that is told what is given");
  app.add_option("--long", o->long_seconds,
                 "Of the timeline: length of the clip whose memory is measured, seconds; 0: none");
  add_out(app, o->out, "Folder of the report; a run that was stopped goes on there");
  add_seed(app, o->seed);
  add_force(app, o->force, "Replace a report that is there");
  return [o, frames, &context] {
    o->frames_given = frames->count() > 0;
    run(*o, context);
  };
}

}  // namespace pantomime::commands
