// pantomime train: the unconditional prior, from a library.
#include "pantomime/training/trainer.h"

#include <ATen/Parallel.h>

#include <fstream>
#include <memory>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/library_options.h"
#include "pantomime/conditions/condition.h"
#include "pantomime/render/image_file.h"
#include "pantomime/render/plot.h"
#include "pantomime/render/skeleton_strip.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;

struct Options {
  LibraryOptions library;
  fs::path out = "run";
  fs::path start;
  std::string precision = "auto";
  std::string target = "x0";
  int64_t sample_every = 1000;
  bool force = false;
  training::TrainOptions train;
};

/// Columns of a CSV with a header line.
std::map<std::string, std::vector<double>> read_log(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::vector<std::string> names;
  auto split = [](const std::string& text) {
    std::vector<std::string> cells;
    std::stringstream stream(text);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    return cells;
  };
  names = split(line);
  std::map<std::string, std::vector<double>> columns;
  while (std::getline(file, line)) {
    const auto cells = split(line);
    for (size_t i = 0; i < names.size() && i < cells.size(); ++i)
      columns[names[i]].push_back(std::strtod(cells[i].c_str(), nullptr));
  }
  return columns;
}

void draw_curves(const fs::path& folder) {
  auto train = read_log(folder / "train.csv");
  std::vector<render::Series> series;
  for (const char* name : {"loss", "feature", "velocity", "kinematic"})
    series.push_back({name, train["step"], train[name]});
  render::write_png(
      folder / "loss.png",
      render::line_plot(
          series, {.title = "training", .x_label = "step", .y_label = "loss", .log_y = true}));
  auto validation = read_log(folder / "validation.csv");
  series.clear();
  for (const char* t : {"0.02", "0.2", "0.5", "0.8"})
    series.push_back(
        {fmt::format("t = {}", t), validation["step"], validation[fmt::format("mm_at_{}", t)]});
  render::write_png(folder / "validation.png",
                    render::line_plot(series, {.title = "denoising error of held-out clips",
                                               .x_label = "step",
                                               .y_label = "mm per joint",
                                               .log_y = true}));
}

void draw_samples(const training::Prior& prior, const fs::path& path, uint64_t seed) {
  conditions::GenerateOptions options{.frames = 120};
  for (uint64_t i = 0; i < 8; ++i) options.seeds.push_back(derive_seed(seed, "strip", i));
  const at::Tensor samples = conditions::generate(*prior.denoiser, prior.normaliser, {}, options);
  std::vector<render::LabelledClip> clips;
  for (int64_t i = 0; i < samples.size(0); ++i)
    clips.push_back({fmt::format("sample {}", i + 1), features::decode(samples[i])});
  render::write_png(
      path, render::skeleton_sheet(clips, {},
                                   fmt::format("{} steps, no condition", prior.steps_trained), 2));
}

