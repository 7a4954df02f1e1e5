#include "pantomime/commands/evaluation_text.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/body/plain_body.h"
#include "pantomime/metrics/frechet.h"
#include "pantomime/metrics/retrieval.h"
#include "pantomime/metrics/rows.h"
#include "pantomime/metrics/variety.h"
#include "pantomime/motion/foot_lock.h"
#include "pantomime/motion/retarget.h"
#include "pantomime/training/text_judge_trainer.h"

namespace pantomime::commands {
namespace {

using metrics::Interval;
using training::MotionData;
using training::WindowSentence;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kPool = 32;
constexpr int kRepetitions = 20;

/// What is asked of every row: sentences, and what is known about them.
struct Questions {
  std::vector<at::Tensor> clips;  ///< real ones, [F, D]
  std::vector<std::string> sentences;
  std::vector<std::vector<float>> states;
  std::vector<int64_t> same;          ///< equal sentences have equal numbers
  at::Tensor space;                   ///< [N, d] of the sentences
  std::vector<int64_t> changed_rows;  ///< clips whose sentence has a word to change …
  at::Tensor changed;                 ///< [M, d] … and the sentence then
};

at::Tensor pick(const at::Tensor& rows, const std::vector<int64_t>& which) {
  return rows.index_select(0, at::tensor(which, at::kLong));
}

Questions questions_of(const TextTrialOptions& o, const metrics::TextJudge& judge,
                       const text::SentenceEncoder& encoder, const MotionData& test,
                       const std::vector<WindowSentence>& told) {
  // One sentence a window; windows that are long enough, evenly spread.
  std::vector<const WindowSentence*> items;
  for (const WindowSentence& item : told)
    if (test.windows()[item.window].count >= o.frames / 2) items.push_back(&item);
  const auto count = std::min<size_t>(items.size(), static_cast<size_t>(o.clips));
  PANTOMIME_CHECK(count >= 2 * kPool,
                  "evaluate: {} windows of held-out people have sentences, expected {}", count,
                  2 * kPool);
  Questions q;
  std::vector<std::vector<float>> changed;
  std::map<std::string, int64_t> known;
  for (size_t k = 0; k < count; ++k) {
    const WindowSentence& item = *items[k * items.size() / count];
    const at::Tensor x = test.window_features(item.window, false);
    q.clips.push_back(x.narrow(0, 0, std::min(o.frames, x.size(0))));
    q.same.push_back(
        known.emplace(item.sentence, static_cast<int64_t>(known.size())).first->second);
    q.sentences.push_back(item.sentence);
    q.states.push_back(encoder.encode(item.sentence).states);
    for (const training::ChangedWord& word : training::one_word_changed(q.sentences.back())) {
      q.changed_rows.push_back(static_cast<int64_t>(k));
      changed.push_back(encoder.encode(word.sentence).states);
    }
  }
  q.space = judge.sentences(q.states);
  if (!changed.empty()) q.changed = judge.sentences(changed);
  return q;
}

struct Numbers {
  double top1 = 0, top2 = 0, top3 = 0, distance = 0, fid = 0, diversity = 0, words = kNone,
         skating = 0, jerk = 0;
};

class Table {
 public:
  Table(const Questions& questions, const metrics::TextJudge& judge, uint64_t seed)
      : q_(questions), judge_(judge), seed_(seed), real_(judge.motions(questions.clips)) {}

