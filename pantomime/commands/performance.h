// Who moves, and how: what `generate` does before it writes files.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pantomime/body/character.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/scene_options.h"
#include "pantomime/commands/sentence_words.h"
#include "pantomime/formats/user_character.h"
#include "pantomime/training/motion_stream.h"
#include "pantomime/training/wishes.h"

namespace pantomime::commands {

/// Something that is done for a time.
struct Act {
  int64_t frames = 0;
  std::string label;  ///< empty: none
  std::string text;   ///< a sentence instead of a label; empty: none
  std::string arms;   ///< a sentence for the arms, while the rest does the other; empty: none
  training::Wishes wishes = {};  ///< what words of the sentence ask for in numbers
  bool backwards = false;        ///< made forwards and played from the end to the begin
  double tempo = 1;              ///< made longer or shorter and played so much faster …
  int64_t played = 0;            ///< … in so many frames
};

/// "0-3 walk; 3-5 sit down; 5-9": acts one after another, in seconds; nothing may be left out
/// between them. Throws Error naming the place.
std::vector<Act> parse_timeline(const std::string& text);

/// "An old man walks in a circle, then sits down": the sentences "an old man walks in a circle" and
/// "an old man sits down". Split at "then" and at the ends of sentences; parts without somebody who
/// does it are done by the one of the first part. Throws Error when nothing is said.
std::vector<std::string> told_in_order(const std::string& text);

/// Acts, one a sentence, `frames` in all: each in proportion to what suits it
/// (sentence_words.h), `usual` seconds where the words don't tell.
std::vector<Act> acts_of(const std::vector<std::string>& sentences, int64_t frames,
                         double usual = 3);
/// Seconds that suit all of them, one after another.
double seconds_suiting_all(const std::vector<std::string>& sentences, double usual);

/// One clip to be made.
struct Performance {
  std::string title;      ///< what is done
  std::string name;       ///< of its files, without extension
  Looks looks;            ///< what is said about the person
  std::vector<Act> acts;  ///< of all performances equally long in all, where there is a scene
  body::Character character;
  motion::Clip clip;
  training::Missed missed;
  uint64_t seed = 0;  ///< of the motion; 0: drawn from that of all
  int tries = 1;      ///< clips that were made until one showed what its sentences say
  /// What was heard in each sentence of the acts: facts and their chances, the surest first.
  std::map<std::string, std::vector<std::pair<std::string, double>>> heard;
};

struct CastOptions {
  std::string body;  ///< "random", "plain", or a description
  uint64_t seed = 1;
  /// Bones that everybody has; the person is then the one that fits them best, or plain when none
  /// does.
  std::optional<motion::Geometry> geometry = {};
};
/// People for the performances: random ones, one described, or plain bodies when there are no
/// assets. The user's own character is played by a plain body with its bones. Who goes on from kept
/// frames is the person nearest to the one in them.
void cast(const CastOptions& options, const formats::UserCharacter* own, const motion::Clip* kept,
          std::vector<Performance>& items, Context& context);

struct ActingOptions {
  training::StreamOptions stream;
  uint64_t seed = 1;
  const motion::Clip* edit = nullptr;  ///< what is changed, as long as the acts; null: nothing
  bool numbers = true;  ///< words that name numbers become constraints (training/wishes.h)
  /// Facts that were heard are looked for in the motion (motion/describe.h); a clip that lacks some
  /// is made anew, so often at most, and the best is kept.
  int tries = 4;
};
/// Motions for all, in batches; guides that no act needs may be null. Sentences need the encoder
/// (tools/fetch_text).
void act(const ActingOptions& options, const training::Prior& prior, const training::Guides& guides,
         const Scene& scene, std::vector<Performance>& items, Context& context);

}  // namespace pantomime::commands
