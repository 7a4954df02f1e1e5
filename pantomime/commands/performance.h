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
#include "pantomime/formats/user_character.h"
#include "pantomime/training/motion_stream.h"

namespace pantomime::commands {

/// Something that is done for a time.
struct Act {
  int64_t frames = 0;
  std::string label;  ///< empty: none
  std::string text;   ///< a sentence instead of a label; empty: none
};

/// "0-3 walk; 3-5 sit down; 5-9": acts one after another, in seconds; nothing may be left out
/// between them. Throws Error naming the place.
std::vector<Act> parse_timeline(const std::string& text);

/// "An old man walks in a circle, then sits down": the sentences "an old man walks in a circle" and
/// "an old man sits down". Split at "then" and at the ends of sentences; parts without somebody who
/// does it are done by the one of the first part. Throws Error when nothing is said.
std::vector<std::string> told_in_order(const std::string& text);

/// Acts of about the same length, `frames` in all, one a sentence.
std::vector<Act> acts_of(const std::vector<std::string>& sentences, int64_t frames);

/// One clip to be made.
struct Performance {
  std::string title;      ///< what is done
  std::string name;       ///< of its files, without extension
  std::vector<Act> acts;  ///< of all performances equally long in all
  body::Character character;
  motion::Clip clip;
  training::Missed missed;
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
};
/// Motions for all, in batches; guides that no act needs may be null. Sentences need the encoder
/// (tools/fetch_text).
void act(const ActingOptions& options, const training::Prior& prior, const training::Guides& guides,
         const Scene& scene, std::vector<Performance>& items, Context& context);

}  // namespace pantomime::commands
