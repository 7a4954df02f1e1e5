// What renders a picture's light: rays through pixels, the surfaces they meet, the light that
// arrives there. Internal to this room.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <vector>

#include "pantomime/render/light_map.h"
#include "pantomime/render/pixel_rays.h"
#include "pantomime/render/renderer.h"
#include "pantomime/render/still_view.h"

namespace pantomime::render {

/// Random numbers for each use of them in a pixel; samples add their own step to them.
struct Shifts {
  std::array<float, 2> jitter, key, sky;
  std::array<float, 3> lamp;
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
  uint32_t lights;  // that are asked, bits as of Scene3d::lights_movers_may_take
  bool alone;       // its soft light is its own, not for smoothing
  std::array<float, 2> key, sky;
  std::array<float, 3> lamp;
};

/// Points that wait for their light: so many that there are enough rays to go the same way, so few
/// that they stay in a near cache.
struct Waiting {
  static constexpr size_t kRoom = 32 * kPacket;
  static constexpr size_t kMost = kRoom + kPacket;  // a packet of rays may still be added when full
  size_t count = 0;
  std::array<ShadePoint, kMost> points;
};
struct Queues {
  Waiting lit;    // for the light of everything
  Waiting still;  // for the light of lamps and sky that would arrive if nothing moved
  Waiting taken;  // for what movers take away of that
};

/// Light of lamps and sky, kept apart from the surfaces that send it on, so that it can be
/// smoothed.
struct SoftLight {
  std::vector<Vec3> light;   // that arrives: sum over samples that asked, by weight in the pixel
  std::vector<float> asked;  // sum of their weights
  std::vector<Vec3> colour;  // the surfaces' reflectance: sum over all samples, by weight
  struct Guide {
    Vec3 position, normal;  // of the first surface; zero: none
  };
  std::vector<Guide> guides;
  // At edges some samples meet what a neighbour's first sample met: they take its light.
  std::vector<Vec3> beside_colour;  // sum over those samples, by weight
  std::vector<uint8_t> beside;      // the neighbour, of kNeighbours, and 1; 0: none yet

