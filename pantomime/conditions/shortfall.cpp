#include "pantomime/conditions/shortfall.h"

#include <ATen/ATen.h>

#include "pantomime/base/error.h"
#include "pantomime/features/kinematics.h"

namespace pantomime::conditions {
namespace {

using features::kRootHeight;
using features::kRootRotation;

constexpr double kUnit = 0.1;  // metres, radians

at::Tensor shortfall_of(const Constraints& c, const features::Normaliser& normaliser,
                        const at::Tensor& x) {
  at::Tensor sum = at::zeros({}, x.options());
  if (c.known.any().item<bool>()) {
    const at::Tensor off = (x - normaliser.normalise(c.value)) * c.known;
    sum = sum + off.square().sum() / c.known.sum();
  }
  if (c.places.empty() && c.goals.empty()) return sum;
  const at::Tensor raw = normaliser.restore(x).unsqueeze(0);
  const at::Tensor path = features::root_path(raw);  // [1, F, 2]
  for (const Constraints::Place& place : c.places)
    for (const int64_t axis : {0, 1}) {
      const auto& target = axis == 0 ? place.x : place.z;
      if (!target) continue;
      const at::Tensor way = path[0][place.frame][axis] - path[0][place.from][axis];
      const at::Tensor off = ((way - *target).abs() - place.tolerance).clamp_min(0) / kUnit;
      sum = sum + off.square() / static_cast<double>(c.places.size());
    }
  if (c.goals.empty()) return sum;
  const at::Tensor root =
      at::stack({path.select(2, 0), raw.select(2, kRootHeight), path.select(2, 1)}, 2);
  const auto joints = features::world_joints(raw.narrow(2, kRootRotation, 6 * motion::kJointCount),
                                             root, c.bones(raw), 0.1);
  for (const auto& goal : c.goals)
    for (const Ask& ask : goal->ask(joints)) {
      if (ask.frames.empty()) continue;
      sum = sum + (ask.residual / kUnit).square().mean().to(x.scalar_type());
    }
  return sum;
}

}  // namespace

Objective shortfall(const std::vector<Constraints>& clips, const features::Normaliser& normaliser) {
  return [clips, normaliser](const at::Tensor& sample) {
    PANTOMIME_CHECK(sample.dim() == 3 && sample.size(0) == static_cast<int64_t>(clips.size()),
                    "shortfall: constraints for {} clips, a sample of {}", clips.size(),
                    sample.size(0));
    std::vector<at::Tensor> all;
    for (size_t b = 0; b < clips.size(); ++b) {
      PANTOMIME_CHECK(clips[b].frames <= sample.size(1),
                      "shortfall: constraints on {} frames, a sample of {}", clips[b].frames,
                      sample.size(1));
      all.push_back(shortfall_of(clips[b], normaliser,
                                 sample[static_cast<int64_t>(b)].narrow(0, 0, clips[b].frames)));
    }
    return at::stack(all);
  };
}

}  // namespace pantomime::conditions
