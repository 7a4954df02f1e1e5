// pantomime train-guide: makes a frozen prior follow labels, or heed what is given.
#include <memory>

#include "pantomime/base/error.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/completion_option.h"
#include "pantomime/commands/library_options.h"
#include "pantomime/commands/model_options.h"
#include "pantomime/training/guide.h"

namespace pantomime::commands {
namespace {

struct Options {
  LibraryOptions library;
  ModelOptions model;
  training::GuideOptions guide;
  std::filesystem::path out;
  int64_t window = 128;
  bool half = true, force = false;
};

/// No labels: what is given are frames, joints, places.
void run_completion(Options o, Context& context) {
  const training::Prior prior = open_prior(o.model);
  const library::Library library = open_library(o.library);
  library::Filter filter = library_filter(o.library);
  filter.splits = {"train"};
  const auto data = training::MotionData::load(library, filter, o.window, context.terminal);
  if (o.out.empty()) o.out = completion_path(o.model);
  refuse_overwrite(o.out, o.force);
  double last = 0;
  const training::CompletionGuide guide = training::train_completion(
      data, prior,
      {.steps = o.guide.steps, .batch = o.guide.batch, .rate = o.guide.rate, .seed = o.guide.seed},
      [&](int64_t, double loss) { last = loss; }, context.terminal);
  training::write_completion(o.out, guide,
                             o.half ? training::Storage::Half : training::Storage::Float);
  context.terminal.print(
      fmt::format("{}: loss {:.4f} after {} steps", o.out.string(), last, o.guide.steps));
}

void run(Options o, Context& context) {
  if (o.model.guidance == "completion") return run_completion(std::move(o), context);
  o.guide.kind = training::parse_guidance(o.model.guidance);
  const training::Prior prior = open_prior(o.model);
  const library::Library library = open_library(o.library);
  library::Filter filter = library_filter(o.library);
  filter.splits = {"train"};
  const auto data = training::MotionData::load(library, filter, o.window, context.terminal);
  const training::LabelChoice choice = training::choose_labels(data, o.guide.fewest_windows);
  context.terminal.print(
      fmt::format("{} labels: {}", choice.used.size(), fmt::join(choice.used, ", ")));
  if (!choice.too_few.empty())
    context.terminal.print(fmt::format("too little data: {}", fmt::join(choice.too_few, ", ")));
  if (o.out.empty())
    o.out =
        prior_path(o.model.prior).parent_path() /
        fmt::format("{}.safetensors",
                    o.guide.kind == training::GuidanceKind::Particles ? "probe" : o.model.guidance);
  refuse_overwrite(o.out, o.force);
  double last = 0;
  training::Guide guide = training::train_guide(
      data, prior, o.guide, [&](int64_t, double loss) { last = loss; }, context.terminal);
  guide.scale = o.model.scale;
  training::write_guide(o.out, guide, o.half ? training::Storage::Half : training::Storage::Float);
  context.terminal.print(
      fmt::format("{}: loss {:.4f} after {} steps", o.out.string(), last, o.guide.steps));
}

}  // namespace

Run add_train_guide(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  add_library_options(app, o->library);
  add_model_options(app, o->model);
  add_out(app, o->out, "The guide's file (default: beside the prior)");
  app.add_option("--steps", o->guide.steps, "Steps");
  app.add_option("--batch", o->guide.batch, "Windows per step");
  app.add_option("--rate", o->guide.rate, "Peak learning rate");
  app.add_option("--window", o->window, "Longest window, frames");
  app.add_option("--fewest", o->guide.fewest_windows, "Labels with fewer windows are left out");
  add_seed(app, o->guide.seed);
  add_force(app, o->force, "Replace a guide that is there");
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
