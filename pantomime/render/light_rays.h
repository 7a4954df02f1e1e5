// Rays from surfaces to lights, sorted before they are traced. Internal to this room.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "pantomime/render/colour_pass.h"

namespace pantomime::render {

/// Rays of many points, of which those that go about the same way are traced one after another:
/// they need the same parts of the tree, which then are still near (3 % of a picture of 4 samples).
/// What needs no ray leaves no lane of a packet empty.
class LightRays {
 public:
  static constexpr size_t kBuckets = 4 * Scene3d::kMostLamps;

  /// At most one ray a point. `bucket`: below kBuckets, the same for rays that go about one way.
  void add(size_t point, size_t bucket, Vec3 from, Vec3 direction, float reach) {
    rays_[count_++] = {{from.x, from.y, from.z},
                       {direction.x, direction.y, direction.z},
                       reach,
                       static_cast<uint16_t>(point),
                       static_cast<uint16_t>(bucket)};
    ++starts_[bucket + 1];
  }

  /// Calls met(point, blocked) for each ray. `movers`: blocked by something moving alone, nothing
  /// else would have stopped it.
  template <class Met>
  void trace(const RayScene& scene, const RayQuery& query, bool movers, const Met& met) {
    std::array<uint16_t, Waiting::kMost> order;
    for (size_t bucket = 0; bucket < kBuckets; ++bucket) starts_[bucket + 1] += starts_[bucket];
    for (size_t i = 0; i < count_; ++i)
      order[starts_[rays_[i].bucket]++] = static_cast<uint16_t>(i);
    for (size_t first = 0; first < count_; first += kPacket) {
      const size_t lanes = std::min<size_t>(kPacket, count_ - first);
      alignas(32) RayPacket packet;
      LaneMask valid{};
      for (size_t i = 0; i < lanes; ++i) {
        put(rays_[order[first + i]], packet, i);
        valid[i] = -1;
      }
      const std::array<bool, kPacket> blocked = find_blocked(scene, query, movers, valid, packet);
      for (size_t i = 0; i < lanes; ++i) met(rays_[order[first + i]].point, blocked[i]);
    }
  }

 private:
  struct Ray {
    std::array<float, 3> from, direction;  // not Vec3, which is cleared when it is made
    float reach;
    uint16_t point, bucket;
  };
  static void put(const Ray& ray, RayPacket& packet, size_t lane);
  static std::array<bool, kPacket> find_blocked(const RayScene& scene, const RayQuery& query,
                                                bool movers, const LaneMask& valid,
                                                RayPacket& packet);

  size_t count_ = 0;
  std::array<uint16_t, kBuckets + 1> starts_{};
  std::array<Ray, Waiting::kMost> rays_;
};

/// A bucket for rays in any direction: the half and the side of a cube that it points to.
inline size_t bucket_of(Vec3 d) {
  const float x = std::abs(d.x), y = std::abs(d.y), z = std::abs(d.z);
  const size_t axis = x >= y && x >= z ? 0 : y >= z ? 1 : 2;
  return 8 * axis + (d.x < 0 ? 1 : 0) + (d.y < 0 ? 2 : 0) + (d.z < 0 ? 4 : 0);
}

}  // namespace pantomime::render
