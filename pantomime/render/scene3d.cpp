#include "pantomime/render/scene3d.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pantomime/base/error.h"

namespace pantomime::render {
namespace {

void check_mesh(const Mesh& mesh, size_t materials) {
  const size_t count = mesh.positions.size();
  auto fits = [&](size_t size) { return size == 0 || size == count; };
  PANTOMIME_CHECK(fits(mesh.normals.size()) && fits(mesh.uvs.size()) && fits(mesh.parts.size()),
                  "scene: mesh \"{}\" has {} positions, {} normals, {} uvs, {} parts", mesh.name,
                  count, mesh.normals.size(), mesh.uvs.size(), mesh.parts.size());
  PANTOMIME_CHECK(mesh.material >= 0 && static_cast<size_t>(mesh.material) < materials,
                  "scene: mesh \"{}\" has material {} of {}", mesh.name, mesh.material, materials);
  for (const auto& triangle : mesh.triangles)
    for (const uint32_t corner : triangle)
      PANTOMIME_CHECK(corner < count, "scene: mesh \"{}\" has a corner {} of {} vertices",
                      mesh.name, corner, count);
}

void check_finite(const std::string& name, const std::vector<Vec3>& positions) {
  for (const Vec3 p : positions)
    PANTOMIME_CHECK(std::isfinite(p.x + p.y + p.z), "scene: mesh \"{}\" has a vertex at {} {} {}",
                    name, p.x, p.y, p.z);
}

Vec3 least(Vec3 a, Vec3 b) {
  return {std::min(a.x, b.x), std::min(a.y, b.y), std::min(a.z, b.z)};
}
Vec3 most(Vec3 a, Vec3 b) {
  return {std::max(a.x, b.x), std::max(a.y, b.y), std::max(a.z, b.z)};
}

void find_bounds(const std::vector<Vec3>& positions, Vec3& low, Vec3& high) {
  low = high = positions.empty() ? Vec3{} : positions[0];
  for (const Vec3 p : positions) {
    low = least(low, p);
    high = most(high, p);
  }
}

/// Whether interpolated normals are nowhere other than those of the triangles.
bool has_even_normals(const Mesh& mesh) {
  if (mesh.normals.empty()) return true;
  return std::ranges::all_of(mesh.triangles, [&](const std::array<uint32_t, 3>& triangle) {
    const auto& [a, b, c] = triangle;
    const Vec3 normal = normalized(
        cross(mesh.positions[b] - mesh.positions[a], mesh.positions[c] - mesh.positions[a]));
    return std::ranges::all_of(triangle, [&](uint32_t corner) {
      return dot(normalized(mesh.normals[corner]), normal) > 1 - 1e-6f;
    });
  });
}

/// Exponent of a Blinn-Phong highlight about as wide as GGX with this roughness; 0 when it is too
/// faint to be worth a look. Source: Karis 2013, "Specular BRDF Reference".
float gloss_of(float roughness) {
  if (!(roughness < 0.95f)) return 0;
  const float alpha = std::max(roughness * roughness, 0.03f);
  return std::max(2 / (alpha * alpha) - 2, 1.0f);
}

/// Whether a ray from `point` passes through a box.
bool meets_box(Vec3 low, Vec3 high, Vec3 point, Vec3 direction) {
  float from = 0, to = std::numeric_limits<float>::infinity();
  auto slab = [&](float l, float h, float p, float d) {
    if (std::abs(d) < 1e-12f) return p >= l && p <= h;
    const float a = (l - p) / d, b = (h - p) / d;
    from = std::max(from, std::min(a, b));
    to = std::min(to, std::max(a, b));
    return from <= to;
  };
  return slab(low.x, high.x, point.x, direction.x) && slab(low.y, high.y, point.y, direction.y) &&
         slab(low.z, high.z, point.z, direction.z);
}

}  // namespace

Scene3d::Scene3d(std::shared_ptr<TextureStore> textures, bool mixed)
    : textures_(textures ? std::move(textures) : std::make_shared<TextureStore>()),
      mixed_(mixed),
      rays_(mixed) {}

int Scene3d::add_material(const body::Material& material) {
  paints_.push_back({textures_->get(material.colour, Texture::Kind::kColour),
                     textures_->get(material.normals, Texture::Kind::kNumbers),
                     material.base_colour, gloss_of(material.roughness), material.see_through});
  return static_cast<int>(paints_.size()) - 1;
}

int Scene3d::add_mesh(Mesh mesh) {
  check_mesh(mesh, paints_.size());
  check_finite(mesh.name, mesh.positions);
  const Paint& paint = paints_[static_cast<size_t>(mesh.material)];
  rays_.add_mesh(mesh.positions, mesh.triangles, paint.see_through);
  Entry entry{std::move(mesh), {}, {}, {}, false, false, {}, {}, {}};
  find_bounds(entry.mesh.positions, entry.low, entry.high);
  const Vec3 size = entry.high - entry.low;
  entry.flat = std::min({size.x, size.y, size.z}) == 0;
  entry.even = has_even_normals(entry.mesh);
  const Texture* texture = paint.colour ? paint.colour.get() : paint.normals.get();
  if (texture != nullptr && !entry.mesh.uvs.empty()) {
    const float pixels =
        static_cast<float>(texture->width()) * static_cast<float>(texture->height());
    for (const auto& [a, b, c] : entry.mesh.triangles) {
      const auto& uvs = entry.mesh.uvs;
      const float uv_area = std::abs((uvs[b][0] - uvs[a][0]) * (uvs[c][1] - uvs[a][1]) -
                                     (uvs[c][0] - uvs[a][0]) * (uvs[b][1] - uvs[a][1]));
      const Vec3 normal = cross(entry.mesh.positions[b] - entry.mesh.positions[a],
                                entry.mesh.positions[c] - entry.mesh.positions[a]);
      entry.texels_per_metre.push_back(
          std::sqrt(uv_area * pixels / std::max(length(normal), 1e-12f)));
    }
  }
  meshes_.push_back(std::move(entry));
  still_changed_ = true;
  return static_cast<int>(meshes_.size()) - 1;
}

void Scene3d::move_mesh(int mesh, const std::vector<Vec3>& positions,
                        const std::vector<Vec3>& normals) {
  PANTOMIME_CHECK(mesh >= 0 && static_cast<size_t>(mesh) < meshes_.size(), "scene: mesh {} of {}",
                  mesh, meshes_.size());
  Entry& entry = meshes_[static_cast<size_t>(mesh)];
  Mesh& to = entry.mesh;
  PANTOMIME_CHECK(positions.size() == to.positions.size() && normals.size() == to.normals.size(),
                  "scene: mesh \"{}\" has {} positions and {} normals, got {} and {}", to.name,
                  to.positions.size(), to.normals.size(), positions.size(), normals.size());
  check_finite(to.name, positions);
  to.positions = positions;
  to.normals = normals;
  find_bounds(positions, entry.low, entry.high);
  entry.flat = false;
  entry.even = normals.empty();
  still_changed_ |= !is_moving(static_cast<uint32_t>(mesh));
  rays_.move_mesh(static_cast<uint32_t>(mesh), to.positions);
}

void Scene3d::commit() {
  for (size_t i = 0; i < meshes_.size(); ++i) {
    Entry& entry = meshes_[i];
    if (!entry.flat) continue;
    // No others: a box that nothing meets.
    entry.others_low = {1e30f, 1e30f, 1e30f};
    entry.others_high = -entry.others_low;
    for (size_t k = 0; k < meshes_.size(); ++k)
      if (k != i) {
        entry.others_low = least(entry.others_low, meshes_[k].low);
        entry.others_high = most(entry.others_high, meshes_[k].high);
      }
  }
  rays_.commit();
  box_movers();
  if (mixed_ && still_changed_)
    for (size_t i = 0; i < meshes_.size(); ++i)
      if (meshes_[i].flat) meshes_[i].near = near_map(i, surroundings.occlusion_reach);
  still_changed_ = false;
}

/// Meshes of one person or thing follow one another.
void Scene3d::box_movers() {
  movers_.clear();
  for (size_t first = 0, end = 0; first < meshes_.size(); first = end) {
    Vec3 low = meshes_[first].low, high = meshes_[first].high;
    for (end = first; end < meshes_.size() && is_moving(static_cast<uint32_t>(end)) &&
                      meshes_[end].mesh.object == meshes_[first].mesh.object;
         ++end) {
      low = least(low, meshes_[end].low);
      high = most(high, meshes_[end].high);
    }
    if (end == first) {
      ++end;
      continue;
    }
    movers_.start(low, high);
    for (size_t i = first; i < end; ++i)
      movers_.add(meshes_[i].mesh.positions, meshes_[i].mesh.triangles);
  }
}

NearMap Scene3d::near_map(size_t mesh, float reach) const {
  NearMap out(meshes_[mesh].low, meshes_[mesh].high, reach);
  for (size_t k = 0; k < meshes_.size(); ++k) {
    if (k == mesh || is_moving(static_cast<uint32_t>(k))) continue;
    const std::vector<Vec3>& p = meshes_[k].mesh.positions;
    for (const auto& [a, b, c] : meshes_[k].mesh.triangles) out.add(p[a], p[b], p[c]);
  }
  return out;
}

std::array<float, 2> Scene3d::uv(const Entry& entry, uint32_t triangle, float u, float v) const {
  const auto& [a, b, c] = entry.mesh.triangles[triangle];
  const auto& uvs = entry.mesh.uvs;
  const float w = 1 - u - v;
  return {w * uvs[a][0] + u * uvs[b][0] + v * uvs[c][0],
          w * uvs[a][1] + u * uvs[b][1] + v * uvs[c][1]};
}

bool Scene3d::may_be_blocked(uint32_t mesh, Vec3 point, Vec3 direction, float stray) const {
  const Entry& entry = meshes_[mesh];
  if (!entry.flat) return true;
  const Vec3 low = entry.others_low, high = entry.others_high;
  if (low.x > high.x) return false;
  // As far as the ray may have strayed when it passes the farthest corner.
  const Vec3 size = high - low, away = 0.5f * (low + high) - point;
  const float margin = stray * (length(away) + length(size));
  const Vec3 grow{margin, margin, margin};
  return meets_box(low - grow, high + grow, point, direction);
}

uint32_t Scene3d::lights_movers_may_take(Vec3 point, float extent) const {
  uint32_t lights = movers_.near(point, surroundings.occlusion_reach + extent) ? kSky : 0;
  for (size_t k = 0; k < std::min(lamps.size(), kMostLamps); ++k) {
    const scene::Lamp& lamp = lamps[k];
    if (movers_.between(point, extent, lamp.corner + 0.5f * (lamp.a + lamp.b),
                        0.5f * length(lamp.a + lamp.b)))
      lights |= 1u << k;
  }
  if (key.colour == Vec3{0, 0, 0}) return lights;
  constexpr float kFar = 20;  // metres: farther than any home is wide
  if (movers_.between(point, extent, point + kFar * normalized(key.towards),
                      kFar * key.radius + extent) &&
      key_may_enter(point, extent))
    lights |= kSun;
  return lights;
}

bool Scene3d::key_may_enter(Vec3 point, float extent) const {
  if (key.openings.empty()) return true;
  for (const scene::Opening3d& hole : key.openings) {
    const Vec3 normal = cross(hole.a, hole.b);
    const float along = dot(normal, key.towards);
    if (along == 0) continue;
    const float t = dot(normal, hole.corner - point) / along;
    if (t <= 0) continue;
    const float margin = 1.1f * key.radius * t * length(key.towards) + extent + 1e-3f;
    const Vec3 there = point + t * key.towards - hole.corner;
    const float a = length(hole.a), b = length(hole.b);
    const float at_a = dot(there, hole.a) / a, at_b = dot(there, hole.b) / b;
    if (at_a > -margin && at_a < a + margin && at_b > -margin && at_b < b + margin) return true;
  }
  return false;
}

bool Scene3d::may_be_near(uint32_t mesh, Vec3 point, float reach) const {
  const Entry& entry = meshes_[mesh];
  if (!entry.flat) return true;
  if (reach <= entry.near.reach()) return entry.near.near(point) || movers_.near(point, reach);
  const Vec3 low = entry.others_low, high = entry.others_high;
  return point.x > low.x - reach && point.x < high.x + reach && point.y > low.y - reach &&
         point.y < high.y + reach && point.z > low.z - reach && point.z < high.z + reach;
}

float Scene3d::coverage(uint32_t mesh, uint32_t triangle, float u, float v, float footprint) const {
  const Entry& entry = meshes_[mesh];
  const Paint& paint = paints_[static_cast<size_t>(entry.mesh.material)];
  if (!paint.colour || entry.mesh.uvs.empty()) return paint.base[3];
  const auto [s, t] = uv(entry, triangle, u, v);
  return paint.base[3] * paint.colour->alpha(s, t, entry.texels_per_metre[triangle] * footprint);
}

Vec3 Scene3d::smooth_normal(const Hit& hit) const {
  const Mesh& m = meshes_[hit.mesh].mesh;
  const bool behind = dot(hit.normal, hit.direction) > 0;
  if (m.normals.empty()) return normalized(behind ? -hit.normal : hit.normal, -hit.direction);
  const auto& [a, b, c] = m.triangles[hit.triangle];
  const Vec3 smooth =
      (1 - hit.u - hit.v) * m.normals[a] + hit.u * m.normals[b] + hit.v * m.normals[c];
  return normalized(behind ? -smooth : smooth, -hit.direction);
}

void Scene3d::surface(const Hit& hit, float footprint, Surface& out) const {
  const Entry& entry = meshes_[hit.mesh];
  const Paint& paint = paints_[static_cast<size_t>(entry.mesh.material)];
  out.position = hit.position;
  const Vec3 flat = normalized(hit.normal, -hit.direction);
  const float slant = dot(flat, hit.direction);
  out.geometric_normal = slant > 0 ? -flat : flat;
  out.normal = entry.even ? out.geometric_normal : smooth_normal(hit);
  out.colour = {paint.base[0], paint.base[1], paint.base[2]};
  out.coverage = paint.see_through ? paint.base[3] : 1;
  out.gloss = paint.gloss;
  if (entry.texels_per_metre.empty()) return;

  const auto [s, t] = uv(entry, hit.triangle, hit.u, hit.v);
  // Seen at a slant the footprint grows along one direction only; the root is the compromise.
  const float texels = entry.texels_per_metre[hit.triangle] * footprint /
                       std::sqrt(std::max(std::abs(slant), 0.05f));
  if (paint.colour) {
    const std::array<float, 4> texel = paint.colour->sample(s, t, texels);
    out.colour = {out.colour.x * texel[0], out.colour.y * texel[1], out.colour.z * texel[2]};
    if (paint.see_through) out.coverage *= texel[3];
  }
  if (paint.normals) bend_normal(entry, hit.triangle, paint.normals->sample(s, t, texels), out);
}

void Scene3d::bend_normal(const Entry& entry, uint32_t triangle, const std::array<float, 4>& texel,
                          Surface& out) {
  const auto& [a, b, c] = entry.mesh.triangles[triangle];
  const auto& uvs = entry.mesh.uvs;
  const Vec3 ab = entry.mesh.positions[b] - entry.mesh.positions[a];
  const Vec3 ac = entry.mesh.positions[c] - entry.mesh.positions[a];
  const float du1 = uvs[b][0] - uvs[a][0], dv1 = uvs[b][1] - uvs[a][1];
  const float du2 = uvs[c][0] - uvs[a][0], dv2 = uvs[c][1] - uvs[a][1];
  const float area = du1 * dv2 - du2 * dv1;
  if (std::abs(area) < 1e-12f) return;
  // glTF 2.0, 3.9.3: the map's x goes with u, its y against v (up in the picture).
  const Vec3 along_u = (1 / area) * (dv2 * ab - dv1 * ac);
  const Vec3 along_v = (1 / area) * (du1 * ac - du2 * ab);
  const Vec3 tangent = normalized(along_u - dot(along_u, out.normal) * out.normal);
  Vec3 bitangent = cross(out.normal, tangent);
  if (dot(bitangent, along_v) > 0) bitangent = -bitangent;
  const Vec3 bent = (2 * texel[0] - 1) * tangent + (2 * texel[1] - 1) * bitangent +
                    std::max(2 * texel[2] - 1, 0.05f) * out.normal;
  out.normal = normalized(bent, out.normal);
}

uint8_t Scene3d::part(uint32_t mesh, uint32_t triangle, float u, float v) const {
  const Mesh& m = meshes_[mesh].mesh;
  if (m.parts.empty()) return 0;
  const auto& corners = m.triangles[triangle];
  const float w = 1 - u - v;
  return m.parts[corners[w >= u && w >= v ? 0 : u >= v ? 1 : 2]];
}

PosedCharacter::PosedCharacter(Scene3d& scene, const body::Character& character, int object)
    : character_(&character) {
  std::vector<int> materials;
  for (const body::Material& material : character.materials)
    materials.push_back(scene.add_material(material));
  for (const body::SkinnedMesh& piece : character.meshes) {
    PANTOMIME_CHECK(piece.material >= 0 && static_cast<size_t>(piece.material) < materials.size(),
                    "scene: mesh \"{}\" has material {} of {}", piece.name, piece.material,
                    materials.size());
    Mesh mesh{piece.name,      materials[static_cast<size_t>(piece.material)],
              object,          piece.positions,
              piece.normals,   piece.uvs,
              piece.triangles, piece.parts};
    meshes_.push_back(scene.add_mesh(std::move(mesh)));
  }
}

void PosedCharacter::pose(Scene3d& scene, const motion::WorldPose& pose, size_t frame) {
  for (size_t i = 0; i < meshes_.size(); ++i) {
    const body::SkinnedMesh& piece = character_->meshes[i];
    body::skin(*character_, piece, pose, frame, positions_, &normals_);
    scene.move_mesh(meshes_[i], positions_, normals_);
  }
}

Mesh floor_mesh(Scene3d& scene, float x, float y, float z, float half_size, float tile_size,
                uint8_t light, uint8_t dark, int object) {
  constexpr int kTexels = 64;
  auto image = std::make_shared<Image>(2 * kTexels, 2 * kTexels, 3);
  for (int row = 0; row < image->height; ++row)
    for (int column = 0; column < image->width; ++column)
      std::fill_n(image->at(column, row), 3, (row < kTexels) == (column < kTexels) ? light : dark);
  body::Material material;
  material.name = "floor";
  material.roughness = 1;
  material.colour = std::move(image);
  Mesh mesh;
  mesh.name = "floor";
  mesh.material = scene.add_material(material);
  mesh.object = object;
  // Texture coordinates are tied to the world, so that the tiles stay while the floor is laid
  // elsewhere.
  const float pair = 2 * tile_size;
  for (const auto& [sx, sz] : {std::pair{-1.f, -1.f}, {-1.f, 1.f}, {1.f, 1.f}, {1.f, -1.f}}) {
    const Vec3 corner{x + sx * half_size, y, z + sz * half_size};
    mesh.positions.push_back(corner);
    mesh.normals.push_back({0, 1, 0});
    mesh.uvs.push_back({corner.x / pair, corner.z / pair});
  }
  mesh.triangles = {{0, 1, 2}, {0, 2, 3}};
  return mesh;
}

}  // namespace pantomime::render
