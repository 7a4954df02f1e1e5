// Facts of a stretch of motion: short names of what is done in it and how, the half-way house
// between sentences and motion. "walk", "walk way forward", "kick side left", "turn right half" …
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pantomime/library/library.h"
#include "pantomime/motion/describe.h"

namespace pantomime::library {

/// What is true of a clip, sorted, each once. From its segments: "label walk", "label walk: sneak"
/// (label: detail). From its style: "style old". Measured: acts ("wave hand") and, as far as they
/// are known, their side, way, pace, reach and number ("wave hand side left", "squat times 2");
/// turns and bends of a way ("turn left half", "walk curve right", "walk circle left"); postures
/// held ("posture sitting"); the hand that does more ("busy hand left", and beside a label "label
/// throw hand right").
std::vector<std::string> facts_of(const ClipInfo& info, const motion::Description& description);

/// The fact that says the contrary with one word: left for right, slow for fast, forward for
/// backward, once for several times and several for once; empty when there is none.
std::string opposite(std::string_view fact);

}  // namespace pantomime::library
