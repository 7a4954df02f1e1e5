// pantomime benchmark: the field's own benchmarks, for whoever holds their data and judges.
#include <ATen/ATen.h>

#include <array>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/commands/benchmark_rows.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/evaluation_rows.h"
#include "pantomime/commands/model_options.h"
#include "pantomime/formats/npz.h"
#include "pantomime/text/sentence_encoder.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBatch = 32;

struct Options {
  std::string which;
  fs::path data, judge, list, text_guide, out = "benchmark";
  ModelOptions model;
  BenchmarkOptions benchmark;
  int steps = diffusion::SampleOptions{}.steps;
  bool real_only = false, force = false;
};

/// Tensors of a safetensors file by name.
metrics::JudgeWeights weights_of(const formats::Safetensors& file, const std::string& where) {
  metrics::JudgeWeights weights;
  for (const auto& [name, array] : file.arrays)
    weights[name] = training::to_tensor(array, where + ": " + name);
  return weights;
}

/// Numbers of actions as a guide's labels: "warm_up" is asked for as "warm up".
std::vector<int64_t> labels_of_actions(const training::Guide& guide,
                                       const std::vector<std::string>& actions) {
  std::vector<int64_t> labels;
  for (std::string name : actions) {
    std::replace(name.begin(), name.end(), '_', ' ');
    const auto at = std::find(guide.labels.begin(), guide.labels.end(), name);
    PANTOMIME_CHECK(at != guide.labels.end(),
                    "benchmark: the guide knows no \"{}\"; expected one trained on the data set "
                    "(docs/BENCHMARKS.md), or --real-only",
                    name);
    labels.push_back(at - guide.labels.begin());
  }
  return labels;
}

/// A prior and its guide that make `frames` frames for actions.
class ActionMaker {
 public:
  ActionMaker(const Options& o, const std::vector<std::string>& actions, int64_t frames,
              std::array<motion::Quat, 2> hands, Progress& progress)
      : o_(o),
        frames_(frames),
        hands_(hands),
        progress_(progress),
        prior_(open_prior(o.model)),
        guide_(open_guide(o.model, prior_)),
        labels_(labels_of_actions(guide_, actions)) {}

  std::vector<formats::ActorSequence> operator()(const std::vector<int64_t>& actions,
                                                 uint64_t seed) const {
    std::vector<formats::ActorSequence> made;
    for (size_t first = 0; first < actions.size(); first += kBatch) {
      progress_.check();
      const size_t last = std::min(first + kBatch, actions.size());
      conditions::GenerateOptions generate{.frames = frames_};
      generate.sampler.steps = o_.steps;
      generate.sampler.progress = &progress_;
      std::vector<int64_t> asked;
      for (size_t i = first; i < last; ++i) {
        generate.seeds.push_back(derive_seed(seed, "benchmark", i));
        PANTOMIME_CHECK(actions[i] >= 0 && actions[i] < static_cast<int64_t>(labels_.size()),
                        "benchmark: action {} of {}", actions[i], labels_.size());
        asked.push_back(labels_[static_cast<size_t>(actions[i])]);
      }
      const at::Tensor x =
          training::generate_labelled(prior_, guide_, asked, generate, strength_of(o_.model));
      for (int64_t i = 0; i < x.size(0); ++i) {
        formats::ActorSequence one{.clip = finished(x[i], true),
                                   .action = actions[first + static_cast<size_t>(i)]};
        one.hands.assign(one.clip.frame_count(), hands_);
        made.push_back(std::move(one));
      }
    }
    return made;
  }

 private:
  const Options& o_;
  int64_t frames_;
  std::array<motion::Quat, 2> hands_;
  Progress& progress_;
  training::Prior prior_;
  training::Guide guide_;
  std::vector<int64_t> labels_;
};

