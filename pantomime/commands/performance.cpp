#include "pantomime/commands/performance.h"

#include <regex>

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/base/text.h"
#include "pantomime/body/nearest_shape.h"
#include "pantomime/body/person.h"
#include "pantomime/body/plain_body.h"
#include "pantomime/body/rig.h"
#include "pantomime/formats/makehuman.h"
#include "pantomime/motion/append.h"
#include "pantomime/motion/augment.h"
#include "pantomime/motion/fit_to_body.h"

namespace pantomime::commands {

namespace fs = std::filesystem;
using conditions::Constraints;

std::vector<Act> parse_timeline(const std::string& text) {
  std::vector<Act> acts;
  int64_t before = 0;
  for (const std::string_view part : split_list(text, ';')) {
    double from = 0, to = 0;
    const char* last = part.data() + part.size();
    const auto first = std::from_chars(part.data(), last, from);
    const bool dash = first.ec == std::errc() && first.ptr < last && *first.ptr == '-';
    const auto second = dash ? std::from_chars(first.ptr + 1, last, to) : first;
    if (!dash || second.ec != std::errc() || (second.ptr < last && *second.ptr != ' '))
      fail("--timeline \"{}\": expected FROM-TO LABEL, for example \"0-3 walk\"", part);
    const auto frame = [](double second_of) { return std::lround(second_of * motion::kFps); };
    if (frame(from) != before)
      fail("--timeline \"{}\": begins at {} s, expected {:.2f} s, where the act before it ends",
           part, from, static_cast<double>(before) / motion::kFps);
    if (!(to - from >= 0.2)) fail("--timeline \"{}\": an act of less than 0.2 s", part);
    const std::string label(
        trimmed(std::string_view(second.ptr, static_cast<size_t>(last - second.ptr))));
    const bool quoted = label.size() >= 2 && label.front() == label.back() &&
                        (label.front() == '"' || label.front() == '\'');
    if (quoted)
      acts.push_back({frame(to) - before, "", label.substr(1, label.size() - 2)});
    else
      acts.push_back({frame(to) - before, label, ""});
    before = frame(to);
  }
  if (acts.empty()) fail("--timeline: no acts, expected for example \"0-3 walk; 3-5 sit down\"");
  return acts;
}

std::vector<std::string> told_in_order(const std::string& text) {
  // Every way to say "then" becomes one mark.
  static const std::regex kThen(
      R"(\s*(?:[,;.]\s*(?:and\s+)?then\s+|\s(?:and\s+)?then\s+|;\s+|\.\s+)\s*)", std::regex::icase);
  // Somebody: an article with its noun, up to what is done; or one word.
  static const std::regex kSomebody(
      R"(^((?:a|an|the)\s+(?:\S+\s+)*?\S+|someone|somebody|he|she|they)(?=\s+\w+s\b))",
      std::regex::icase);
  std::vector<std::string> parts;
  for (std::sregex_token_iterator part(text.begin(), text.end(), kThen, -1), end; part != end;
       ++part) {
    std::string words = part->str();
    const size_t from = words.find_first_not_of(" ,;."), to = words.find_last_not_of(" ,;.");
    if (from != std::string::npos) parts.push_back(words.substr(from, to - from + 1));
  }
  PANTOMIME_CHECK(!parts.empty(), "text \"{}\": says nothing", text);
  std::smatch found;
  const std::string somebody =
      std::regex_search(parts[0], found, kSomebody) ? found[1].str() : "a person";
  for (size_t i = 1; i < parts.size(); ++i)
    if (!std::regex_search(parts[i], kSomebody)) parts[i] = somebody + " " + parts[i];
  return parts;
}

std::vector<Act> acts_of(const std::vector<std::string>& sentences, int64_t frames) {
  std::vector<Act> acts;
  const std::vector<int64_t> lengths =
      training::window_lengths(frames, (frames + static_cast<int64_t>(sentences.size()) - 1) /
                                           static_cast<int64_t>(sentences.size()));
  for (size_t i = 0; i < sentences.size(); ++i)
    acts.push_back({.frames = lengths[i], .text = sentences[i]});
  return acts;
}

void cast(const CastOptions& options, const formats::UserCharacter* own, const motion::Clip* kept,
          std::vector<Performance>& items, Context& context) {
  const auto plain_one = [&](const motion::Geometry& geometry) {
    return body::plain_character(geometry, derive_seed(options.seed, "person"));
  };
  if (own != nullptr) {
    for (Performance& item : items) {
      item.character = plain_one(motion::geometry_of(own->body().offsets));
      item.character.skeleton = own->body();  // to the last millimetre
    }
    return;
  }
  const bool kept_one = kept != nullptr && options.body == "random";
  const fs::path assets_file = formats::body_assets_path();
  const bool plain = options.body == "plain" || !fs::exists(assets_file);
  if (plain) {
    if (options.body != "plain")
      context.terminal.note(fmt::format("{} is not there (tools/setup makes it): plain bodies",
                                        assets_file.string()));
    for (Performance& item : items) {
      item.character = plain_one(options.geometry ? *options.geometry
                                 : kept           ? motion::geometry_of(kept->skeleton.offsets)
                                                  : motion::default_geometry());
      if (kept) item.character.skeleton = kept->skeleton;  // to the last millimetre
    }
    return;
  }
  const body::BodyAssets assets = formats::open_body_assets(assets_file);
  std::optional<body::BodyShape> nearest;
  if (options.geometry) {
    constexpr float kFits = 0.03f;  // metres; skin over bones that differ by more is torn
    const auto found = body::nearest_shape(body::GeometryModel(assets), *options.geometry);
    context.terminal.note(
        fmt::format("--geometry: nearest person {:.0f} mm off on average, {:.0f} "
                    "at worst",
                    1000 * found.mean_error, 1000 * found.worst_error));
    for (Performance& item : items) {
      item.character = found.worst_error < kFits
                           ? body::make_character(assets, {.shape = found.shape})
                           : plain_one(*options.geometry);
      item.character.skeleton = motion::canonical_skeleton(*options.geometry);
    }
    if (found.worst_error >= kFits)
      context.terminal.complain(fmt::format(
          "--geometry: nobody has such bones ({:.0f} mm off at worst), a plain body wears them",
          1000 * found.worst_error));
    return;
  }
  if (kept_one)
    nearest = body::nearest_shape(body::GeometryModel(assets),
                                  motion::geometry_of(kept->skeleton.offsets))
                  .shape;
  for (size_t i = 0; i < items.size(); ++i) {
    const body::PersonDescription person =
        kept_one ? body::PersonDescription{.shape = *nearest}
        : options.body == "random"
            ? body::sample_person(assets, derive_seed(options.seed, "person", i))
            : body::parse_person(options.body);
    items[i].character = body::make_character(assets, person);
  }
}

namespace {

/// A part of the whole that is sampled at once.
struct Piece {
  size_t act;
  int64_t first, frames;
};

std::vector<Piece> pieces_of(const std::vector<Act>& acts, int64_t longest, int64_t most) {
  if (acts.size() == 1 && acts[0].frames <= longest) return {{0, 0, acts[0].frames}};
  std::vector<Piece> pieces;
  int64_t first = 0;
  for (size_t a = 0; a < acts.size(); ++a)
    for (const int64_t frames : training::window_lengths(acts[a].frames, most)) {
      pieces.push_back({a, first, frames});
      first += frames;
    }
  return pieces;
}

using Sentences = std::map<std::string, std::vector<float>>;

/// One batch of performances with acts of the same lengths.
class Group {
 public:
  Group(const ActingOptions& options, const training::Prior& prior, const training::Guides& guides,
        const Sentences& sentences, const Scene& scene, std::vector<Performance>& items,
        size_t first, size_t last)
      : guides_(guides),
        sentences_(sentences),
        items_(items),
        first_(first),
        last_(last),
        lookahead_(options.stream.lookahead) {
    std::vector<motion::Skeleton> bodies;
    std::vector<uint64_t> seeds;
    for (size_t i = first; i < last; ++i) {
      bodies.push_back(items[i].character.skeleton);
      seeds.push_back(derive_seed(options.seed, "clip", i));
      if (!scene.empty()) whole_.push_back(scene.constraints(items[i].character.skeleton));
    }
    training::StreamOptions stream = options.stream;
    if (options.edit != nullptr) {
      std::vector<at::Tensor> begins;
      for (const motion::Skeleton& body : bodies)
        begins.push_back(features::encode(motion::on_body(*options.edit, body)));
      stream.begin = at::stack(begins);
    }
    stream_.emplace(prior, guides, std::move(bodies), std::move(seeds), stream);
    pieces_ = pieces_of(items[first].acts, options.stream.longest, stream_->most_frames());
  }

