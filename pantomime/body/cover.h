// Which points of a body can be seen from outside when clothes are worn.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pantomime/motion/rotation.h"

namespace pantomime::body {

/// Triangles in a bounding volume hierarchy, for rays that ask only whether something is in the
/// way.
class Occluders {
 public:
  /// `triangles` [T * 3] index `points`. Both are copied.
  Occluders(std::span<const motion::Vec3> points, std::span<const uint32_t> triangles);

  /// Whether a triangle lies within (near, far) along a unit direction.
  bool hit(motion::Vec3 origin, motion::Vec3 direction, float near, float far) const;
  /// Distance to the nearest triangle within (near, far), or `far`.
  float nearest(motion::Vec3 origin, motion::Vec3 direction, float near, float far) const;

 private:
  struct Node {
    motion::Vec3 low, high;
    uint32_t first, count;  ///< count 0: children at first, first + 1
  };
  struct Triangle {
    motion::Vec3 corner, edge1, edge2;
  };

  void build(size_t node, size_t first, size_t count, std::vector<motion::Vec3>& centres);
  template <bool any>
  float trace(motion::Vec3 origin, motion::Vec3 direction, float near, float far) const;

  std::vector<Node> nodes_;
  std::vector<Triangle> triangles_;
};

/// `count` directions spread evenly over a sphere (Fibonacci lattice).
std::vector<motion::Vec3> sphere_directions(size_t count);

}  // namespace pantomime::body
