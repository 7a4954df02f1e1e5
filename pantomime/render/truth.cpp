#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"
#include "pantomime/render/pixel_rays.h"
#include "pantomime/render/renderer.h"
#include "pantomime/render/still_view.h"

namespace pantomime::render {

void check_camera(const Camera& camera) {
  PANTOMIME_CHECK(
      camera.width >= 1 && camera.height >= 1 && camera.width <= 16384 && camera.height <= 16384,
      "render: picture of {} x {}, expected 1 to 16384 each", camera.width, camera.height);
  PANTOMIME_CHECK(camera.fx > 0 && camera.fy > 0, "render: focal lengths {} and {}, expected > 0",
                  camera.fx, camera.fy);
}

void for_each_tile(const Camera& camera, int threads, const std::function<void(int, int)>& body) {
  const int across = (camera.width + kTile - 1) / kTile;
  const int down = (camera.height + kTile - 1) / kTile;
  parallel_for(static_cast<int64_t>(across) * down, threads, [&](int64_t i) {
    body(static_cast<int>(i % across) * kTile, static_cast<int>(i / across) * kTile);
  });
}

PixelBox area_of_movers(const Scene3d& scene, const Camera& camera) {
  Vec3 low, high;
  if (!scene.rays().movers_bounds(low, high)) return {};
  const PixelBox whole{0, 0, camera.width, camera.height};
  // Where a pinhole would see the box, at depth 1.
  const Quat camera_from_world = conjugate(camera.world_from_camera);
  float left = 1e9f, top = 1e9f, right = -1e9f, bottom = -1e9f;
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3 p = camera_from_world *
                   (Vec3{(corner & 1) != 0 ? high.x : low.x, (corner & 2) != 0 ? high.y : low.y,
                         (corner & 4) != 0 ? high.z : low.z} -
                    camera.position);
    if (p.z < 1e-3f) return whole;
    left = std::min(left, p.x / p.z), right = std::max(right, p.x / p.z);
    top = std::min(top, p.y / p.z), bottom = std::max(bottom, p.y / p.z);
  }
  if (!camera.is_pinhole()) {
    // The picture's corners are the farthest that is seen; what the lens does lies within what it
    // does to the nearest and to the farthest point of the rectangle.
    const float aside = std::max(camera.cx, static_cast<float>(camera.width) - camera.cx);
    const float down = std::max(camera.cy, static_cast<float>(camera.height) - camera.cy);
    const float seen = std::hypot(aside / camera.fx, down / camera.fy);
    const float farthest = seen / camera.grown(seen);
    for (float* side : {&left, &top, &right, &bottom})
      *side = std::clamp(*side, -farthest, farthest);
    const float near_x = std::clamp(0.0f, left, right), near_y = std::clamp(0.0f, top, bottom);
    const float far_x = std::max(-left, right), far_y = std::max(-top, bottom);
    const float a = near_x * near_x + near_y * near_y;
    const float b = std::min(far_x * far_x + far_y * far_y, farthest * farthest);
    const auto [k1_low, k1_high] = std::minmax({camera.k1 * a, camera.k1 * b});
    const auto [k2_low, k2_high] = std::minmax({camera.k2 * a * a, camera.k2 * b * b});
    const float least = 1 + k1_low + k2_low, most = 1 + k1_high + k2_high;
    if (least <= 0) return whole;
    left *= left < 0 ? most : least, top *= top < 0 ? most : least;
    right *= right < 0 ? least : most, bottom *= bottom < 0 ? least : most;
  }
  const auto pixel = [](float value, int end) {
    return static_cast<int>(std::clamp(value, 0.0f, static_cast<float>(end)));
  };
  return {pixel(camera.cx + camera.fx * left - 1, camera.width),
          pixel(camera.cy + camera.fy * top - 1, camera.height),
          pixel(camera.cx + camera.fx * right + 2, camera.width),
          pixel(camera.cy + camera.fy * bottom + 2, camera.height)};
}

namespace {

/// A picture of nothing.
Truth nothing(const Camera& camera) {
  Truth out;
  out.width = camera.width;
  out.height = camera.height;
  const size_t count = static_cast<size_t>(camera.width) * static_cast<size_t>(camera.height);
  out.depth.assign(count, 0);
  out.normals.assign(count, {});
  out.meshes.assign(count, -1);
  out.objects.assign(count, -1);
  out.parts.assign(count, 0);
  out.triangles.assign(count, 0);
  out.weights.assign(count, {0, 0});
  out.passed.assign(count, 0);
  return out;
}

}  // namespace

Truth render_truth(const Scene3d& scene, const Camera& camera, int threads, Meshes which,
                   const StillView* still) {
  check_camera(camera);
  Truth out = still != nullptr ? still->truth : nothing(camera);
  const PixelBox area = still != nullptr ? area_of_movers(scene, camera)
                                         : PixelBox{0, 0, camera.width, camera.height};
  const PixelRays pixel_rays(camera);
  const Vec3 forward = camera.world_from_camera * Vec3{0, 0, 1};
  auto block = [&](int x0, int y0) {
    alignas(32) HitPacket rays;
    LaneMask valid;
    std::array<Vec3, kPacket> directions;
    bool passed = false;
    RayQuery query{&scene, 0.5f, 1 / std::max(camera.fx, camera.fy), 0, true};
    query.met_see_through = &passed;
    query.which = still != nullptr ? Meshes::Moving : which;
    for (size_t i = 0; i < kPacket; ++i) {
      const int x = x0 + lane_x(i), y = y0 + lane_y(i);
      valid[i] = x < camera.width && y < camera.height ? -1 : 0;
      directions[i] =
          pixel_rays.direction(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
      pixel_rays.start(rays, i, directions[i]);
      // Only what lies before the still surface counts.
      if (valid[i] != 0 && still != nullptr && out.meshes[out.index(x, y)] >= 0)
        rays.ray.tfar[i] = out.depth[out.index(x, y)] / dot(directions[i], forward);
    }
    scene.rays().intersect(query, valid, rays);
    for (size_t i = 0; i < kPacket; ++i) {
      if (valid[i] != 0 && passed) out.passed[out.index(x0 + lane_x(i), y0 + lane_y(i))] = 1;
      const uint32_t mesh = rays.hit.geomID[i];
      if (valid[i] == 0 || mesh == RTC_INVALID_GEOMETRY_ID) continue;
      const size_t at = out.index(x0 + lane_x(i), y0 + lane_y(i));
      const Scene3d::Hit hit = pixel_rays.hit(rays, i, directions[i]);
      out.depth[at] = rays.ray.tfar[i] * dot(directions[i], forward);
      out.normals[at] = scene.smooth_normal(hit);
      out.meshes[at] = static_cast<int32_t>(mesh);
      out.objects[at] = scene.mesh(mesh).object;
      out.parts[at] = scene.part(mesh, hit.triangle, hit.u, hit.v);
      out.triangles[at] = hit.triangle;
      out.weights[at] = {hit.u, hit.v};
    }
  };
  for_each_tile(camera, threads, [&](int tile_x, int tile_y) {
    for (int y = tile_y; y < std::min(tile_y + kTile, camera.height); y += kBlockHeight)
      for (int x = tile_x; x < std::min(tile_x + kTile, camera.width); x += kBlockWidth)
        if (area.left < x + kBlockWidth && x < area.right && area.top < y + kBlockHeight &&
            y < area.bottom)
          block(x, y);
  });
  return out;
}

}  // namespace pantomime::render
