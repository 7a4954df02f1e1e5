// Walls, floor and ceiling of a room, and its four walls as places to put things. Internal to this
// room of the house.
#pragma once

#include <array>

#include "pantomime/base/random.h"
#include "pantomime/scene/home.h"

namespace pantomime::scene {

/// A wall seen from inside: points of it are origin + s * along + y * up.
struct Wall {
  Vec3 origin;   ///< its left end on the floor
  Vec3 along;    ///< unit, to the right
  Vec3 inward;   ///< unit, into the room
  float length;  ///< metres
};

/// A hole or a leaf in a wall, metres: [from, to] along it, [low, high] up.
struct Opening {
  int wall = 0;
  float from = 0, to = 0, low = 0, high = 0;
};

std::array<Wall, 4> walls_of(const Home& home);

/// Puts a sky of `skies` over a home that has its shell, by a seed of its own: its windows, sun and
/// seen outside then follow that sky; how bright the room is stays about as it was. Homes without a
/// window stay as they are.
void choose_sky(Home& home, const Skies& skies, uint64_t seed);

/// Builds home.shell, its lamps and its daylight.
void build_shell(Home& home, const Opening& door, const std::vector<Opening>& windows,
                 Random& random);

}  // namespace pantomime::scene
