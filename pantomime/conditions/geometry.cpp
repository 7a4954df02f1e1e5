#include "pantomime/conditions/geometry.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "pantomime/base/error.h"
#include "pantomime/motion/fit_to_body.h"

namespace pantomime::conditions {

using features::kGeometry;
using features::kRootVelocity;
using motion::kGeometrySize;

namespace {

constexpr int64_t kLengths = 3;      // root velocity and height, side by side
constexpr double kLargestRatio = 2;  // people differ no more; early estimates may be anything

motion::Geometry geometry_of(const at::Tensor& numbers) {
  const at::Tensor raw = numbers.to(at::kCPU, at::kFloat).contiguous();
  motion::Geometry geometry{};
  std::copy_n(raw.data_ptr<float>(), geometry.size(), geometry.begin());
  return geometry;
}

double leg_length_of(const motion::Geometry& geometry) {
  return static_cast<double>(motion::leg_length(motion::canonical_skeleton(geometry)));
}

}  // namespace

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
  lengths_centre_ = normaliser.mean.narrow(0, kRootVelocity, kLengths);
  lengths_scale_ = normaliser.scale.narrow(0, kRootVelocity, kLengths);
  for (size_t b = 0; b < bodies.size(); ++b) legs_.push_back(leg_length_of(held(b)));
}

at::Tensor GeometryCondition::raw_of(const at::Tensor& geometry) const {
  return geometry * scale_ + centre_;
}

motion::Geometry GeometryCondition::held(size_t clip) const {
  return geometry_of(raw_of(held_[static_cast<int64_t>(clip)][0]));
}

at::Tensor GeometryCondition::guide(Call& call, const at::Tensor& estimate) {
  at::Tensor out = (estimate.defined() ? estimate : call.plain()).clone();
  const int64_t bodies = held_.size(0), rows = out.size(0);
  PANTOMIME_CHECK(rows % bodies == 0, "geometry: {} bodies for {} clips", bodies, rows);
  // The estimate is about a body of its own: its strides and heights become those of these legs.
  const at::Tensor own = raw_of(out.narrow(2, kGeometry, kGeometrySize).mean(1).to(at::kCPU));
  const at::Tensor centre = lengths_centre_.to(out.device());
  const at::Tensor scale = lengths_scale_.to(out.device());
  for (int64_t row = 0; row < rows; ++row) {
    const double legs = legs_[static_cast<size_t>(row * bodies / rows)];
    const double ratio =
        std::clamp(legs / leg_length_of(geometry_of(own[row])), 1 / kLargestRatio, kLargestRatio);
    at::Tensor lengths = out[row].narrow(1, kRootVelocity, kLengths);
    lengths.copy_(ratio * lengths + (ratio - 1) * centre / scale);
  }
  out.narrow(2, kGeometry, kGeometrySize)
      .copy_(
          held_.to(out.device()).repeat_interleave(rows / bodies, 0).expand({-1, out.size(1), -1}));
  return out;
}

}  // namespace pantomime::conditions
