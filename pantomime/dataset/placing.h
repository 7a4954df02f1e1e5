// Where in a room a motion fits.
#pragma once

#include <optional>
#include <vector>

#include "pantomime/base/random.h"
#include "pantomime/motion/clip.h"
#include "pantomime/scene/home.h"

namespace pantomime::dataset {

using motion::Vec3;

/// A turn about +Y, then a shift on the floor.
struct FloorPlace {
  float turn = 0;  ///< radians
  float x = 0, z = 0;
  Vec3 apply(Vec3 p) const;
  motion::Clip apply(const motion::Clip& clip) const;
};

/// Points of a body over a clip that must not be inside anything: joints, finger tips, crown.
std::vector<Vec3> body_points(const motion::Clip& clip);

/// Metres from the bone of a shin to the back of the leg.
inline constexpr float kShin = 0.07f;

/// How far, metres along +Z, somebody who sits at the origin has to move so that what hangs lower
/// than the seat hangs before it: knees to toes, over all frames. `height` of the seat, `front` its
/// edge's z, `width` of it about x = 0, metres. 0 when nothing is in the seat.
float legs_out_of_seat(const motion::Clip& clip, float height, float front, float width);

/// How much air is left around points: distance to walls, to everything that stands at their height
/// (except things[but]) and to the other points, metres; negative when one is outside the room.
class FreeSpace {
 public:
  explicit FreeSpace(const scene::Home& home) : home_(home) {}
  /// People who are there already.
  void add_person(const std::vector<Vec3>& points);
  float margin(const std::vector<Vec3>& points, const FloorPlace& place, float enough,
               size_t but = SIZE_MAX) const;

 private:
  const scene::Home& home_;
  std::vector<Vec3> others_;
};

/// A place with at least `margin` metres of air around every point, from `tries` random ones.
std::optional<FloorPlace> find_place(const scene::Home& home, const FreeSpace& space,
                                     const std::vector<Vec3>& points, float margin, Random& random,
                                     int tries = 400);

}  // namespace pantomime::dataset
