// pantomime train-judge: the network that marks generated motion, from real motion only.
#include <memory>

#include "pantomime/base/bytes.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/library_options.h"
#include "pantomime/training/judge_trainer.h"
#include "pantomime/training/text_judge_trainer.h"

namespace pantomime::commands {
namespace {

struct Options {
  LibraryOptions library;
  std::filesystem::path out = "judge.safetensors";
  std::string kind = "convolution";
  int64_t steps = 0, batch = 64;
  uint64_t seed = 1;
  std::string licence;
  int64_t window = 128;
  int paraphrases = 4;
  bool force = false;
};

/// The judge of text: motions and sentences in one space.
void run_text(const Options& o, const library::Library& library, library::Filter filter,
              Context& context) {
  training::TextJudgeOptions options;
  if (o.steps > 0) options.steps = o.steps;
  options.batch = o.batch;
  options.seed = o.seed;
  options.licence = o.licence;
  const auto encoder = text::SentenceEncoder::open();
  const auto told = [&](const training::MotionData& data) {
    return training::TextData::make(data, encoder, library::default_caption_words(), o.paraphrases,
                                    0, o.seed, context.threads, context.terminal);
  };
  const auto data = training::MotionData::load(library, filter, o.window, context.terminal);
  const metrics::TextJudge judge =
      training::train_text_judge(data, told(data), options, {}, context.terminal);
  training::write_text_judge(o.out, judge);
  filter.splits = {"test"};
  const auto test = training::MotionData::load(library, filter, o.window, context.terminal);
  context.terminal.print(
      training::examine_text_judge(judge, test, told(test), encoder, o.seed, context.terminal)
          .markdown());
}

void run(Options o, Context& context) {
  refuse_overwrite(o.out, o.force);
  const library::Library library = open_library(o.library);
  library::Filter filter = library_filter(o.library);
  filter.splits = {"train"};
  if (o.kind == "text") {
    run_text(o, library, filter, context);
    return;
  }
  training::JudgeOptions options;
  options.network = metrics::default_config(metrics::parse_judge_kind(o.kind));
  if (o.steps > 0) options.steps = o.steps;
  options.batch = o.batch;
  options.seed = o.seed;
  options.licence = o.licence;
  const auto data = training::MotionData::load(library, filter, o.window, context.terminal);
  const training::TrainedJudge trained = training::train_judge(data, options, {}, context.terminal);
  training::write_judge(o.out, trained.judge);
  for (const training::DroppedLabel& label : trained.dropped)
    context.terminal.print(fmt::format("left out: {} ({} windows, {} people)", label.label,
                                       label.windows, label.subjects));
  filter.splits = {"test"};
  const auto test = training::MotionData::load(library, filter, o.window, context.terminal);
  const training::JudgeExam exam = training::examine_judge(trained.judge, test);
  context.terminal.print(exam.markdown());
  context.terminal.print(
      fmt::format("held-out people: {:.1f} % of windows, {:.1f} % averaged over labels",
                  100 * exam.accuracy, 100 * exam.balanced_accuracy));
}

}  // namespace

Run add_train_judge(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  add_library_options(app, o->library);
  add_out(app, o->out, "The judge's file");
  app.add_option(
      "--kind", o->kind,
      "convolution; recurrent as Action2Motion's; graph: an ST-GCN; or text: motions and sentences "
      "in one space");
  app.add_option("--steps", o->steps, "Steps; 0: the default of the kind");
  app.add_option("--batch", o->batch, "Windows per step");
  app.add_option("--window", o->window, "Longest window, frames");
  app.add_option("--paraphrases", o->paraphrases, "Of text: sentences a window");
  app.add_option("--weights-licence", o->licence, "Licence of the weights, kept in the file");
  add_seed(app, o->seed);
  add_force(app, o->force, "Replace a judge that is there");
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
