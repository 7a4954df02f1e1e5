// Triangles of the surface where a field is zero.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "pantomime/motion/rotation.h"

namespace pantomime::body {

struct NetMesh {
  std::vector<motion::Vec3> positions, normals;    ///< [V] on the surface; unit, outwards
  std::vector<std::array<uint32_t, 3>> triangles;  ///< counter-clockwise from outside
};

/// Naive surface nets (Gibson 1998): one vertex in each cell of a grid that the surface crosses,
/// two triangles across each grid edge that it crosses, then the vertices are moved onto the
/// surface along the gradient. `field` is negative inside and should grow by about 1 a metre
/// outwards. The surface must lie inside the box. Throws Error when the grid has more than 50
/// million points.
NetMesh surface_net(const std::function<float(motion::Vec3)>& field, motion::Vec3 low,
                    motion::Vec3 high, float cell);

}  // namespace pantomime::body
