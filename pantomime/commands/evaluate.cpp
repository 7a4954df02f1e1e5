// pantomime evaluate: a prior and its guides against real motion of people it has never seen.
#include <ATen/ATen.h>

#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/condition_trials.h"
#include "pantomime/commands/library_options.h"
#include "pantomime/commands/model_options.h"
#include "pantomime/commands/sentence_pairs.h"
#include "pantomime/metrics/nearest.h"
#include "pantomime/metrics/report.h"
#include "pantomime/motion/foot_lock.h"
#include "pantomime/motion/retarget.h"
#include "pantomime/training/judge_trainer.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;
using metrics::MotionSet;
using training::MotionData;

struct Options {
  LibraryOptions library;
  ModelOptions model;
  fs::path judge, text_guide, out = "evaluation";
  double text_contrast = -1;
  std::vector<std::string> guidance = {"adapter"};
  int64_t per_label = 40;
  int64_t samples = 0;
  int64_t frames = 96;
  int steps = diffusion::SampleOptions{}.steps;
  std::string sampler = "dpm2m";
  uint64_t seed = 1;
  bool no_foot_lock = false, force = false;
  std::vector<std::string> only = {"label"};
  std::vector<std::string> tasks;
};

/// Up to `most` labelled windows of each label, evenly spread over what there is; cut to at most
/// `frames` frames.
MotionSet real_set(const MotionData& data, const std::vector<std::string>& labels, int64_t most,
                   int64_t frames) {
  MotionSet set;
  for (const std::string& label : labels) {
    std::vector<size_t> windows;
    for (size_t i = 0; i < data.windows().size(); ++i) {
      const MotionData::Window& w = data.windows()[i];
      if (w.label >= 0 && data.labels()[static_cast<size_t>(w.label)] == label)
        windows.push_back(i);
    }
    const auto count = std::min<size_t>(windows.size(), static_cast<size_t>(most));
    for (size_t k = 0; k < count; ++k) {
      const MotionData::Window& w = data.windows()[windows[k * windows.size() / count]];
      at::Tensor part = data.clip(w.clip).narrow(0, w.first, std::min(w.count, frames)).clone();
      features::face_forward_(part);
      set.clips.push_back(part);
      set.labels.push_back(label);
    }
  }
  return set;
}

/// A clip of each of `wanted` (labels, with repetition), generated.
MotionSet generated_set(const training::Prior& prior, const std::optional<training::Guide>& guide,
                        const std::vector<std::string>& wanted, const Options& o, Context& context,
                        double& ms_per_clip) {
  constexpr size_t kBatch = 32;
  MotionSet set;
  context.terminal.begin(guide ? fmt::format("generate ({})", name_of(guide->kind)) : "generate",
                         static_cast<int64_t>(wanted.size()));
  double seconds = 0;
  for (size_t first = 0; first < wanted.size(); first += kBatch) {
    const size_t last = std::min(first + kBatch, wanted.size());
    conditions::GenerateOptions generate{.frames = o.frames};
    generate.sampler.steps = o.steps;
    generate.sampler.method = diffusion::parse_method(o.sampler);
    generate.sampler.progress = &context.terminal;
    std::vector<int64_t> labels;
    for (size_t i = first; i < last; ++i) {
      generate.seeds.push_back(derive_seed(o.seed, "evaluate", i));
      labels.push_back(guide ? guide->index_of(wanted[i]) : -1);
    }
    const auto start = std::chrono::steady_clock::now();
    const at::Tensor x =
        guide ? training::generate_labelled(prior, *guide, labels, generate, strength_of(o.model))
              : conditions::generate(*prior.denoiser, prior.normaliser, {}, generate);
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (size_t i = first; i < last; ++i) {
      motion::Clip clip = motion::on_floor(features::decode(x[static_cast<int64_t>(i - first)]));
      if (!o.no_foot_lock) clip = motion::lock_feet(clip);
      set.clips.push_back(features::encode(clip));
      set.labels.push_back(guide ? wanted[i] : "");
    }
    context.terminal.step(static_cast<int64_t>(last), "");
  }
  context.terminal.end();
  ms_per_clip = 1000 * seconds / static_cast<double>(wanted.size());
  return set;
}

