#include "pantomime/conditions/geometry.h"

#include <ATen/ATen.h>

#include "pantomime/base/error.h"

namespace pantomime::conditions {

using features::kGeometry;
using motion::kGeometrySize;

GeometryCondition::GeometryCondition(const std::vector<motion::Geometry>& bodies,
                                     const features::Normaliser& normaliser, double reach) {
  PANTOMIME_CHECK(!bodies.empty(), "geometry: no bodies");
  const auto count = static_cast<int64_t>(bodies.size());
  at::Tensor raw = at::empty({count, kGeometrySize}, at::kFloat);
  for (int64_t b = 0; b < count; ++b)
    std::copy(bodies[static_cast<size_t>(b)].begin(), bodies[static_cast<size_t>(b)].end(),
              raw.data_ptr<float>() + b * kGeometrySize);
  const at::Tensor centre = normaliser.mean.narrow(0, kGeometry, kGeometrySize);
  const at::Tensor scale = normaliser.scale.narrow(0, kGeometry, kGeometrySize);
  const at::Tensor far = reach * normaliser.spread.narrow(0, kGeometry, kGeometrySize);
  held_ = at::minimum(at::maximum((raw - centre) / scale, -far), far).unsqueeze(1);
  centre_ = centre;
  scale_ = scale;
}

motion::Geometry GeometryCondition::held(size_t clip) const {
  const at::Tensor raw =
      (held_[static_cast<int64_t>(clip)][0] * scale_ + centre_).to(at::kCPU).contiguous();
  motion::Geometry geometry{};
  std::copy_n(raw.data_ptr<float>(), geometry.size(), geometry.begin());
  return geometry;
}

at::Tensor GeometryCondition::guide(Call& call, const at::Tensor& estimate) {
  at::Tensor out = (estimate.defined() ? estimate : call.plain()).clone();
  const int64_t bodies = held_.size(0), rows = out.size(0);
  PANTOMIME_CHECK(rows % bodies == 0, "geometry: {} bodies for {} clips", bodies, rows);
  out.narrow(2, kGeometry, kGeometrySize)
      .copy_(
          held_.to(out.device()).repeat_interleave(rows / bodies, 0).expand({-1, out.size(1), -1}));
  return out;
}

}  // namespace pantomime::conditions
