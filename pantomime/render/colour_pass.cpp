#include "pantomime/render/colour_pass.h"

#include <algorithm>
#include <cmath>

namespace pantomime::render {
namespace {

constexpr int kMaxLayers = 24;   // see-through surfaces along one ray
constexpr float kClear = 0.03f;  // less coverage than this is not worth a layer

/// Steps of the sequences of spread_point(), in parts of 2^32.
constexpr std::array<uint32_t, 2> kSpread2 = {3242174889u, 2447445414u};
constexpr std::array<uint32_t, 3> kSpread3 = {3518319155u, 2882110345u, 2360945575u};

/// Place of each pixel of a tile along a Hilbert curve.
constexpr uint32_t kTileSide = 64;
struct Hilbert {
  std::array<uint16_t, size_t{kTileSide} * kTileSide> places{};
  Hilbert() {
    for (uint32_t y = 0; y < kTileSide; ++y)
      for (uint32_t x = 0; x < kTileSide; ++x) {
        uint32_t place = 0, a = x, b = y;
        for (uint32_t half = kTileSide / 2; half > 0; half /= 2) {
          const uint32_t right = (a & half) > 0 ? 1 : 0, up = (b & half) > 0 ? 1 : 0;
          place += half * half * ((3 * right) ^ up);
          if (up == 0) {
            if (right == 1) a = kTileSide - 1 - a, b = kTileSide - 1 - b;
            std::swap(a, b);
          }
        }
        places[size_t{y} * kTileSide + x] = static_cast<uint16_t>(place);
      }
  }
  uint32_t at(uint32_t x, uint32_t y) const { return places[size_t{y} * kTileSide + x]; }
};
const Hilbert kHilbert;

/// Whether a surface's light is that of a guide.
bool same_surface(const SoftLight::Guide& guide, const Scene3d::Surface& surface) {
  constexpr float kTurned = 0.8f, kAway = 0.03f;  // cosine; metres
  return dot(guide.normal, surface.normal) >= kTurned &&
         std::abs(dot(guide.normal, surface.position - guide.position)) <= kAway;
}

}  // namespace

void frame_about(Vec3 n, Vec3& a, Vec3& b) {
  const float sign = std::copysign(1.0f, n.z);
  const float c = -1 / (sign + n.z), d = n.x * n.y * c;
  a = {1 + sign * n.x * n.x * c, sign * d, -sign * n.x};
  b = {d, sign + n.y * n.y * c, -n.y};
}

ColourPass::ColourPass(const Scene3d& scene, const Camera& camera, const RenderOptions& options,
                       Meshes which)
    : scene_(scene),
      camera_(camera),
      options_(options),
      known_(options.samples == 1 || options.soft_samples > 0 ? options.known : nullptr),
      still_(options.still),
      maps_(options.still == nullptr ? options.maps : nullptr),
      pixel_rays_(camera) {
  stream_ = 2 * static_cast<uint32_t>(options.seed ^ (options.seed >> 32));
  towards_light_ = normalized(scene.key.towards, {0, 1, 0});
  forward_ = camera.world_from_camera * Vec3{0, 0, 1};
  frame_about(towards_light_, light_a_, light_b_);
  for (const scene::Lamp& lamp : scene.lamps) {
    if (lamps_.size() == Scene3d::kMostLamps) break;
    lamps_.push_back({lamp.corner + 0.5f * (lamp.a + lamp.b), 0.5f * lamp.a, 0.5f * lamp.b,
                      cross(lamp.a, lamp.b), lamp.colour.x + lamp.colour.y + lamp.colour.z});
  }
  if (still_ != nullptr) movers_ = area_of_movers(scene, camera);
  if (maps_ != nullptr)
    for (const LightMap& map : maps_->of_mesh)
      map_shaded_.push_back(map.lights_movers_may_take(scene));
  primary_ = {&scene, kClear, 1 / std::max(camera.fx, camera.fy), 0, true, which};
  shadow_ = {&scene, 0.5f, 0, 0.004f, false, which};
  occlusion_ = {&scene, 0.5f, 0, 0.008f, false, which};
}

void ColourPass::add_samples(int tile_x, int tile_y, int first, int last, int step,
                             const uint8_t* wanted, Film& film) const {
  thread_local Queues queues;  // large, and cleared when made: once a thread
  queues.lit.count = queues.still.count = queues.taken.count = 0;
  const int bottom = std::min(tile_y + kTile, camera_.height);
  const int right = std::min(tile_x + kTile, camera_.width);
  for (int y0 = tile_y; y0 < bottom; y0 += step * kBlockHeight)
    for (int x0 = tile_x; x0 < right; x0 += step * kBlockWidth) {
      Block block{};
      LaneMask valid;
      bool any = false;
      for (size_t i = 0; i < kPacket; ++i) {
        const int x = x0 + step * lane_x(i), y = y0 + step * lane_y(i);
        const bool inside = x < camera_.width && y < camera_.height;
        const bool asked = inside && (wanted == nullptr || wanted[film.index(x, y)] != 0);
        valid[i] = asked ? -1 : 0;
        any |= asked;
        block.x[i] = x, block.y[i] = y;
      }
      if (!any) continue;
      if (still_ != nullptr) {
        mark_shaded(valid, film, block);
        if (all_still(valid, film, block)) {
          add_still(block, first, last, valid, queues.taken, film);
          continue;
        }
      }
      for (size_t i = 0; i < kPacket; ++i)
        if (valid[i] != 0) block.shifts[i] = shifts(block.x[i], block.y[i]);
      for (int s = first; s < last; ++s) trace_packet(block, s, valid, queues, film);
    }
  shade_all(queues, 1, film);
}

void ColourPass::add_arriving(int tile_x, int tile_y, uint32_t mesh,
                              const Scene3d::Surface& surface,
                              const std::function<Vec3(float u, float v)>& place,
                              Film& film) const {
  thread_local Waiting lit;
  lit.count = 0;
  for (int y = tile_y; y < std::min(tile_y + kTile, film.height); ++y)
    for (int x = tile_x; x < std::min(tile_x + kTile, film.width); ++x) {
      const Shifts shift = shifts(x, y);
      for (int s = 0; s < options_.samples; ++s) {
        const auto [u, v] = spread_point(s, shift.jitter);
        ShadePoint& point = lit.points[lit.count++];
        point.surface = surface;
        point.surface.position = place(static_cast<float>(x) + u, static_cast<float>(y) + v);
        point.direction = -surface.normal;
        point.mesh = mesh;
        point.weight = 1;
        point.haze = 0;
        point.x = x, point.y = y;
        point.sample = s;
        point.lights = Scene3d::kAllLights & ~Scene3d::kSun;
        point.alone = true;
        point.sky = shift.sky;
        point.lamp = shift.lamp;
        if (lit.count >= Waiting::kRoom) shade(lit, Meshes::All, film);
      }
    }
  shade(lit, Meshes::All, film);
}

/// Light of neighbours is asked at neighbouring points of one sequence, along a Hilbert curve over
/// tiles of 64 pixels: what is wrong in one pixel is made good in the next, so that grain is fine
/// and even, and small pictures of a picture have next to none. Source: the noise of XeGTAO (Intel
/// 2021), there with one sample.
Shifts ColourPass::shifts(int x, int y) const {
  const auto px = static_cast<uint32_t>(x), py = static_cast<uint32_t>(y);
  const auto a = noise(px, py, stream_);
  const auto tile = noise_bits(px / kTileSide, py / kTileSide, stream_ + 1);
  const auto across = px % kTileSide, down = py % kTileSide, last = kTileSide - 1;
  const auto count = static_cast<uint32_t>(options_.samples);
  const auto soft =
      options_.soft_samples > 0 ? static_cast<uint32_t>(options_.soft_samples) : count;
  // Each use walks another way, so that they don't go hand in hand.
  const uint32_t key = count * kHilbert.at(across, down);
  const uint32_t sky = soft * kHilbert.at(last - across, down);
  const uint32_t lamp = soft * kHilbert.at(down, last - across);
  const auto at = [](uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24f; };
  return {{a[0], a[1]},
          {at(tile[0] + key * kSpread2[0]), at(tile[1] + key * kSpread2[1])},
          {at(tile[1] + sky * kSpread2[0]), at(tile[2] + sky * kSpread2[1])},
          {at(tile[2] + lamp * kSpread3[0]), at(tile[0] + lamp * kSpread3[1]),
           at(tile[1] + lamp * kSpread3[2])}};
}

Vec3 ColourPass::background(Vec3 unit_direction) const {
  const scene::SkyView& view = scene_.surroundings.sky_view;
  if (view.sky != nullptr) return view.seen_in(unit_direction);
  const float up = std::clamp(unit_direction.y, 0.0f, 1.0f);
  return lerp(scene_.surroundings.horizon, scene_.surroundings.zenith, std::sqrt(up));
}

/// One sample of a block: collects the surfaces that each ray meets, front to back.
void ColourPass::trace_packet(const Block& block, int sample, const LaneMask& asked, Queues& queues,
                              Film& film) const {
  LaneMask valid = asked;
  alignas(32) HitPacket rays;
  std::array<Vec3, kPacket> directions;
  std::array<float, kPacket> left;  // light not yet stopped by nearer surfaces
  for (size_t i = 0; i < kPacket; ++i) {
    std::array<float, 2> jitter = {0.5f, 0.5f};
    // Where most pixels get one sample it goes through the middle.
    if (options_.samples > 1 && (sample > 0 || options_.soft_samples == 0))
      jitter = spread_point(sample, block.shifts[i].jitter);
    directions[i] = pixel_rays_.direction(static_cast<float>(block.x[i]) + jitter[0],
                                          static_cast<float>(block.y[i]) + jitter[1]);
    left[i] = 1;
    pixel_rays_.start(rays, i, directions[i]);
  }
  const Surroundings& around = scene_.surroundings;
  bool any = true;
  for (int layer = 0; any; ++layer) {
    if (layer == 0 && still_ != nullptr && sees_open(block, valid, film))
      first_movers(valid, rays);
    else if (layer > 0 || sample > 0 || !take_known(block, valid, directions, rays))
      scene_.rays().intersect(primary_, valid, rays);
    any = false;
    for (size_t i = 0; i < kPacket; ++i) {
      if (valid[i] == 0) continue;
      valid[i] = 0;
      const int x = block.x[i], y = block.y[i];
      const uint32_t mesh = rays.hit.geomID[i];
      const float distance = rays.ray.tfar[i];
      if (still_ != nullptr && still_->open[film.index(x, y)] != 0 &&
          (mesh == RTC_INVALID_GEOMETRY_ID || !scene_.is_moving(mesh))) {
        still_light(block, i, directions[i], sample, left[i], queues.taken, film);
        continue;
      }
      if (mesh == RTC_INVALID_GEOMETRY_ID || distance >= around.haze_to) {
        film.at(x, y) += left[i] * background(directions[i]);
        continue;
      }
      if (!scene_.is_flat(mesh) || layer > 0) film.mark_uneven(x, y);
      ShadePoint& point = queues.lit.points[queues.lit.count];
      scene_.surface(pixel_rays_.hit(rays, i, directions[i]), primary_.spread * distance,
                     point.surface);
      const float stopped = layer + 1 == kMaxLayers ? 1 : std::min(point.surface.coverage, 1.0f);
      point.direction = directions[i];
      point.mesh = mesh;
      point.weight = left[i] * stopped;
      point.haze =
          std::max(0.0f, (distance - around.haze_from) / (around.haze_to - around.haze_from));
      point.x = x, point.y = y;
      point.sample = sample;
      point.key = block.shifts[i].key;
      point.sky = block.shifts[i].sky;
      point.lamp = block.shifts[i].lamp;
      point.lights = Scene3d::kAllLights;
      if (point.weight > 0) {
        point.alone = false;
        const bool own = film.fresh.light.empty() || keep_apart(point, film);
        if (maps_ != nullptr) take_mapped(point, own, queues, film);
        if (point.lights != 0) ++queues.lit.count;
      }
      left[i] *= 1 - stopped;
      if (left[i] < 0.02f) continue;
      PixelRays::restart(rays, i, distance * (1 + 1e-6f) + 2e-5f);
      valid[i] = -1;
      any = true;
    }
    shade_all(queues, Waiting::kRoom, film);
  }
}

/// Whether all rays of a block go where nothing see-through stands still.
bool ColourPass::sees_open(const Block& block, const LaneMask& valid, const Film& film) const {
  for (size_t i = 0; i < kPacket; ++i)
    if (valid[i] != 0 && still_->open[film.index(block.x[i], block.y[i])] == 0) return false;
  return true;
}

/// Meets what moves, unless something still is before it: a ray that meets nothing then shows what
/// stands still, which is known.
void ColourPass::first_movers(const LaneMask& valid, HitPacket& rays) const {
  RayQuery query = primary_;
  query.which = Meshes::Moving;
  scene_.rays().intersect(query, valid, rays);
  LaneMask met{};
  bool any = false;
  for (size_t i = 0; i < kPacket; ++i) {
    if (valid[i] == 0 || rays.hit.geomID[i] == RTC_INVALID_GEOMETRY_ID) continue;
    met[i] = -1;
    any = true;
  }
  if (!any) return;
  // A nearer still surface takes the ray's place.
  query.which = Meshes::Still;
  scene_.rays().intersect(query, met, rays);
}

/// Whether nothing that moves is seen in a block.
bool ColourPass::all_still(const LaneMask& valid, const Film& film, const Block& block) const {
  for (size_t i = 0; i < kPacket; ++i) {
    if (valid[i] == 0) continue;
    const int x = block.x[i], y = block.y[i];
    if (still_->open[film.index(x, y)] == 0 || movers_.holds(x, y)) return false;
  }
  return true;
}

/// What stands still, in a block in which nothing that moves is seen: no ray is needed but those to
/// the lights that something moving may hide.
void ColourPass::add_still(Block& block, int first, int last, const LaneMask& valid, Waiting& taken,
                           Film& film) const {
  for (size_t i = 0; i < kPacket; ++i) {
    if (valid[i] == 0) continue;
    const size_t at = film.index(block.x[i], block.y[i]);
    if (block.shaded[i] == 0) {
      film.light[at] += static_cast<float>(last - first) * still_->light[at];
      film.mark_uneven(block.x[i], block.y[i]);
      continue;
    }
    block.shifts[i] = shifts(block.x[i], block.y[i]);
    const Vec3 direction = pixel_rays_.direction(static_cast<float>(block.x[i]) + 0.5f,
                                                 static_cast<float>(block.y[i]) + 0.5f);
    for (int s = first; s < last; ++s) {
      still_light(block, i, direction, s, 1, taken, film);
      if (taken.count >= Waiting::kRoom) shade(taken, Meshes::Moving, film);
    }
  }
}

void ColourPass::mark_shaded(const LaneMask& valid, const Film& film, Block& block) const {
  const bool whole = block.x[1] == block.x[0] + 1 && block.x[0] % kBlockWidth == 0 &&
                     block.y[0] % kBlockHeight == 0;
  if (whole) {  // eight pixels at once
    const auto at = static_cast<size_t>(block.y[0] / kBlockHeight * still_->blocks_across +
                                        block.x[0] / kBlockWidth);
    const StillView::Ball& ball = still_->blocks[at];
    block.shaded.fill(ball.radius < 0 ? 0
                                      : scene_.lights_movers_may_take(ball.centre, ball.radius));
    for (size_t i = 0; i < kPacket; ++i)
      if (valid[i] != 0 && still_->truth.meshes[film.index(block.x[i], block.y[i])] < 0)
        block.shaded[i] = 0;
    return;
  }
  for (size_t i = 0; i < kPacket; ++i) {
    if (valid[i] == 0) continue;
    const size_t at = film.index(block.x[i], block.y[i]);
    block.shaded[i] = still_->truth.meshes[at] < 0
                          ? 0
                          : scene_.lights_movers_may_take(still_->surfaces[at].position, 0);
  }
}

/// Light of what stands still, and a point at which what moves may take some of it away.
void ColourPass::still_light(const Block& block, size_t lane, Vec3 direction, int sample,
                             float left, Waiting& taken, Film& film) const {
  const int x = block.x[lane], y = block.y[lane];
  const size_t at = film.index(x, y);
  film.light[at] += left * still_->light[at];
  film.mark_uneven(x, y);
  uint32_t lights = block.shaded[lane];
  if (lights == 0) return;
  if (!film.taken.light.empty()) {
    SoftLight::Guide& guide = film.taken.guides[at];
    const Scene3d::Surface& surface = still_->surfaces[at];
    film.taken.colour[at] += left * surface.colour;
    if (guide.normal == Vec3{0, 0, 0} || sample < options_.soft_samples)
      film.taken.asked[at] += left;
    else
      lights &= Scene3d::kSun;
    guide = {surface.position, surface.normal};
    if (lights == 0) return;
  }
  ShadePoint& point = taken.points[taken.count++];
  point.lights = lights;
  point.alone = false;
  point.surface = still_->surfaces[at];
  point.direction = direction;
  point.mesh = static_cast<uint32_t>(still_->truth.meshes[at]);
  point.weight = left;
  point.haze = 0;
  point.x = x, point.y = y;
  point.sample = sample;
  point.key = block.shifts[lane].key;
  point.sky = block.shifts[lane].sky;
  point.lamp = block.shifts[lane].lamp;
}

/// Decides where a sample's light of lamps and sky comes from: its own rays, the pixel's other
/// samples, or a neighbour. First samples note the surface that others are compared to. False when
/// the pixel's own samples have no part in it.
bool ColourPass::keep_apart(ShadePoint& point, Film& film) const {
  SoftLight& soft = film.fresh;
  const size_t at = film.index(point.x, point.y);
  SoftLight::Guide& guide = soft.guides[at];
  const Vec3 colour = (point.weight * (1 - point.haze)) * point.surface.colour;
  if (point.weight < 1) film.busy[at] = 1;
  // Glass has light of its own; the pixel's is that of what stands behind it.
  if (scene_.is_sheer(point.mesh)) {
    point.alone = true;
    return false;
  }
  const bool known = guide.normal != Vec3{0, 0, 0};
  if (!known && point.sample == 0) guide = {point.surface.position, point.surface.normal};
  // Edges of one solid surface before another. Parts of see-through ones share what there is.
  if (point.sample > 0 &&
      (!known || (point.surface.coverage >= 1 && !same_surface(guide, point.surface)))) {
    point.alone = !found_beside(point, colour, film);
    if (!point.alone) point.lights = Scene3d::kSun;
    return false;
  }
  soft.colour[at] += colour;
  if (known && point.sample >= options_.soft_samples && same_surface(guide, point.surface))
    point.lights = Scene3d::kSun;
  else
    soft.asked[at] += point.weight;
  return true;
}

/// Gives a point the light of lamps and sky that is known there, and leaves it those lights that
/// are not. `own`: as keep_apart() found.
void ColourPass::take_mapped(ShadePoint& point, bool own, Queues& queues, Film& film) const {
  LightMap::Found found;
  if (point.haze > 0 || scene_.is_moving(point.mesh) ||
      !maps_->of_mesh[point.mesh].find(point.surface, found))
    return;
  const uint32_t movers = map_shaded_[point.mesh][found.patch] & ~Scene3d::kSun;
  const bool apart = own && !film.taken.light.empty();
  // Rays find what the map doesn't know. Where light is smoothed what movers take is kept apart all
  // over the mesh, so that neighbours have the same kind of light.
  if (!found.known && (movers == 0 || !apart)) return;
  const bool asks = (point.lights & ~Scene3d::kSun) != 0;
  if (asks && found.known) give(point, found.light, false, film);
  film.mark_uneven(point.x, point.y);
  point.lights &= found.sun ? ~0u : ~Scene3d::kSun;
  if (asks && !found.known) {
    ShadePoint& still = queues.still.points[queues.still.count++];
    still = point;
    still.lights &= ~Scene3d::kSun;
  }
  point.lights &= Scene3d::kSun;
  if (movers == 0) return;
  if (apart) {
    const size_t at = film.index(point.x, point.y);
    film.taken.guides[at] = {point.surface.position, point.surface.normal};
    film.taken.colour[at] += point.weight * point.surface.colour;
    if (!asks) return;
    film.taken.asked[at] += point.weight;
  }
  ShadePoint& taken = queues.taken.points[queues.taken.count++];
  taken = point;
  taken.lights = movers;
  taken.alone = !own;
}

/// Gives a sample the light of the neighbour whose first sample met the same surface.
bool ColourPass::found_beside(const ShadePoint& point, Vec3 colour, Film& film) const {
  SoftLight& soft = film.fresh;
  const size_t at = film.index(point.x, point.y);
  const auto fits = [&](size_t n) {
    const int x = point.x + kNeighbours[n][0], y = point.y + kNeighbours[n][1];
    if (x < 0 || y < 0 || x >= film.width || y >= film.height) return false;
    const SoftLight::Guide& there = soft.guides[film.index(x, y)];
    return there.normal != Vec3{0, 0, 0} && same_surface(there, point.surface);
  };
  uint8_t& beside = soft.beside[at];
  for (size_t n = 0; beside == 0 && n < kNeighbours.size(); ++n)
    if (fits(n)) beside = static_cast<uint8_t>(n + 1);
  if (beside == 0 || !fits(beside - 1u)) return false;
  soft.beside_colour[at] += colour;
  return true;
}

Film ColourPass::new_film() const {
  Film film(camera_.width, camera_.height);
  if (options_.soft_samples > 0) {
    film.fresh = SoftLight(film.light.size());
    film.fresh.beside_colour.resize(film.light.size());
    film.fresh.beside.resize(film.light.size());
    film.busy.assign(film.light.size(), 0);
    if (still_ != nullptr || maps_ != nullptr) film.taken = SoftLight(film.light.size());
  }
  return film;
}

/// Fills in what the truth already found. False when some ray passed a see-through surface.
bool ColourPass::take_known(const Block& block, const LaneMask& valid,
                            const std::array<Vec3, kPacket>& directions, HitPacket& rays) const {
  if (known_ == nullptr) return false;
  std::array<size_t, kPacket> at{};
  for (size_t i = 0; i < kPacket; ++i) {
    if (valid[i] == 0) continue;
    at[i] = known_->index(block.x[i], block.y[i]);
    if (known_->passed[at[i]] != 0) return false;
  }
  for (size_t i = 0; i < kPacket; ++i) {
    if (valid[i] == 0 || known_->meshes[at[i]] < 0) continue;
    const auto mesh = static_cast<uint32_t>(known_->meshes[at[i]]);
    const uint32_t triangle = known_->triangles[at[i]];
    rays.hit.geomID[i] = mesh;
    rays.hit.primID[i] = triangle;
    rays.hit.u[i] = known_->weights[at[i]][0];
    rays.hit.v[i] = known_->weights[at[i]][1];
    rays.ray.tfar[i] = known_->depth[at[i]] / dot(directions[i], forward_);
    const Vec3 normal = scene_.triangle_normal(mesh, triangle);
    rays.hit.Ng_x[i] = normal.x, rays.hit.Ng_y[i] = normal.y, rays.hit.Ng_z[i] = normal.z;
  }
  return true;
}

}  // namespace pantomime::render