  size_t piece_count() const { return pieces_.size(); }

  void make(size_t p) {
    const Piece& piece = pieces_[p];
    std::vector<training::Told> told;
    for (size_t i = first_; i < last_; ++i) {
      const Act& act = items_[i].acts[piece.act];
      training::Told one;
      if (!act.label.empty()) one.label = guides_.label->index_of(act.label);
      if (!act.text.empty()) one.sentence = &sentences_.at(act.text);
      told.push_back(one);
    }
    std::vector<Constraints> wanted;
    for (size_t b = 0; b < whole_.size(); ++b) {
      // What comes next is seen coming.
      const int64_t seen = std::min(piece.frames + lookahead_, whole_[b].frames - piece.first);
      wanted.push_back(whole_[b].within(piece.first, seen, 0, seen));
      // A loop of several pieces ends with the very frames that it began with.
      if (whole_[b].loop && p > 0 && p + 1 == pieces_.size())
        conditions::keep(wanted.back(), items_[first_ + b].clip, 0, Constraints::kLoopFrames,
                         piece.frames - Constraints::kLoopFrames, conditions::parse_joints("all"),
                         false);
    }
    const auto windows = stream_->next(piece.frames, told, wanted, p + 1 < pieces_.size());
    for (size_t b = 0; b < windows.size(); ++b) {
      Performance& item = items_[first_ + b];
      motion::append(item.clip, windows[b].clip);
      item.missed.insert(item.missed.end(), windows[b].missed.begin(), windows[b].missed.end());
    }
  }

