#include "pantomime/render/light_map.h"

#include <algorithm>
#include <cmath>

#include "pantomime/render/colour_pass.h"

namespace pantomime::render {
namespace {

constexpr float kStep = 0.04f;   // metres
constexpr int kMostSteps = 512;  // along a side
constexpr int kPatch = 5;        // steps
constexpr float kLeast = 0.5f;   // metres: smaller meshes are not worth a map
/// Metres: nearer to something else the light changes too quickly for the grid.
constexpr float kClear = 0.06f;
/// Part of their light by which corners of a square may differ, and what counts as dark.
constexpr float kUneven = 0.08f, kGrain = 0.12f, kDark = 0.01f;

float number(Vec3 v, size_t axis) {
  return axis == 0 ? v.x : axis == 1 ? v.y : v.z;
}
float brightness(Vec3 v) {
  return v.x + v.y + v.z;
}

/// Whether two neighbours on the grid agree.
bool agree(float least, float most, float uneven) {
  return most - least <= uneven * most + kDark;
}

}  // namespace

LightMap::LightMap(const Scene3d& scene, uint32_t mesh, int samples, const RenderOptions& options) {
  const Mesh& m = scene.mesh(mesh);
  if (!scene.is_flat(mesh) || !scene.has_plain_normals(mesh) || m.triangles.empty()) return;
  const Vec3 normal = normalized(scene.triangle_normal(mesh, 0));
  for (uint32_t i = 1; i < m.triangles.size(); ++i)
    if (dot(normal, normalized(scene.triangle_normal(mesh, i))) < 0.999f) return;
  const Vec3 low = scene.low(mesh), high = scene.high(mesh);
  const size_t across = std::abs(normal.x) > 0.5f ? 0 : std::abs(normal.y) > 0.5f ? 1 : 2;
  corner_ = low;
  for (size_t k = 0; k < 2; ++k) {
    sides_[k] = (across + 1 + k) % 3;
    const float size = number(high, sides_[k]) - number(low, sides_[k]);
    if (size < kLeast) return;
    counts_[k] = std::clamp(static_cast<int>(std::lround(size / kStep)), 2, kMostSteps);
    steps_[k] = size / static_cast<float>(counts_[k]);
    inverse_[k] = 1 / steps_[k];
  }
  normal_ = normal;

  // A picture whose pixels are the squares of the grid, white and seen from above.
  Camera grid;
  grid.width = counts_[0];
  grid.height = counts_[1];
  RenderOptions asking = options;
  asking.samples = samples;
  asking.soft_samples = 0;
  asking.known = nullptr;
  asking.still = nullptr;
  asking.maps = nullptr;
  const ColourPass pass(scene, grid, asking, Meshes::Still);
  Film film(grid.width, grid.height);
  const Scene3d::Surface white{{}, normal, normal, {1, 1, 1}, 1, 0};
  for_each_tile(grid, options.threads, [&](int x, int y) {
    pass.add_arriving(
        x, y, mesh, white, [&](float u, float v) { return at(u, v); }, film);
  });
  light_ = std::move(film.light);
  for (Vec3& light : light_) light = (1 / static_cast<float>(samples)) * light;
  smooth();
  mark_even(scene, mesh);
  mark_sun(scene);
  patches_across_ = (counts_[0] + kPatch - 1) / kPatch;
}

Vec3 LightMap::at(float u, float v) const {
  std::array<float, 3> p = {corner_.x, corner_.y, corner_.z};
  p[sides_[0]] += u * steps_[0];
  p[sides_[1]] += v * steps_[1];
  return {p[0], p[1], p[2]};
}

void LightMap::mark_even(const Scene3d& scene, uint32_t mesh) {
  const NearMap near = scene.near_map(mesh, kClear);
  even_.assign(light_.size(), 0);
  for (int row = 0; row + 1 < counts_[1]; ++row)
    for (int column = 0; column + 1 < counts_[0]; ++column) {
      float least = 1e30f, most = 0;
      bool open = true;
      for (const int down : {0, 1})
        for (const int right : {0, 1}) {
          const float here = brightness(light_[index(column + right, row + down)]);
          least = std::min(least, here);
          most = std::max(most, here);
          open &= !near.near(
              at(static_cast<float>(column + right) + 0.5f, static_cast<float>(row + down) + 0.5f));
        }
      even_[index(column, row)] = open && agree(least, most, kUneven) ? 1 : 0;
    }
}

/// Takes grain away: each square becomes the mean of those around that agree with it.
void LightMap::smooth() {
  const std::vector<Vec3> before = light_;
  for (int row = 0; row < counts_[1]; ++row)
    for (int column = 0; column < counts_[0]; ++column) {
      const float here = brightness(before[index(column, row)]);
      Vec3 sum{};
      float total = 0;
      for (int y = std::max(row - 1, 0); y <= std::min(row + 1, counts_[1] - 1); ++y)
        for (int x = std::max(column - 1, 0); x <= std::min(column + 1, counts_[0] - 1); ++x) {
          const float there = brightness(before[index(x, y)]);
          if (!agree(std::min(here, there), std::max(here, there), kGrain)) continue;
          const float weight = (x == column ? 2.0f : 1.0f) * (y == row ? 2.0f : 1.0f);
          sum += weight * before[index(x, y)];
          total += weight;
        }
      light_[index(column, row)] = (1 / total) * sum;
    }
}

void LightMap::mark_sun(const Scene3d& scene) {
  sun_.assign(light_.size(), 0);
  if (scene.key.colour == Vec3{0, 0, 0}) return;
  const float extent =
      0.75f * (steps_[0] + steps_[1]);  // at the border a square counts for half more
  for (int row = 0; row < counts_[1]; ++row)
    for (int column = 0; column < counts_[0]; ++column)
      sun_[index(column, row)] =
          scene.key_may_enter(at(static_cast<float>(column + 1), static_cast<float>(row + 1)),
                              extent)
              ? 1
              : 0;
}

std::vector<uint32_t> LightMap::lights_movers_may_take(const Scene3d& scene) const {
  std::vector<uint32_t> lights;
  if (light_.empty()) return lights;
  constexpr float kHalf = 0.5f * kPatch;
  const float extent = kHalf * std::hypot(steps_[0], steps_[1]);
  for (int row = 0; row < counts_[1]; row += kPatch)
    for (int column = 0; column < counts_[0]; column += kPatch)
      lights.push_back(scene.lights_movers_may_take(
          at(static_cast<float>(column) + kHalf, static_cast<float>(row) + kHalf), extent));
  return lights;
}

bool LightMap::find(const Scene3d::Surface& surface, Found& out) const {
  if (dot(surface.geometric_normal, normal_) < 0.5f) return false;  // seen from behind, or no map
  std::array<int, 2> first, patch;
  std::array<float, 2> part;  // beyond the outermost middles light goes on as it did
  for (size_t k = 0; k < 2; ++k) {
    const float at =
        (number(surface.position, sides_[k]) - number(corner_, sides_[k])) * inverse_[k];
    const auto last = static_cast<float>(counts_[k]);
    first[k] = static_cast<int>(std::clamp(at - 0.5f, 0.0f, last - 1.501f));
    part[k] = at - 0.5f - static_cast<float>(first[k]);
    patch[k] = static_cast<int>(std::clamp(at, 0.0f, last - 0.5f)) / kPatch;
  }
  const size_t here = index(first[0], first[1]), below = index(first[0], first[1] + 1);
  out.known = even_[here] != 0;
  out.light = lerp(lerp(light_[here], light_[here + 1], part[0]),
                   lerp(light_[below], light_[below + 1], part[0]), part[1]);
  out.sun = sun_[here] != 0;
  out.patch = static_cast<size_t>(patch[0] + patch[1] * patches_across_);
  return true;
}

LightMaps map_light(const Scene3d& scene, int samples, const RenderOptions& options) {
  LightMaps out;
  out.of_mesh.resize(scene.mesh_count());
  for (uint32_t i = 0; i < out.of_mesh.size(); ++i)
    if (!scene.is_moving(i)) out.of_mesh[i] = LightMap(scene, i, samples, options);
  return out;
}

}  // namespace pantomime::render
