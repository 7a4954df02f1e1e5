#include "pantomime/body/surface_net.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::body {

using motion::Vec3;

NetMesh surface_net(const std::function<float(Vec3)>& field, Vec3 low, Vec3 high, float cell) {
  PANTOMIME_CHECK(cell > 0 && high.x > low.x && high.y > low.y && high.z > low.z,
                  "surface net: empty box or cell of {} m", cell);
  auto points_along = [&](float from, float to) {
    return std::ceil(static_cast<double>((to - from) / cell)) + 2;
  };
  const double sizes[3] = {points_along(low.x, high.x), points_along(low.y, high.y),
                           points_along(low.z, high.z)};
  PANTOMIME_CHECK(sizes[0] * sizes[1] * sizes[2] <= 5e7, "surface net: {} x {} x {} points",
                  sizes[0], sizes[1], sizes[2]);
  const size_t nx = static_cast<size_t>(sizes[0]), ny = static_cast<size_t>(sizes[1]),
               nz = static_cast<size_t>(sizes[2]);
  const size_t step[3] = {1, nx, nx * ny};
  auto at = [&](size_t x, size_t y, size_t z) {
    return low + cell * Vec3{static_cast<float>(x), static_cast<float>(y), static_cast<float>(z)};
  };
  // The field changes by at most about 1 a metre: a block whose middle is further from the surface
  // than its corners are from the middle needs no look inside.
  constexpr size_t kBlock = 6;
  const float reach = 1.1f * cell * static_cast<float>(kBlock) * 0.5f * std::sqrt(3.f);
  std::vector<float> values(nx * ny * nz);
  for (size_t z0 = 0; z0 < nz; z0 += kBlock)
    for (size_t y0 = 0; y0 < ny; y0 += kBlock)
      for (size_t x0 = 0; x0 < nx; x0 += kBlock) {
        const float half = 0.5f * cell * static_cast<float>(kBlock - 1);
        const float middle = field(at(x0, y0, z0) + Vec3{half, half, half});
        const bool near = std::abs(middle) <= reach;
        for (size_t z = z0; z < std::min(z0 + kBlock, nz); ++z)
          for (size_t y = y0; y < std::min(y0 + kBlock, ny); ++y)
            for (size_t x = x0; x < std::min(x0 + kBlock, nx); ++x)
              values[x + nx * y + nx * ny * z] = near ? field(at(x, y, z)) : middle;
      }

  NetMesh out;
  constexpr uint32_t none = 0xffffffffu;
  std::vector<uint32_t> vertex(values.size(), none);  // of the cell whose lowest corner this is
  for (size_t z = 0; z + 1 < nz; ++z)
    for (size_t y = 0; y + 1 < ny; ++y)
      for (size_t x = 0; x + 1 < nx; ++x) {
        const size_t base = x + nx * y + nx * ny * z;
        Vec3 sum;
        int crossings = 0;
        for (size_t corner = 0; corner < 8; ++corner)
          for (size_t axis = 0; axis < 3; ++axis) {
            if (corner >> axis & 1) continue;
            const size_t a = base + (corner & 1) * step[0] + (corner >> 1 & 1) * step[1] +
                             (corner >> 2 & 1) * step[2];
            const float va = values[a], vb = values[a + step[axis]];
            if ((va < 0) == (vb < 0)) continue;
            const float u = va / (va - vb);
            Vec3 p{static_cast<float>(corner & 1), static_cast<float>(corner >> 1 & 1),
                   static_cast<float>(corner >> 2 & 1)};
            (axis == 0 ? p.x : axis == 1 ? p.y : p.z) += u;
            sum += p;
            ++crossings;
          }
        if (crossings == 0) continue;
        vertex[base] = static_cast<uint32_t>(out.positions.size());
        out.positions.push_back(at(x, y, z) + (cell / static_cast<float>(crossings)) * sum);
      }
  for (size_t z = 1; z + 1 < nz; ++z)
    for (size_t y = 1; y + 1 < ny; ++y)
      for (size_t x = 1; x + 1 < nx; ++x) {
        const size_t base = x + nx * y + nx * ny * z;
        for (size_t axis = 0; axis < 3; ++axis) {
          const float va = values[base], vb = values[base + step[axis]];
          if ((va < 0) == (vb < 0)) continue;
          const size_t u = step[(axis + 1) % 3], v = step[(axis + 2) % 3];
          std::array<uint32_t, 4> quad{vertex[base - u - v], vertex[base - v], vertex[base],
                                       vertex[base - u]};
          if (va >= 0) std::swap(quad[1], quad[3]);
          out.triangles.push_back({quad[0], quad[1], quad[2]});
          out.triangles.push_back({quad[0], quad[2], quad[3]});
        }
      }
  const float h = 0.25f * cell;
  for (Vec3& p : out.positions) {
    Vec3 gradient;
    for (int round = 0; round < 3; ++round) {
      gradient = {field(p + Vec3{h, 0, 0}) - field(p - Vec3{h, 0, 0}),
                  field(p + Vec3{0, h, 0}) - field(p - Vec3{0, h, 0}),
                  field(p + Vec3{0, 0, h}) - field(p - Vec3{0, 0, h})};
      gradient = (1 / (2 * h)) * gradient;
      const float square = dot(gradient, gradient);
      if (round == 2 || square < 1e-4f) break;
      // Never further than half a cell: a kink of the field must not throw the vertex away.
      const float d = field(p) / std::sqrt(square);
      p -= std::clamp(d, -0.5f * cell, 0.5f * cell) * normalized(gradient);
    }
    out.normals.push_back(normalized(gradient, {0, 1, 0}));
  }
  return out;
}

}  // namespace pantomime::body
