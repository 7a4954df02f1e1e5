// A motion made for one body, put on another of nearly the same build.
#pragma once

#include "pantomime/motion/clip.h"

namespace pantomime::motion {

/// Length of a straight leg, hip to sole, metres.
float leg_length(const Skeleton& canonical);

/// The clip on the bones of `body` (canonical): joint rotations stay, the root's path and height
/// are scaled by the ratio of leg lengths, so that strides and heights suit the legs. Feet may
/// still slide or float by what the builds differ: follow with on_floor() and lock_feet().
Clip fit_to_body(const Clip& clip, const Skeleton& body);

}  // namespace pantomime::motion
