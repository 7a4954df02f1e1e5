// Motions that cheat: what an evaluation that can be gamed would let pass. Made from real motion,
// they show which number catches which trick (tests/metrics/cheats_test.cpp; `pantomime evaluate`).
#pragma once

#include <array>

#include "pantomime/metrics/report.h"

namespace pantomime::metrics {

enum class Cheat {
  FrozenPose,  ///< one real pose held for the whole clip
  Copy,        ///< the training clips themselves
  Mean,        ///< the mean of all clips of the label, frame by frame, for every clip
  Teleport,    ///< the person jumps 1 m forward from one frame to the next, in the middle
  LimbSwap     ///< left limbs do what right limbs should, and the other way round
};
inline constexpr std::array<Cheat, 5> kCheats = {Cheat::FrozenPose, Cheat::Copy, Cheat::Mean,
                                                 Cheat::Teleport, Cheat::LimbSwap};
const char* name_of(Cheat cheat);  ///< "cheat: frozen pose" …

/// As many clips as `real` has, with its labels. Mean: clips of a label are cut to its shortest.
MotionSet cheated(Cheat cheat, const MotionSet& real);

}  // namespace pantomime::metrics
