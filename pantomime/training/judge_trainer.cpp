#include "pantomime/training/judge_trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/diffusion/parameters.h"
#include "pantomime/diffusion/sampler.h"
#include "pantomime/features/variation.h"
#include "pantomime/training/optimiser.h"

namespace pantomime::training {
namespace {

using diffusion::Init;
using diffusion::Parameters;

constexpr int64_t kPoses = 8;                              // of the side task
constexpr int64_t kPoseNumbers = 3 * motion::kJointCount;  // the judge's input starts with them
constexpr int64_t kShortest = 24;                          // frames left after cutting
constexpr int64_t kLogEvery = 50;

/// Indices of the windows of every label that has enough of them, and the labels that have not.
struct Choice {
  std::vector<std::string> labels;
  std::vector<std::vector<size_t>> windows;
  std::vector<DroppedLabel> dropped;
};

Choice choose_labels(const MotionData& data, const JudgeOptions& options) {
  std::map<int64_t, std::vector<size_t>> windows;
  std::map<int64_t, std::set<std::string>> subjects;
  for (size_t i = 0; i < data.windows().size(); ++i) {
    const MotionData::Window& w = data.windows()[i];
    if (w.label < 0) continue;
    windows[w.label].push_back(i);
    subjects[w.label].insert(data.info(w.clip).subject);
  }
  Choice choice;
  for (auto& [label, list] : windows) {
    const std::string& name = data.labels()[static_cast<size_t>(label)];
    const auto count = static_cast<int64_t>(list.size());
    const auto people = static_cast<int64_t>(subjects[label].size());
    if (count < options.least_windows || people < options.least_subjects) {
      choice.dropped.push_back({name, count, people});
    } else {
      choice.labels.push_back(name);
      choice.windows.push_back(std::move(list));
    }
  }
  PANTOMIME_CHECK(choice.labels.size() >= 2,
                  "judge: {} labels have {} windows of {} people, expected at least 2 labels",
                  choice.labels.size(), options.least_windows, options.least_subjects);
  return choice;
}

/// A window of real motion, cut, mirrored, sped up and scaled at random.
at::Tensor varied(const MotionData& data, const MotionData::Window& window, Random& random) {
  const at::Tensor& clip = data.clip(window.clip);
  int64_t count = window.count;
  if (random.uniform() < 0.4 && count > kShortest)
    count = kShortest + random.below(static_cast<uint32_t>(count - kShortest));
  const int64_t first =
      window.first + random.below(static_cast<uint32_t>(window.count - count + 1));
  at::Tensor x = clip.narrow(0, first, count).clone();
  if (random.uniform() < 0.5) x = features::mirror(x);
  x = features::played(x, std::exp(random.uniform(-0.25, 0.25)));
  x = x.narrow(0, 0, std::min(data.window_frames(), x.size(0)));  // slower is longer
  return features::resized(x, random.uniform(0.85, 1.15));
}

/// Errors that sources and priors make: joint angles off by a constant and by a flicker, a wrong
/// floor. Positions flicker too, later.
at::Tensor disturbed(const at::Tensor& x, Random& random, at::Generator& generator) {
  at::Tensor y = x.clone();
  const double offset = random.uniform(0, 0.08), flicker = random.uniform(0, 0.04);
  at::Tensor turns = y.narrow(1, features::kRootRotation, 6 * motion::kJointCount);
  const auto options = turns.options();
  turns.add_(at::normal(0.0, 1.0, {1, turns.size(1)}, generator, options), offset);
  turns.add_(at::normal(0.0, 1.0, turns.sizes(), generator, options), flicker);
  y.narrow(1, features::kRootHeight, 1).add_(0.02 * random.normal());
  return y;
}

struct Examples {
  at::Tensor input, mask, labels;  ///< [B, F, 133], [B, F], [B]
  at::Tensor poses;                ///< [B, 8, 66] of the undisturbed motion
};

Examples draw_examples(const MotionData& data, const Choice& choice, const JudgeOptions& options,
                       int64_t step) {
  Random random(derive_seed(options.seed, "judge batch", static_cast<uint64_t>(step)));
  at::Generator generator = diffusion::make_generator(
      derive_seed(options.seed, "judge noise", static_cast<uint64_t>(step)));
  std::vector<at::Tensor> clean, noisy, flicker;
  std::vector<int64_t> labels;
  for (int64_t b = 0; b < options.batch; ++b) {
    const uint32_t label = random.below(static_cast<uint32_t>(choice.labels.size()));
    const std::vector<size_t>& list = choice.windows[label];
    const size_t index = list[random.below(static_cast<uint32_t>(list.size()))];
    clean.push_back(varied(data, data.windows()[index], random));
    noisy.push_back(disturbed(clean.back(), random, generator));
    labels.push_back(label);
    flicker.push_back(at::full({1, 1, 1, 1}, random.uniform(0, 0.008), at::kFloat));
  }
  Examples examples;
  const auto [x, mask] = metrics::pad_clips(noisy);
  at::Tensor joints = metrics::clip_joints(x);
  joints =
      joints + at::normal(0.0, 1.0, joints.sizes(), generator, joints.options()) * at::cat(flicker);
  examples.input = metrics::judge_input(joints, mask);
  examples.mask = mask;
  examples.labels = at::tensor(labels, at::kLong);
  // Poses at 8 times spread evenly over each clip's own length, turned by the clip's mean direction
  // (the average of judge_input() reaches over nearly all of them).
  const at::Tensor last = mask.sum(1, true) - 1;  // [B, 1]
  const at::Tensor share = at::linspace(0, 1, kPoses, at::kFloat).unsqueeze(0);
  const at::Tensor frame = (last.to(at::kFloat) * share).round().to(at::kLong);  // [B, 8]
  const at::Tensor undisturbed = metrics::pad_clips(clean).first;
  const at::Tensor moments = at::gather(
      undisturbed, 1, frame.unsqueeze(2).expand({-1, -1, undisturbed.size(2)}));  // [B, 8, D]
  examples.poses = metrics::judge_input(metrics::clip_joints(moments),
                                        at::ones({options.batch, kPoses}, at::kBool))
                       .narrow(2, 0, kPoseNumbers);
  return examples;
}

Init init_of(const std::string& name) {
  if (name.ends_with(".gain") || name == "input.scale") return Init::One;
  return name.ends_with(".weight") ? Init::Linear : Init::Zero;
}

/// Mean and deviation of the input over real frames of some batches.
void measure_input(const MotionData& data, const Choice& choice, const JudgeOptions& options,
                   metrics::JudgeWeights& weights) {
  std::vector<at::Tensor> rows;
  for (int64_t i = 0; i < 8; ++i) {
    const Examples e = draw_examples(data, choice, options, -1 - i);
    rows.push_back(e.input.index({e.mask}));
  }
  const at::Tensor all = at::cat(rows).to(at::kDouble);
  weights["input.mean"].copy_(all.mean(0));
  weights["input.scale"].copy_(all.std(0).clamp_min(0.02));
}

}  // namespace

TrainedJudge train_judge(const MotionData& data, const JudgeOptions& options,
                         const std::function<void(const JudgeLogRow&)>& on_log,
                         Progress& progress) {
  PANTOMIME_CHECK(options.steps >= 1 && options.batch >= 2 && options.rate > 0 &&
                      options.smoothing >= 0 && options.smoothing < 1,
                  "judge: {} steps of {} at rate {}, smoothing {}: out of range", options.steps,
                  options.batch, options.rate, options.smoothing);
  const Choice choice = choose_labels(data, options);
  const auto label_count = static_cast<int64_t>(choice.labels.size());

  Parameters parameters;
  const auto shapes = metrics::judge_shapes(options.network, label_count);
  for (const auto& [name, shape] : shapes)
    if (!name.starts_with("input.")) parameters.add(name, shape, init_of(name));
  constexpr int64_t kSide = 256;
  parameters.add("side.hidden.weight", {kSide, options.network.features}, Init::Linear);
  parameters.add("side.hidden.bias", {kSide}, Init::Zero);
  parameters.add("side.poses.weight", {kPoses * kPoseNumbers, kSide}, Init::Linear);
  parameters.add("side.poses.bias", {kPoses * kPoseNumbers}, Init::Zero);
  parameters.allocate(derive_seed(options.seed, "judge weights"));

  metrics::JudgeWeights weights;
  for (const std::string& name : parameters.names()) weights[name] = parameters[name];
  weights["input.mean"] = at::zeros({metrics::kJudgeInput}, at::kFloat);
  weights["input.scale"] = at::ones({metrics::kJudgeInput}, at::kFloat);
  measure_input(data, choice, options, weights);
  const at::Tensor pose_mean = weights["input.mean"].narrow(0, 0, kPoseNumbers);
  const at::Tensor pose_scale = weights["input.scale"].narrow(0, 0, kPoseNumbers);

  Optimiser optimiser(parameters,
                      {.beta2 = 0.99, .weight_decay = options.weight_decay, .average = 0.998});
  progress.begin("judge", options.steps);
  JudgeLogRow row;
  int64_t since = 0;
  for (int64_t step = 0; step < options.steps; ++step) {
    progress.check();
    const Examples e = draw_examples(data, choice, options, step);
    const metrics::Verdict verdict = metrics::run_judge(options.network, weights, e.input, e.mask);
    const at::Tensor chance = at::log_softmax(verdict.logits, 1);
    const at::Tensor named = -chance.gather(1, e.labels.unsqueeze(1)).mean();
    const at::Tensor spread = -chance.mean();
    const at::Tensor hidden = at::gelu(at::linear(
        verdict.features, parameters["side.hidden.weight"], parameters["side.hidden.bias"]));
    const at::Tensor told =
        at::linear(hidden, parameters["side.poses.weight"], parameters["side.poses.bias"])
            .view({-1, kPoses, kPoseNumbers});
    const at::Tensor side = (told - (e.poses - pose_mean) / pose_scale).square().mean();
    const at::Tensor loss =
        (1 - options.smoothing) * named + options.smoothing * spread + options.poses * side;
    loss.backward();
    optimiser.step(learning_rate(options.rate, step, options.steps, 100, 0.5));

    row.loss += loss.item<double>();
    row.poses += side.item<double>();
    row.accuracy += (verdict.logits.argmax(1) == e.labels).to(at::kFloat).mean().item<double>();
    if (++since == kLogEvery || step + 1 == options.steps) {
      row.step = step + 1;
      const auto n = static_cast<double>(since);
      row.loss /= n, row.poses /= n, row.accuracy /= n;
      if (on_log) on_log(row);
      progress.step(step + 1, fmt::format("loss {:.3f} accuracy {:.2f}", row.loss, row.accuracy));
      row = {};
      since = 0;
    }
  }
  progress.end();

  parameters.set_trainable(false);
  {
    const at::NoGradGuard no_grad;
    at::Tensor block = parameters.block();
    block.copy_(optimiser.average());
  }
  TrainedJudge result;
  result.dropped = choice.dropped;
  result.judge.config = options.network;
  result.judge.labels = choice.labels;
  result.judge.licence = options.licence;
  for (const auto& [name, shape] : shapes)
    result.judge.weights[name] =
        (name.starts_with("input.") ? weights[name] : parameters[name]).detach().clone();

  nlohmann::json dropped = nlohmann::json::array(), sets = nlohmann::json::object();
  for (const DroppedLabel& d : choice.dropped)
    dropped.push_back({{"label", d.label}, {"windows", d.windows}, {"subjects", d.subjects}});
  std::map<std::string, int64_t> clips_of_set;
  std::set<std::string> subjects;
  for (size_t i = 0; i < data.clip_count(); ++i) {
    ++clips_of_set[data.info(i).set];
    subjects.insert(data.info(i).subject);
  }
  for (const auto& [set, clips] : clips_of_set) sets[set] = clips;
  nlohmann::json windows = nlohmann::json::object();
  for (size_t k = 0; k < choice.labels.size(); ++k)
    windows[choice.labels[k]] = choice.windows[k].size();
  const nlohmann::json recipe = {{"seed", options.seed},
                                 {"steps", options.steps},
                                 {"batch", options.batch},
                                 {"rate", options.rate},
                                 {"weight_decay", options.weight_decay},
                                 {"smoothing", options.smoothing},
                                 {"poses", options.poses},
                                 {"window", data.window_frames()},
                                 {"clips_of_set", sets},
                                 {"subjects", subjects.size()},
                                 {"windows_of_label", windows},
                                 {"dropped", dropped}};
  result.judge.recipe = recipe.dump();
  return result;
}

JudgeExam examine_judge(const metrics::Judge& judge, const MotionData& data) {
  JudgeExam exam;
  exam.labels = judge.labels;
  const size_t k = judge.labels.size();
  exam.confusion.assign(k, std::vector<int64_t>(k, 0));
  std::vector<at::Tensor> clips;
  std::vector<size_t> truth;
  for (const MotionData::Window& w : data.windows()) {
    if (w.label < 0) continue;
    const int64_t label = judge.find(data.labels()[static_cast<size_t>(w.label)]);
    if (label < 0) {
      ++exam.unknown;
      continue;
    }
    clips.push_back(data.clip(w.clip).narrow(0, w.first, w.count));
    truth.push_back(static_cast<size_t>(label));
  }
  PANTOMIME_CHECK(!clips.empty(), "judge: no window with a label that it knows");
  const at::Tensor guess = judge.look_at_all(clips).logits.argmax(1);
  for (size_t i = 0; i < truth.size(); ++i)
    ++exam.confusion[truth[i]][static_cast<size_t>(guess[static_cast<int64_t>(i)].item<int64_t>())];
  int64_t right = 0, occurring = 0;
  for (size_t l = 0; l < k; ++l) {
    int64_t total = 0;
    for (const int64_t n : exam.confusion[l]) total += n;
    right += exam.confusion[l][l];
    if (total == 0) continue;
    exam.balanced_accuracy +=
        static_cast<double>(exam.confusion[l][l]) / static_cast<double>(total);
    ++occurring;
  }
  exam.accuracy = static_cast<double>(right) / static_cast<double>(truth.size());
  exam.balanced_accuracy /= static_cast<double>(occurring);
  return exam;
}

std::string JudgeExam::markdown() const {
  std::string text = "| label | windows | right | taken for |\n|---|---:|---:|---|\n";
  for (size_t l = 0; l < labels.size(); ++l) {
    int64_t total = 0;
    std::vector<std::pair<int64_t, size_t>> others;
    for (size_t m = 0; m < labels.size(); ++m) {
      total += confusion[l][m];
      if (m != l && confusion[l][m] > 0) others.emplace_back(-confusion[l][m], m);
    }
    if (total == 0) continue;
    std::sort(others.begin(), others.end());
    std::string list;
    for (size_t i = 0; i < std::min<size_t>(others.size(), 3); ++i)
      list += fmt::format("{}{} {}", i > 0 ? ", " : "", labels[others[i].second], -others[i].first);
    text +=
        fmt::format("| {} | {} | {:.0f} % | {} |\n", labels[l], total,
                    100 * static_cast<double>(confusion[l][l]) / static_cast<double>(total), list);
  }
  return text + fmt::format("\n{:.1f} % of windows, {:.1f} % averaged over labels\n",
                            100 * accuracy, 100 * balanced_accuracy);
}

}  // namespace pantomime::training
