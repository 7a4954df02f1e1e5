#include "pantomime/scene/home.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::scene {

RoomKind parse_room_kind(const std::string& name) {
  std::string all;
  for (size_t i = 0; i < kRoomKinds.size(); ++i) {
    if (name == kRoomKinds[i]) return static_cast<RoomKind>(i);
    all += (i == 0 ? "" : ", ") + std::string(kRoomKinds[i]);
  }
  fail("room \"{}\": expected one of {}", name, all);
}

float Footprint::distance(float x, float z) const {
  const float dx = std::max({low_x - x, x - high_x, 0.0f});
  const float dz = std::max({low_z - z, z - high_z, 0.0f});
  return std::hypot(dx, dz);
}

Vec3 Placed::to_world(Vec3 v) const {
  const float c = std::cos(turn), s = std::sin(turn);
  return {position.x + c * v.x + s * v.z, position.y + v.y, position.z - s * v.x + c * v.z};
}

Footprint Placed::footprint() const {
  const float c = std::abs(std::cos(turn)), s = std::abs(std::sin(turn));
  const float half_x = (c * model->size.x + s * model->size.z) / 2;
  const float half_z = (s * model->size.x + c * model->size.z) / 2;
  return {position.x - half_x, position.z - half_z, position.x + half_x, position.z + half_z,
          position.y + model->size.y};
}

std::vector<Footprint> Home::footprints() const {
  std::vector<Footprint> out;
  for (const Placed& thing : things) out.push_back(thing.footprint());
  return out;
}

float Home::clearance(float x, float z, float low) const {
  float free = std::min({x + width / 2, width / 2 - x, z + depth / 2, depth / 2 - z});
  for (const Placed& thing : things) {
    const Footprint box = thing.footprint();
    if (thing.position.y < 2 && box.height > low) free = std::min(free, box.distance(x, z));
  }
  return free;
}

std::vector<body::Credit> Home::credits() const {
  std::vector<body::Credit> out;
  if (daylight.sky.sky) out.push_back(daylight.sky.sky->credit());
  for (const Placed& thing : things) {
    const body::Credit& its = thing.model->credit;
    const bool known = std::any_of(out.begin(), out.end(), [&](const body::Credit& c) {
      return c.item == its.item && c.author == its.author && c.source == its.source;
    });
    if (!known) out.push_back(its);
  }
  return out;
}

}  // namespace pantomime::scene