std::vector<BenchmarkRow> run_actions(const Options& o, Context& context) {
  const auto data = formats::read_actor(o.data);
  const metrics::ActionClassifier judge{
      weights_of(formats::read_safetensors(o.judge), o.judge.string())};
  const ActionProtocol protocol = humanact12_protocol(judge);
  if (o.real_only) return benchmark_actions(data, protocol, {}, o.benchmark, context.terminal);
  // 60 frames at 20 a second are 90 of ours.
  const ActionMaker make(o, protocol.actions, 92, {}, context.terminal);
  return benchmark_actions(data, protocol, std::cref(make), o.benchmark, context.terminal);
}

/// Both splits, as published: rows of the people trained on, then of the others.
std::vector<BenchmarkRow> run_uestc(const Options& o, Context& context) {
  formats::Uestc data = formats::read_uestc(o.data);
  const metrics::GraphClassifier judge{
      weights_of(formats::read_safetensors(o.judge), o.judge.string())};
  const ActionProtocol protocol = uestc_protocol(judge, data.actions);
  std::array<std::vector<formats::ActorSequence>, 2> splits;
  for (size_t i = 0; i < data.sequences.size(); ++i)
    splits[formats::uestc_trains(data.subjects[i]) ? 0 : 1].push_back(std::move(data.sequences[i]));
  std::optional<ActionMaker> make;
  if (!o.real_only)
    make.emplace(o, protocol.actions, kActionFrames, mean_hands(splits[0]), context.terminal);
  std::vector<BenchmarkRow> rows;
  for (size_t s = 0; s < splits.size(); ++s) {
    for (BenchmarkRow& row : benchmark_actions(splits[s], protocol,
                                               make ? MakeActions(std::cref(*make)) : MakeActions(),
                                               o.benchmark, context.terminal)) {
      row.name += s == 0 ? ", training people" : ", test people";
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

/// Bones of the motion that HumanML3D puts everybody on, when it is there.
formats::HumanMl3dOptions bones_of(const fs::path& data) {
  const fs::path file = data / "new_joints/000021.npy";
  if (!fs::exists(file)) return {};
  return {.bone_lengths = formats::bone_lengths(
              formats::parse_humanml3d_joints(read_file(file), file.string()))};
}

std::vector<BenchmarkRow> run_told(const Options& o, Context& context) {
  const formats::Safetensors file = formats::read_safetensors(o.judge);
  metrics::FieldEvaluator judge{weights_of(file, o.judge.string()), {}};
  try {
    judge.vocabulary =
        nlohmann::json::parse(training::metadata(file, "vocabulary", o.judge.string()));
  } catch (const nlohmann::json::exception& error) {
    fail("{}: vocabulary: {}", o.judge.string(), error.what());
  }
  const auto data = read_humanml3d_set(o.data, o.list.empty() ? o.data / "test.txt" : o.list);
  if (o.real_only) return benchmark_told(data, judge, {}, o.benchmark, context.terminal);
  const training::Prior prior = open_prior(o.model);
  const training::TextGuide guide = open_text_guide(o.model, o.text_guide, prior);
  const auto encoder = text::SentenceEncoder::open();
  const formats::HumanMl3dOptions bones = bones_of(o.data);
  const auto make = [&](const std::vector<std::string>& sentences,
                        const std::vector<int64_t>& frames, uint64_t seed) {
    std::vector<at::Tensor> motions;
    for (size_t i = 0; i < sentences.size(); ++i) {
      context.terminal.check();
      // One by one: every motion has a length of its own. One frame more, for differences.
      const double seconds = static_cast<double>(frames[i] + 1) / formats::kHumanMl3dFps;
      conditions::GenerateOptions generate{.frames =
                                               static_cast<int64_t>(seconds * motion::kFps) + 2};
      generate.seeds = {derive_seed(seed, "benchmark", i)};
      generate.sampler.steps = o.steps;
      const at::Tensor x = training::generate_told(
          prior, guide, {encoder.encode(sentences[i]).states}, generate, {.scale = o.model.scale});
      const std::string npy = formats::to_humanml3d(finished(x[0], true), bones);
      const formats::NpyArray array = formats::parse_npy(npy, "generated");
      const at::Tensor rows = at::tensor(formats::doubles_of(array, "generated"), at::kDouble)
                                  .to(at::kFloat)
                                  .view({array.shape[0], array.shape[1]});
      motions.push_back(rows.narrow(0, 0, std::min(frames[i], rows.size(0))));
    }
    return motions;
  };
  return benchmark_told(data, judge, make, o.benchmark, context.terminal);
}

void run(const Options& o, Context& context) {
  const bool told = o.which == "humanml3d";
  if (!told && o.which != "humanact12" && o.which != "uestc")
    fail("benchmark \"{}\": expected humanact12, uestc or humanml3d", o.which);
  refuse_overwrite(o.out / "benchmark.md", o.force);
  const std::vector<BenchmarkRow> rows = told                 ? run_told(o, context)
                                         : o.which == "uestc" ? run_uestc(o, context)
                                                              : run_actions(o, context);
  const std::vector<std::string> columns =
      told ? std::vector<std::string>{"R@1", "R@2",       "R@3",          "MM-distance",
                                      "FID", "diversity", "multimodality"}
           : std::vector<std::string>{"accuracy", "FID", "diversity", "multimodality"};
  const std::string text = fmt::format("# {}\n\n{} repetitions from seed {}\n\n{}\ncommand: `{}`\n",
                                       o.which, o.benchmark.repetitions, o.benchmark.seed,
                                       to_markdown(rows, columns), context.command_line);
  nlohmann::ordered_json all = {{"benchmark", o.which},
                                {"repetitions", o.benchmark.repetitions},
                                {"seed", o.benchmark.seed},
                                {"rows", nlohmann::ordered_json::array()}};
  for (const BenchmarkRow& row : rows) {
    nlohmann::ordered_json entry = {{"name", row.name}};
    for (const auto& [column, number] : row.numbers)
      entry[column] = {{"value", number.value}, {"half_width", number.half_width}};
    all["rows"].push_back(entry);
  }
  fs::create_directories(o.out);
  write_file(o.out / "benchmark.json", all.dump(1) + "\n");
  write_file(o.out / "benchmark.md", text);
  context.terminal.print(text);
}

}  // namespace

Run add_benchmark(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  app.add_option("which", o->which, "humanact12, uestc or humanml3d")->required();
  app.add_option(
         "--data", o->data,
         "humanact12: ACTOR's humanact12poses.pkl; uestc, humanml3d: the folder of the data "
         "set")
      ->required()
      ->type_name("PATH");
  app.add_option("--judge", o->judge,
                 "The published judge as tools/convert_judges.py writes it (docs/BENCHMARKS.md)")
      ->required()
      ->type_name("FILE");
  app.add_option("--list", o->list, "humanml3d: ids to test on (default: test.txt of the folder)")
      ->type_name("FILE");
  add_model_options(app, o->model);
  app.add_option("--text-guide", o->text_guide,
                 "The guide for sentences (default: text.safetensors beside the prior)")
      ->type_name("FILE");
  app.add_option("--steps", o->steps, "Denoising steps");
  app.add_option("--repetitions", o->benchmark.repetitions, "How often all is measured anew");
  app.add_option("--clips", o->benchmark.clips, "Clips of each repetition, at most");
  app.add_option(
         "--multimodality", o->benchmark.mm_sentences,
         "humanml3d: sentences that are each made --mm-motions times (published tables: 100); "
         "0: not measured")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--mm-motions", o->benchmark.mm_motions, "Motions of each of them");
  app.add_option("--mm-pairs", o->benchmark.mm_pairs, "Pairs of each that are compared");
  app.add_flag("--real-only", o->real_only, "Only the row of real motion");
  add_out(app, o->out, "Folder of benchmark.md and benchmark.json");
  app.add_option("--seed", o->benchmark.seed, "Seed of the first repetition; the next are one up");
  add_force(app, o->force, "Replace a result that is there");
  return [o, &context] { run(*o, context); };
}

}  // namespace pantomime::commands
