#include "pantomime/render/renderer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"

namespace pantomime::render {
namespace {

constexpr int kTile = 16;        // pixels; a multiple of the packet's 4 x 2
constexpr int kMaxLayers = 24;   // see-through surfaces along one ray
constexpr float kClear = 0.03f;  // less coverage than this is not worth a layer
constexpr float kSkin = 5e-4f;   // metres that secondary rays start off the surface
constexpr float kPi = std::numbers::pi_v<float>;

/// Random numbers by counting: a hash of (seed, pixel, sample, use). Source: Jarzynski & Olano
/// 2020, "Hash Functions for GPU Rendering", pcg3d.
struct PixelNoise {
  uint32_t seed;
  std::array<float, 3> operator()(uint32_t x, uint32_t y, uint32_t use) const {
    uint32_t a = x * 1664525u + 1013904223u, b = y * 1664525u + 1013904223u,
             c = (use ^ seed) * 1664525u + 1013904223u;
    a += b * c, b += c * a, c += a * b;
    a ^= a >> 16, b ^= b >> 16, c ^= c >> 16;
    a += b * c, b += c * a, c += a * b;
    auto unit = [](uint32_t v) { return static_cast<float>(v >> 8) * 0x1p-24f; };
    return {unit(a), unit(b), unit(c)};
  }
};

float fraction(float x) {
  return x - std::floor(x);
}

/// Point `index` of Roberts' R2 sequence, shifted: even cover of the unit square by any number of
/// points.
std::array<float, 2> spread_point(int index, float shift_x, float shift_y) {
  const auto i = static_cast<float>(index);
  return {fraction(shift_x + i * 0.7548776662f), fraction(shift_y + i * 0.5698402910f)};
}

/// Two unit vectors that make a right-handed frame with a unit normal. Source: Duff et al. 2017,
/// "Building an Orthonormal Basis, Revisited".
void frame_about(Vec3 n, Vec3& a, Vec3& b) {
  const float sign = std::copysign(1.0f, n.z);
  const float c = -1 / (sign + n.z), d = n.x * n.y * c;
  a = {1 + sign * n.x * n.x * c, sign * d, -sign * n.x};
  b = {d, sign + n.y * n.y * c, -n.y};
}

struct ShadePoint {
  Scene3d::Surface surface;
  Vec3 direction;   // of the ray that came here
  Vec3 background;  // seen in this direction when there is haze
  float weight;     // part of the pixel's light
  float haze;       // 0 … 1
  int pixel;        // in the tile
  int sample;
  uint32_t x, y;  // in the picture
};

struct Tile {
  std::vector<ShadePoint> points;
  std::vector<Vec3> light;  // per pixel of the tile
};

Vec3 times(Vec3 a, Vec3 b) {
  return {a.x * b.x, a.y * b.y, a.z * b.z};
}

class ColourPass {
 public:
  ColourPass(const Scene3d& scene, const Camera& camera, const RenderOptions& options)
      : scene_(scene),
        camera_(camera),
        options_(options),
        noise_{static_cast<uint32_t>(options.seed ^ (options.seed >> 32))} {
    towards_light_ = normalized(scene.key.towards, {0, 1, 0});
    frame_about(towards_light_, light_a_, light_b_);
    const float pixel_angle = 1 / std::max(camera.fx, camera.fy);
    primary_ = {&scene, kClear, pixel_angle, 0, true};
    shadow_ = {&scene, 0.5f, 0, 0.004f, true};
    occlusion_ = {&scene, 0.5f, 0, 0.008f, false};
  }

