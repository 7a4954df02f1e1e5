// One furnished room of a home: what stands where, where one can sit and lie, and its light.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pantomime/scene/furnishings.h"
#include "pantomime/scene/sky.h"

namespace pantomime::scene {

enum class RoomKind : uint8_t { LivingRoom, Bedroom, Kitchen, Bathroom, Corridor };
inline constexpr std::array<const char*, 5> kRoomKinds = {"living room", "bedroom", "kitchen",
                                                          "bathroom", "corridor"};
/// Throws Error that lists what there is.
RoomKind parse_room_kind(const std::string& name);

/// An upright box on the floor plan that nobody walks through.
struct Footprint {
  float low_x = 0, low_z = 0, high_x = 0, high_z = 0;  ///< metres, world
  float height = 0;                                    ///< of its top

  bool overlaps(const Footprint& other, float gap = 0) const {
    return low_x < other.high_x + gap && other.low_x < high_x + gap && low_z < other.high_z + gap &&
           other.low_z < high_z + gap;
  }
  /// Distance of a point of the floor to the box, 0 inside, metres.
  float distance(float x, float z) const;
};

/// A model somewhere.
struct Placed {
  std::shared_ptr<const Model> model;
  Vec3 position;   ///< metres, of the model's origin
  float turn = 0;  ///< radians about +Y; 0: front to +Z
  int object = 0;  ///< its id in the truth layers

  Vec3 to_world(Vec3 v) const;
  /// Bounds of the turned model on the floor plan.
  Footprint footprint() const;
};

/// Light of a lamp or of the sky through a window: a rectangle that shines to one side.
struct Lamp {
  Vec3 corner, a, b;  ///< metres; it shines to the side of cross(a, b)
  Vec3 colour;        ///< linear: what a white surface that it fills the sky of sends back
  /// A window: where there is a sky, its light comes through by direction and `colour` is its mean.
  bool window = false;
};

/// A rectangle in space.
struct Opening3d {
  Vec3 corner, a, b;  ///< metres; a and b at right angles
};

/// The sun and what is seen and sent by everything else.
struct Daylight {
  bool day = true;
  Vec3 towards_sun{0.4f, 0.6f, 0.7f};
  Vec3 sun{0, 0, 0};                ///< linear
  Vec3 fill{0.2f, 0.2f, 0.2f};      ///< linear: light that the room itself throws about
  Vec3 outside{0.7f, 0.8f, 0.95f};  ///< linear: seen through the window where there is no sky
  SkyView sky;                      ///< what stands outside, measured by a photograph; or none
  std::vector<Opening3d> windows;   ///< the only ways for the sun to come in
};

/// Where somebody can sit or lie.
struct Rest {
  size_t thing = 0;  ///< index into Home::things
  Vec3 position;     ///< metres: middle of the surface; y is its height
  float facing = 0;  ///< radians about +Y: where a sitting person looks, a lying one's feet point
  float front = 0;   ///< metres from `position` along `facing` to the edge of the surface
};

struct HomeOptions {
  RoomKind kind = RoomKind::LivingRoom;
  std::optional<bool> day;   ///< absent: by the seed
  float free_radius = 0.8f;  ///< metres: at least so large a disc of the floor stays free
};

/// A room with its floor at y = 0, its middle at the origin, walls along x and z.
struct Home {
  RoomKind kind = RoomKind::LivingRoom;
  uint64_t seed = 0;
  float width = 4, depth = 5, height = 2.5f;  ///< metres along x, z, y
  Model shell;                                ///< walls, floor, ceiling, door, window, skirting
  std::vector<Placed> things;                 ///< object ids 1, 2, …; the shell is 0
  std::vector<Lamp> lamps;
  Daylight daylight;
  std::vector<Rest> seats, beds;

  std::vector<Footprint> footprints() const;
  /// Free space around a point of the floor: distance to walls and to everything that is lower than
  /// 2 m and higher than `low` (metres). Negative outside the room.
  float clearance(float x, float z, float low = 0.1f) const;
  /// Credits of everything in it and of its sky, each once.
  std::vector<body::Credit> credits() const;
};

/// A room from a seed; the same for the same seed and furnishings. Nothing overlaps, the door opens
/// freely, and a disc of `free_radius` is left on the floor (smaller in corridors and bathrooms).
Home make_home(const Furnishings& furnishings, const HomeOptions& options, uint64_t seed);

}  // namespace pantomime::scene
