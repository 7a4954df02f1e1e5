// A world within another: where clips, goals and constraints are.
#pragma once

#include <cstddef>

#include "pantomime/motion/clip.h"

namespace pantomime::conditions {

/// p -> turn (ratio p) + shift. Turned about +Y, lengths `ratio` times as long.
struct Placement {
  double ratio = 1;
  double turn = 0;       ///< radians
  motion::Vec3 shift{};  ///< metres

  motion::Vec3 operator()(motion::Vec3 p) const;
  /// The way back.
  Placement inverse() const;
};

/// From the world in which a frame of a clip stands over the origin and faces +Z to the clip's own.
Placement world_of(const motion::Clip& clip, size_t frame = 0);
/// A clip in the other world. Throws Error unless ratio is 1: bones don't grow.
motion::Clip placed(const motion::Clip& clip, const Placement& placement);

}  // namespace pantomime::conditions