  void render_tile(int tile_x, int tile_y, Image& out) const {
    Tile tile;
    const int width = std::min(kTile, camera_.width - tile_x);
    const int height = std::min(kTile, camera_.height - tile_y);
    tile.light.assign(static_cast<size_t>(kTile * kTile), {});
    for (int s = 0; s < options_.samples; ++s)
      for (int y = 0; y < height; y += 2)
        for (int x = 0; x < width; x += 4) trace_packet(tile_x, tile_y, x, y, s, tile);
    shade(tile);
    const float scale = options_.exposure / static_cast<float>(options_.samples);
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const Vec3 light = scale * tile.light[static_cast<size_t>(y * kTile + x)];
        uint8_t* p = out.at(tile_x + x, tile_y + y);
        p[0] = srgb_from_linear(tone_mapped(light.x));
        p[1] = srgb_from_linear(tone_mapped(light.y));
        p[2] = srgb_from_linear(tone_mapped(light.z));
      }
  }

 private:
  Vec3 background(Vec3 unit_direction) const {
    const float up = std::clamp(unit_direction.y, 0.0f, 1.0f);
    return lerp(scene_.surroundings.horizon, scene_.surroundings.zenith, std::sqrt(up));
  }

  /// One sample of 4 x 2 pixels: collects the surfaces that each ray meets, front to back.
  void trace_packet(int tile_x, int tile_y, int x0, int y0, int sample, Tile& tile) const {
    alignas(32) HitPacket rays;
    LaneMask valid;
    std::array<Vec3, kPacket> directions;
    std::array<float, kPacket> left;  // light not yet stopped by nearer surfaces
    const Vec3 origin = camera_.position;
    bool any = false;
    for (size_t i = 0; i < kPacket; ++i) {
      const int px = tile_x + x0 + static_cast<int>(i & 3);
      const int py = tile_y + y0 + static_cast<int>(i >> 2);
      valid[i] = px < camera_.width && py < camera_.height ? -1 : 0;
      any |= valid[i] != 0;
      const auto shift = noise_(static_cast<uint32_t>(px), static_cast<uint32_t>(py), 0);
      const auto jitter =
          options_.samples == 1 ? std::array{0.5f, 0.5f} : spread_point(sample, shift[0], shift[1]);
      directions[i] = normalized(
          camera_.ray(static_cast<float>(px) + jitter[0], static_cast<float>(py) + jitter[1]));
      left[i] = 1;
      rays.ray.org_x[i] = origin.x, rays.ray.org_y[i] = origin.y, rays.ray.org_z[i] = origin.z;
      rays.ray.dir_x[i] = directions[i].x;
      rays.ray.dir_y[i] = directions[i].y;
      rays.ray.dir_z[i] = directions[i].z;
      rays.ray.tnear[i] = 1e-3f;
      rays.ray.time[i] = 0;
      rays.ray.mask[i] = ~0u;
      rays.ray.id[i] = 0;
      rays.ray.flags[i] = 0;
    }
    for (int layer = 0; any; ++layer) {
      for (size_t i = 0; i < kPacket; ++i) {
        rays.ray.tfar[i] = std::numeric_limits<float>::infinity();
        rays.hit.geomID[i] = RTC_INVALID_GEOMETRY_ID;
        rays.hit.instID[0][i] = RTC_INVALID_GEOMETRY_ID;
      }
      scene_.rays().intersect(primary_, valid, rays);
      any = false;
      for (size_t i = 0; i < kPacket; ++i) {
        if (valid[i] == 0) continue;
        const int pixel = (y0 + static_cast<int>(i >> 2)) * kTile + x0 + static_cast<int>(i & 3);
        if (rays.hit.geomID[i] == RTC_INVALID_GEOMETRY_ID) {
          tile.light[static_cast<size_t>(pixel)] += left[i] * background(directions[i]);
          valid[i] = 0;
          continue;
        }
        const float distance = rays.ray.tfar[i];
        const Surroundings& around = scene_.surroundings;
        const float haze = std::clamp(
            (distance - around.haze_from) / (around.haze_to - around.haze_from), 0.0f, 1.0f);
        if (haze >= 1) {
          tile.light[static_cast<size_t>(pixel)] += left[i] * background(directions[i]);
          valid[i] = 0;
          continue;
        }
        ShadePoint point;
        point.surface = scene_.surface(rays.hit.geomID[i], rays.hit.primID[i], rays.hit.u[i],
                                       rays.hit.v[i], directions[i], primary_.spread * distance);
        const float stopped = layer + 1 == kMaxLayers ? 1 : std::min(point.surface.coverage, 1.0f);
        point.direction = directions[i];
        point.background = haze > 0 ? background(directions[i]) : Vec3{};
        point.haze = haze;
        point.weight = left[i] * stopped;
        point.pixel = pixel;
        point.sample = sample;
        point.x = static_cast<uint32_t>(tile_x + x0 + static_cast<int>(i & 3));
        point.y = static_cast<uint32_t>(tile_y + y0 + static_cast<int>(i >> 2));
        if (point.weight > 0) tile.points.push_back(point);
        left[i] *= 1 - stopped;
        if (left[i] < 0.02f) {
          valid[i] = 0;
          continue;
        }
        rays.ray.tnear[i] = distance * (1 + 1e-6f) + 2e-5f;
        any = true;
      }
    }
  }