  /// Numbers of clips, one for each question, and where they are in the judge's space.
  TextRow row(const std::string& name, const std::vector<at::Tensor>& clips, double ms,
              at::Tensor* where = nullptr) const {
    const at::Tensor motions = judge_.motions(clips);
    if (where != nullptr) *where = motions;
    std::vector<metrics::Physics> physics;
    for (const at::Tensor& clip : clips)
      physics.push_back(metrics::measure_physics(features::decode(clip)));
    const auto n = static_cast<int64_t>(clips.size());
    std::vector<Numbers> wholes, halves;
    for (int r = 0; r < kRepetitions; ++r) {
      const uint64_t seed = derive_seed(seed_, "text", static_cast<uint64_t>(r));
      Random random(seed);
      auto order = metrics::draw_without_replacement(random, n, n);
      wholes.push_back(numbers(motions, physics, order, seed));
      order.resize(static_cast<size_t>(std::max(n / 2, kPool)));
      halves.push_back(numbers(motions, physics, order, seed));
    }
    TextRow row{.name = name, .clips = n};
    row.ms = ms;
    const auto interval = [&](double Numbers::*field) {
      double value = 0, mean = 0, squares = 0;
      for (const Numbers& w : wholes) value += w.*field / kRepetitions;
      for (const Numbers& h : halves) mean += h.*field / kRepetitions;
      for (const Numbers& h : halves) squares += std::pow(h.*field - mean, 2);
      return Interval{value, 1.96 * std::sqrt(squares / (kRepetitions - 1))};
    };
    row.top1 = interval(&Numbers::top1);
    row.top2 = interval(&Numbers::top2);
    row.top3 = interval(&Numbers::top3);
    row.distance = interval(&Numbers::distance);
    row.fid = interval(&Numbers::fid);
    row.diversity = interval(&Numbers::diversity);
    row.words = interval(&Numbers::words);
    row.skating = interval(&Numbers::skating);
    row.jerk = interval(&Numbers::jerk);
    return row;
  }

 private:
  Numbers numbers(const at::Tensor& motions, const std::vector<metrics::Physics>& physics,
                  const std::vector<int64_t>& order, uint64_t seed) const {
    Numbers result;
    const at::Tensor mine = pick(motions, order);
    std::vector<int64_t> same;
    std::vector<char> picked(physics.size(), 0);
    for (const int64_t i : order) {
      same.push_back(q_.same[static_cast<size_t>(i)]);
      picked[static_cast<size_t>(i)] = 1;
      result.skating += physics[static_cast<size_t>(i)].skating;
      result.jerk += physics[static_cast<size_t>(i)].jerk.mean;
    }
    result.skating /= static_cast<double>(order.size());
    result.jerk /= static_cast<double>(order.size());
    const metrics::Retrieval r = metrics::retrieval(pick(q_.space, order), mine, kPool, same);
    result.top1 = r.top[0], result.top2 = r.top[1], result.top3 = r.top[2];
    result.distance = r.distance;
    result.fid = metrics::frechet_distance(mine, pick(real_, order));
    result.diversity = metrics::diversity(mine, std::min<int64_t>(300, mine.size(0)),
                                          metrics::Draw::WithoutReplacement, seed);
    std::vector<int64_t> rows, others;
    for (size_t k = 0; k < q_.changed_rows.size(); ++k) {
      if (!picked[static_cast<size_t>(q_.changed_rows[k])]) continue;
      rows.push_back(q_.changed_rows[k]);
      others.push_back(static_cast<int64_t>(k));
    }
    if (!rows.empty())
      result.words = metrics::nearer_to_own(pick(motions, rows), pick(q_.space, rows),
                                            pick(q_.changed, others));
    return result;
  }

