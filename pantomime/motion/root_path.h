// A body that goes where its feet take it.
#pragma once

#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::motion {

/// Defaults were found on samples of the prior `open`; rates per frame are for 30 frames a second.
struct RootPathOptions {
  float low = 0.025f;    ///< metres above its rest height up to which a foot point is on the floor
  float high = 0.055f;   ///< metres from which it isn't; between the two it counts in part
  float speed = 0.8f;    ///< m/s; a point that slides so fast counts 1/e: it rather swings, or is
                         ///< meant to slide
  double sharpen = 0.5;  ///< that speed falls to this share over the rounds, so that feet about to
                         ///< land or just off the floor don't pull
  double smooth = 1.0;   ///< weight of the correction's third difference
  double small = 0.05;   ///< weight of its first difference
  /// [F] or empty: frames whose place is given. Between them the root still goes as feet push it.
  std::vector<char> placed = {};
};

/// The clip with its root moved over the ground (x and z only) so that feet on the floor slide as
/// little as they can while the pose of every frame stays.
///
/// A sampler that gets the pace of the legs and the pace of the root a little differently makes
/// feet slide by a steady speed, which inverse kinematics can't take away. The correction r(f)
/// minimises sum w |r(f+1) - r(f) + p(f+1) - p(f)|^2 over foot points p, plus smoothness; the
/// weights fall with height and with the speed that is left (iteratively reweighted least squares,
/// Welsch's weights), so one standing foot outvotes a swinging one. The first frame stays in its
/// place.
///
/// Where places are given, r is zero there: what legs and root differ by is then shared out between
/// two of them, most of it to steps in which no foot stands.
///
/// Throws Error unless the clip is canonical, with its floor at y = 0.
Clip root_following_feet(const Clip& clip, const RootPathOptions& options = {});

}  // namespace pantomime::motion