  /// Light of all collected points, eight at a time.
  void shade(Tile& tile) const {
    for (size_t first = 0; first < tile.points.size(); first += kPacket) {
      const size_t count = std::min<size_t>(kPacket, tile.points.size() - first);
      const ShadePoint* points = &tile.points[first];
      std::array<float, kPacket> lit{}, open{};
      open.fill(1);
      key_light(points, count, lit);
      if (options_.occlusion_rays > 0) sky_light(points, count, open);
      for (size_t i = 0; i < count; ++i)
        tile.light[static_cast<size_t>(points[i].pixel)] += radiance(points[i], lit[i], open[i]);
    }
  }

  static void set_ray(RayPacket& rays, size_t i, Vec3 from, Vec3 direction, float reach) {
    rays.org_x[i] = from.x, rays.org_y[i] = from.y, rays.org_z[i] = from.z;
    rays.dir_x[i] = direction.x, rays.dir_y[i] = direction.y, rays.dir_z[i] = direction.z;
    rays.tnear[i] = 0;
    rays.tfar[i] = reach;
    rays.time[i] = 0;
    rays.mask[i] = ~0u;
    rays.id[i] = 0;
    rays.flags[i] = 0;
  }

  /// 1 where the light is seen from the point, times the cosine.
  void key_light(const ShadePoint* points, size_t count, std::array<float, kPacket>& lit) const {
    alignas(32) RayPacket rays;
    LaneMask valid{};
    bool any = false;
    for (size_t i = 0; i < count; ++i) {
      const Scene3d::Surface& s = points[i].surface;
      lit[i] = std::max(0.0f, dot(s.normal, towards_light_));
      if (lit[i] <= 0 || dot(s.geometric_normal, towards_light_) <= 0 || !options_.shadows) {
        // Behind the real surface: no ray, and no light leaking around a smooth normal.
        if (dot(s.geometric_normal, towards_light_) <= 0) lit[i] = 0;
        continue;
      }
      const auto shift = noise_(points[i].x, points[i].y, 1);
      const auto [u, v] = spread_point(points[i].sample, shift[0], shift[1]);
      const float r = scene_.key.radius * std::sqrt(u), angle = 2 * kPi * v;
      const Vec3 direction = normalized(towards_light_ + r * std::cos(angle) * light_a_ +
                                        r * std::sin(angle) * light_b_);
      set_ray(rays, i, s.position + kSkin * s.geometric_normal, direction,
              std::numeric_limits<float>::infinity());
      valid[i] = -1;
      any = true;
    }
    if (!any) return;
    std::array<bool, kPacket> blocked;
    scene_.rays().occluded(shadow_, valid, rays, blocked);
    for (size_t i = 0; i < count; ++i)
      if (blocked[i]) lit[i] = 0;
  }

