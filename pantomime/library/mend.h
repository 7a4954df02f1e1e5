// Frames of a recording that no body ever did: found, and mended or left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pantomime/motion/clip.h"
#include "pantomime/motion/quality.h"

namespace pantomime::library {

struct Mended {
  motion::Clip clip;    ///< the good part
  size_t first = 0;     ///< frame of the recording at which it begins
  size_t redrawn = 0;   ///< frames in it that were interpolated
  size_t left_out = 0;  ///< frames before and after it
  /// What was mended and what was left out, and why; in frames of the recording.
  std::vector<motion::Finding> findings;
};

/// Motion capture solvers leave T-poses at the begin, joints that flip for some frames, jumps to
/// another solution, and frozen stretches where the markers were lost. They teach a model to jerk.
/// What counts is told by motion/sudden.h, which motion::check_quality() uses as well: what can't
/// be mended here is a finding there.
///
/// Frames between two runs of impossible steps, at most 0.15 s apart, are interpolated when that
/// leaves no impossible speed. Otherwise, after a first frame from which all joints turn at once,
/// and where nothing at all moves for 0.3 s or longer, the recording is cut, and the longest piece
/// is the good part. A clip without faults comes back as it is.
Mended mend(const motion::Clip& canonical);

/// Its findings in frames of the clip that import made of the good part, `clip_frames` at 30 a
/// second: what was left out lies before 0, or at and behind clip_frames.
std::vector<motion::Finding> on_clip(const Mended& recording, int64_t clip_frames);

}  // namespace pantomime::library
