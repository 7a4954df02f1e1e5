#include "pantomime/render/renderer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/render/pixel_rays.h"

namespace pantomime::render {
namespace {

constexpr int kMaxLayers = 24;   // see-through surfaces along one ray
constexpr float kClear = 0.03f;  // less coverage than this is not worth a layer
constexpr float kOff = 5e-4f;    // metres that secondary rays start off the surface
constexpr float kFar = std::numeric_limits<float>::infinity();

/// Three random numbers in [0, 1) by counting: a hash of pixel and use. Source: Jarzynski & Olano
/// 2020, "Hash Functions for GPU Rendering", pcg3d.
std::array<float, 3> noise(uint32_t x, uint32_t y, uint32_t use) {
  uint32_t a = x * 1664525u + 1013904223u, b = y * 1664525u + 1013904223u,
           c = use * 1664525u + 1013904223u;
  a += b * c, b += c * a, c += a * b;
  a ^= a >> 16, b ^= b >> 16, c ^= c >> 16;
  a += b * c, b += c * a, c += a * b;
  auto unit = [](uint32_t v) { return static_cast<float>(v >> 8) * 0x1p-24f; };
  return {unit(a), unit(b), unit(c)};
}

/// Part behind the point of a number that is not negative (std::floor is a call on plain x86-64).
float fraction(float x) {
  return x - static_cast<float>(static_cast<int>(x));
}

/// Point `index` of Roberts' R2 sequence, shifted: even cover of the unit square by any number of
/// points.
std::array<float, 2> spread_point(int index, const std::array<float, 2>& shift) {
  // Whole periods are left out before floats grow coarse.
  const auto i = static_cast<float>(index & 1023);
  return {fraction(shift[0] + i * 0.7548776662f), fraction(shift[1] + i * 0.5698402910f)};
}

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

/// Two unit vectors that make a right-handed frame with a unit normal. Source: Duff et al. 2017,
/// "Building an Orthonormal Basis, Revisited".
void frame_about(Vec3 n, Vec3& a, Vec3& b) {
  const float sign = std::copysign(1.0f, n.z);
  const float c = -1 / (sign + n.z), d = n.x * n.y * c;
  a = {1 + sign * n.x * n.x * c, sign * d, -sign * n.x};
  b = {d, sign + n.y * n.y * c, -n.y};
}

Vec3 times(Vec3 a, Vec3 b) {
  return {a.x * b.x, a.y * b.y, a.z * b.z};
}

/// Two random numbers for each use of them in a pixel; samples add their own step to them.
struct Shifts {
  std::array<float, 2> jitter, key, sky;
};

/// A surface that light of a pixel comes from.
struct ShadePoint {
  Scene3d::Surface surface;
  Vec3 direction;  // of the ray that came here
  uint32_t mesh;
  float weight;  // part of the pixel's light
  float haze;    // 0 … 1
  int x, y;      // pixel
  int sample;
  std::array<float, 2> key, sky;
};

/// Points that wait for their light. Small, so that it stays in the nearest cache.
struct Waiting {
  static constexpr size_t kRoom = 16 * kPacket;
  size_t count = 0;
  std::array<ShadePoint, kRoom + kPacket> points;  // a packet of rays may still be added when full
};

/// Light that arrives at each pixel, before tone mapping.
struct Film {
  int width, height;
  std::vector<Vec3> light;     // sum over samples
  std::vector<uint8_t> plain;  // no sample met anything but background and flat surfaces
  Film(int w, int h)
      : width(w),
        height(h),
        light(static_cast<size_t>(w) * static_cast<size_t>(h)),
        plain(light.size(), 1) {}
  size_t index(int x, int y) const {
    return static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x);
  }
  Vec3& at(int x, int y) { return light[index(x, y)]; }
  const Vec3& at(int x, int y) const { return const_cast<Film*>(this)->at(x, y); }
};

/// Eight pixels and how each shifts its pattern of samples.
struct Block {
  std::array<int, kPacket> x, y;
  std::array<Shifts, kPacket> shifts;
};

class ColourPass {
 public:
  ColourPass(const Scene3d& scene, const Camera& camera, const RenderOptions& options)
      : scene_(scene),
        camera_(camera),
        options_(options),
        known_(options.samples == 1 ? options.known : nullptr),
        pixel_rays_(camera) {
    stream_ = 2 * static_cast<uint32_t>(options.seed ^ (options.seed >> 32));
    towards_light_ = normalized(scene.key.towards, {0, 1, 0});
    forward_ = camera.world_from_camera * Vec3{0, 0, 1};
    frame_about(towards_light_, light_a_, light_b_);
    primary_ = {&scene, kClear, 1 / std::max(camera.fx, camera.fy), 0, true};
    shadow_ = {&scene, 0.5f, 0, 0.004f, true};
    occlusion_ = {&scene, 0.5f, 0, 0.008f, false};
  }

