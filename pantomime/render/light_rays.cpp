#include "pantomime/render/light_rays.h"

namespace pantomime::render {

void LightRays::put(const Ray& ray, RayPacket& packet, size_t lane) {
  packet.org_x[lane] = ray.from[0], packet.org_y[lane] = ray.from[1];
  packet.org_z[lane] = ray.from[2];
  packet.dir_x[lane] = ray.direction[0], packet.dir_y[lane] = ray.direction[1];
  packet.dir_z[lane] = ray.direction[2];
  packet.tnear[lane] = 0;
  packet.tfar[lane] = ray.reach;
  packet.time[lane] = 0;
  packet.mask[lane] = ~0u;
  packet.id[lane] = 0;
  packet.flags[lane] = 0;
}

std::array<bool, kPacket> LightRays::find_blocked(const RayScene& scene, const RayQuery& query,
                                                  bool movers, const LaneMask& valid,
                                                  RayPacket& packet) {
  std::array<bool, kPacket> blocked;
  if (!movers) {
    scene.occluded(query, valid, packet, blocked);
    return blocked;
  }
  RayPacket again = packet;
  RayQuery part = query;
  part.which = Meshes::Moving;
  scene.occluded(part, valid, packet, blocked);
  LaneMask stopped{};
  for (size_t i = 0; i < kPacket; ++i) stopped[i] = blocked[i] ? -1 : 0;
  if (std::ranges::find(blocked, true) == blocked.end()) return blocked;
  part.which = Meshes::Still;
  std::array<bool, kPacket> anyway;
  scene.occluded(part, stopped, again, anyway);
  for (size_t i = 0; i < kPacket; ++i) blocked[i] = blocked[i] && !anyway[i];
  return blocked;
}

}  // namespace pantomime::render
