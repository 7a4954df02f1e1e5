#include "pantomime/render/near_map.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace pantomime::render {

using motion::Vec3;

namespace {

constexpr float kCell = 0.1f;  // metres
constexpr int kMostCells = 1024;

std::array<float, 3> numbers(Vec3 v) {
  return {v.x, v.y, v.z};
}

}  // namespace

NearMap::NearMap(Vec3 low, Vec3 high, float reach) : reach_(reach) {
  const auto l = numbers(low), h = numbers(high);
  while (axis_ < 2 && h[axis_] > l[axis_]) ++axis_;
  plane_ = l[axis_];
  for (size_t k = 0; k < 2; ++k) {
    const size_t side = sides_[k] = (axis_ + 1 + k) % 3;
    from_[k] = l[side];
    const float size = h[side] - l[side];
    // A little more, so that rounding never needs one cell too many.
    steps_[k] = std::max(kCell, 1.001f * size / kMostCells);
    counts_[k] = static_cast<int>(size / steps_[k]) + 1;
  }
  cells_.assign(static_cast<size_t>(counts_[0]) * static_cast<size_t>(counts_[1]), 0);
}

/// What lies beyond the grid counts to its border.
int NearMap::cell(float value, size_t along) const {
  const float at = std::clamp((value - from_[along]) / steps_[along], 0.0f,
                              static_cast<float>(counts_[along] - 1));
  return static_cast<int>(at);
}

void NearMap::add(Vec3 a, Vec3 b, Vec3 c) {
  const auto p = numbers(a), q = numbers(b), r = numbers(c);
  const auto least = [&](size_t i) { return std::min({p[i], q[i], r[i]}); };
  const auto most = [&](size_t i) { return std::max({p[i], q[i], r[i]}); };
  if (least(axis_) > plane_ + reach_ || most(axis_) < plane_ - reach_) return;
  if (least(axis_) == plane_ && most(axis_) == plane_) return;
  std::array<int, 2> first, last;
  for (size_t k = 0; k < 2; ++k) {
    const float low = least(sides_[k]) - reach_, high = most(sides_[k]) + reach_;
    if (high < from_[k] || low > from_[k] + steps_[k] * static_cast<float>(counts_[k])) return;
    first[k] = cell(low, k);
    last[k] = cell(high, k);
  }
  for (int row = first[1]; row <= last[1]; ++row) {
    const auto start = cells_.begin() + std::ptrdiff_t{row} * counts_[0];
    std::fill(start + first[0], start + last[0] + 1, uint8_t{1});
  }
}

bool NearMap::near(Vec3 point) const {
  const auto p = numbers(point);
  return cells_[static_cast<size_t>(cell(p[sides_[1]], 1)) * static_cast<size_t>(counts_[0]) +
                static_cast<size_t>(cell(p[sides_[0]], 0))] != 0;
}

}  // namespace pantomime::render