  /// Part of the sky that nothing near the point hides.
  void sky_light(const ShadePoint* points, size_t count, std::array<float, kPacket>& open) const {
    const float reach = scene_.surroundings.occlusion_reach;
    const int rays_each = options_.occlusion_rays;
    for (int k = 0; k < rays_each; ++k) {
      alignas(32) RayPacket rays;
      LaneMask valid{};
      for (size_t i = 0; i < count; ++i) {
        const Scene3d::Surface& s = points[i].surface;
        const auto shift = noise_(points[i].x, points[i].y, 2);
        const auto [u, v] = spread_point(points[i].sample * rays_each + k, shift[0], shift[1]);
        Vec3 a, b;
        frame_about(s.geometric_normal, a, b);
        const float r = std::sqrt(u), angle = 2 * kPi * v;
        const Vec3 direction = r * std::cos(angle) * a + r * std::sin(angle) * b +
                               std::sqrt(std::max(0.0f, 1 - u)) * s.geometric_normal;
        set_ray(rays, i, s.position + kSkin * s.geometric_normal, direction, reach);
        valid[i] = -1;
      }
      std::array<bool, kPacket> blocked;
      scene_.rays().occluded(occlusion_, valid, rays, blocked);
      for (size_t i = 0; i < count; ++i)
        if (blocked[i]) open[i] -= 1 / static_cast<float>(rays_each);
    }
  }

  Vec3 radiance(const ShadePoint& point, float lit, float open) const {
    const Scene3d::Surface& s = point.surface;
    const Surroundings& around = scene_.surroundings;
    const Vec3 sky = lerp(around.ground, around.sky, 0.5f + 0.5f * s.normal.y);
    // What hides the sky is itself lit: it gives back a part, more from bright surfaces.
    const float bounced = 0.25f * (1 - open);
    Vec3 light = times(s.colour, lit * scene_.key.colour + (open + bounced) * sky);
    if (lit > 0 && s.roughness < 1) {
      // Blinn-Phong lobe scaled to the energy of a dielectric (Fresnel 0.04 at the middle).
      const Vec3 half = normalized(towards_light_ - point.direction, s.normal);
      const float power = std::min(2 / std::max(std::pow(s.roughness, 4.0f), 1e-3f), 800.0f);
      const float grazing = 1 - std::max(0.0f, dot(half, towards_light_));
      const float fresnel = 0.04f + 0.96f * std::pow(grazing, 5.0f);
      const float lobe = (power + 8) / 8 * std::pow(std::max(0.0f, dot(half, s.normal)), power);
      light += (fresnel * lobe * lit) * scene_.key.colour;
    }
    return point.weight * lerp(light, point.background, point.haze);
  }

  const Scene3d& scene_;
  const Camera& camera_;
  const RenderOptions& options_;
  PixelNoise noise_;
  Vec3 towards_light_, light_a_, light_b_;
  RayQuery primary_, shadow_, occlusion_;
};

void check_camera(const Camera& camera) {
  PANTOMIME_CHECK(
      camera.width >= 1 && camera.height >= 1 && camera.width <= 16384 && camera.height <= 16384,
      "render: picture of {} x {}, expected 1 to 16384 each", camera.width, camera.height);
  PANTOMIME_CHECK(camera.fx > 0 && camera.fy > 0, "render: focal lengths {} and {}, expected > 0",
                  camera.fx, camera.fy);
}

/// Calls body(x, y) with the corner of every tile.
void for_each_tile(const Camera& camera, int threads, const std::function<void(int, int)>& body) {
  const int across = (camera.width + kTile - 1) / kTile;
  const int down = (camera.height + kTile - 1) / kTile;
  parallel_for(static_cast<int64_t>(across) * down, threads, [&](int64_t i) {
    body(static_cast<int>(i % across) * kTile, static_cast<int>(i / across) * kTile);
  });
}

}  // namespace

float tone_mapped(float value) {
  constexpr float kKnee = 0.7f;
  if (value <= kKnee) return value;
  // Meets the straight part with the same slope and approaches 1.
  constexpr float kRest = 1 - kKnee;
  return 1 - kRest * kRest / (value - kKnee + kRest);
}

