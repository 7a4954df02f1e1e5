// How much skin shows through clothes: rays from several sides against a posed character.
#pragma once

#include <algorithm>
#include <vector>

#include "pantomime/body/character.h"
#include "pantomime/body/cover.h"

namespace pantomime::test {

struct PokeThrough {
  size_t cloth = 0;  ///< rays that meet clothing first
  size_t skin = 0;  ///< rays that meet skin or socks which lie well under clothing in the bind pose
  double share() const {
    return cloth == 0 ? 0 : static_cast<double>(skin) / static_cast<double>(cloth);
  }
};

inline bool is_cloth(const std::string& name) {
  for (const char* kind : {"outfit ", "top ", "bottom ", "shoes "})
    if (name.starts_with(kind)) return true;
  return false;
}

/// Vertices of a mesh with cloth of other meshes within 8 cm in front of them in the bind pose, and
/// so for all vertices within two edges.
inline std::vector<bool> well_under_cloth(const body::Character& c, const body::SkinnedMesh& mesh) {
  std::vector<motion::Vec3> points;
  std::vector<uint32_t> corners;
  for (const body::SkinnedMesh& m : c.meshes) {
    if (!is_cloth(m.name) || &m == &mesh) continue;
    for (const auto& t : m.triangles)
      for (const uint32_t v : t) corners.push_back(v + static_cast<uint32_t>(points.size()));
    points.insert(points.end(), m.positions.begin(), m.positions.end());
  }
  const body::Occluders cloth(points, corners);
  std::vector<bool> under(mesh.positions.size());
  for (size_t v = 0; v < under.size(); ++v)
    under[v] = cloth.hit(mesh.positions[v], mesh.normals[v], 1e-5f, 0.08f);
  for (int ring = 0; ring < 2; ++ring) {
    const std::vector<bool> before = under;
    for (const auto& t : mesh.triangles)
      if (!before[t[0]] || !before[t[1]] || !before[t[2]])
        for (const uint32_t v : t) under[v] = false;
  }
  return under;
}

/// Rays of a grid with `step` metres between them, from `views` horizontal directions.
inline PokeThrough poke_through(const body::Character& c, const motion::WorldPose& pose,
                                float step = 0.006f, int views = 8) {
  std::vector<motion::Vec3> points, positions;
  std::vector<uint32_t> corners;
  std::vector<uint8_t> kind;  // per triangle: 0 other, 1 cloth, 2 skin under cloth
  for (const body::SkinnedMesh& m : c.meshes) {
    if (c.materials[static_cast<size_t>(m.material)].see_through && !is_cloth(m.name)) continue;
    // Socks belong to the shoes and go under trousers, so they may poke through as skin may.
    const bool inner =
        m.name == "body" || m.name.starts_with("shoes ") || m.name.starts_with("underwear ");
    const bool cloth = is_cloth(m.name);
    const std::vector<bool> under = inner ? well_under_cloth(c, m) : std::vector<bool>();
    body::skin(c, m, pose, 0, positions, nullptr);
    for (const auto& t : m.triangles) {
      for (const uint32_t v : t) corners.push_back(v + static_cast<uint32_t>(points.size()));
      const bool hidden = inner && under[t[0]] && under[t[1]] && under[t[2]];
      kind.push_back(hidden ? uint8_t{2} : static_cast<uint8_t>(cloth));
    }
    points.insert(points.end(), positions.begin(), positions.end());
  }
  // One structure a kind: the nearest of the three hits tells what is seen.
  std::vector<body::Occluders> layers;
  for (uint8_t k = 0; k < 3; ++k) {
    std::vector<uint32_t> some;
    for (size_t t = 0; t < kind.size(); ++t)
      if (kind[t] == k)
        some.insert(some.end(), corners.begin() + static_cast<std::ptrdiff_t>(3 * t),
                    corners.begin() + static_cast<std::ptrdiff_t>(3 * t + 3));
    layers.emplace_back(points, some);
  }
  PokeThrough out;
  const motion::Vec3 centre = pose.positions[0];
  for (int view = 0; view < views; ++view) {
    const auto angle = 6.2831853f * static_cast<float>(view) / static_cast<float>(views);
    const motion::Quat turn = motion::from_axis_angle({0, 1, 0}, angle);
    const motion::Vec3 forward = turn * motion::Vec3{0, 0, -1},
                       right = turn * motion::Vec3{1, 0, 0};
    for (float y = -1.2f; y < 1.2f; y += step)
      for (float x = -1.1f; x < 1.1f; x += step) {
        const motion::Vec3 from = centre + x * right + motion::Vec3{0, y, 0} - 3.f * forward;
        const float cloth = layers[1].nearest(from, forward, 0, 6),
                    skin = layers[2].nearest(from, forward, 0, 6);
        if (cloth >= 6 && skin >= 6) continue;
        const float other = layers[0].nearest(from, forward, 0, 6);
        if (other < cloth && other < skin) continue;
        ++(skin < cloth ? out.skin : out.cloth);
      }
  }
  return out;
}

}  // namespace pantomime::test
