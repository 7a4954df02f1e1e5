#include "pantomime/training/text_data.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <set>

#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"
#include "pantomime/library/facts.h"
#include "pantomime/library/imagined.h"
#include "pantomime/motion/describe.h"
#include "pantomime/motion/retarget.h"

namespace pantomime::training {
namespace {

constexpr int64_t kShownFrames = 12;  // of a labelled interval that a window must hold

/// Left for right in a few words.
std::string other_side(std::string text) {
  static const std::pair<std::string, std::string> kSides[] = {{"left", "right"},
                                                               {"right", "left"}};
  for (size_t at = 0; at < text.size();) {
    bool found = false;
    for (const auto& [side, other] : kSides)
      if (text.compare(at, side.size(), side) == 0) {
        text.replace(at, side.size(), other);
        at += other.size();
        found = true;
        break;
      }
    if (!found) ++at;
  }
  return text;
}

/// What is known of a window: the clip's words, with the labelled intervals that it holds.
library::ClipInfo info_of(const library::ClipInfo& clip, const MotionData::Window& window,
                          bool mirrored) {
  library::ClipInfo info = clip;
  info.name += fmt::format("@{}{}", window.first, mirrored ? "m" : "");
  info.caption.clear();
  info.frames = window.count;
  info.segments.clear();
  for (library::Segment s : clip.segments) {
    s.first = std::max<int64_t>(0, s.first - window.first);
    s.last = std::min(window.count, s.last - window.first);
    if (s.last - s.first < kShownFrames) continue;
    if (mirrored) s.detail = other_side(s.detail);
    info.segments.push_back(s);
  }
  return info;
}

/// The sentence with another word for who does it: readers meet men, women and children, captions
/// don't know who they are.
std::string of_somebody(const std::string& sentence, const library::CaptionWords& words,
                        Random& random) {
  static const std::vector<std::string> kSubjects = {"He",      "She",     "A man",     "A woman",
                                                     "A child", "The man", "The woman", "A human"};
  for (const std::string& person : words.people()) {
    const size_t length = person.size();
    if (sentence.size() <= length || sentence[length] != ' ' ||
        sentence.compare(1, length - 1, person, 1, length - 1) != 0)
      continue;
    return library::drawn(kSubjects, random) + sentence.substr(length);
  }
  return sentence;
}

/// What can be said about a window, and what is true of it.
struct Said {
  std::vector<std::string> sentences, facts;
};

Said said_of(const MotionData& data, size_t window, bool mirrored,
             const library::CaptionWords& words, int paraphrases, uint64_t seed) {
  const MotionData::Window& w = data.windows()[window];
  const motion::Clip clip =
      motion::on_floor(features::decode(data.window_features(window, mirrored)));
  const library::ClipInfo info = info_of(data.info(w.clip), w, mirrored);
  const motion::Description description = motion::describe(clip);
  return {library::captions(info, description, words, {.paraphrases = paraphrases, .seed = seed}),
          library::facts_of(info, description)};
}

/// Calls work(i) for 0 … count - 1 with threads, telling how far it is.
template <typename Work>
void in_batches(const char* what, size_t count, int threads, Progress& progress, const Work& work) {
  progress.begin(what, static_cast<int64_t>(count));
  constexpr size_t kBatch = 256;
  for (size_t begin = 0; begin < count; begin += kBatch) {
    progress.check();
    const size_t end = std::min(begin + kBatch, count);
    parallel_for(static_cast<int64_t>(end - begin), threads,
                 [&](int64_t at) { work(begin + static_cast<size_t>(at)); });
    progress.step(static_cast<int64_t>(end));
  }
  progress.end();
}

}  // namespace

std::vector<WindowSentence> first_sentences(const MotionData& data,
                                            const library::CaptionWords& words, uint64_t seed,
                                            int threads, Progress& progress) {
  std::vector<std::string> said(data.windows().size());
  in_batches("describe", said.size(), threads, progress, [&](size_t i) {
    std::vector<std::string> sentences = said_of(data, i, false, words, 1, seed).sentences;
    if (!sentences.empty()) said[i] = std::move(sentences[0]);
  });
  std::vector<WindowSentence> result;
  for (size_t i = 0; i < said.size(); ++i)
    if (!said[i].empty()) result.push_back({i, std::move(said[i])});
  return result;
}

std::map<std::string, std::vector<float>> encode_each(const std::vector<std::string>& sentences,
                                                      const text::SentenceEncoder& encoder,
                                                      int threads, Progress& progress) {
  std::map<std::string, std::vector<float>> states;
  for (const std::string& sentence : sentences) states[sentence];
  std::vector<std::pair<const std::string, std::vector<float>>*> entries;
  for (auto& entry : states) entries.push_back(&entry);
  in_batches("encode sentences", entries.size(), threads, progress,
             [&](size_t i) { entries[i]->second = encoder.encode(entries[i]->first).states; });
  return states;
}

TextData TextData::make(const MotionData& data, const text::SentenceEncoder& encoder,
                        const library::CaptionWords& words, int paraphrases, int64_t imagined,
                        uint64_t seed, int threads, Progress& progress) {
  TextData out;
  out.data_ = &data;
  const size_t count = 2 * data.windows().size();
  std::vector<std::vector<std::string>> said(count), true_of(count);
  in_batches("describe", count, threads, progress, [&](size_t i) {
    Said one = said_of(data, i / 2, i % 2 == 1, words, paraphrases, seed);
    said[i] = std::move(one.sentences);
    true_of[i] = std::move(one.facts);
  });
  std::map<std::string, int64_t> fact_counts;
  for (const auto& facts : true_of)
    for (const std::string& fact : facts) ++fact_counts[fact];
  for (const auto& [fact, windows] : fact_counts)
    if (windows >= kFewest) out.facts_.push_back(fact);
  std::map<std::string, size_t> known;
  double total = 0;
  const auto noted = [&](Item item, const std::vector<std::string>& facts,
                         const std::vector<std::string>& sentences) {
    for (const std::string& fact : facts) {
      const auto at = std::lower_bound(out.facts_.begin(), out.facts_.end(), fact);
      if (at != out.facts_.end() && *at == fact) item.facts.push_back(at - out.facts_.begin());
    }
    for (const std::string& sentence : sentences) {
      const auto [at, fresh] = known.emplace(sentence, out.sentences_.size());
      if (fresh) out.sentences_.push_back(sentence);
      item.sentences.push_back(at->second);
    }
    return item;
  };
  std::set<std::string> styles;
  for (size_t i = 0; i < count; ++i) {
    if (said[i].empty()) continue;
    out.items_.push_back(noted({i / 2, i % 2 == 1, {}, {}}, true_of[i], said[i]));
    out.cumulative_.push_back(total += data.windows()[i / 2].weight);
    const library::ClipInfo& clip = data.info(data.windows()[i / 2].clip);
    if (!clip.style.empty()) styles.insert(clip.style);
  }
  PANTOMIME_CHECK(!out.items_.empty(), "text: nothing could be said about any window");
  for (int64_t i = 0; i < imagined; ++i) {
    const library::Imagined one =
        library::imagine(derive_seed(seed, "imagined", static_cast<uint64_t>(i)), data.labels(),
                         {styles.begin(), styles.end()});
    auto told = library::captions(one.info, one.description, words,
                                  {.paraphrases = 1, .seed = derive_seed(seed, "words")});
    Random random(derive_seed(seed, "somebody", static_cast<uint64_t>(i)));
    if (random.below(2) == 0)
      for (std::string& sentence : told) sentence = of_somebody(sentence, words, random);
    out.imagined_.push_back(noted({}, library::facts_of(one.info, one.description), told));
  }
  out.states_.resize(out.sentences_.size());
  in_batches("encode sentences", out.sentences_.size(), threads, progress,
             [&](size_t i) { out.states_[i] = encoder.encode(out.sentences_[i]).states; });
  return out;
}

size_t TextData::pick(Random& random) const {
  const double at = random.uniform() * cumulative_.back();
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), at);
  return std::min(static_cast<size_t>(found - cumulative_.begin()), items_.size() - 1);
}