void run(const Options& options, Context& context) {
  training::TrainOptions train = options.train;
  train.network.target = diffusion::parse_target(options.target);
  const at::Device device(train.device);
  PANTOMIME_CHECK(
      options.precision == "auto" || options.precision == "fp32" || options.precision == "bf16",
      "precision \"{}\": expected auto, fp32 or bf16", options.precision);
  train.bf16 =
      options.precision == "bf16" || (options.precision == "auto" && diffusion::bf16_pays(device));
  if (options.precision == "bf16" && !diffusion::bf16_pays(device))
    context.terminal.note(
        "this processor has no bfloat16 instructions: bf16 will be slower than fp32");

  if (options.force) fs::remove_all(options.out);
  const library::Library library = open_library(options.library);
  library::Filter filter = library_filter(options.library);
  filter.splits = {"train"};
  const auto data = training::MotionData::load(library, filter, train.window, context.terminal);
  filter.splits = {"val"};
  std::optional<training::MotionData> held_out;
  if (!library.clips(filter).empty())
    held_out = training::MotionData::load(library, filter, train.window, context.terminal);
  context.terminal.print(fmt::format("{} clips, {:.1f} minutes, {} windows, {} labels",
                                     data.clip_count(),
                                     static_cast<double>(data.frame_count()) / motion::kFps / 60,
                                     data.windows().size(), data.labels().size()));
  std::optional<training::Prior> start;
  if (!options.start.empty()) start = training::read_prior(options.start);

  fs::create_directories(options.out);
  write_file(options.out / "settings.toml", context.settings);
  const double ceiling = training::matrix_product_gflops(
      train.batch * train.window / 4, train.network.width, train.bf16, train.device);
  context.terminal.print(fmt::format("best matrix product here: {:.0f} GFLOP/s ({})", ceiling,
                                     train.bf16 ? "bf16" : "fp32"));
  double rate = 0, waiting = 0;
  int64_t rows = 0;
  training::TrainEvents events;
  events.on_log = [&](const training::LogRow& row) {
    rate += row.gflops, waiting += row.waiting_share, ++rows;
  };
  events.on_checkpoint = [&](int64_t step, const training::Prior& prior) {
    draw_curves(options.out);
    if (step % options.sample_every == 0 || step == train.steps)
      draw_samples(prior, options.out / fmt::format("samples-{:06d}.png", step), train.seed);
  };
  const training::Prior prior =
      training::train(data, held_out ? &*held_out : nullptr, train, options.out, events,
                      context.terminal, start ? &*start : nullptr);
  draw_curves(options.out);
  if (rows > 0)
    context.terminal.print(fmt::format(
        "matrix products {:.0f} GFLOP/s = {:.0f} % of the best, {:.1f} % waiting for data",
        rate / static_cast<double>(rows), 100 * rate / static_cast<double>(rows) / ceiling,
        100 * waiting / static_cast<double>(rows)));
  // Half the size, for shipping; guides are trained for the very weights they are used with.
  training::write_prior(options.out / "prior-half.safetensors", prior, training::Storage::Half);
  context.terminal.print(fmt::format("{}: {} steps", (options.out / "prior.safetensors").string(),
                                     prior.steps_trained));
}

}  // namespace

Run add_train(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  add_library_options(app, o->library);
  add_out(app, o->out, "Folder of the run; a run that is there goes on");
  app.add_option("--start", o->start, "Prior whose weights to start from")->type_name("FILE");
  training::TrainOptions& t = o->train;
  app.add_option("--steps", t.steps, "Steps in all")->capture_default_str();
  app.add_option("--batch", t.batch, "Windows per step")->capture_default_str();
  app.add_option("--window", t.window, "Longest window, frames")->capture_default_str();
  app.add_option("--rate", t.rate, "Peak learning rate")->capture_default_str();
  app.add_option("--decay", t.decay, "Last share of the run in which the rate falls")
      ->capture_default_str();
  app.add_option("--vary", t.vary,
                 "Share of windows played faster or slower, by bigger or smaller bodies")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--width", t.network.width, "Numbers per token")->capture_default_str();
  app.add_option("--layers", t.network.layers, "Layers")->capture_default_str();
  app.add_option("--heads", t.network.heads, "Attention heads")->capture_default_str();
  app.add_option("--target", o->target, "What the network predicts: x0, eps or v")
      ->capture_default_str();
  app.add_option("--precision", o->precision, "auto, fp32 or bf16")->capture_default_str();
  app.add_option("--average", t.optimiser.average, "Decay of the averaged weights")
      ->capture_default_str();
  app.add_option("--device", t.device, "cpu or cuda")->capture_default_str();
  app.add_option("--weights-licence", t.licence, "Licence of the weights, kept in the file")
      ->capture_default_str();
  app.add_option("--checkpoint-every", t.checkpoint_every, "Steps")->capture_default_str();
  app.add_option("--validate-every", t.validate_every, "Steps")->capture_default_str();
  app.add_option("--sample-every", o->sample_every, "Steps between sheets of samples")
      ->capture_default_str();
  add_seed(app, t.seed);
  add_force(app, o->force, "Throw away a run that is there");
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
