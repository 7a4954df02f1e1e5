#include "pantomime/commands/performance.h"

#include <regex>

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/base/text.h"
#include "pantomime/body/nearest_shape.h"
#include "pantomime/body/person.h"
#include "pantomime/body/plain_body.h"
#include "pantomime/body/rig.h"
#include "pantomime/formats/makehuman.h"
#include "pantomime/library/facts.h"
#include "pantomime/motion/append.h"
#include "pantomime/motion/augment.h"
#include "pantomime/motion/describe.h"
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

namespace {

double seconds_for(const std::string& sentence, double usual) {
  const double suiting = seconds_suiting(sentence);
  return suiting > 0 ? suiting : usual;
}

/// A person drawn by the seed, who looks like that.
body::PersonDescription person_like(const body::BodyAssets& assets, const Looks& looks,
                                    uint64_t seed, const std::string& title) {
  constexpr uint64_t kMost = 2000;
  if (looks.anybody()) return body::sample_person(assets, seed);
  for (uint64_t i = 0; i < kMost; ++i) {
    body::PersonDescription person = body::sample_person(assets, derive_seed(seed, "like", i));
    if (looks.fit(person.shape)) return person;
  }
  fail("\"{}\": nobody of {} looks like that; --body says who it is", title, kMost);
}

}  // namespace

double seconds_suiting_all(const std::vector<std::string>& sentences, double usual) {
  double all = 0;
  for (const std::string& sentence : sentences) all += seconds_for(sentence, usual);
  return all;
}

std::vector<Act> acts_of(const std::vector<std::string>& sentences, int64_t frames, double usual) {
  std::vector<Act> acts;
  const double all = seconds_suiting_all(sentences, usual);
  double over = 0;
  int64_t before = 0;
  for (const std::string& sentence : sentences) {
    over += seconds_for(sentence, usual);
    const int64_t end = std::lround(static_cast<double>(frames) * over / all);
    acts.push_back({.frames = end - before, .text = sentence});
    before = end;
  }
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
            ? person_like(assets, items[i].looks, derive_seed(options.seed, "person", i),
                          items[i].title)
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
      seeds.push_back(items[i].seed);
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
      if (!act.arms.empty()) one.arms = &sentences_.at(act.arms);
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
    ask_wishes(p, wanted);
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
  /// Adds what the acts' words ask for, from where each body is now.
  void ask_wishes(size_t p, std::vector<Constraints>& wanted) const {
    const Piece& piece = pieces_[p];
    const std::vector<Act>& all = items_[first_].acts;
    int64_t begin = 0, end = 0;  // of the piece's act
    for (size_t a = 0; a <= piece.act; ++a) {
      begin = end;
      end += all[a].frames;
    }
    for (size_t b = 0; b < last_ - first_; ++b) {
      const Performance& item = items_[first_ + b];
      const training::Wishes& wishes = item.acts[piece.act].wishes;
      if (wishes.empty()) continue;
      if (wanted.empty()) {
        const bool more = p + 1 < pieces_.size();
        const int64_t after = items_total() - piece.first - piece.frames;
        wanted.assign(last_ - first_,
                      Constraints(piece.frames + (more ? std::min(lookahead_, after) : 0)));
      }
      std::optional<conditions::Placement> now;
      if (item.clip.frame_count() > 0)
        now = conditions::world_of(item.clip, item.clip.frame_count() - 1);
      // What comes after the act is not the act's.
      training::ask(wanted[b], wishes, item.character.skeleton, now,
                    {piece.first - begin, end - begin},
                    std::min(wanted[b].frames, end - piece.first));
    }
  }
  int64_t items_total() const {
    int64_t total = 0;
    for (const Act& act : items_[first_].acts) total += act.frames;
    return total;
  }

  training::Guides guides_;
  const Sentences& sentences_;
  std::vector<Performance>& items_;
  size_t first_, last_;
  int64_t lookahead_;
  std::vector<Constraints> whole_;
  std::optional<training::MotionStream> stream_;
  std::vector<Piece> pieces_;
};

/// Acts that can be made in one batch without one changing what becomes of the other.
bool alike(const std::vector<Act>& a, const std::vector<Act>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Act& one, const Act& other) {
    return one.frames == other.frames && one.wishes.empty() == other.wishes.empty() &&
           one.arms.empty() == other.arms.empty();
  });
}

