#include "pantomime/training/text_data.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"
#include "pantomime/base/random.h"
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

}  // namespace

TextData TextData::make(const MotionData& data, const text::SentenceEncoder& encoder,
                        const library::CaptionWords& words, int paraphrases, uint64_t seed,
                        int threads, Progress& progress) {
  TextData out;
  out.data_ = &data;
  const size_t count = 2 * data.windows().size();
  std::vector<std::vector<std::string>> said(count);
  progress.begin("describe", static_cast<int64_t>(count));
  constexpr size_t kBatch = 256;
  for (size_t begin = 0; begin < count; begin += kBatch) {
    progress.check();
    const size_t end = std::min(begin + kBatch, count);
    parallel_for(static_cast<int64_t>(end - begin), threads, [&](int64_t at) {
      const size_t i = begin + static_cast<size_t>(at), window = i / 2;
      const bool mirrored = i % 2 == 1;
      const MotionData::Window& w = data.windows()[window];
      const motion::Clip clip =
          motion::on_floor(features::decode(data.window_features(window, mirrored)));
      said[i] = library::captions(info_of(data.info(w.clip), w, mirrored), motion::describe(clip),
                                  words, {.paraphrases = paraphrases, .seed = seed});
    });
    progress.step(static_cast<int64_t>(end));
  }
  progress.end();
  std::map<std::string, size_t> known;
  double total = 0;
  for (size_t i = 0; i < count; ++i) {
    if (said[i].empty()) continue;
    Item item{i / 2, i % 2 == 1, {}};
    for (const std::string& sentence : said[i]) {
      const auto [at, fresh] = known.emplace(sentence, out.sentences_.size());
      if (fresh) out.sentences_.push_back(sentence);
      item.sentences.push_back(at->second);
    }
    out.items_.push_back(std::move(item));
    out.cumulative_.push_back(total += data.windows()[i / 2].weight);
  }
  PANTOMIME_CHECK(!out.items_.empty(), "text: nothing could be said about any window");
  out.states_.resize(out.sentences_.size());
  progress.begin("encode sentences", static_cast<int64_t>(out.sentences_.size()));
  for (size_t begin = 0; begin < out.sentences_.size(); begin += kBatch) {
    progress.check();
    const size_t end = std::min(begin + kBatch, out.sentences_.size());
    parallel_for(static_cast<int64_t>(end - begin), threads, [&](int64_t at) {
      const size_t i = begin + static_cast<size_t>(at);
      out.states_[i] = encoder.encode(out.sentences_[i]).states;
    });
    progress.step(static_cast<int64_t>(end));
  }
  progress.end();
  return out;
}

TextData::Drawn TextData::draw(uint64_t seed, int64_t step, int64_t size,
                               const features::Normaliser& normaliser) const {
  Random random(derive_seed(seed, "text batch", static_cast<uint64_t>(step)));
  Drawn drawn;
  std::vector<size_t> windows;
  std::vector<char> mirrored;
  std::vector<std::vector<float>> states;
  for (int64_t b = 0; b < size; ++b) {
    const double at = random.uniform() * cumulative_.back();
    const auto index =
        std::min(static_cast<size_t>(std::upper_bound(cumulative_.begin(), cumulative_.end(), at) -
                                     cumulative_.begin()),
                 items_.size() - 1);
    const Item& item = items_[index];
    const size_t sentence =
        item.sentences[random.below(static_cast<uint32_t>(item.sentences.size()))];
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