  void finish(const Scene& scene) {
    for (size_t i = first_; i < last_; ++i) {
      motion::Clip& clip = items_[i].clip;
      if (!whole_.empty() && whole_[i - first_].loop)
        clip = motion::cut(clip, 0, clip.frame_count() - Constraints::kLoopFrames);
      clip = scene.in_world(clip);
    }
  }

 private:
  training::Guides guides_;
  const Sentences& sentences_;
  std::vector<Performance>& items_;
  size_t first_, last_;
  int64_t lookahead_;
  std::vector<Constraints> whole_;
  std::optional<training::MotionStream> stream_;
  std::vector<Piece> pieces_;
};

bool same_lengths(const std::vector<Act>& a, const std::vector<Act>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Act& one, const Act& other) { return one.frames == other.frames; });
}

}  // namespace

void act(const ActingOptions& options, const training::Prior& prior, const training::Guides& guides,
         const Scene& scene, std::vector<Performance>& items, Context& context) {
  constexpr size_t kBatch = 16;
  Sentences sentences;
  std::optional<text::SentenceEncoder> encoder;
  for (Performance& item : items)
    for (const Act& act : item.acts) {
      if (act.text.empty()) continue;
      if (!sentences.contains(act.text)) {
        if (!encoder) encoder.emplace(text::SentenceEncoder::open());
        sentences[act.text] = encoder->encode(act.text).states;
      }
      item.heard[act.text] = training::heard(*guides.text, sentences[act.text]);
    }
  context.terminal.begin("generate", static_cast<int64_t>(items.size()));
  for (size_t first = 0, last = 0; first < items.size(); first = last) {
    last = first + 1;
    while (last < std::min(items.size(), first + kBatch) &&
           same_lengths(items[first].acts, items[last].acts))
      ++last;
    Group group(options, prior, guides, sentences, scene, items, first, last);
    for (size_t p = 0; p < group.piece_count(); ++p) {
      group.make(p);
      context.terminal.step(
          static_cast<int64_t>(first + (last - first) * (p + 1) / group.piece_count()));
    }
    group.finish(scene);
  }
  context.terminal.end();
}

}  // namespace pantomime::commands
