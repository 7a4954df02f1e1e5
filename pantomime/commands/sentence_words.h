// Words of a sentence that are counted or seen and not danced: how often, how far, what is done at
// the same time, and what somebody looks like.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "pantomime/body/shape.h"
#include "pantomime/motion/describe.h"

namespace pantomime::commands {

/// "… three times", "twice", "once": how often; 0 when nothing is said.
int times_said(const std::string& sentence);
/// "walks three metres", "takes four steps" (0.7 m each): metres; 0 when nothing is said.
double metres_said(const std::string& sentence);
/// "quickly", "slowly" and the like; none when nothing is said.
motion::Pace pace_said(const std::string& sentence);
/// The sentence as it is when something is done a single time: "twice" and the like become "once".
std::string said_once(const std::string& sentence);

/// "A person walks while waving": "A person walks" and "A person is waving". Nothing when only one
/// thing is done.
std::optional<std::pair<std::string, std::string>> said_of_both(const std::string& sentence);

/// Seconds that suit what is done: counts and distances take their time, a circle takes more than a
/// step; 0 when the words don't tell.
double seconds_suiting(const std::string& sentence);

/// What words about a person leave open; axes of body/shape.h.
struct Looks {
  std::optional<double> sex;  ///< 0 female, 1 male
  double youngest = 0, oldest = 200;
  double shortest = 0, tallest = 1;  ///< height axis
  double lightest = 0, heaviest = 1;
  double weakest = 0, strongest = 1;

  bool anybody() const;  ///< true when nothing is said
  bool fit(const body::BodyShape& shape) const;
};
/// Of the one who does it: "an old man walks past a child" is about an old man.
Looks looks_of(const std::string& sentence);

}  // namespace pantomime::commands