  explicit SoftLight(size_t pixels = 0)
      : light(pixels), asked(pixels), colour(pixels), guides(pixels) {}
};

/// Pixels about a pixel (x, y), the nearest first.
inline constexpr std::array<std::array<int8_t, 2>, 8> kNeighbours = {
    {{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {1, -1}, {-1, 1}, {1, 1}}};

/// Light that arrives at each pixel, before tone mapping.
struct Film {
  int width, height;
  std::vector<Vec3> light;  // sum over samples
  // No sample met anything but background and flat surfaces; empty where nobody asks.
  std::vector<uint8_t> plain;
  SoftLight fresh, taken;     // empty unless it is smoothed: what arrives, what movers take away
  std::vector<uint8_t> busy;  // the same; 1: one sample doesn't tell what the pixel's others find
  Film(int w, int h)
      : width(w), height(h), light(static_cast<size_t>(w) * static_cast<size_t>(h)) {}
  void mark_uneven(int x, int y) {
    if (!plain.empty()) plain[index(x, y)] = 0;
  }
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
  std::array<uint32_t, kPacket> shaded;  // lights that movers may take from what stands still there
};

class ColourPass {
 public:
  /// `which`: the meshes that there are.
  ColourPass(const Scene3d& scene, const Camera& camera, const RenderOptions& options,
             Meshes which = Meshes::All);

  /// Adds samples [first, last) to every `step`th pixel (both ways) of a tile, of those that
  /// `wanted` (all: null) marks.
  void add_samples(int tile_x, int tile_y, int first, int last, int step, const uint8_t* wanted,
                   Film& film) const;
  /// Adds light of lamps and sky that arrives at each pixel of a tile, where pixels are not seen by
  /// a camera but lie at `place` (u, v: in pixels) on a surface of `mesh`.
  void add_arriving(int tile_x, int tile_y, uint32_t mesh, const Scene3d::Surface& surface,
                    const std::function<Vec3(float u, float v)>& place, Film& film) const;
  /// A film for this pass.
  Film new_film() const;
  /// After the first sample of a smoothed film: marks the pixels that show edges, see-through
  /// things or the border of the sun's light; the light of all others is taken for that of all
  /// samples.
  std::vector<uint8_t> rest_wanted(Film& film) const;
  /// After the last sample: smooths what is kept apart and puts it into the film's light.
  void smooth(Film& film) const;

 private:
  Shifts shifts(int x, int y) const;
  Vec3 background(Vec3 unit_direction) const;
  void trace_packet(const Block& block, int sample, const LaneMask& asked, Queues& queues,
                    Film& film) const;
  bool take_known(const Block& block, const LaneMask& valid,
                  const std::array<Vec3, kPacket>& directions, HitPacket& rays) const;
  bool all_still(const LaneMask& valid, const Film& film, const Block& block) const;
  void add_still(Block& block, int first, int last, const LaneMask& valid, Waiting& taken,
                 Film& film) const;
  void mark_shaded(const LaneMask& valid, const Film& film, Block& block) const;
  bool sees_open(const Block& block, const LaneMask& valid, const Film& film) const;
  void first_movers(const LaneMask& valid, HitPacket& rays) const;
  void still_light(const Block& block, size_t lane, Vec3 direction, int sample, float left,
                   Waiting& taken, Film& film) const;
  bool keep_apart(ShadePoint& point, Film& film) const;
  void take_mapped(ShadePoint& point, bool own, Queues& queues, Film& film) const;
  bool found_beside(const ShadePoint& point, Vec3 colour, Film& film) const;

  // Light, in lights.cpp. `by`: what may be in its way. Of Moving: what that takes away from still
  // surfaces.
  void shade_all(Queues& queues, size_t least, Film& film) const;
  void shade(Waiting& waiting, Meshes by, Film& film) const;
  void key_light(std::span<const ShadePoint> points, bool movers, std::span<float> lit,
                 Film& film) const;
  void lamp_light(std::span<const ShadePoint> points, Meshes by, Film& film) const;
  void sky_light(std::span<const ShadePoint> points, Meshes by, std::span<float> open,
                 Film& film) const;
  struct LampChoice {
    size_t lamp;
    float chance;
  };
  struct LampPlace {
    Vec3 middle, a, b;  // halves of its edges
    Vec3 out;           // normal, its length the lamp's area
    float power;        // sum of its colour
  };
  LampChoice choose_lamp(const Scene3d::Surface& surface, float random, uint32_t lamps) const;
  Vec3 sky_arriving(const ShadePoint& point, float open) const;
  Vec3 radiance(const ShadePoint& point, float lit, Vec3 from_sky) const;
  void give(const ShadePoint& point, Vec3 arriving, bool movers, Film& film) const;

  const Scene3d& scene_;
  const Camera& camera_;
  const RenderOptions& options_;
  const Truth* known_;      // first surfaces through the pixels' centres, or null
  const StillView* still_;  // what does not move, or null
  const LightMaps* maps_;   // light on what does not move, or null
  std::vector<std::vector<uint32_t>> map_shaded_;  // of each of their patches
  PixelRays pixel_rays_;
  uint32_t stream_;
  std::vector<LampPlace> lamps_;  // of the scene, the first kMostLamps
  Vec3 towards_light_, light_a_, light_b_, forward_;
  RayQuery primary_, shadow_, occlusion_;
  PixelBox movers_;  // pixels in which something that moves may be seen; only used with still_
};

/// Three random numbers in [0, 1) by counting: a hash of pixel and use. Source: Jarzynski & Olano
/// 2020, "Hash Functions for GPU Rendering", pcg3d.
inline std::array<uint32_t, 3> noise_bits(uint32_t x, uint32_t y, uint32_t use) {
  uint32_t a = x * 1664525u + 1013904223u, b = y * 1664525u + 1013904223u,
           c = use * 1664525u + 1013904223u;
  a += b * c, b += c * a, c += a * b;
  a ^= a >> 16, b ^= b >> 16, c ^= c >> 16;
  a += b * c, b += c * a, c += a * b;
  return {a, b, c};
}
inline std::array<float, 3> noise(uint32_t x, uint32_t y, uint32_t use) {
  const auto [a, b, c] = noise_bits(x, y, use);
  auto unit = [](uint32_t v) { return static_cast<float>(v >> 8) * 0x1p-24f; };
  return {unit(a), unit(b), unit(c)};
}

/// Part behind the point of a number that is not negative (std::floor is a call on plain x86-64).
inline float fraction(float x) {
  return x - static_cast<float>(static_cast<int>(x));
}

/// Point `index` of Roberts' R2 sequence, shifted: even cover of the unit square by any number of
/// points.
inline std::array<float, 2> spread_point(int index, const std::array<float, 2>& shift) {
  // Whole periods are left out before floats grow coarse.
  const auto i = static_cast<float>(index & 1023);
  return {fraction(shift[0] + i * 0.7548776662f), fraction(shift[1] + i * 0.5698402910f)};
}

/// The same in the unit cube (Roberts' R3).
inline std::array<float, 3> spread_point(int index, const std::array<float, 3>& shift) {
  const auto i = static_cast<float>(index & 1023);
  return {fraction(shift[0] + i * 0.8191725134f), fraction(shift[1] + i * 0.6710436067f),
          fraction(shift[2] + i * 0.5497004779f)};
}

/// Two unit vectors that make a right-handed frame with a unit normal. Source: Duff et al. 2017,
/// "Building an Orthonormal Basis, Revisited".
void frame_about(Vec3 n, Vec3& a, Vec3& b);

}  // namespace pantomime::render
