// What carries the body and how its middle moves.
#pragma once

#include <cstddef>
#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::motion {

/// Centre of mass in each frame, [F] metres: the body's mass lumped at the joints (after de Leva
/// 1996; a few centimetres off). For canonical clips.
std::vector<Vec3> body_centres(const WorldPose& pose);

/// Metres between the floor y = 0 and the skin nearest to it in each frame, [F], for an average
/// adult's flesh around the joints; about 0 while anything stands, sits or lies on the floor.
std::vector<float> floor_clearance(const Clip& clip, const WorldPose& pose);

/// Metres by which the centre of mass stands outside of the feet that are on the floor, [F]: 0
/// above them, and where no foot is on it or the pelvis is as low as who sits, kneels or lies has
/// it. Walking people are out of balance with every step; who stands is not.
std::vector<float> overhang(const Clip& clip, const WorldPose& pose);

/// How a body moves under its weight, [F] each.
struct Dynamics {
  std::vector<float> acceleration;  ///< of the centre of mass, m/s², over a seventh of a second
  std::vector<float> speed;         ///< horizontally, m/s
  std::vector<char> flies;          ///< nothing touches the floor, and the body falls
};
/// Throws Error for clips that are not canonical.
Dynamics dynamics_of(const Clip& clip);

}  // namespace pantomime::motion