/// Labels of the clips to generate: as the real ones, or as many as were asked for, in turn.
std::vector<std::string> wanted_labels(const Options& o, const std::vector<std::string>& labels,
                                       const MotionSet& reference) {
  if (o.samples == 0) return reference.labels;
  std::vector<std::string> wanted;
  for (size_t i = 0; i < static_cast<size_t>(o.samples); ++i)
    wanted.push_back(labels[i % labels.size()]);
  return wanted;
}

/// Partial sequences, paths and goals taken from real clips of held-out people.
void run_conditions(const Options& o, const training::Prior& prior, const metrics::Judge& judge,
                    const MotionData& test, Context& context) {
  TrialOptions trial{.frames = o.frames, .steps = o.steps, .seed = o.seed};
  if (o.samples > 0) trial.clips = o.samples;
  trial.foot_lock = !o.no_foot_lock;
  trial.tasks = o.tasks;
  const auto trials = condition_trials(prior, judge, test, trial, context.terminal);
  const std::string report = fmt::format(
      "# Conditions\n\nprior {} ({}), judge {}, {} real clips of {} frames\n\n{}\ncommand: `{}`\n",
      o.model.prior, prior.hash.substr(0, 12), judge.hash.substr(0, 12), trials[0].numbers.clips,
      o.frames, to_markdown(trials), context.command_line);
  write_file(o.out / "conditions.md", report);
  context.terminal.print(report);
}

/// Sentences that differ in one word: needs neither a judge nor real motion.
void run_pairs(const Options& o, const training::Prior& prior, Context& context) {
  const training::TextGuide guide = open_text_guide(o.model, o.text_guide, prior);
  PairOptions pairs{.frames = o.frames, .seed = o.seed};
  if (o.samples > 0) pairs.clips = o.samples;
  pairs.sampler.steps = o.steps;
  pairs.sampler.method = diffusion::parse_method(o.sampler);
  pairs.strength = {.scale = o.model.scale, .until = o.model.until, .contrast = o.text_contrast};
  const auto encoder = text::SentenceEncoder::open();
  const auto results = sentence_pairs(prior, guide, encoder, pairs, context.terminal);
  const std::string report = fmt::format(
      "# Pairs of sentences\n\nprior {} ({}), {} clips of {} frames of each sentence\n\n"
      "{}\ncommand: `{}`\n",
      o.model.prior, prior.hash.substr(0, 12), pairs.clips, o.frames, to_markdown(results),
      context.command_line);
  write_file(o.out / "pairs.md", report);
  context.terminal.print(report);
}

