// Words that name numbers become constraints: how fast somebody goes and which way, in a circle,
// how far, how often.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pantomime/conditions/constraints.h"
#include "pantomime/motion/describe.h"

namespace pantomime::training {

/// What a sentence asks for in numbers. A network hears what kind of motion is meant; how much of
/// it a solver can hold exactly.
struct Wishes {
  /// Somebody goes somewhere in a way that isn't the usual one.
  struct Travel {
    motion::Way way = motion::Way::kForward;
    bool runs = false;
    double froude = 0;  ///< speed / sqrt(9.81 leg length), so that children are no giants
    double turn = 0;    ///< radians by which the way bends in the whole act, left positive
    double metres = 0;  ///< length of the whole way; 0: as the speed has it
  };
  std::optional<Travel> travel;
  /// Something that the height of the pelvis shows, so often.
  struct Counted {
    motion::Act act = motion::Act::kSquat;  ///< kSquat or kJump
    int times = 1;
  };
  std::optional<Counted> counted;

  bool empty() const { return !travel && !counted; }
};

/// Numbers that stand in the sentence itself, or words that can only mean one thing.
struct Said {
  int times = 0;      ///< 0: not said
  double metres = 0;  ///< 0: not said
  motion::Pace pace = motion::Pace::kNone;
  bool busy_arms = false;  ///< something else is done with the arms: who goes has to be told so
};
/// Facts and their chances (heard(), text_guide.h), and what was said.
Wishes wishes_of(const std::vector<std::pair<std::string, double>>& facts, const Said& said);

/// Where in an act a window is.
struct ActSpan {
  int64_t before = 0;  ///< frames of the act that are over
  int64_t frames = 0;  ///< of the whole act
};
/// Asks for the wishes in the first `count` frames of `to`, which belong to the act; before them
/// the body was at `now` (the world of its last frame), if there was a before.
void ask(conditions::Constraints& to, const Wishes& wishes, const motion::Skeleton& body,
         const std::optional<conditions::Placement>& now, const ActSpan& span, int64_t count);

/// Seconds that so many times take at an easy pace.
double seconds_of(const Wishes::Counted& counted);

}  // namespace pantomime::training
