// Packets of camera rays: eight pixels in a block of 4 x 2. Internal to this room.
#pragma once

#include <array>
#include <functional>
#include <limits>

#include "pantomime/render/camera.h"
#include "pantomime/render/rays.h"
#include "pantomime/render/scene3d.h"

namespace pantomime::render {

inline constexpr int kBlockWidth = 4, kBlockHeight = 2;
static_assert(kBlockWidth * kBlockHeight == kPacket);

/// Pixels of lane i of a block.
inline int lane_x(size_t i) {
  return static_cast<int>(i) % kBlockWidth;
}
inline int lane_y(size_t i) {
  return static_cast<int>(i) / kBlockWidth;
}

/// Directions of a camera's rays, cheaply.
class PixelRays {
 public:
  explicit PixelRays(const Camera& camera)
      : camera_(camera),
        pinhole_(camera.is_pinhole()),
        position_(camera.position),
        corner_(camera.world_from_camera * Vec3{-camera.cx / camera.fx, -camera.cy / camera.fy, 1}),
        across_(camera.world_from_camera * Vec3{1 / camera.fx, 0, 0}),
        down_(camera.world_from_camera * Vec3{0, 1 / camera.fy, 0}) {}

  Vec3 position() const { return position_; }
  /// Unit direction through a point of the picture.
  Vec3 direction(float u, float v) const {
    return normalized(pinhole_ ? corner_ + u * across_ + v * down_ : camera_.ray(u, v));
  }
  /// Starts a ray in one lane of a packet.
  void start(HitPacket& rays, size_t lane, Vec3 direction) const {
    rays.ray.org_x[lane] = position_.x;
    rays.ray.org_y[lane] = position_.y;
    rays.ray.org_z[lane] = position_.z;
    rays.ray.dir_x[lane] = direction.x;
    rays.ray.dir_y[lane] = direction.y;
    rays.ray.dir_z[lane] = direction.z;
    rays.ray.time[lane] = 0;
    rays.ray.mask[lane] = ~0u;
    rays.ray.id[lane] = 0;
    rays.ray.flags[lane] = 0;
    restart(rays, lane, 1e-3f);
  }
  /// What the ray of a lane met, at a distance along its unit direction.
  Scene3d::Hit hit(const HitPacket& rays, size_t lane, Vec3 direction) const {
    return {rays.hit.geomID[lane],
            rays.hit.primID[lane],
            rays.hit.u[lane],
            rays.hit.v[lane],
            position_ + rays.ray.tfar[lane] * direction,
            direction,
            {rays.hit.Ng_x[lane], rays.hit.Ng_y[lane], rays.hit.Ng_z[lane]}};
  }
  /// Lets the ray of a lane go on from a distance.
  static void restart(HitPacket& rays, size_t lane, float from) {
    rays.ray.tnear[lane] = from;
    rays.ray.tfar[lane] = std::numeric_limits<float>::infinity();
    rays.hit.geomID[lane] = RTC_INVALID_GEOMETRY_ID;
    rays.hit.instID[0][lane] = RTC_INVALID_GEOMETRY_ID;
  }

 private:
  Camera camera_;
  bool pinhole_;
  Vec3 position_, corner_, across_, down_;
};

/// Where what moves in a scene can be seen.
PixelBox area_of_movers(const Scene3d& scene, const Camera& camera);

inline constexpr int kTile = 16;  ///< pixels a side of what one thread renders at a time

/// Throws Error for a camera without pixels or focal length.
void check_camera(const Camera& camera);
/// Calls body(x, y) with the top left pixel of every tile, on several threads.
void for_each_tile(const Camera& camera, int threads, const std::function<void(int, int)>& body);

}  // namespace pantomime::render
