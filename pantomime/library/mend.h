// Frames of a recording that no body ever did: found, and mended or left out.
#pragma once

#include <cstddef>

#include "pantomime/motion/clip.h"

namespace pantomime::library {

struct Mended {
  motion::Clip clip;    ///< the good part
  size_t first = 0;     ///< frame of the recording at which it begins
  size_t redrawn = 0;   ///< frames in it that were interpolated
  size_t left_out = 0;  ///< frames before and after it
};

/// Motion capture solvers leave T-poses at the begin, joints that flip for some frames, jumps to
/// another solution, and frozen stretches where the markers were lost. They teach a model to jerk.
///
/// An impossible step is a run of at most three steps between frames in which some joint is faster
/// than 10 m/s while the steps before and after are less than half as fast: a fast kick speeds up
/// over several frames, a flip does not. Frames between two such steps, at most 0.15 s apart, are
/// interpolated when that leaves no impossible speed. Otherwise, after a first frame from which all
/// joints turn at once, and where nothing at all moves for
/// 0.3 s or longer, the recording is cut, and the longest piece is the good part. A clip without
/// faults comes back as it is.
Mended mend(const motion::Clip& canonical);

}  // namespace pantomime::library