void run(const Options& o, Context& context) {
  for (const std::string& part : o.only)
    if (part != "label" && part != "conditions" && part != "pairs")
      fail("--only {}: expected label, conditions or pairs", part);
  const auto wants = [&](const char* part) {
    return std::find(o.only.begin(), o.only.end(), part) != o.only.end();
  };
  fs::create_directories(o.out);
  if (wants("label")) refuse_overwrite(o.out / "report.md", o.force);
  if (wants("conditions")) refuse_overwrite(o.out / "conditions.md", o.force);
  if (wants("pairs")) refuse_overwrite(o.out / "pairs.md", o.force);
  const training::Prior prior = open_prior(o.model);
  if (wants("pairs")) run_pairs(o, prior, context);
  if (!wants("label") && !wants("conditions")) return;
  if (o.judge.empty()) fail("--judge is missing; pantomime train-judge makes one");
  const metrics::Judge judge = training::read_judge(o.judge);
  const library::Library library = open_library(o.library);
  library::Filter filter = library_filter(o.library);
  filter.splits = {"test"};
  const auto test = MotionData::load(library, filter, 128, context.terminal);
  if (wants("conditions")) run_conditions(o, prior, judge, test, context);
  if (!wants("label")) return;
  filter.splits = {"train"};
  const auto train = MotionData::load(library, filter, 128, context.terminal);

  std::vector<training::Guide> guides;
  for (const std::string& kind : o.guidance) {
    if (kind == "none") continue;
    ModelOptions model = o.model;
    model.guidance = kind;
    guides.push_back(open_guide(model, prior));
  }
  // Labels that everybody knows and that held-out people show often enough.
  std::vector<std::string> labels;
  for (const auto& [label, count] : test.label_counts()) {
    bool known = judge.find(label) >= 0 && count.first >= 4;
    for (const training::Guide& guide : guides)
      known =
          known && std::find(guide.labels.begin(), guide.labels.end(), label) != guide.labels.end();
    if (known) labels.push_back(label);
  }
  PANTOMIME_CHECK(labels.size() >= 2,
                  "evaluate: {} labels are known to judge, guides and test people", labels.size());
  const MotionSet reference = real_set(test, labels, o.per_label, o.frames);
  const MotionSet real_train = real_set(train, labels, o.per_label, o.frames);
  const std::vector<std::string> wanted = wanted_labels(o, labels, reference);
  std::vector<at::Tensor> training_clips;
  for (size_t c = 0; c < train.clip_count(); ++c) training_clips.push_back(train.clip(c));
  /// With distances to the nearest training window, by which copies would be seen.
  auto measure_unseen = [&](const MotionSet& set) {
    metrics::MeasuredSet measured = metrics::measure(set, judge);
    for (const metrics::Nearest& n : metrics::nearest_windows(set.clips, training_clips))
      measured.nearest_mm.push_back(n.distance_mm);
    return measured;
  };
  const metrics::MeasuredSet measured = measure_unseen(reference);
  std::vector<metrics::SetNumbers> rows;
  rows.push_back(metrics::compare("real, held-out people", measured, measured, judge));
  rows.push_back(metrics::compare("real, training people", metrics::measure(real_train, judge),
                                  measured, judge));
  std::string speed;
  auto add = [&](const std::string& name, const std::optional<training::Guide>& guide) {
    double ms = 0;
    const MotionSet set = generated_set(prior, guide, wanted, o, context, ms);
    rows.push_back(metrics::compare(name, measure_unseen(set), measured, judge));
    speed += fmt::format("| {} | {:.0f} |\n", name, ms);
  };
  add("no condition", std::nullopt);
  for (const training::Guide& guide : guides) add(name_of(guide.kind), guide);

  const std::string report = fmt::format(
      "# Evaluation\n\nprior {} ({}), judge {}, {} labels: {}\n\n{}\n\n## Labels\n\n{}\n\n"
      "## Time\n\n| set | ms a clip of {} frames, batch 32 |\n|---|---|\n{}\n\ncommand: `{}`\n",
      o.model.prior, prior.hash.substr(0, 12), judge.hash.substr(0, 12), labels.size(),
      fmt::join(labels, ", "), metrics::to_markdown(rows), metrics::labels_to_markdown(rows),
      o.frames, speed, context.command_line);
  write_file(o.out / "report.md", report);
  write_file(o.out / "report.json", metrics::to_json(rows));
  context.terminal.print(report);
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
  app.add_option("--judge", o->judge, "The judge (pantomime train-judge); pairs need none")
      ->type_name("FILE");
  app.add_option("--text-guide", o->text_guide, "The guide for text (default: beside the prior)")
      ->type_name("FILE");
  app.add_option("--text-contrast", o->text_contrast,
                 "Push away from the contrary of a text; negative: the guide's own");
  app.add_option("--per-label", o->per_label, "At most so many clips of each label");
  app.add_option("--samples", o->samples,
                 "Generated clips of each kind of guidance, the same number of each label; 0: of "
                 "each label as many as real ones")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--frames", o->frames, "Length of clips");
  app.add_option("--steps", o->steps, "Denoising steps");
  app.add_option("--sampler", o->sampler, "dpm2m, ddim or ddpm");
  app.add_flag("--no-foot-lock", o->no_foot_lock, "Measure motion as it was sampled");
  app.add_option("--only", o->only, "label, conditions, pairs")->delimiter(',');
  app.add_option("--tasks", o->tasks, "Of the conditions: only those that begin so")
      ->delimiter(',');
  add_out(app, o->out, "Folder of the report");
  add_seed(app, o->seed);
  add_force(app, o->force, "Replace a report that is there");
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