TextData::Read TextData::draw_to_read(uint64_t seed, int64_t step, int64_t size,
                                      bool held_out) const {
  Random random(derive_seed(seed, "sentences", static_cast<uint64_t>(step)));
  std::vector<std::vector<float>> states;
  Read read{{}, at::zeros({size, static_cast<int64_t>(facts_.size())}, at::kFloat)};
  constexpr int64_t kTries = 100000;  // a library of one clip has nothing to hold out
  for (int64_t tries = 0; static_cast<int64_t>(states.size()) < size && tries < kTries; ++tries) {
    const bool real = held_out || imagined_.empty() || random.below(2) == 0;
    const Item& item = real ? items_[pick(random)]
                            : imagined_[random.below(static_cast<uint32_t>(imagined_.size()))];
    const size_t clip = data_->windows()[item.window].clip;
    const bool apart = derive_seed(7, "held out", clip) % 10 == 0;
    if (real && apart != held_out) continue;
    const auto b = static_cast<int64_t>(states.size());
    for (const int64_t fact : item.facts) read.facts[b][fact] = 1;
    states.push_back(
        states_[item.sentences[random.below(static_cast<uint32_t>(item.sentences.size()))]]);
  }
  read.facts = read.facts.narrow(0, 0, static_cast<int64_t>(states.size()));
  if (!states.empty()) read.text = conditions::text_batch(states);
  return read;
}

TextData::Drawn TextData::draw(uint64_t seed, int64_t step, int64_t size,
                               const features::Normaliser& normaliser) const {
  Random random(derive_seed(seed, "text batch", static_cast<uint64_t>(step)));
  Drawn drawn;
  std::vector<size_t> windows;
  std::vector<char> mirrored;
  std::vector<std::vector<float>> states;
  drawn.facts = at::zeros({size, static_cast<int64_t>(facts_.size())}, at::kFloat);
  for (int64_t b = 0; b < size; ++b) {
    const size_t index = pick(random);
    const Item& item = items_[index];
    const size_t sentence =
        item.sentences[random.below(static_cast<uint32_t>(item.sentences.size()))];
    for (const int64_t fact : item.facts) drawn.facts[b][fact] = 1;
    drawn.items.push_back(index);
    drawn.sentences.push_back(sentence);
    windows.push_back(item.window);
    mirrored.push_back(item.mirrored ? 1 : 0);
    states.push_back(states_[sentence]);
  }
  drawn.motion = data_->collect(windows, normaliser, mirrored);
  drawn.text = conditions::text_batch(states);
  return drawn;
}

}  // namespace pantomime::training
