#include "pantomime/formats/tangents.h"

#include <algorithm>
#include <cmath>

namespace pantomime::formats {
namespace {

using motion::Vec3;

float angle(Vec3 a, Vec3 b) {
  return std::acos(std::clamp(dot(normalized(a), normalized(b)), -1.0f, 1.0f));
}

Vec3 any_perpendicular(Vec3 n) {
  return normalized(cross(n, std::abs(n.x) < 0.9f ? Vec3{1, 0, 0} : Vec3{0, 1, 0}), {1, 0, 0});
}

}  // namespace

std::vector<std::array<float, 4>> tangents(const body::SkinnedMesh& mesh) {
  const size_t vertices = mesh.positions.size();
  std::vector<Vec3> right(vertices), up(vertices);  // where columns and where rows (upwards) lead
  for (const auto& triangle : mesh.triangles) {
    const auto [a, b, c] = triangle;
    const Vec3 e1 = mesh.positions[b] - mesh.positions[a];
    const Vec3 e2 = mesh.positions[c] - mesh.positions[a];
    const float u1 = mesh.uvs[b][0] - mesh.uvs[a][0], u2 = mesh.uvs[c][0] - mesh.uvs[a][0];
    // v grows downwards in the picture, "up" is against it.
    const float v1 = mesh.uvs[a][1] - mesh.uvs[b][1], v2 = mesh.uvs[a][1] - mesh.uvs[c][1];
    const float area = u1 * v2 - u2 * v1;
    if (std::abs(area) < 1e-12f) continue;
    const float sign = area > 0 ? 1.0f : -1.0f;
    const Vec3 to_right = normalized(sign * (v2 * e1 - v1 * e2));
    const Vec3 to_up = normalized(sign * (u1 * e2 - u2 * e1));
    for (size_t k = 0; k < 3; ++k) {
      const Vec3 at = mesh.positions[triangle[k]];
      const float weight = angle(mesh.positions[triangle[(k + 1) % 3]] - at,
                                 mesh.positions[triangle[(k + 2) % 3]] - at);
      right[triangle[k]] += weight * to_right;
      up[triangle[k]] += weight * to_up;
    }
  }
  std::vector<std::array<float, 4>> out(vertices);
  for (size_t v = 0; v < vertices; ++v) {
    const Vec3 n = normalized(mesh.normals[v], {0, 1, 0});
    Vec3 t = right[v] - dot(n, right[v]) * n;
    t = length(t) > 1e-6f ? normalized(t) : any_perpendicular(n);
    out[v] = {t.x, t.y, t.z, dot(cross(n, t), up[v]) < 0 ? -1.0f : 1.0f};
  }
  return out;
}

}  // namespace pantomime::formats
