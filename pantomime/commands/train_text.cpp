// pantomime train-text: makes a frozen prior follow sentences.
#include <functional>
#include <memory>
#include <optional>

#include "pantomime/base/error.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/library_options.h"
#include "pantomime/commands/model_options.h"
#include "pantomime/training/text_guide.h"

namespace pantomime::commands {
namespace {

struct Options {
  LibraryOptions library;
  std::string prior = "open";
  std::string guidance = "adapter";
  training::TextGuideOptions guide;
  std::filesystem::path out;
  int64_t window = 128, imagined = 40000;
  int paraphrases = 4;
  double scale = -1, contrast = 1;
  std::string labels;
  bool force = false;
};

training::TextGuide train_adapter(const Options& o, const training::TextData& told,
                                  const training::Prior& prior,
                                  const std::function<void(int64_t, double)>& on_log,
                                  Context& context) {
  std::optional<training::Guide> labels;
  if (o.labels != "none") {
    const auto beside = prior_path(o.prior).parent_path() / "adapter.safetensors";
    labels = training::read_guide(o.labels.empty() ? beside.string() : o.labels, prior);
  }
  auto [guide, reading, blind] = training::train_text_guide(
      told, prior, labels ? &*labels : nullptr, o.guide, on_log, context.terminal);
  context.terminal.print(
      fmt::format("reads {} facts: cross-entropy {:.4f} on clips not learnt from, {:.4f} without "
                  "reading",
                  guide.facts.size(), reading, blind));
  guide.contrast = o.contrast;
  return guide;
}

void run(Options o, Context& context) {
  const training::Prior prior = open_prior({.prior = o.prior});
  const training::TextKind kind = training::parse_text_kind(o.guidance);
  if (o.out.empty()) o.out = text_guide_path(o.prior, kind);
  refuse_overwrite(o.out, o.force);
  const auto encoder = text::SentenceEncoder::open();
  const library::Library library = open_library(o.library);
  library::Filter filter = library_filter(o.library);
  filter.splits = {"train"};
  const auto data = training::MotionData::load(library, filter, o.window, context.terminal);
  const auto told =
      training::TextData::make(data, encoder, library::default_caption_words(), o.paraphrases,
                               kind == training::TextKind::Adapter ? o.imagined : 0, o.guide.seed,
                               context.threads, context.terminal);
  context.terminal.print(fmt::format("{} windows (with mirror images), {} different sentences",
                                     told.items().size(), told.sentence_count()));
  double last = 0;
  const auto on_log = [&](int64_t, double loss) { last = loss; };
  training::TextGuide guide;
  switch (kind) {
    case training::TextKind::Free:
      guide = training::train_text_network(told, prior, o.guide, on_log, context.terminal);
      break;
    case training::TextKind::Probe:
      guide = training::train_text_probe(told, prior, o.guide, on_log, context.terminal);
      break;
    default:
      guide = train_adapter(o, told, prior, on_log, context);
  }
  if (o.scale >= 0) (guide.probe ? guide.probe_scale : guide.scale) = o.scale;
  training::write_text_guide(o.out, guide, training::Storage::Half);
  context.terminal.print(
      fmt::format("{}: loss {:.4f} after {} steps", o.out.string(), last, o.guide.steps));
}

}  // namespace

Run add_train_text(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  add_library_options(app, o->library);
  app.add_option("--prior", o->prior, "A shipped prior (open, research) or a file");
  app.add_option("--guidance", o->guidance,
                 "adapter; for comparison: free (a copy of the prior that reads by itself), probe");
  add_out(app, o->out,
          "The guide's file (default: text.safetensors, text-free.safetensors or "
          "text-probe.safetensors beside the prior)");
  app.add_option("--steps", o->guide.steps, "Steps");
  app.add_option("--batch", o->guide.batch, "Windows per step");
  app.add_option("--rate", o->guide.rate, "Peak learning rate");
  app.add_option("--window", o->window, "Longest window, frames");
  app.add_option("--paraphrases", o->paraphrases, "Sentences a window");
  app.add_option("--reading-steps", o->guide.reading_steps, "Steps of learning to read");
  app.add_option("--start", o->labels,
                 "Guide for labels to begin with (default: adapter.safetensors beside the prior; "
                 "none: nothing)");
  app.add_option("--imagined", o->imagined,
                 "Clips that don't exist whose sentences are learnt to be read, too");
  app.add_option("--scale", o->scale,
                 "Strength that is kept in the file; negative: the default of its kind");
  app.add_option("--contrast", o->contrast, "Push away from the contrary that is kept in the file");
  app.add_option("--dropout", o->guide.dropout, "Of free: share of clips whose sentence is hidden");
  add_seed(app, o->guide.seed);
  add_force(app, o->force, "Replace a guide that is there");
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
