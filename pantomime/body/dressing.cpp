#include "pantomime/body/dressing.h"

#include <algorithm>
#include <cmath>

namespace pantomime::body {

namespace {

constexpr uint8_t kNeverSeen = 255;
/// Cover from which cloth under other cloth is left out: two rings inside the outer one's edge.
constexpr float kTuckedIn = 0.6f;
constexpr float kFullCover = 254.f;
/// How far skin is pressed in under cloth, metres on a body 1.7 m tall.
constexpr float kSink = 0.007f;

/// What lies over each point of a mesh.
struct Covering {
  std::vector<uint8_t> hidden;  ///< 1: can never be seen
  std::vector<float> depth;     ///< 0 … 1, share of kSink
};

bool is_clothing(ItemKind kind) {
  return kind == ItemKind::Outfit || kind == ItemKind::Top || kind == ItemKind::Bottom ||
         kind == ItemKind::Shoes || kind == ItemKind::Underwear;
}

/// Cover by the items of `items` that lie further out than `layer`, at points of the body.
Covering covering(const BodyAssets& assets, std::span<const Item* const> items, int layer) {
  Covering out{std::vector<uint8_t>(assets.point_count(), 0),
               std::vector<float>(assets.point_count(), 0.f)};
  for (const Item* item : items) {
    if (item->layer <= layer || !is_clothing(item->kind)) continue;
    for (size_t v = 0; v < item->cover.size(); ++v) {
      const uint8_t c = item->cover[v];
      if (c == kNeverSeen) out.hidden[v] = 1;
      out.depth[v] =
          std::max(out.depth[v], std::min(static_cast<float>(c), kFullCover) / kFullCover);
    }
  }
  return out;
}

float size_of(const BodyAssets& assets, std::span<const Vec3> points) {
  float low = points[0].y, high = points[0].y;
  for (const Vec3 p : points.first(assets.body_point_count())) {
    low = std::min(low, p.y);
    high = std::max(high, p.y);
  }
  return (high - low) / 1.7f;
}

/// The mesh to draw: triangles with a point to be seen, and the vertices they use.
SkinnedMesh assemble(const Surface& surface, const std::vector<Vec3>& points,
                     const std::vector<Vec3>& normals, const std::vector<uint8_t>& hidden,
                     std::span<const uint8_t> joints, std::span<const float> joint_weights) {
  constexpr uint32_t unused = 0xffffffffu;
  std::vector<uint32_t> index(surface.points.size(), unused);
  SkinnedMesh mesh;
  for (size_t t = 0; t + 2 < surface.triangles.size(); t += 3) {
    std::array<uint32_t, 3> corner{surface.triangles[t], surface.triangles[t + 1],
                                   surface.triangles[t + 2]};
    if (hidden[surface.points[corner[0]]] && hidden[surface.points[corner[1]]] &&
        hidden[surface.points[corner[2]]])
      continue;
    for (uint32_t& c : corner) {
      if (index[c] == unused) {
        index[c] = static_cast<uint32_t>(mesh.positions.size());
        const size_t p = surface.points[c];
        mesh.positions.push_back(points[p]);
        mesh.normals.push_back(normals[p]);
        mesh.uvs.push_back({surface.uvs[2 * size_t{c}], surface.uvs[2 * size_t{c} + 1]});
        mesh.joints.push_back(
            {joints[4 * p], joints[4 * p + 1], joints[4 * p + 2], joints[4 * p + 3]});
        mesh.weights.push_back({joint_weights[4 * p], joint_weights[4 * p + 1],
                                joint_weights[4 * p + 2], joint_weights[4 * p + 3]});
      }
      c = index[c];
    }
    mesh.triangles.push_back(corner);
  }
  return mesh;
}

}  // namespace

std::vector<Vec3> fit(const Item& item, std::span<const Vec3> body) {
  const Vec3 dx = body[item.scale_a[0]] - body[item.scale_b[0]];
  const Vec3 dy = body[item.scale_a[1]] - body[item.scale_b[1]];
  const Vec3 dz = body[item.scale_a[2]] - body[item.scale_b[2]];
  const Vec3 scale{std::abs(dx.x) / item.scale_distance[0], std::abs(dy.y) / item.scale_distance[1],
                   std::abs(dz.z) / item.scale_distance[2]};
  std::vector<Vec3> out(item.point_count());
  for (size_t i = 0; i < out.size(); ++i) {
    const uint32_t* r = &item.references[3 * i];
    const float* w = &item.weights[3 * i];
    const float* o = &item.offsets[3 * i];
    out[i] = w[0] * body[r[0]] + w[1] * body[r[1]] + w[2] * body[r[2]] +
             Vec3{scale.x * o[0], scale.y * o[1], scale.z * o[2]};
  }
  return out;
}

std::vector<Vec3> point_normals(const Surface& surface, std::span<const Vec3> points) {
  std::vector<Vec3> out(points.size());
  for (size_t t = 0; t + 2 < surface.triangles.size(); t += 3) {
    const std::array<size_t, 3> p{surface.points[surface.triangles[t]],
                                  surface.points[surface.triangles[t + 1]],
                                  surface.points[surface.triangles[t + 2]]};
    const Vec3 n = normalized(cross(points[p[1]] - points[p[0]], points[p[2]] - points[p[0]]));
    for (size_t k = 0; k < 3; ++k) {
      const Vec3 a = normalized(points[p[(k + 1) % 3]] - points[p[k]]);
      const Vec3 b = normalized(points[p[(k + 2) % 3]] - points[p[k]]);
      out[p[k]] += std::acos(std::clamp(dot(a, b), -1.f, 1.f)) * n;
    }
  }
  for (Vec3& n : out) n = normalized(n, {0, 1, 0});
  return out;
}

SkinnedMesh body_mesh(const BodyAssets& assets, std::span<const Vec3> body_points,
                      std::span<const Item* const> items) {
  const Covering over = covering(assets, items, std::numeric_limits<int>::min());
  std::vector<Vec3> points(body_points.begin(), body_points.end());
  const std::vector<Vec3> normals = point_normals(assets.surface(), points);
  const float sink = kSink * size_of(assets, body_points);
  for (size_t i = 0; i < points.size(); ++i) points[i] -= (sink * over.depth[i]) * normals[i];
  SkinnedMesh mesh = assemble(assets.surface(), points, normals, over.hidden, assets.joints(),
                              assets.joint_weights());
  mesh.name = "body";
  return mesh;
}

SkinnedMesh item_mesh(const BodyAssets& assets, std::span<const Vec3> body_points,
                      std::span<const Item* const> items, size_t index) {
  const Item& item = *items[index];
  std::vector<Vec3> points = fit(item, body_points);
  const std::vector<Vec3> normals = point_normals(item.surface, points);
  std::vector<uint8_t> hidden(points.size(), 0);
  if (is_clothing(item.kind)) {
    const Covering over = covering(assets, items, item.layer);
    const float sink = kSink * size_of(assets, body_points);
    for (size_t i = 0; i < points.size(); ++i) {
      const uint32_t* r = &item.references[3 * i];
      const float* w = &item.weights[3 * i];
      hidden[i] = over.hidden[r[0]] && over.hidden[r[1]] && over.hidden[r[2]];
      // A skirt may show what is under it, a shirt doesn't show the waistband that it hangs over.
      if (item.kind != ItemKind::Underwear)
        hidden[i] |= over.depth[r[0]] > kTuckedIn && over.depth[r[1]] > kTuckedIn &&
                     over.depth[r[2]] > kTuckedIn;
      const float depth = std::clamp(
          w[0] * over.depth[r[0]] + w[1] * over.depth[r[1]] + w[2] * over.depth[r[2]], 0.f, 1.f);
      points[i] -= (sink * depth) * normals[i];
    }
  }
  SkinnedMesh mesh =
      assemble(item.surface, points, normals, hidden, item.joints, item.joint_weights);
  mesh.name = std::string(kItemKinds[static_cast<size_t>(item.kind)]) + " " + item.name;
  return mesh;
}

}  // namespace pantomime::body
