// How light comes to surfaces: the key light, lamps and the sky.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "pantomime/render/colour_pass.h"
#include "pantomime/render/light_rays.h"

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

RayQuery limited(RayQuery query, Meshes by) {
  if (by == Meshes::Still) query.which = by;
  return query;
}

/// What a point gets from a lamp that nothing hides.
struct Arriving {
  size_t lamp;
  float share;  // of what the lamp sends
  Vec3 way;     // to it
};

/// Part of what a lamp sends from `target` on it that comes to a point. `out`: the lamp's normal,
/// its length the lamp's area.
float lamp_share(Vec3 out, Vec3 target, Vec3 from, const Scene3d::Surface& surface) {
  const Vec3 way = target - from;
  const float square = std::max(dot(way, way), 0.01f);
  if (dot(surface.geometric_normal, way) <= 0) return 0;
  const float here = dot(surface.normal, way), there = -dot(out, way);
  if (here <= 0 || there <= 0) return 0;
  // A lamp that fills all that a surface sees would give 1. Points nearer to one spot of it than
  // that, on a window's own frame, would be specks of white: cut off well above.
  constexpr float kMost = 4;
  return std::min(kMost, here * there / (std::numbers::pi_v<float> * square * square));
}

}  // namespace

/// Those queues that hold so many points.
void ColourPass::shade_all(Queues& queues, size_t least, Film& film) const {
  if (queues.lit.count >= least) shade(queues.lit, Meshes::All, film);
  if (queues.still.count >= least) shade(queues.still, Meshes::Still, film);
  if (queues.taken.count >= least) shade(queues.taken, Meshes::Moving, film);
}

void ColourPass::shade(Waiting& waiting, Meshes by, Film& film) const {
  const bool movers = by == Meshes::Moving;
  const std::span<const ShadePoint> points(waiting.points.data(), waiting.count);
  std::array<float, Waiting::kMost> lit, open;
  key_light(points, movers, lit, film);
  sky_light(points, by, open, film);
  const bool apart = options_.soft_samples > 0;
  for (size_t i = 0; i < points.size(); ++i) {
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
      const bool by_sky = (points[i].lights & Scene3d::kSky) != 0;
      light += radiance(points[i], lit[i], by_sky ? sky : Vec3{});
    } else if (lit[i] > 0 || open[i] < 1) {
      light = light - (radiance(points[i], lit[i], sky_arriving(points[i], 1)) -
                       radiance(points[i], 0, sky));
    }
  }
  if (!scene_.lamps.empty()) lamp_light(points, by, film);
  waiting.count = 0;
}

/// The cosine to the key light where it is seen, else 0; of `movers` where they take it away.
void ColourPass::key_light(std::span<const ShadePoint> points, bool movers, std::span<float> lit,
                           Film& film) const {
  std::fill_n(lit.begin(), points.size(), 0.0f);
  if (scene_.key.colour == Vec3{0, 0, 0}) return;  // night
  LightRays rays;
  for (size_t i = 0; i < points.size(); ++i) {
    if ((points[i].lights & Scene3d::kSun) == 0) continue;
    const Scene3d::Surface& s = points[i].surface;
    // Behind the real surface there is no light, whatever the smooth normal says.
    if (dot(s.geometric_normal, towards_light_) <= 0) continue;
    const float cosine = dot(s.normal, towards_light_);
    if (cosine <= 0) continue;
    if (options_.shadows && !scene_.key_may_enter(s.position)) continue;
    const bool certain =
        !options_.shadows || (!movers && !scene_.may_be_blocked(points[i].mesh, s.position,
                                                                towards_light_, scene_.key.radius));
    if (certain) {
      if (!movers) lit[i] = cosine;
      continue;
    }
    lit[i] = cosine;
    film.mark_uneven(points[i].x, points[i].y);
    if (!film.busy.empty()) film.busy[film.index(points[i].x, points[i].y)] = 1;
    const auto [u, v] = spread_point(points[i].sample, points[i].key);
    const float r = scene_.key.radius * std::sqrt(u);
    const auto [c, d] = kCircle.at(v);
    const Vec3 direction = towards_light_ + (r * c) * light_a_ + (r * d) * light_b_;
    rays.add(i, 0, s.position + kOff * s.geometric_normal, direction, kFar);
  }
  rays.trace(scene_.rays(), shadow_, movers, [&](size_t i, bool blocked) {
    if (blocked != movers) lit[i] = 0;
  });
}

