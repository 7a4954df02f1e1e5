#include "pantomime/training/text_judge_trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/diffusion/parameters.h"
#include "pantomime/diffusion/sampler.h"
#include "pantomime/metrics/rows.h"
#include "pantomime/training/optimiser.h"
#include "pantomime/training/steps.h"

namespace pantomime::training {
namespace {

using diffusion::Init;
using diffusion::Parameters;

constexpr int64_t kFrames = 96;    // longest part of a window that is looked at
constexpr int64_t kShortest = 24;  // captions of windows are true of most of their frames only

struct Examples {
  at::Tensor input, mask;         ///< [B, F, 133], [B, F]
  at::Tensor states, words_mask;  ///< [B, T, words], [B, T]
  at::Tensor same;                ///< [B, B] bool: other windows with the same sentence
};

Examples draw_examples(const MotionData& motion, const TextData& data,
                       const std::vector<double>& cumulative, const TextJudgeOptions& options,
                       int64_t step) {
  Random random(derive_seed(options.seed, "text judge batch", static_cast<uint64_t>(step)));
  at::Generator generator = diffusion::make_generator(
      derive_seed(options.seed, "text judge noise", static_cast<uint64_t>(step)));
  std::vector<at::Tensor> clips;
  std::vector<std::vector<float>> states;
  std::vector<int64_t> told;
  for (int64_t b = 0; b < options.batch; ++b) {
    const double at = random.uniform() * cumulative.back();
    const auto index =
        std::min(static_cast<size_t>(std::upper_bound(cumulative.begin(), cumulative.end(), at) -
                                     cumulative.begin()),
                 cumulative.size() - 1);
    const TextData::Item& item = data.items()[index];
    const size_t sentence =
        item.sentences[random.below(static_cast<uint32_t>(item.sentences.size()))];
    at::Tensor x = motion.window_features(item.window, item.mirrored).clone();
    x.narrow(1, features::kRootHeight, 1).add_(0.02 * random.normal());
    clips.push_back(x);
    states.push_back(data.states(sentence));
    told.push_back(static_cast<int64_t>(sentence));
  }
  Examples examples;
  const auto [x, mask] = metrics::pad_clips(clips);
  at::Tensor joints = metrics::clip_joints(x);
  at::Tensor flicker = at::empty({options.batch, 1, 1, 1}, at::kFloat);
  for (int64_t b = 0; b < options.batch; ++b) flicker[b].fill_(random.uniform(0, 0.008));
  joints = joints + at::normal(0.0, 1.0, joints.sizes(), generator, joints.options()) * flicker;
  examples.input = metrics::judge_input(joints, mask);
  examples.mask = mask;
  std::tie(examples.states, examples.words_mask) =
      metrics::pad_sentences(states, options.network.words);
  const at::Tensor ids = at::tensor(told, at::kLong);
  examples.same = (ids.unsqueeze(0) == ids.unsqueeze(1))
                      .logical_and(at::eye(options.batch, at::kBool).logical_not());
  return examples;
}

Init init_of(const std::string& name) {
  if (name.ends_with(".gain") || name.ends_with("input.scale")) return Init::One;
  return name.ends_with(".weight") ? Init::Linear : Init::Zero;
}

/// Chances of items: rare actions as often as their windows are drawn for the prior.
std::vector<double> chances(const MotionData& motion, const TextData& data) {
  std::vector<double> cumulative;
  double total = 0;
  for (const TextData::Item& item : data.items()) {
    const MotionData::Window& window = motion.windows()[item.window];
    total += window.count < kShortest ? 0 : window.weight;
    cumulative.push_back(total);
  }
  PANTOMIME_CHECK(total > 0, "text judge: no window of {} frames has a sentence", kShortest);
  return cumulative;
}

at::Tensor matching_loss(const at::Tensor& logits) {
  const at::Tensor own = at::arange(logits.size(0), at::kLong);
  return at::cross_entropy_loss(logits, own);
}

}  // namespace

metrics::TextJudge train_text_judge(const MotionData& motion, const TextData& data,
                                    const TextJudgeOptions& options,
                                    const std::function<void(int64_t, double)>& on_log,
                                    Progress& progress) {
  PANTOMIME_CHECK(options.steps >= 1 && options.batch >= 2 && options.rate > 0,
                  "text judge: {} steps of {} at rate {}: out of range", options.steps,
                  options.batch, options.rate);
  const std::vector<double> cumulative = chances(motion, data);
  Parameters parameters;
  const auto shapes = metrics::text_judge_shapes(options.network);
  const auto measured = [](const std::string& name) { return name.starts_with("motion.input."); };
  for (const auto& [name, shape] : shapes)
    if (!measured(name)) parameters.add(name, shape, init_of(name));
  parameters.allocate(derive_seed(options.seed, "text judge weights"));
  metrics::JudgeWeights weights;
  for (const std::string& name : parameters.names()) weights[name] = parameters[name];
  std::vector<at::Tensor> rows;
  for (int64_t i = 0; i < 8; ++i) {
    const Examples e = draw_examples(motion, data, cumulative, options, -1 - i);
    rows.push_back(e.input.index({e.mask}));
  }
  const at::Tensor all = at::cat(rows).to(at::kDouble);
  weights["motion.input.mean"] = all.mean(0).to(at::kFloat);
  weights["motion.input.scale"] = all.std(0).clamp_min(0.02).to(at::kFloat);

  Optimiser optimiser(parameters,
                      {.beta2 = 0.99, .weight_decay = options.weight_decay, .average = 0.995});
  const auto step_of = [&](int64_t step) {
    const Examples e = draw_examples(motion, data, cumulative, options, step);
    const at::Tensor m = metrics::embed_motion(options.network, weights, e.input, e.mask);
    const at::Tensor s = metrics::embed_sentence(options.network, weights, e.states, e.words_mask);
    const at::Tensor logits = (options.sharpness * at::matmul(m, s.t())).masked_fill(e.same, -1e4);
    const at::Tensor loss = 0.5 * (matching_loss(logits) + matching_loss(logits.t()));
    loss.backward();
    optimiser.step(learning_rate(options.rate, step, options.steps, 50, 0.5));
    return loss.item<double>();
  };
  run_steps("text judge", options.steps, step_of, on_log, progress);
  take_average(parameters, optimiser);
  metrics::TextJudge judge;
  judge.config = options.network;
  judge.licence = options.licence;
  for (const auto& [name, shape] : shapes)
    judge.weights[name] = (measured(name) ? weights[name] : parameters[name]).detach().clone();
  std::map<std::string, int64_t> sets;
  for (size_t i = 0; i < motion.clip_count(); ++i) ++sets[motion.info(i).set];
  judge.recipe = nlohmann::json{
      {"seed", options.seed},
      {"steps", options.steps},
      {"batch", options.batch},
      {"rate", options.rate},
      {"weight_decay", options.weight_decay},
      {"sharpness", options.sharpness},
      {"windows", data.items().size()},
      {"sentences", data.sentence_count()},
      {"clips_of_sets",
       sets}}.dump();
  return judge;
}

std::vector<ChangedWord> one_word_changed(const std::string& sentence) {
  static constexpr std::array<std::pair<const char*, const char*>, 9> kPairs = {
      {{"left", "right"},
       {"forward", "backward"},
       {"forwards", "backwards"},
       {"slowly", "quickly"},
       {"walks", "runs"},
       {"walking", "running"},
       {"raises", "lowers"},
       {"up", "down"},
       {"sits", "stands"}}};
  std::vector<std::pair<size_t, std::string>> words;  // where each begins
  for (size_t at = 0; at < sentence.size();) {
    size_t end = at;
    while (end < sentence.size() && std::isalpha(static_cast<unsigned char>(sentence[end]))) ++end;
    if (end > at) words.emplace_back(at, sentence.substr(at, end - at));
    at = std::max(end, at + 1);
  }
  std::vector<ChangedWord> changed;
  for (const auto& [one, other] : kPairs) {
    int found = 0;
    ChangedWord change;
    for (const auto& [at, word] : words) {
      if (word != one && word != other) continue;
      ++found;
      change.sentence = sentence;
      change.sentence.replace(at, word.size(), word == one ? other : one);
    }
    if (found != 1) continue;
    change.one = one;
    change.other = other;
    changed.push_back(change);
  }
  return changed;
}

TextExam examine_text_judge(const metrics::TextJudge& judge, const MotionData& motion,
                            const TextData& data, const text::SentenceEncoder& encoder,
                            uint64_t seed, Progress& progress) {
  std::vector<at::Tensor> clips;
  std::vector<std::vector<float>> states;
  std::vector<int64_t> told;
  std::vector<std::string> sentences;
  for (const TextData::Item& item : data.items()) {
    if (item.mirrored || motion.windows()[item.window].count < kShortest) continue;
    const at::Tensor x = motion.window_features(item.window, false);
    clips.push_back(x.narrow(0, 0, std::min(kFrames, x.size(0))));
    const size_t sentence = item.sentences[0];
    states.push_back(data.states(sentence));
    told.push_back(static_cast<int64_t>(sentence));
    sentences.push_back(data.sentence(sentence));
  }
  PANTOMIME_CHECK(clips.size() >= 32, "text judge: {} windows with sentences, expected 32",
                  clips.size());
  const at::Tensor m = judge.motions(clips), s = judge.sentences(states);
  Random random(derive_seed(seed, "text exam"));
  const auto order = metrics::draw_without_replacement(random, static_cast<int64_t>(clips.size()),
                                                       static_cast<int64_t>(clips.size()));
  const at::Tensor rows = at::tensor(order, at::kLong);
  std::vector<int64_t> same;
  for (const int64_t i : order) same.push_back(told[static_cast<size_t>(i)]);
  TextExam exam;
  exam.windows = static_cast<int64_t>(clips.size());
  exam.retrieval = metrics::retrieval(s.index_select(0, rows), m.index_select(0, rows), 32, same);

  struct Found {
    std::vector<int64_t> rows;
    std::vector<std::vector<float>> other;
  };
  std::map<std::pair<std::string, std::string>, Found> found;
  std::map<std::string, std::vector<float>> encoded;
  progress.begin("pairs of sentences", exam.windows);
  for (size_t i = 0; i < sentences.size(); ++i) {
    progress.check();
    for (const ChangedWord& change : one_word_changed(sentences[i])) {
      auto [at, fresh] = encoded.try_emplace(change.sentence);
      if (fresh) at->second = encoder.encode(change.sentence).states;
      Found& pair = found[{change.one, change.other}];
      pair.rows.push_back(static_cast<int64_t>(i));
      pair.other.push_back(at->second);
    }
    progress.step(static_cast<int64_t>(i) + 1);
  }
  progress.end();
  for (const auto& [words, pair] : found) {
    const at::Tensor which = at::tensor(pair.rows, at::kLong);
    exam.words.push_back({words.first, words.second, static_cast<int64_t>(pair.rows.size()),
                          metrics::nearer_to_own(m.index_select(0, which), s.index_select(0, which),
                                                 judge.sentences(pair.other))});
  }
  return exam;
}

std::string TextExam::markdown() const {
  std::string text = fmt::format(
      "{} windows: R@1 {:.3f}, R@2 {:.3f}, R@3 {:.3f} in {} pools of 32, MM-distance {:.3f}\n\n"
      "| pair of words | windows | right % |\n|---|---:|---:|\n",
      windows, retrieval.top[0], retrieval.top[1], retrieval.top[2], retrieval.pools,
      retrieval.distance);
  for (const WordExam& w : words)
    text += fmt::format("| {} / {} | {} | {:.1f} |\n", w.one, w.other, w.pairs, 100 * w.right);
  return text;
}

}  // namespace pantomime::training
