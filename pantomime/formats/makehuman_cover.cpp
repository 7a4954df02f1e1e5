// What of a body can be seen when an item is worn.
#include <algorithm>

#include "pantomime/base/parallel.h"
#include "pantomime/body/cover.h"
#include "pantomime/body/dressing.h"
#include "pantomime/formats/makehuman_items.h"

namespace pantomime::formats::makehuman {

namespace {

/// Cloth further than this from the skin can't be poked through by it, metres.
constexpr float kNear = 0.05f;
/// Cloth may lie a little inside the skin where it was modelled carelessly.
constexpr float kInside = 0.012f;
constexpr size_t kDirections = 96;
/// Rings of neighbours by which the never-seen region is made smaller, for poses that open it.
constexpr int kSafety = 2;
/// Rings over which skin sinks to its full depth under cloth.
constexpr int kSlope = 3;

using Neighbours = std::vector<std::vector<uint32_t>>;

bool is_joint_cube(const Mesh& mesh, const Face& face) {
  const auto m = static_cast<size_t>(face.material);
  return m < mesh.materials.size() && mesh.materials[m].starts_with("joint");
}

Neighbours neighbours_of(const Mesh& mesh) {
  Neighbours out(mesh.points.size());
  for (const Face& f : mesh.faces) {
    if (is_joint_cube(mesh, f)) continue;
    const auto n = static_cast<size_t>(f.corners);
    for (size_t k = 0; k < n; ++k) {
      const uint32_t a = f.points[k], b = f.points[(k + 1) % n];
      out[a].push_back(b);
      out[b].push_back(a);
    }
  }
  return out;
}

}  // namespace

std::vector<uint8_t> cover_of(const Package& package, std::span<const uint32_t> solid,
                              std::span<const Vec3> points, std::span<const Vec3> body_points,
                              const std::vector<bool>& flags, bool skirt) {
  const Mesh& base = package.base();
  std::vector<bool> hidden = flags, kept(base.points.size(), false);
  std::vector<const Face*> skin_faces, all_faces;
  for (const Face& f : base.faces) {
    if (is_joint_cube(base, f)) continue;
    all_faces.push_back(&f);
    if (f.points[0] < package.body_points()) skin_faces.push_back(&f);
  }
  const SplitSurface skin = split(base, skin_faces), everything = split(base, all_faces);
  auto corners = [](const SplitSurface& s) {
    std::vector<uint32_t> out;
    for (const uint32_t v : s.triangles) out.push_back(s.points[v]);
    return out;
  };
  const body::Occluders cloth(points, solid), body(body_points, corners(skin));
  const std::vector<Vec3> normals = body::point_normals(everything.view(), body_points);
  // Legs under a skirt are seen as soon as it moves: nothing of them is left out but the seat,
  // which would come through when the person sits.
  if (skirt) {
    float crotch = 0;
    for (const uint32_t p : package.bone_end("upperleg01.L", "head")) crotch += body_points[p].y;
    crotch /= static_cast<float>(package.bone_end("upperleg01.L", "head").size());
    for (size_t p = 0; p < hidden.size(); ++p) {
      const bool seat = normals[p].z < -0.3f && body_points[p].y > crotch - 0.07f;
      if (!seat && body_points[p].y < crotch + 0.06f) kept[p] = true, hidden[p] = false;
    }
  }
  const std::vector<Vec3> directions = body::sphere_directions(kDirections);
  const Neighbours neighbours = neighbours_of(base);

  const size_t count = base.points.size();
  std::vector<uint8_t> near(count, 0), unseen(count, 0);
  parallel_for(static_cast<int64_t>(count), 0, [&](int64_t i) {
    const auto p = static_cast<size_t>(i);
    if (neighbours[p].empty()) return;
    const Vec3 n = normals[p];
    near[p] = cloth.hit(body_points[p] - kInside * n, n, 0.f, kInside + kNear);
    if (!near[p]) return;
    const Vec3 origin = body_points[p] + 0.001f * n;
    for (const Vec3 d : directions)
      if (dot(d, n) > 0.05f && !cloth.hit(origin, d, 0.f, 10.f) &&
          !body.hit(origin, d, 2e-3f, 10.f))
        return;
    unseen[p] = 1;
  });
  for (int ring = 0; ring < kSafety; ++ring) {
    const std::vector<uint8_t> before = unseen;
    for (size_t p = 0; p < count; ++p)
      for (const uint32_t q : neighbours[p])
        if (!before[q]) unseen[p] = 0;
  }
  // Steps from the nearest point that is not near cloth, up to kSlope.
  std::vector<int> depth(count, kSlope);
  for (size_t p = 0; p < count; ++p)
    if (!near[p] && !flags[p]) depth[p] = 0;
  for (int ring = 1; ring < kSlope; ++ring)
    for (size_t p = 0; p < count; ++p)
      if (depth[p] > ring)
        for (const uint32_t q : neighbours[p])
          if (depth[q] == ring - 1) depth[p] = ring;
  std::vector<uint8_t> out(count, 0);
  for (size_t p = 0; p < count; ++p)
    out[p] =
        (hidden[p] || unseen[p]) && !kept[p] ? 255 : static_cast<uint8_t>(254 * depth[p] / kSlope);
  return out;
}

}  // namespace pantomime::formats::makehuman