/// Adds the light of one lamp to each point, chosen by what each would give unhidden and weighed by
/// how likely the choice was: right in the mean for any number of lamps.
void ColourPass::lamp_light(std::span<const ShadePoint> points, Meshes by, Film& film) const {
  const bool movers = by == Meshes::Moving;
  LightRays rays;
  std::array<Arriving, Waiting::kMost> arriving;
  const scene::SkyView& sky = scene_.surroundings.sky_view;
  const auto give_from = [&](size_t i) {
    const Arriving& light = arriving[i];
    const scene::Lamp& lamp = scene_.lamps[light.lamp];
    const Vec3 sent = lamp.window && sky.sky ? sky.light_from(light.way) : lamp.colour;
    give(points[i], light.share * sent, movers, film);
  };
  for (size_t i = 0; i < points.size(); ++i) {
    const ShadePoint& point = points[i];
    if ((point.lights & ~(Scene3d::kSun | Scene3d::kSky)) == 0) continue;
    film.mark_uneven(point.x, point.y);
    const auto random = spread_point(point.sample, point.lamp);
    const Vec3 from = point.surface.position + kOff * point.surface.geometric_normal;
    const LampChoice choice = choose_lamp(point.surface, random[2], point.lights);
    if (choice.chance <= 0) continue;
    const scene::Lamp& lamp = scene_.lamps[choice.lamp];
    const Vec3 target = lamp.corner + random[0] * lamp.a + random[1] * lamp.b;
    const float share = lamp_share(lamps_[choice.lamp].out, target, from, point.surface);
    if (share <= 0) continue;
    const Vec3 way = target - from;
    arriving[i] = {choice.lamp, share / choice.chance, way};
    if (options_.shadows) {
      const float distance = length(way);
      // Rays that go to the same quarter of the same lamp.
      const size_t quarter = (random[0] < 0.5f ? 0 : 1) + (random[1] < 0.5f ? 0 : 2);
      rays.add(i, 4 * choice.lamp + quarter, from, (1 / distance) * way, distance * (1 - 1e-4f));
    } else if (!movers) {
      give_from(i);
    }
  }
  rays.trace(scene_.rays(), limited(shadow_, by), movers, [&](size_t i, bool blocked) {
    if (blocked == movers) give_from(i);
  });
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
  if (lamps_.size() == 1) return {0, 1};
  // By what the middle of each would give, or the corner that is farthest before the surface, and a
  // little by chance alone: who is chosen seldom shines brightly, as specks.
  constexpr float kByChance = 0.1f, kOfCorner = 0.5f;
  std::array<float, Scene3d::kMostLamps> gives;
  std::array<uint8_t, Scene3d::kMostLamps> which;
  size_t count = 0;
  float all = 0;
  for (size_t k = 0; k < lamps_.size(); ++k) {
    const LampPlace& lamp = lamps_[k];
    // Nothing of it is seen from behind the lamp, or when all of it is behind the surface.
    if ((lamps >> k & 1) == 0 || dot(lamp.out, surface.position - lamp.middle) <= 0) continue;
    const Vec3 out = surface.geometric_normal;
    const float a = dot(lamp.a, out), b = dot(lamp.b, out);
    const float middle = dot(lamp.middle - surface.position, out);
    if (middle + std::abs(a) + std::abs(b) <= 0) continue;
    float share = lamp_share(lamp.out, lamp.middle, surface.position, surface);
    if (share == 0) {
      const Vec3 corner = lamp.middle + (a > 0 ? lamp.a : -lamp.a) + (b > 0 ? lamp.b : -lamp.b);
      share = kOfCorner * lamp_share(lamp.out, corner, surface.position, surface);
    }
    which[count] = static_cast<uint8_t>(k);
    gives[count] = share * lamp.power;
    all += gives[count++];
  }
  if (count == 0) return {0, 0};
  const float by_share = all > 0 ? (1 - kByChance) / all : 0;
  const float by_chance = (all > 0 ? kByChance : 1) / static_cast<float>(count);
  float at = random;
  LampChoice last{0, 0};
  for (size_t n = 0; n < count; ++n) {
    last = {which[n], by_chance + by_share * gives[n]};
    if (at < last.chance) break;
    at -= last.chance;
  }
  return last;
}

/// Part of the sky that nothing near the point hides.
void ColourPass::sky_light(std::span<const ShadePoint> points, Meshes by, std::span<float> open,
                           Film& film) const {
  const bool movers = by == Meshes::Moving;
  std::fill_n(open.begin(), points.size(), 1.0f);
  const float reach = scene_.surroundings.occlusion_reach;
  const int rays_each = options_.occlusion_rays;
  if (rays_each == 0) return;
  const float part = 1 / static_cast<float>(rays_each);
  std::array<uint16_t, Waiting::kMost> asked;
  size_t count = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    if ((points[i].lights & Scene3d::kSky) == 0) continue;
    const Vec3 at = points[i].surface.position;
    if (movers ? !scene_.movers().near(at, reach) : !scene_.may_be_near(points[i].mesh, at, reach))
      continue;
    asked[count++] = static_cast<uint16_t>(i);
    film.mark_uneven(points[i].x, points[i].y);
  }
  for (int k = 0; k < rays_each; ++k) {
    LightRays rays;
    Vec3 normal, a, b;  // neighbours often share them
    for (size_t n = 0; n < count; ++n) {
      const ShadePoint& point = points[asked[n]];
      const Scene3d::Surface& s = point.surface;
      const auto [u, v] = spread_point(point.sample * rays_each + k, point.sky);
      if (s.geometric_normal != normal) frame_about(normal = s.geometric_normal, a, b);
      const float r = std::sqrt(u);
      const auto [c, d] = kCircle.at(v);
      const Vec3 direction = (r * c) * a + (r * d) * b + std::sqrt(1 - u) * s.geometric_normal;
      rays.add(asked[n], bucket_of(direction), s.position + kOff * s.geometric_normal, direction,
               reach);
    }
    rays.trace(scene_.rays(), limited(occlusion_, by), movers, [&](size_t i, bool blocked) {
      if (blocked) open[i] -= part;
    });
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