Image render_colour(const Scene3d& scene, const Camera& camera, const RenderOptions& options) {
  check_camera(camera);
  PANTOMIME_CHECK(options.samples >= 1 && options.samples <= 1024,
                  "render: {} samples, expected 1 to 1024", options.samples);
  PANTOMIME_CHECK(options.occlusion_rays >= 0 && options.occlusion_rays <= 1024,
                  "render: {} occlusion rays, expected 0 to 1024", options.occlusion_rays);
  Image out(camera.width, camera.height, 3);
  const ColourPass pass(scene, camera, options);
  for_each_tile(camera, options.threads, [&](int x, int y) { pass.render_tile(x, y, out); });
  return out;
}

Truth render_truth(const Scene3d& scene, const Camera& camera, int threads) {
  check_camera(camera);
  Truth out;
  out.width = camera.width;
  out.height = camera.height;
  const size_t count = static_cast<size_t>(camera.width) * static_cast<size_t>(camera.height);
  out.depth.assign(count, 0);
  out.normals.assign(count, {});
  out.meshes.assign(count, -1);
  out.objects.assign(count, -1);
  out.parts.assign(count, 0);
  const RayQuery query{&scene, 0.5f, 1 / std::max(camera.fx, camera.fy), 0, true};
  const Vec3 forward = camera.world_from_camera * Vec3{0, 0, 1};
  for_each_tile(camera, threads, [&](int tile_x, int tile_y) {
    for (int y0 = tile_y; y0 < std::min(tile_y + kTile, camera.height); y0 += 2)
      for (int x0 = tile_x; x0 < std::min(tile_x + kTile, camera.width); x0 += 4) {
        alignas(32) HitPacket rays;
        LaneMask valid;
        std::array<Vec3, kPacket> directions;
        for (size_t i = 0; i < kPacket; ++i) {
          const int x = x0 + static_cast<int>(i & 3), y = y0 + static_cast<int>(i >> 2);
          valid[i] = x < camera.width && y < camera.height ? -1 : 0;
          directions[i] =
              normalized(camera.ray(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f));
          rays.ray.org_x[i] = camera.position.x;
          rays.ray.org_y[i] = camera.position.y;
          rays.ray.org_z[i] = camera.position.z;
          rays.ray.dir_x[i] = directions[i].x;
          rays.ray.dir_y[i] = directions[i].y;
          rays.ray.dir_z[i] = directions[i].z;
          rays.ray.tnear[i] = 1e-3f;
          rays.ray.tfar[i] = std::numeric_limits<float>::infinity();
          rays.ray.time[i] = 0;
          rays.ray.mask[i] = ~0u;
          rays.ray.id[i] = rays.ray.flags[i] = 0;
          rays.hit.geomID[i] = RTC_INVALID_GEOMETRY_ID;
          rays.hit.instID[0][i] = RTC_INVALID_GEOMETRY_ID;
        }
        scene.rays().intersect(query, valid, rays);
        for (size_t i = 0; i < kPacket; ++i) {
          const uint32_t mesh = rays.hit.geomID[i];
          if (valid[i] == 0 || mesh == RTC_INVALID_GEOMETRY_ID) continue;
          const size_t at = out.index(x0 + static_cast<int>(i & 3), y0 + static_cast<int>(i >> 2));
          const uint32_t triangle = rays.hit.primID[i];
          const float u = rays.hit.u[i], v = rays.hit.v[i];
          out.depth[at] = rays.ray.tfar[i] * dot(directions[i], forward);
          out.normals[at] = scene.smooth_normal(mesh, triangle, u, v, directions[i]);
          out.meshes[at] = static_cast<int32_t>(mesh);
          out.objects[at] = scene.mesh(mesh).object;
          out.parts[at] = scene.part(mesh, triangle, u, v);
        }
      }
  });
  return out;
}

}  // namespace pantomime::render