/// Facts that somebody does something with the arms and goes nowhere.
bool is_of_arms(const std::vector<std::pair<std::string, double>>& facts) {
  constexpr double kSure = 0.4;
  bool arms = false;
  for (const auto& [fact, chance] : facts) {
    if (chance < kSure) continue;
    if (fact == "walk" || fact == "run" || fact == "jump" || fact == "squat") return false;
    for (const char* act : {"wave hand", "raise arm", "hold arm", "swing arm", "punch"})
      arms = arms || fact == act;
  }
  return arms;
}

/// What the prior knows too little of, but a film of something that it knows shows as well: slow
/// steps backwards are steps forwards played from the end (motion/augment.h says up to which speed
/// nothing gives it away), and what is done quickly or slowly is done at another tempo.
void play_otherwise(Act& act, motion::Pace pace) {
  constexpr double kFast = 1.3, kSlow = 0.7;  // people vary everyday acts by about a third
  constexpr double kBackwards = 0.6;          // m/s
  auto& travel = act.wishes.travel;
  if (travel && travel->way == motion::Way::kBackward && !travel->runs) {
    static const std::regex kWord(R"(\bback(wards?)?\b)", std::regex::icase);
    act.text = std::regex_replace(act.text, kWord, "forwards");
    act.backwards = true;
    travel->way = motion::Way::kForward;
    travel->froude = std::min(travel->froude, kBackwards / 3);
  } else if (!travel && pace != motion::Pace::kNone && act.frames > 8) {
    act.tempo = pace == motion::Pace::kFast ? kFast : kSlow;
    act.played = act.frames;
    act.frames =
        static_cast<int64_t>(std::ceil(static_cast<double>(act.frames - 1) * act.tempo)) + 1;
  }
}

/// Plays what was made as its act asks.
void play(Performance& item) {
  const Act& act = item.acts[0];
  if (item.acts.size() != 1 || (!act.backwards && act.tempo == 1)) return;
  motion::Clip clip = act.backwards ? motion::reversed(item.clip) : item.clip;
  if (act.tempo != 1)
    clip = motion::cut(motion::at_speed(clip, act.tempo), 0, static_cast<size_t>(act.played));
  item.clip = conditions::placed(clip, conditions::world_of(clip).inverse());
}

/// How much more the limb of that side does it than the other's, -1 to 1, where a fact names a side
/// ("kick side left"); 0 for other facts. Of hops: who hops on one leg lifts the other.
double on_its_side(const std::string& fact, const motion::Clip& clip) {
  const bool left = fact.find(" side left") != std::string::npos;
  if (!left && fact.find(" side right") == std::string::npos) return 0;
  const bool hop = fact.starts_with("jump");
  const bool foot = hop || fact.starts_with("kick") || fact.starts_with("lift knee");
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  const auto way = [&](motion::Joint joint) {  // against the pelvis
    double sum = 0;
    motion::Vec3 before{};
    for (size_t f = 0; f < clip.frame_count(); ++f) {
      const motion::Vec3 at = pose.positions[f * motion::kJointCount + joint] -
                              pose.positions[f * motion::kJointCount + motion::kPelvis];
      if (f > 0) sum += static_cast<double>(motion::length(at - before));
      before = at;
    }
    return sum;
  };
  const double one = way(foot ? motion::kLeftAnkle : motion::kLeftWrist);
  const double other = way(foot ? motion::kRightAnkle : motion::kRightWrist);
  const double more = (one - other) / std::max(0.1, one + other);
  return left == hop ? -more : more;
}

/// Share of what was heard, and can be measured, that the motion shows; a contrary that it shows
/// instead counts against it. 1: all, or nothing could be measured.
double shown(const Performance& item) {
  constexpr double kSure = 0.8;  // less sure ones only go often with what is said
  std::set<std::string> wanted;
  for (const auto& [sentence, facts] : item.heard)
    for (const auto& [fact, chance] : facts)
      if (chance >= kSure && !fact.starts_with("label ") && !fact.starts_with("style "))
        wanted.insert(fact);
  if (wanted.empty()) return 1;
  const auto facts = library::facts_of({}, motion::describe(item.clip));
  const std::set<std::string> seen(facts.begin(), facts.end());
  double right = 0;
  for (const std::string& fact : wanted) {
    if (seen.contains(fact)) right += 1;
    const std::string contrary = library::opposite(fact);
    if (!contrary.empty() && seen.contains(contrary) && !wanted.contains(contrary)) right -= 0.5;
  }
  const double share = right / static_cast<double>(wanted.size());
  if (share >= 1) return 1;
  // Of two that lack as much, the one that leans to the right side.
  constexpr double kLean = 0.4;
  double lean = 0;
  for (const std::string& fact : wanted) lean += on_its_side(fact, item.clip);
  return std::min(0.99, share) + kLean * lean / static_cast<double>(wanted.size());
}

}  // namespace