  /// Adds samples [first, last) to every `step`th pixel (both ways) of a tile, of those that
  /// `wanted` (all: null) marks.
  void add_samples(int tile_x, int tile_y, int first, int last, int step, const uint8_t* wanted,
                   Film& film) const {
    Waiting waiting;
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
        for (size_t i = 0; i < kPacket; ++i)
          if (valid[i] != 0) block.shifts[i] = shifts(block.x[i], block.y[i]);
        for (int s = first; s < last; ++s) trace_packet(block, s, valid, waiting, film);
      }
    shade_all(waiting, film);
  }

 private:
  Shifts shifts(int x, int y) const {
    const auto a = noise(static_cast<uint32_t>(x), static_cast<uint32_t>(y), stream_);
    const auto b = noise(static_cast<uint32_t>(x), static_cast<uint32_t>(y), stream_ + 1);
    return {{a[0], a[1]}, {a[2], b[0]}, {b[1], b[2]}};
  }

  Vec3 background(Vec3 unit_direction) const {
    const float up = std::clamp(unit_direction.y, 0.0f, 1.0f);
    return lerp(scene_.surroundings.horizon, scene_.surroundings.zenith, std::sqrt(up));
  }

  /// One sample of a block: collects the surfaces that each ray meets, front to back.
  void trace_packet(const Block& block, int sample, LaneMask valid, Waiting& waiting,
                    Film& film) const {
    alignas(32) HitPacket rays;
    std::array<Vec3, kPacket> directions;
    std::array<float, kPacket> left;  // light not yet stopped by nearer surfaces
    for (size_t i = 0; i < kPacket; ++i) {
      std::array<float, 2> jitter = {0.5f, 0.5f};
      if (options_.samples > 1) jitter = spread_point(sample, block.shifts[i].jitter);
      directions[i] = pixel_rays_.direction(static_cast<float>(block.x[i]) + jitter[0],
                                            static_cast<float>(block.y[i]) + jitter[1]);
      left[i] = 1;
      pixel_rays_.start(rays, i, directions[i]);
    }
    const Surroundings& around = scene_.surroundings;
    bool any = true;
    for (int layer = 0; any; ++layer) {
      if (layer > 0 || !take_known(block, valid, directions, rays))
        scene_.rays().intersect(primary_, valid, rays);
      any = false;
      for (size_t i = 0; i < kPacket; ++i) {
        if (valid[i] == 0) continue;
        valid[i] = 0;
        const int x = block.x[i], y = block.y[i];
        const uint32_t mesh = rays.hit.geomID[i];
        const float distance = rays.ray.tfar[i];
        if (mesh == RTC_INVALID_GEOMETRY_ID || distance >= around.haze_to) {
          film.at(x, y) += left[i] * background(directions[i]);
          continue;
        }
        if (!scene_.is_flat(mesh) || layer > 0) film.plain[film.index(x, y)] = 0;
        ShadePoint& point = waiting.points[waiting.count];
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
        if (point.weight > 0) ++waiting.count;
        left[i] *= 1 - stopped;
        if (left[i] < 0.02f) continue;
        PixelRays::restart(rays, i, distance * (1 + 1e-6f) + 2e-5f);
        valid[i] = -1;
        any = true;
      }
      if (waiting.count >= Waiting::kRoom) shade_all(waiting, film);
    }
  }

