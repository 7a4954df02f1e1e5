// Where on a flat surface something else is near. Internal to this room.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "pantomime/motion/rotation.h"

namespace pantomime::render {

/// A grid over a mesh that lies in one axis-parallel plane, as floors and walls do: each cell knows
/// whether a triangle of another mesh may be nearer than `reach`. Most of a ceiling needs no ray to
/// find that nothing is.
class NearMap {
 public:
  NearMap() = default;
  /// `low`, `high`: corners of the mesh's bounds, metres, one size of which is zero.
  NearMap(motion::Vec3 low, motion::Vec3 high, float reach);

  float reach() const { return reach_; }
  /// Marks the cells that a triangle is near to; one in the same plane hides nothing of the mesh.
  void add(motion::Vec3 a, motion::Vec3 b, motion::Vec3 c);
  /// False is certain for points of the mesh.
  bool near(motion::Vec3 point) const;

 private:
  int cell(float value, size_t along) const;

  float reach_ = 0, plane_ = 0;
  size_t axis_ = 0;                    // across the plane
  std::array<size_t, 2> sides_{1, 2};  // the other two
  std::array<float, 2> from_{};        // metres: where the grid begins
  std::array<float, 2> steps_{};       // metres: size of a cell
  std::array<int, 2> counts_{};
  std::vector<uint8_t> cells_;
};

}  // namespace pantomime::render
