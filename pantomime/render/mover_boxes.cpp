#include "pantomime/render/mover_boxes.h"

#include <algorithm>
#include <cmath>

namespace pantomime::render {

using motion::Vec3;

namespace {

float number(Vec3 v, size_t axis) {
  return axis == 0 ? v.x : axis == 1 ? v.y : v.z;
}

}  // namespace

void MoverBoxes::Box::take(Vec3 p) {
  low = {std::min(low.x, p.x), std::min(low.y, p.y), std::min(low.z, p.z)};
  high = {std::max(high.x, p.x), std::max(high.y, p.y), std::max(high.z, p.z)};
}

bool MoverBoxes::Box::near(Vec3 p, float reach) const {
  return p.x > low.x - reach && p.x < high.x + reach && p.y > low.y - reach &&
         p.y < high.y + reach && p.z > low.z - reach && p.z < high.z + reach;
}

/// The beam to the ball is as wide as the ball only at its end: where it leaves the grown box it is
/// known better how wide it can be.
bool MoverBoxes::Box::between(Vec3 point, float extent, Vec3 way, float radius) const {
  float to = 1;
  for (int pass = 0; pass < 2; ++pass) {
    const float grown = std::max(radius * to, extent) + 1e-3f;
    float from = 0, end = to;
    const auto slab = [&](float l, float h, float at, float step) {
      if (std::abs(step) < 1e-9f) return at >= l - grown && at <= h + grown;
      const float a = (l - grown - at) / step, b = (h + grown - at) / step;
      from = std::max(from, std::min(a, b));
      end = std::min(end, std::max(a, b));
      return from <= end;
    };
    if (!slab(low.x, high.x, point.x, way.x) || !slab(low.y, high.y, point.y, way.y) ||
        !slab(low.z, high.z, point.z, way.z))
      return false;
    to = end;
  }
  return true;
}

void MoverBoxes::clear() {
  all_ = {};
  boxes_.clear();
}

void MoverBoxes::start(Vec3 low, Vec3 high) {
  all_.take(low);
  all_.take(high);
  boxes_.resize(boxes_.size() + kSlices);
  const Vec3 size = high - low;
  axis_ = size.x >= size.y && size.x >= size.z ? 0 : size.y >= size.z ? 1 : 2;
  from_ = number(low, axis_);
  slices_a_metre_ = static_cast<float>(kSlices) / std::max(number(size, axis_), 1e-6f);
}

void MoverBoxes::add(std::span<const Vec3> positions,
                     std::span<const std::array<uint32_t, 3>> triangles) {
  Box* slices = &boxes_[boxes_.size() - kSlices];
  const auto slice_of = [&](Vec3 p) {
    const float at = (number(p, axis_) - from_) * slices_a_metre_;
    return static_cast<size_t>(std::clamp(at, 0.0f, static_cast<float>(kSlices) - 1));
  };
  for (const auto& [a, b, c] : triangles) {
    const std::array<Vec3, 3> corners = {positions[a], positions[b], positions[c]};
    const std::array<size_t, 3> at = {slice_of(corners[0]), slice_of(corners[1]),
                                      slice_of(corners[2])};
    const auto [first, last] = std::minmax({at[0], at[1], at[2]});
    for (size_t slice = first; slice <= last; ++slice)
      for (const Vec3 p : corners) slices[slice].take(p);
  }
}

bool MoverBoxes::near(Vec3 point, float reach) const {
  return !empty() && all_.near(point, reach) &&
         std::ranges::any_of(boxes_, [&](const Box& box) { return box.near(point, reach); });
}

bool MoverBoxes::between(Vec3 point, float extent, Vec3 centre, float radius) const {
  const Vec3 way = centre - point;
  return !empty() && all_.between(point, extent, way, radius) &&
         std::ranges::any_of(
             boxes_, [&](const Box& box) { return box.between(point, extent, way, radius); });
}

}  // namespace pantomime::render