  const Questions& q_;
  const metrics::TextJudge& judge_;
  uint64_t seed_;
  at::Tensor real_;
};

/// For each question the training window whose first sentence means most nearly the same to the
/// encoder; of equals any, drawn by the seed.
std::vector<at::Tensor> nearest_told(const TextTrialOptions& o, const Questions& q,
                                     const text::SentenceEncoder& encoder, const MotionData& train,
                                     const std::vector<WindowSentence>& told, Progress& progress) {
  const auto meaning = [](const std::vector<float>& states) {
    const auto rows = static_cast<int64_t>(states.size()) / text::Sentence::kWidth;
    const at::Tensor all = at::from_blob(const_cast<float*>(states.data()),
                                         {rows, text::Sentence::kWidth}, at::kFloat);
    const at::Tensor mean = all.mean(0);
    return mean / mean.norm().clamp_min(1e-6);
  };
  std::vector<const WindowSentence*> items;
  std::vector<std::string> sentences;
  for (const WindowSentence& item : told) {
    if (train.windows()[item.window].count < o.frames / 2) continue;
    items.push_back(&item);
    sentences.push_back(item.sentence);
  }
  PANTOMIME_CHECK(!items.empty(), "evaluate: no training window of {} frames has a sentence",
                  o.frames / 2);
  const auto states = training::encode_each(sentences, encoder, o.threads, progress);
  std::vector<at::Tensor> known;
  for (const WindowSentence* item : items) known.push_back(meaning(states.at(item->sentence)));
  const at::Tensor all = at::stack(known);
  Random random(derive_seed(o.seed, "nearest sentence"));
  std::vector<at::Tensor> clips;
  for (const std::vector<float>& asked : q.states) {
    const at::Tensor likeness = at::matmul(all, meaning(asked)).contiguous();
    const double best = likeness.max().item<double>();
    std::vector<size_t> equals;
    for (size_t i = 0; i < items.size(); ++i)
      if (likeness.data_ptr<float>()[i] > best - 1e-6) equals.push_back(i);
    const WindowSentence& item = *items[equals[random.below(static_cast<uint32_t>(equals.size()))]];
    const at::Tensor x = train.window_features(item.window, false);
    clips.push_back(x.narrow(0, 0, std::min(o.frames, x.size(0))));
  }
  return clips;
}

GeneratedSet generated(const TextTrialOptions& o, const training::Prior& prior,
                       const training::TextGuide* guide, const Questions& q, Progress& progress) {
  const auto make = [&](size_t first, const conditions::GenerateOptions& generate) {
    if (!guide) return conditions::generate(*prior.denoiser, prior.normaliser, {}, generate);
    const auto from = q.states.begin() + static_cast<ptrdiff_t>(first);
    return training::generate_told(
        prior, *guide, {from, from + static_cast<ptrdiff_t>(generate.seeds.size())}, generate,
        {.scale = o.scale, .contrast = o.contrast, .probe = o.probe});
  };
  return generate_batches({.name = guide ? "told by a sentence" : "told nothing",
                           .stream = "text trial",
                           .count = q.states.size(),
                           .frames = o.frames,
                           .seed = o.seed,
                           .steps = o.steps,
                           .sampler = o.sampler,
                           .foot_lock = o.foot_lock},
                          *prior.denoiser, make, progress);
}

/// The same as `generate` makes them: words that name numbers hold, and what doesn't show all that
/// was heard is made anew. By the bodies of `others`, clips of the same sentences: one body for all
/// would be another difference.
GeneratedSet acted(const TextTrialOptions& o, const training::Prior& prior,
                   const training::TextGuide& guide, const Questions& q,
                   const std::vector<at::Tensor>& others, Context& context) {
  const auto body_of = [](const at::Tensor& clip) {
    return body::plain_character(motion::geometry_of(features::decode(clip).skeleton.offsets), 1);
  };
  std::vector<Performance> items;
  for (size_t i = 0; i < q.sentences.size(); ++i)
    items.push_back({.title = q.sentences[i],
                     .acts = {{.frames = o.frames, .text = q.sentences[i]}},
                     .character = body_of(others[i]),
                     .seed = derive_seed(o.seed, "text trial", i)});
  ActingOptions acting{.seed = o.seed};
  acting.tries = o.tries;
  acting.stream.sampler.steps = o.steps;
  acting.stream.sampler.method = diffusion::parse_method(o.sampler);
  acting.stream.text_strength = {.scale = o.scale, .contrast = o.contrast, .probe = o.probe};
  acting.stream.foot_lock = o.foot_lock;
  const auto start = std::chrono::steady_clock::now();
  act(acting, prior, {nullptr, &guide}, Scene(SceneOptions{}, o.frames), items, context);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  GeneratedSet made;
  made.cost.ms = 1000 * took.count() / static_cast<double>(items.size());
  for (const Performance& item : items) made.set.clips.push_back(features::encode(item.clip));
  return made;
}

}  // namespace

TextPart evaluate_text(const TextTrialOptions& o, const training::Prior& prior,
                       const std::vector<NamedTextGuide>& guides, const metrics::TextJudge& judge,
                       const text::SentenceEncoder& encoder, const MotionData& train,
                       const MotionData& test, const KeptSets& kept, Context& context) {
  Progress& progress = context.terminal;
  const auto told = [&](const MotionData& data) {
    return training::first_sentences(data, library::default_caption_words(), o.seed, o.threads,
                                     progress);
  };
  const Questions q = questions_of(o, judge, encoder, test, told(test));
  const Table table(q, judge, o.seed);
  TextPart part;
  part.rows.push_back(table.row("real, held-out people", q.clips, 0));
  part.rows.push_back(table.row("baseline: training clip with the nearest sentence",
                                nearest_told(o, q, encoder, train, told(train), progress), 0));
  // All that decides what a row is, but for its name and guide.
  const nlohmann::json asked = {prior.hash, q.sentences, o.frames,    o.steps, o.sampler, o.scale,
                                o.contrast, o.probe,     o.foot_lock, o.seed,  o.tries};
  for (const NamedTextGuide& named : guides) {
    const std::string& name = named.name;
    const training::TextGuide& guide = named.guide;
    const GeneratedSet told_so = kept.get({"text", name, named.hash, asked},
                                          [&] { return generated(o, prior, &guide, q, progress); });
    const std::vector<at::Tensor>& clips = told_so.set.clips;
    at::Tensor where;
    part.rows.push_back(table.row("told: " + name, clips, told_so.cost.ms, &where));
    if (guide.reader && guide.adapter && name == "adapter") {
      const GeneratedSet held = kept.get({"text, numbers hold", named.hash, asked},
                                         [&] { return acted(o, prior, guide, q, clips, context); });
      part.rows.push_back(table.row("told: adapter, numbers hold", held.set.clips, held.cost.ms));
    }
    if (!part.told.empty()) continue;
    const at::Tensor distance = (where - q.space).norm(2, 1);
    for (size_t i = 0; i < clips.size(); ++i)
      part.told.push_back(
          {q.sentences[i], distance[static_cast<int64_t>(i)].item<double>(), clips[i]});
    std::stable_sort(part.told.begin(), part.told.end(),
                     [](const auto& a, const auto& b) { return a.distance < b.distance; });
  }
  const GeneratedSet nothing =
      kept.get({"text", "none", asked}, [&] { return generated(o, prior, nullptr, q, progress); });
  part.rows.push_back(table.row("no condition", nothing.set.clips, nothing.cost.ms));
  return part;
}

std::string to_markdown(const std::vector<TextRow>& rows) {
  std::string text =
      "| set | clips | R@1 | R@2 | R@3 | MM-distance | FID | diversity | one word changed, right % "
      "| skating | jerk m/s³ | ms a clip |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";
  const auto shown = [](const Interval& i, int digits, double scale = 1) {
    return std::isfinite(i.value) ? fmt::format("{:.{}f} ± {:.{}f}", scale * i.value, digits,
                                                scale * i.half_width, digits)
                                  : "–";
  };
  for (const TextRow& r : rows)
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", r.name,
                        r.clips, shown(r.top1, 3), shown(r.top2, 3), shown(r.top3, 3),
                        shown(r.distance, 3), shown(r.fid, 4), shown(r.diversity, 3),
                        shown(r.words, 1, 100), shown(r.skating, 3), shown(r.jerk, 0),
                        r.ms > 0 ? fmt::format("{:.0f}", r.ms) : "–");
  return text;
}

}  // namespace pantomime::commands
