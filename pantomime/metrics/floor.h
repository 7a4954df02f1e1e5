// Where the skin meets the floor: joints are inside the body, soles are what sinks and floats.
#pragma once

#include <span>
#include <vector>

#include "pantomime/body/character.h"
#include "pantomime/motion/clip.h"

namespace pantomime::metrics {

/// What SMD's measures say of one clip, by height only. Source: SMD / ShapeMove; its published code
/// takes the smallest of x, y and z, which is set right here. A frame counts when the lowest vertex
/// is more than 5 mm below (penetration) or above (floating) the floor; jumps and people who hang
/// float by right, so compare with real motion of the same actions.
struct FloorContact {
  double penetration_mm = 0;  ///< mean over frames of how deep, 0 in frames that don't count
  double floating_mm = 0;     ///< the same of how high
  double sinking_share = 0;   ///< share of frames that sink
  double floating_share = 0;  ///< share of frames that float
};

/// From the height of the lowest vertex in each frame, metres. Throws Error without a frame.
FloorContact floor_contact(std::span<const double> lowest);

/// Height of the lowest vertex of all of a character's meshes in every `step`-th frame of a
/// canonical clip: ceil(F / step) heights, metres. The meshes hang on the clip's own bones,
/// whatever bones they were made for: soles stay as thick as they are, so one character measures
/// all clips alike.
std::vector<double> lowest_vertices(const body::Character& character, const motion::Clip& clip,
                                    size_t step = 1);

}  // namespace pantomime::metrics
