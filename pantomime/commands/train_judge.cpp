// pantomime train-judge: the network that marks generated motion, from real motion only.
#include <memory>

#include "pantomime/base/bytes.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/library_options.h"
#include "pantomime/training/judge_trainer.h"

namespace pantomime::commands {
namespace {

struct Options {
  LibraryOptions library;
  training::JudgeOptions judge;
  std::filesystem::path out = "judge.safetensors";
  int64_t window = 128;
  bool force = false;
};

void run(const Options& o, Context& context) {
  refuse_overwrite(o.out, o.force);
  const library::Library library = open_library(o.library);
  library::Filter filter = library_filter(o.library);
  filter.splits = {"train"};
  const auto data = training::MotionData::load(library, filter, o.window, context.terminal);
  const training::TrainedJudge trained = training::train_judge(data, o.judge, {}, context.terminal);
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
  app.add_option("--steps", o->judge.steps, "Steps");
  app.add_option("--batch", o->judge.batch, "Windows per step");
  app.add_option("--window", o->window, "Longest window, frames");
  app.add_option("--weights-licence", o->judge.licence, "Licence of the weights, kept in the file");
  add_seed(app, o->judge.seed);
  add_force(app, o->force, "Replace a judge that is there");
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
