// A motion as a row of stick figures: what a person looks at to judge a clip.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pantomime/base/image.h"
#include "pantomime/motion/clip.h"

namespace pantomime::render {

enum class StripView {
  kThreeQuarter,  ///< from the front, turned so that the person's left side is nearer
  kFront,
  kSide,  ///< from the person's left
};

/// Frames [first, last) to point at: their figures stand on red, with a ring around the joint.
struct StripMark {
  int64_t first = 0, last = 0;
  int joint = -1;  ///< -1: no ring
};

struct StripOptions {
  std::string label;      ///< caption over the strip, lines separated by '\n'; empty: none
  int figures = 8;        ///< stick figures, at equal time steps from the first to the last frame
  int cell_width = 96;    ///< pixels
  int cell_height = 150;  ///< pixels
  StripView view = StripView::kThreeQuarter;
  bool map = true;  ///< the way of the root seen from above, before the first figure
  std::vector<StripMark> marks;
  double begin_seconds = 0;  ///< what the first frame's time reads
};

/// Stick figures at equal time steps, one scale for all, on the floor line y = 0. Left limbs are
/// kLeftSide, right limbs kRightSide; a bar under the floor marks a foot that stands. Each figure
/// is centred on its root; the small map shows where the root went (start: ring, facing: tick). The
/// view turns with the heading of the first frame only. Works for any skeleton; sides are told by
/// "left" and "right" in joint names. Throws Error for a clip without frames.
Image skeleton_strip(const motion::Clip& clip, const StripOptions& options = {});

struct LabelledClip {
  std::string label;
  motion::Clip clip;
};

/// Many strips in one picture, `columns` side by side, under an optional title.
Image skeleton_sheet(const std::vector<LabelledClip>& clips, const StripOptions& options = {},
                     const std::string& title = {}, int columns = 1);

}  // namespace pantomime::render
