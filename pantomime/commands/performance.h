// Who moves, and how: what `generate` does before it writes files.
#pragma once

#include <optional>
#include <string>
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

/// One clip to be made.
struct Performance {
  std::string title;      ///< what is done
  std::string name;       ///< of its files, without extension
  std::vector<Act> acts;  ///< all performances of a batch have acts of the same lengths
  body::Character character;
  motion::Clip clip;
  training::Missed missed;
};

struct CastOptions {
  std::string body;  ///< "random", "plain", or a description
  uint64_t seed = 1;
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
