// How light comes to surfaces: the key light, lamps and the sky.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "pantomime/render/colour_pass.h"

namespace pantomime::render {
namespace {

constexpr float kOff = 5e-4f;  // metres that secondary rays start off the surface
constexpr float kFar = std::numeric_limits<float>::infinity();

/// Cosine and sine of a turn in [0, 1): a table is quicker than the library and the same
/// everywhere.
struct Circle {
  static constexpr size_t kSteps = 1024;
  std::array<std::array<float, 2>, kSteps> points;
  Circle() {
    for (size_t i = 0; i < kSteps; ++i) {
      const double angle =
          2 * std::numbers::pi * (static_cast<double>(i) + 0.5) / static_cast<double>(kSteps);
      points[i] = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
    }
  }
  const std::array<float, 2>& at(float turn) const {
    return points[static_cast<size_t>(turn * static_cast<float>(kSteps)) % kSteps];
  }
};
const Circle kCircle;

Vec3 times(Vec3 a, Vec3 b) {
  return {a.x * b.x, a.y * b.y, a.z * b.z};
}

void set_ray(RayPacket& rays, size_t i, Vec3 from, Vec3 direction, float reach) {
  rays.org_x[i] = from.x, rays.org_y[i] = from.y, rays.org_z[i] = from.z;
  rays.dir_x[i] = direction.x, rays.dir_y[i] = direction.y, rays.dir_z[i] = direction.z;
  rays.tnear[i] = 0;
  rays.tfar[i] = reach;
  rays.time[i] = 0;
  rays.mask[i] = ~0u;
  rays.id[i] = 0;
  rays.flags[i] = 0;
}

float lamp_share(const scene::Lamp& lamp, Vec3 target, Vec3 from, const Scene3d::Surface& surface) {
  const Vec3 way = target - from;
  const float square = std::max(dot(way, way), 0.01f);
  if (dot(surface.geometric_normal, way) <= 0) return 0;
  const float here = dot(surface.normal, way), there = -dot(cross(lamp.a, lamp.b), way);
  if (here <= 0 || there <= 0) return 0;
  // A lamp that fills all that a surface sees would give 1. Points nearer to one spot of it than
  // that, on a window's own frame, would be specks of white: cut off well above.
  constexpr float kMost = 4;
  return std::min(kMost, here * there / (std::numbers::pi_v<float> * square * square));
}

}  // namespace

void ColourPass::shade_all(Waiting& waiting, bool movers, Film& film) const {
  for (size_t i = 0; i < waiting.count; i += kPacket)
    shade(&waiting.points[i], std::min<size_t>(kPacket, waiting.count - i), movers, film);
  waiting.count = 0;
}

void ColourPass::shade(const ShadePoint* points, size_t count, bool movers, Film& film) const {
  std::array<float, kPacket> lit{}, open;
  open.fill(1);
  key_light(points, count, movers, lit, film);
  if (options_.occlusion_rays > 0) sky_light(points, count, movers, open, film);
  const bool apart = options_.soft_samples > 0;
  for (size_t i = 0; i < count; ++i) {
    Vec3& light = film.at(points[i].x, points[i].y);
    const Vec3 sky = sky_arriving(points[i], open[i]);
    if (apart) {
      const bool asked = (points[i].lights & ~Scene3d::kSun) != 0;
      if (!movers) {
        light += radiance(points[i], lit[i], {});
        if (asked) give(points[i], sky, false, film);
      } else {
        if (lit[i] > 0)
          light = light - (radiance(points[i], lit[i], {}) - radiance(points[i], 0, {}));
        if (asked && open[i] < 1) give(points[i], sky_arriving(points[i], 1) - sky, true, film);
      }
    } else if (!movers) {
      light += radiance(points[i], lit[i], sky);
    } else if (lit[i] > 0 || open[i] < 1) {
      light = light - (radiance(points[i], lit[i], sky_arriving(points[i], 1)) -
                       radiance(points[i], 0, sky));
    }
  }
  if (!scene_.lamps.empty()) lamp_light(points, count, movers, film);
}

/// `movers`: true for rays that something moving stops, and nothing else would have.
void ColourPass::find_blocked(const RayQuery& query, const LaneMask& valid, bool movers,
                              RayPacket& rays, std::array<bool, kPacket>& blocked) const {
  if (!movers) {
    scene_.rays().occluded(query, valid, rays, blocked);
    return;
  }
  RayPacket again = rays;
  RayQuery part = query;
  part.which = Meshes::Moving;
  scene_.rays().occluded(part, valid, rays, blocked);
  LaneMask stopped{};
  bool any = false;
  for (size_t i = 0; i < kPacket; ++i)
    if (blocked[i]) {
      stopped[i] = -1;
      any = true;
    }
  if (!any) return;
  part.which = Meshes::Still;
  std::array<bool, kPacket> anyway;
  scene_.rays().occluded(part, stopped, again, anyway);
  for (size_t i = 0; i < kPacket; ++i) blocked[i] = blocked[i] && !anyway[i];
}

/// The cosine to the key light where it is seen, else 0; of `movers` where they take it away.
void ColourPass::key_light(const ShadePoint* points, size_t count, bool movers,
                           std::array<float, kPacket>& lit, Film& film) const {
  alignas(32) RayPacket rays;
  LaneMask valid{};
  bool any = false;
  if (scene_.key.colour == Vec3{0, 0, 0}) return;  // night
  for (size_t i = 0; i < count; ++i) {
    if ((points[i].lights & Scene3d::kSun) == 0) continue;
    const Scene3d::Surface& s = points[i].surface;
    // Behind the real surface there is no light, whatever the smooth normal says.
    if (dot(s.geometric_normal, towards_light_) <= 0) continue;
    lit[i] = std::max(0.0f, dot(s.normal, towards_light_));
    if (lit[i] <= 0 || !options_.shadows) continue;
    if (!scene_.key_may_enter(s.position)) {
      lit[i] = 0;
      continue;
    }
    if (!movers &&
        !scene_.may_be_blocked(points[i].mesh, s.position, towards_light_, scene_.key.radius))
      continue;
    film.plain[film.index(points[i].x, points[i].y)] = 0;
    if (!film.busy.empty()) film.busy[film.index(points[i].x, points[i].y)] = 1;
    const auto [u, v] = spread_point(points[i].sample, points[i].key);
    const float r = scene_.key.radius * std::sqrt(u);
    const auto [c, d] = kCircle.at(v);
    const Vec3 direction = towards_light_ + (r * c) * light_a_ + (r * d) * light_b_;
    set_ray(rays, i, s.position + kOff * s.geometric_normal, direction, kFar);
    valid[i] = -1;
    any = true;
  }
  if (!any) {
    if (movers) lit.fill(0);
    return;
  }
  std::array<bool, kPacket> blocked;
  find_blocked(shadow_, valid, movers, rays, blocked);
  for (size_t i = 0; i < count; ++i)
    if (blocked[i] != movers) lit[i] = 0;
}

/// Adds the light of one lamp to each point, chosen by what each would give unhidden and weighed by
/// how likely the choice was: right in the mean for any number of lamps.
void ColourPass::lamp_light(const ShadePoint* points, size_t count, bool movers, Film& film) const {
  alignas(32) RayPacket rays;
  LaneMask valid{};
  std::array<Vec3, kPacket> arriving;
  bool any = false;
  for (size_t i = 0; i < count; ++i) {
    const ShadePoint& point = points[i];
    if ((point.lights & ~(Scene3d::kSun | Scene3d::kSky)) == 0) continue;
    film.plain[film.index(point.x, point.y)] = 0;
    const auto random = spread_point(point.sample, point.lamp);
    const Vec3 from = point.surface.position + kOff * point.surface.geometric_normal;
    const LampChoice choice = choose_lamp(point.surface, random[2], point.lights);
    if (choice.chance <= 0) continue;
    const scene::Lamp& lamp = scene_.lamps[choice.lamp];
    const Vec3 target = lamp.corner + random[0] * lamp.a + random[1] * lamp.b;
    const float share = lamp_share(lamp, target, from, point.surface);
    if (share <= 0) continue;
    const Vec3 way = target - from;
    const scene::SkyView& sky = scene_.surroundings.sky_view;
    const Vec3 sent = lamp.window && sky.sky ? sky.light_from(way) : lamp.colour;
    arriving[i] = (share / choice.chance) * sent;
    const float distance = length(way);
    if (options_.shadows) {
      set_ray(rays, i, from, (1 / distance) * way, distance * (1 - 1e-4f));
      valid[i] = -1;
      any = true;
    } else if (!movers) {
      give(point, arriving[i], false, film);
    }
  }
  if (!any) return;
  std::array<bool, kPacket> blocked;
  find_blocked(shadow_, valid, movers, rays, blocked);
  for (size_t i = 0; i < count; ++i)
    if (valid[i] != 0 && blocked[i] == movers) give(points[i], arriving[i], movers, film);
}

/// Light of lamps or sky at a point; `movers`: what they take away.
void ColourPass::give(const ShadePoint& point, Vec3 arriving, bool movers, Film& film) const {
  const Vec3 weighed = (movers ? -point.weight : point.weight) * arriving;
  if (options_.soft_samples == 0 || point.alone)
    film.at(point.x, point.y) += times(point.surface.colour, weighed);
  else
    (movers ? film.taken : film.fresh).light[film.index(point.x, point.y)] += weighed;
}

ColourPass::LampChoice ColourPass::choose_lamp(const Scene3d::Surface& surface, float random,
                                               uint32_t lamps) const {
  if (scene_.lamps.size() == 1) return {0, 1};
  // By what the middle of each would give, or the corner that is farthest before the surface, and a
  // little by chance alone: who is chosen seldom shines brightly, as specks.
  constexpr float kByChance = 0.1f, kOfCorner = 0.5f;
  std::array<float, Scene3d::kMostLamps> gives{};
  const size_t count = std::min(scene_.lamps.size(), gives.size());
  std::array<bool, Scene3d::kMostLamps> may{};
  float all = 0, chances = 0;
  for (size_t k = 0; k < count; ++k) {
    if ((lamps >> k & 1) == 0) continue;
    const scene::Lamp& lamp = scene_.lamps[k];
    const Vec3 out = surface.geometric_normal;
    const float a = dot(lamp.a, out) > 0 ? 1 : 0, b = dot(lamp.b, out) > 0 ? 1 : 0;
    const Vec3 corner = lamp.corner + a * lamp.a + b * lamp.b;
    may[k] = dot(corner - surface.position, out) > 0;
    if (!may[k]) continue;
    const Vec3 middle = lamp.corner + 0.5f * (lamp.a + lamp.b);
    float share = lamp_share(lamp, middle, surface.position, surface);
    if (share == 0) share = kOfCorner * lamp_share(lamp, corner, surface.position, surface);
    gives[k] = share * (lamp.colour.x + lamp.colour.y + lamp.colour.z);
    all += gives[k];
    chances += 1;
  }
  if (chances == 0) return {0, 0};
  const float by_share = all > 0 ? 1 - kByChance : 0;
  float at = random;
  LampChoice last{0, 0};
  for (size_t k = 0; k < count; ++k) {
    if (!may[k]) continue;
    last = {k, (1 - by_share) / chances + (all > 0 ? by_share * gives[k] / all : 0)};
    if (at < last.chance) break;
    at -= last.chance;
  }
  return last;
}

/// Part of the sky that nothing near the point hides.
void ColourPass::sky_light(const ShadePoint* points, size_t count, bool movers,
                           std::array<float, kPacket>& open, Film& film) const {
  const float reach = scene_.surroundings.occlusion_reach;
  const int rays_each = options_.occlusion_rays;
  std::array<bool, kPacket> asked{};
  bool any = false;
  for (size_t i = 0; i < count; ++i) {
    asked[i] = (points[i].lights & Scene3d::kSky) != 0 &&
               (movers ? scene_.rays().movers_near(points[i].surface.position, reach)
                       : scene_.may_be_blocked(points[i].mesh, points[i].surface.position, reach));
    any |= asked[i];
    if (asked[i]) film.plain[film.index(points[i].x, points[i].y)] = 0;
  }
  if (!any) return;
  for (int k = 0; k < rays_each; ++k) {
    alignas(32) RayPacket rays;
    LaneMask valid{};
    for (size_t i = 0; i < count; ++i) {
      if (!asked[i]) continue;
      const Scene3d::Surface& s = points[i].surface;
      const auto [u, v] = spread_point(points[i].sample * rays_each + k, points[i].sky);
      Vec3 a, b;
      frame_about(s.geometric_normal, a, b);
      const float r = std::sqrt(u);
      const auto [c, d] = kCircle.at(v);
      const Vec3 direction = (r * c) * a + (r * d) * b + std::sqrt(1 - u) * s.geometric_normal;
      set_ray(rays, i, s.position + kOff * s.geometric_normal, direction, reach);
      valid[i] = -1;
    }
    std::array<bool, kPacket> blocked;
    find_blocked(occlusion_, valid, movers, rays, blocked);
    for (size_t i = 0; i < count; ++i)
      if (blocked[i]) open[i] -= 1 / static_cast<float>(rays_each);
  }
}

/// Light from sky and ground where `open` of it is not hidden from near.
Vec3 ColourPass::sky_arriving(const ShadePoint& point, float open) const {
  const Surroundings& around = scene_.surroundings;
  const Vec3 sky = lerp(around.ground, around.sky, 0.5f + 0.5f * point.surface.normal.y);
  // What hides the sky is itself lit and gives back a part of it.
  const float bounced = 0.25f * (1 - open);
  return (open + bounced) * sky;
}

Vec3 ColourPass::radiance(const ShadePoint& point, float lit, Vec3 from_sky) const {
  const Scene3d::Surface& s = point.surface;
  Vec3 light = times(s.colour, lit * scene_.key.colour + from_sky);
  if (lit > 0 && s.gloss > 0) {
    // Blinn-Phong lobe of a dielectric: reflects 0.04 at the middle, all at grazing (Schlick).
    const Vec3 half = normalized(towards_light_ - point.direction, s.normal);
    const float g = 1 - std::max(0.0f, dot(half, towards_light_));
    const float fresnel = 0.04f + 0.96f * g * g * g * g * g;
    const float lobe = (s.gloss + 8) / 8 * std::pow(std::max(0.0f, dot(half, s.normal)), s.gloss);
    light += (fresnel * lobe * lit) * scene_.key.colour;
  }
  if (point.haze > 0) light = lerp(light, background(point.direction), point.haze);
  return point.weight * light;
}

}  // namespace pantomime::render
