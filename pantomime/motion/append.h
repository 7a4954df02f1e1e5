// A clip after a clip.
#pragma once

#include "pantomime/motion/clip.h"

namespace pantomime::motion {

/// Adds the frames of `more`, a clip of the same skeleton whose joints don't move within their
/// parents; a clip without frames becomes it.
inline void append(Clip& clip, const Clip& more) {
  if (clip.root_positions.empty()) {
    clip = more;
    return;
  }
  clip.root_positions.insert(clip.root_positions.end(), more.root_positions.begin(),
                             more.root_positions.end());
  clip.rotations.insert(clip.rotations.end(), more.rotations.begin(), more.rotations.end());
}

}  // namespace pantomime::motion