void act(const ActingOptions& options, const training::Prior& prior, const training::Guides& guides,
         const Scene& scene, std::vector<Performance>& items, Context& context) {
  constexpr size_t kBatch = 16;
  Sentences sentences;
  std::optional<text::SentenceEncoder> encoder;
  const auto hear = [&](const std::string& sentence) {
    if (!sentences.contains(sentence)) {
      if (!encoder) encoder.emplace(text::SentenceEncoder::open());
      sentences[sentence] = encoder->encode(sentence).states;
    }
    return training::heard(*guides.text, sentences[sentence]);
  };
  for (size_t i = 0; i < items.size(); ++i) {
    Performance& item = items[i];
    if (item.seed == 0) item.seed = derive_seed(options.seed, "clip", i);
    for (Act& act : item.acts) {
      if (act.text.empty()) continue;
      const std::string said = act.text;
      auto facts = hear(act.text);
      if (const auto both = said_of_both(said); both && options.numbers) {
        const auto first = hear(both->first), second = hear(both->second);
        if (is_of_arms(first) != is_of_arms(second)) {
          act.text = is_of_arms(first) ? both->second : both->first;
          act.arms = is_of_arms(first) ? both->first : both->second;
          item.heard[act.arms] = is_of_arms(first) ? first : second;
          facts = is_of_arms(first) ? second : first;
        }
      }
      item.heard[act.text] = facts;
      if (options.numbers) {
        act.wishes = training::wishes_of(facts, {.times = times_said(said),
                                                 .metres = metres_said(said),
                                                 .pace = pace_said(said),
                                                 .busy_arms = !act.arms.empty()});
        const bool free = item.acts.size() == 1 && scene.empty() && options.edit == nullptr;
        if (free) play_otherwise(act, pace_said(said));
        if (act.backwards) hear(act.text);
      }
    }
  }
  context.terminal.begin("generate", static_cast<int64_t>(items.size()));
  for (size_t first = 0, last = 0; first < items.size(); first = last) {
    last = first + 1;
    while (last < std::min(items.size(), first + kBatch) &&
           alike(items[first].acts, items[last].acts))
      ++last;
    const auto made = [&](std::vector<Performance>& some, size_t from, size_t to) {
      Group group(options, prior, guides, sentences, scene, some, from, to);
      for (size_t p = 0; p < group.piece_count(); ++p) {
        group.make(p);
        context.terminal.step(
            static_cast<int64_t>(first + (last - first) * (p + 1) / group.piece_count()));
      }
      group.finish(scene);
      for (size_t i = from; i < to; ++i) play(some[i]);
    };
    made(items, first, last);
    std::map<size_t, double> lacking;  // items, and how much they show
    for (size_t i = first; i < last; ++i)
      if (const double share = shown(items[i]); share < 1) lacking[i] = share;
    for (int attempt = 1; attempt < options.tries && !lacking.empty(); ++attempt) {
      std::vector<Performance> again;
      for (const auto& [i, share] : lacking) {
        again.push_back(items[i]);
        again.back().clip = {};
        again.back().missed.clear();
        again.back().tries = ++items[i].tries;
        again.back().seed = derive_seed(items[i].seed, "again", static_cast<uint64_t>(attempt));
      }
      made(again, 0, again.size());
      const auto before = lacking;
      size_t k = 0;
      for (const auto& [i, share] : before) {
        Performance& other = again[k++];
        const double now = shown(other);
        if (now > share) {
          other.seed = items[i].seed;
          items[i] = std::move(other);
          lacking[i] = now;
        }
        if (lacking[i] >= 1) lacking.erase(i);
      }
    }
  }
  context.terminal.end();
}

}  // namespace pantomime::commands