  /// Fills in what the truth already found. False when some ray passed a see-through surface.
  bool take_known(const Block& block, const LaneMask& valid,
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

  void shade_all(Waiting& waiting, Film& film) const {
    for (size_t i = 0; i < waiting.count; i += kPacket)
      shade(&waiting.points[i], std::min<size_t>(kPacket, waiting.count - i), film);
    waiting.count = 0;
  }

  void shade(const ShadePoint* points, size_t count, Film& film) const {
    std::array<float, kPacket> lit{}, open;
    open.fill(1);
    key_light(points, count, lit, film);
    if (options_.occlusion_rays > 0) sky_light(points, count, open, film);
    for (size_t i = 0; i < count; ++i)
      film.at(points[i].x, points[i].y) += radiance(points[i], lit[i], open[i]);
    if (!scene_.lamps.empty()) lamp_light(points, count, film);
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

  /// The cosine to the key light where it is seen, else 0.
  void key_light(const ShadePoint* points, size_t count, std::array<float, kPacket>& lit,
                 Film& film) const {
    alignas(32) RayPacket rays;
    LaneMask valid{};
    bool any = false;
    if (scene_.key.colour == Vec3{0, 0, 0}) return;  // night
    for (size_t i = 0; i < count; ++i) {
      const Scene3d::Surface& s = points[i].surface;
      // Behind the real surface there is no light, whatever the smooth normal says.
      if (dot(s.geometric_normal, towards_light_) <= 0) continue;
      lit[i] = std::max(0.0f, dot(s.normal, towards_light_));
      if (lit[i] <= 0 || !options_.shadows) continue;
      if (!scene_.key_may_enter(s.position)) {
        lit[i] = 0;
        continue;
      }
      if (!scene_.may_be_blocked(points[i].mesh, s.position, towards_light_, scene_.key.radius))
        continue;
      film.plain[film.index(points[i].x, points[i].y)] = 0;
      const auto [u, v] = spread_point(points[i].sample, points[i].key);
      const float r = scene_.key.radius * std::sqrt(u);
      const auto [c, d] = kCircle.at(v);
      const Vec3 direction = towards_light_ + (r * c) * light_a_ + (r * d) * light_b_;
      set_ray(rays, i, s.position + kOff * s.geometric_normal, direction, kFar);
      valid[i] = -1;
      any = true;
    }
    if (!any) return;
    std::array<bool, kPacket> blocked;
    scene_.rays().occluded(shadow_, valid, rays, blocked);
    for (size_t i = 0; i < count; ++i)
      if (blocked[i]) lit[i] = 0;
  }

  /// Adds the light of one lamp to each point, chosen by what each would give unhidden and weighed
  /// by how likely the choice was: right in the mean for any number of lamps.
  void lamp_light(const ShadePoint* points, size_t count, Film& film) const {
    alignas(32) RayPacket rays;
    LaneMask valid{};
    std::array<Vec3, kPacket> arriving;
    bool any = false;
    for (size_t i = 0; i < count; ++i) {
      const ShadePoint& point = points[i];
      film.plain[film.index(point.x, point.y)] = 0;
      const auto random =
          noise(static_cast<uint32_t>(point.x), static_cast<uint32_t>(point.y),
                stream_ ^ (0x9e3779b9u * (static_cast<uint32_t>(point.sample) + 1)));
      const Vec3 from = point.surface.position + kOff * point.surface.geometric_normal;
      const LampChoice choice = choose_lamp(point.surface, random[2]);
      if (choice.chance <= 0) continue;
      const scene::Lamp& lamp = scene_.lamps[choice.lamp];
      const Vec3 target = lamp.corner + random[0] * lamp.a + random[1] * lamp.b;
      const float share = lamp_share(lamp, target, from, point.surface);
      if (share <= 0) continue;
      arriving[i] = (share / choice.chance) * lamp.colour;
      const Vec3 way = target - from;
      const float distance = length(way);
      if (options_.shadows) {
        set_ray(rays, i, from, (1 / distance) * way, distance * (1 - 1e-4f));
        valid[i] = -1;
        any = true;
      } else {
        film.at(point.x, point.y) += point.weight * times(point.surface.colour, arriving[i]);
      }
    }
    if (!any) return;
    std::array<bool, kPacket> blocked;
    scene_.rays().occluded(shadow_, valid, rays, blocked);
    for (size_t i = 0; i < count; ++i)
      if (valid[i] != 0 && !blocked[i])
        film.at(points[i].x, points[i].y) +=
            points[i].weight * times(points[i].surface.colour, arriving[i]);
  }

  struct LampChoice {
    size_t lamp;
    float chance;
  };
  LampChoice choose_lamp(const Scene3d::Surface& surface, float random) const {
    if (scene_.lamps.size() == 1) return {0, 1};
    std::array<float, 8> gives{};
    const size_t count = std::min(scene_.lamps.size(), gives.size());
    float all = 0;
    for (size_t k = 0; k < count; ++k) {
      const scene::Lamp& lamp = scene_.lamps[k];
      const Vec3 middle = lamp.corner + 0.5f * (lamp.a + lamp.b);
      const float share = lamp_share(lamp, middle, surface.position, surface);
      // A little for lamps whose middle is hidden but whose edge may not be.
      gives[k] = (share + 1e-3f) * (lamp.colour.x + lamp.colour.y + lamp.colour.z);
      all += gives[k];
    }
    float at = random * all;
    for (size_t k = 0; k + 1 < count; ++k) {
      if (at < gives[k]) return {k, gives[k] / all};
      at -= gives[k];
    }
    return {count - 1, gives[count - 1] / all};
  }

  /// Part of its own brightness that a white surface sends back for light from about one point of a
  /// lamp: area * cos * cos' / (pi r^2).
  static float lamp_share(const scene::Lamp& lamp, Vec3 target, Vec3 from,
                          const Scene3d::Surface& surface) {
    const Vec3 way = target - from;
    const float square = std::max(dot(way, way), 0.01f);
    if (dot(surface.geometric_normal, way) <= 0) return 0;
    const float here = dot(surface.normal, way), there = -dot(cross(lamp.a, lamp.b), way);
    if (here <= 0 || there <= 0) return 0;
    return here * there / (std::numbers::pi_v<float> * square * square);
  }

  /// Part of the sky that nothing near the point hides.
  void sky_light(const ShadePoint* points, size_t count, std::array<float, kPacket>& open,
                 Film& film) const {
    const float reach = scene_.surroundings.occlusion_reach;
    const int rays_each = options_.occlusion_rays;
    std::array<bool, kPacket> asked{};
    bool any = false;
    for (size_t i = 0; i < count; ++i) {
      asked[i] = scene_.may_be_blocked(points[i].mesh, points[i].surface.position, reach);
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
      scene_.rays().occluded(occlusion_, valid, rays, blocked);
      for (size_t i = 0; i < count; ++i)
        if (blocked[i]) open[i] -= 1 / static_cast<float>(rays_each);
    }
  }

  Vec3 radiance(const ShadePoint& point, float lit, float open) const {
    const Scene3d::Surface& s = point.surface;
    const Surroundings& around = scene_.surroundings;
    const Vec3 sky = lerp(around.ground, around.sky, 0.5f + 0.5f * s.normal.y);
    // What hides the sky is itself lit and gives back a part of it.
    const float bounced = 0.25f * (1 - open);
    Vec3 light = times(s.colour, lit * scene_.key.colour + (open + bounced) * sky);
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

  const Scene3d& scene_;
  const Camera& camera_;
  const RenderOptions& options_;
  const Truth* known_;  // first surfaces through the pixels' centres, or null
  PixelRays pixel_rays_;
  uint32_t stream_;
  Vec3 towards_light_, light_a_, light_b_, forward_;
  RayQuery primary_, shadow_, occlusion_;
};

/// Light as the picture will show it.
void develop(const Vec3& light, float exposure, uint8_t* rgb) {
  rgb[0] = srgb_from_linear(tone_mapped(exposure * light.x));
  rgb[1] = srgb_from_linear(tone_mapped(exposure * light.y));
  rgb[2] = srgb_from_linear(tone_mapped(exposure * light.z));
}

/// Where two rows of bytes differ by more than `contrast`: 255, else 0. A plain loop over separate
/// bytes, which the compiler turns into vector code.
void mark_differences(const uint8_t* __restrict a, const uint8_t* __restrict b, size_t count,
                      uint8_t contrast, uint8_t* __restrict out) {
  for (size_t i = 0; i < count; ++i) {
    const auto d = static_cast<uint8_t>(std::max(a[i], b[i]) - std::min(a[i], b[i]));
    out[i] = d > contrast ? 255 : 0;
  }
}

/// Marks the pixels that differ from one of their eight neighbours by more than `contrast` steps.
std::vector<uint8_t> uneven_pixels(const Image& image, int contrast) {
  const auto width = static_cast<size_t>(image.width), height = static_cast<size_t>(image.height);
  const auto least = static_cast<uint8_t>(std::clamp(contrast, 0, 255));
  std::vector<uint8_t> uneven(width * height, 0);
  std::vector<uint8_t> wide(3 * width);
  auto compare = [&](size_t first, size_t second, size_t count) {
    mark_differences(&image.pixels[3 * first], &image.pixels[3 * second], 3 * count, least,
                     wide.data());
    // Most rows are even all along.
    if (std::find(wide.begin(), wide.begin() + static_cast<ptrdiff_t>(3 * count), 255) ==
        wide.begin() + static_cast<ptrdiff_t>(3 * count))
      return;
    for (size_t i = 0; i < count; ++i) {
      const auto mark = static_cast<uint8_t>(wide[3 * i] | wide[3 * i + 1] | wide[3 * i + 2]);
      uneven[first + i] |= mark;
      uneven[second + i] |= mark;
    }
  };
  for (size_t y = 0; y < height; ++y) {
    const size_t row = y * width;
    compare(row, row + 1, width - 1);
    if (y + 1 == height) break;
    compare(row, row + width, width);
    compare(row, row + width + 1, width - 1);
    compare(row + 1, row + width, width - 1);
  }
  return uneven;
}

/// After one sample in every second pixel of every second row: fills the pixels in the middle of
/// open, even surfaces from their neighbours and marks the others as wanted.
std::vector<uint8_t> fill_open_surfaces(Film& film, const RenderOptions& options) {
  const int across = (film.width + 1) / 2, down = (film.height + 1) / 2;
  Image cells(across, down, 3);
  for (int y = 0; y < down; ++y)
    for (int x = 0; x < across; ++x)
      develop(film.at(2 * x, 2 * y), options.exposure, cells.at(x, y));
  std::vector<uint8_t> busy = uneven_pixels(cells, options.contrast);
  auto cell = [&](int x, int y) {
    return static_cast<size_t>(y) * static_cast<size_t>(across) + static_cast<size_t>(x);
  };
  for (int y = 0; y < down; ++y)
    for (int x = 0; x < across; ++x)
      if (film.plain[film.index(2 * x, 2 * y)] == 0) busy[cell(x, y)] = 1;
  auto calm = [&](int cx, int cy) {
    for (int y = std::max(cy - 1, 0); y <= std::min(cy + 1, down - 1); ++y)
      for (int x = std::max(cx - 1, 0); x <= std::min(cx + 1, across - 1); ++x)
        if (busy[cell(x, y)] != 0) return false;
    return true;
  };
  std::vector<uint8_t> wanted(film.light.size(), 0);
  for (int cy = 0; cy < down; ++cy)
    for (int cx = 0; cx < across; ++cx) {
      const bool fill = calm(cx, cy);
      const int x = 2 * cx, y = 2 * cy;
      const int x2 = cx + 1 < across ? x + 2 : x, y2 = cy + 1 < down ? y + 2 : y;
      for (const auto& [dx, dy] : {std::pair{1, 0}, {0, 1}, {1, 1}}) {
        if (x + dx >= film.width || y + dy >= film.height) continue;
        const size_t at = film.index(x + dx, y + dy);
        wanted[at] = fill ? 0 : 1;
        if (!fill) continue;
        film.light[at] =
            dx == 0   ? lerp(film.at(x, y), film.at(x, y2), 0.5f)
            : dy == 0 ? lerp(film.at(x, y), film.at(x2, y), 0.5f)
                      : 0.25f * (film.at(x, y) + film.at(x2, y) + film.at(x, y2) + film.at(x2, y2));
      }
    }
  return wanted;
}

/// One sample everywhere shows where nothing happens; the others go to the rest.
Image render_sparingly(const ColourPass& pass, const Camera& camera, const RenderOptions& options,
                       Film& film) {
  for_each_tile(camera, options.threads,
                [&](int x, int y) { pass.add_samples(x, y, 0, 1, 2, nullptr, film); });
  const std::vector<uint8_t> wanted = fill_open_surfaces(film, options);
  for_each_tile(camera, options.threads,
                [&](int x, int y) { pass.add_samples(x, y, 0, 1, 1, wanted.data(), film); });
  Image out(camera.width, camera.height, 3);
  for (size_t i = 0; i < film.light.size(); ++i)
    develop(film.light[i], options.exposure, &out.pixels[3 * i]);
  const std::vector<uint8_t> uneven = uneven_pixels(out, options.contrast);
  for_each_tile(camera, options.threads, [&](int x, int y) {
    pass.add_samples(x, y, 1, options.samples, 1, uneven.data(), film);
  });
  const float scale = options.exposure / static_cast<float>(options.samples);
  for (size_t i = 0; i < film.light.size(); ++i)
    if (uneven[i] != 0) develop(film.light[i], scale, &out.pixels[3 * i]);
  return out;
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
  if (options.known != nullptr)
    PANTOMIME_CHECK(options.known->width == camera.width && options.known->height == camera.height,
                    "render: surfaces of {} x {} pixels for a picture of {} x {}",
                    options.known->width, options.known->height, camera.width, camera.height);
  Film film(camera.width, camera.height);
  const ColourPass pass(scene, camera, options);
  if (options.samples > 1 && options.contrast > 0)
    return render_sparingly(pass, camera, options, film);
  for_each_tile(camera, options.threads, [&](int x, int y) {
    pass.add_samples(x, y, 0, options.samples, 1, nullptr, film);
  });
  Image out(camera.width, camera.height, 3);
  const float scale = options.exposure / static_cast<float>(options.samples);
  for (size_t i = 0; i < film.light.size(); ++i) develop(film.light[i], scale, &out.pixels[3 * i]);
  return out;
}

}  // namespace pantomime::render
