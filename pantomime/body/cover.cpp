#include "pantomime/body/cover.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace pantomime::body {

using motion::Vec3;

namespace {

float component(Vec3 v, int axis) {
  return axis == 0 ? v.x : axis == 1 ? v.y : v.z;
}
Vec3 least(Vec3 a, Vec3 b) {
  return {std::min(a.x, b.x), std::min(a.y, b.y), std::min(a.z, b.z)};
}
Vec3 most(Vec3 a, Vec3 b) {
  return {std::max(a.x, b.x), std::max(a.y, b.y), std::max(a.z, b.z)};
}

constexpr size_t kLeaf = 4;

}  // namespace

Occluders::Occluders(std::span<const Vec3> points, std::span<const uint32_t> triangles) {
  std::vector<Vec3> centres;
  for (size_t t = 0; t + 2 < triangles.size(); t += 3) {
    const Vec3 a = points[triangles[t]], b = points[triangles[t + 1]], c = points[triangles[t + 2]];
    triangles_.push_back({a, b - a, c - a});
    centres.push_back((1.f / 3) * (a + b + c));
  }
  if (triangles_.empty()) return;
  nodes_.reserve(2 * triangles_.size());
  nodes_.emplace_back();
  build(0, 0, triangles_.size(), centres);
}

void Occluders::build(size_t node, size_t first, size_t count, std::vector<Vec3>& centres) {
  Vec3 low = triangles_[first].corner, high = low, clow = centres[first], chigh = clow;
  for (size_t i = first; i < first + count; ++i) {
    const Triangle& t = triangles_[i];
    for (const Vec3 p : {t.corner, t.corner + t.edge1, t.corner + t.edge2})
      low = least(low, p), high = most(high, p);
    clow = least(clow, centres[i]), chigh = most(chigh, centres[i]);
  }
  nodes_[node] = {low, high, static_cast<uint32_t>(first), static_cast<uint32_t>(count)};
  if (count <= kLeaf) return;
  const Vec3 extent = chigh - clow;
  const int axis = extent.x >= extent.y && extent.x >= extent.z ? 0 : extent.y >= extent.z ? 1 : 2;
  if (component(extent, axis) <= 0) return;
  // Split at the median: sort an order, then apply it to both arrays.
  std::vector<uint32_t> order(count);
  for (size_t i = 0; i < count; ++i) order[i] = static_cast<uint32_t>(first + i);
  const size_t half = count / 2;
  std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(half), order.end(),
                   [&](uint32_t a, uint32_t b) {
                     const float ca = component(centres[a], axis), cb = component(centres[b], axis);
                     return ca != cb ? ca < cb : a < b;
                   });
  std::vector<Triangle> moved(count);
  std::vector<Vec3> moved_centres(count);
  for (size_t i = 0; i < count; ++i)
    moved[i] = triangles_[order[i]], moved_centres[i] = centres[order[i]];
  std::copy(moved.begin(), moved.end(), triangles_.begin() + static_cast<std::ptrdiff_t>(first));
  std::copy(moved_centres.begin(), moved_centres.end(),
            centres.begin() + static_cast<std::ptrdiff_t>(first));
  const size_t child = nodes_.size();
  nodes_.emplace_back();
  nodes_.emplace_back();
  nodes_[node].first = static_cast<uint32_t>(child);
  nodes_[node].count = 0;
  build(child, first, half, centres);
  build(child + 1, first + half, count - half, centres);
}

template <bool any>
float Occluders::trace(Vec3 origin, Vec3 direction, float near, float far) const {
  if (nodes_.empty()) return far;
  const Vec3 inverse{1 / direction.x, 1 / direction.y, 1 / direction.z};
  std::array<uint32_t, 64> stack;
  size_t top = 0;
  stack[top++] = 0;
  while (top > 0) {
    const Node& node = nodes_[stack[--top]];
    float enter = near, leave = far;
    for (int axis = 0; axis < 3; ++axis) {
      const float o = component(origin, axis), i = component(inverse, axis);
      float a = (component(node.low, axis) - o) * i, b = (component(node.high, axis) - o) * i;
      if (a > b) std::swap(a, b);
      enter = std::max(enter, a);
      leave = std::min(leave, b);
    }
    if (!(enter <= leave)) continue;
    if (node.count == 0) {
      if (top + 2 > stack.size()) continue;  // unreachable: depth is log2 of the triangles
      stack[top++] = node.first;
      stack[top++] = node.first + 1;
      continue;
    }
    for (uint32_t i = node.first; i < node.first + node.count; ++i) {
      // Möller and Trumbore 1997, both sides.
      const Triangle& t = triangles_[i];
      const Vec3 p = cross(direction, t.edge2);
      const float det = dot(t.edge1, p);
      if (std::abs(det) < 1e-14f) continue;
      const Vec3 s = origin - t.corner;
      const float u = dot(s, p) / det;
      if (u < 0 || u > 1) continue;
      const Vec3 q = cross(s, t.edge1);
      const float v = dot(direction, q) / det;
      if (v < 0 || u + v > 1) continue;
      const float distance = dot(t.edge2, q) / det;
      if (distance <= near || distance >= far) continue;
      far = distance;
      if constexpr (any) return far;
    }
  }
  return far;
}

bool Occluders::hit(Vec3 origin, Vec3 direction, float near, float far) const {
  return trace<true>(origin, direction, near, far) < far;
}

float Occluders::nearest(Vec3 origin, Vec3 direction, float near, float far) const {
  return trace<false>(origin, direction, near, far);
}

std::vector<Vec3> sphere_directions(size_t count) {
  std::vector<Vec3> out;
  const double golden = std::numbers::pi * (3 - std::sqrt(5.));
  for (size_t i = 0; i < count; ++i) {
    const double y = 1 - 2 * (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    const double r = std::sqrt(1 - y * y), a = golden * static_cast<double>(i);
    out.push_back({static_cast<float>(r * std::cos(a)), static_cast<float>(y),
                   static_cast<float>(r * std::sin(a))});
  }
  return out;
}

}  // namespace pantomime::body
