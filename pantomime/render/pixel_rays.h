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

/// Directions of a camera's rays, cheaply: what a lens does is looked up in a table.
class PixelRays {
 public:
  explicit PixelRays(const Camera& camera);

  Vec3 position() const { return position_; }
  /// Unit direction through a point of the picture.
  Vec3 direction(float u, float v) const {
    const Vec3 aside = corner_ + u * across_ + v * down_;
    if (pinhole_) return normalized(forward_ + aside);
    const float x = (u - camera_.cx) * inverse_fx_, y = (v - camera_.cy) * inverse_fy_;
    const float at = (x * x + y * y) * steps_;
    if (!(at < static_cast<float>(kSteps))) return normalized(camera_.ray(u, v));
    const auto step = static_cast<size_t>(at);
    const float part = at - static_cast<float>(step);
    const float shrunk = shrunk_[step] + part * (shrunk_[step + 1] - shrunk_[step]);
    return normalized(forward_ + shrunk * aside);
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
  static constexpr size_t kSteps = 1024;
  Camera camera_;
  bool pinhole_;
  float inverse_fx_, inverse_fy_;
  Vec3 position_, forward_;
  Vec3 corner_, across_, down_;  // away from the optical axis: of pixel (0, 0) and of a step
  /// How much nearer to the axis a ray runs than it is seen, at even steps of the square of what is
  /// seen: nearly a straight line, so that what lies between is right to the last bits of a float.
  std::array<float, kSteps + 1> shrunk_{};
  float steps_ = 0;  // for each unit of that square
};

/// Where what moves in a scene can be seen.
PixelBox area_of_movers(const Scene3d& scene, const Camera& camera);

inline constexpr int kTile = 16;  ///< pixels a side of what one thread renders at a time

/// Throws Error for a camera without pixels or focal length.
void check_camera(const Camera& camera);
/// Calls body(x, y) with the top left pixel of every tile, on several threads.
void for_each_tile(const Camera& camera, int threads, const std::function<void(int, int)>& body);

}  // namespace pantomime::render
