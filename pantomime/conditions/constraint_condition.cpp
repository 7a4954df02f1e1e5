#include "pantomime/conditions/constraint_condition.h"

#include <ATen/ATen.h>

#include "pantomime/base/error.h"

namespace pantomime::conditions {
namespace {

constexpr int kRounds = 2;  ///< of Gauss-Newton a step; the next step goes on

}  // namespace

ConstraintCondition::ConstraintCondition(const std::vector<Constraints>& clips,
                                         const features::Normaliser& normaliser)
    : frames_(clips.empty() ? 0 : clips[0].frames) {
  PANTOMIME_CHECK(!clips.empty(), "constraints: no clips");
  const auto error = std::make_shared<EstimateError>(normaliser.spectrum, frames_);
  const auto cache = std::make_shared<GainCache>();
  for (const Constraints& constraints : clips)
    solvers_.emplace_back(constraints, normaliser, error, cache);
}

at::Tensor ConstraintCondition::guide(Call& call, const at::Tensor& estimate) {
  at::Tensor out = (estimate.defined() ? estimate : call.plain()).clone();
  const auto clips = static_cast<int64_t>(solvers_.size());
  PANTOMIME_CHECK(out.size(0) % clips == 0 && out.size(1) >= frames_,
                  "constraints: {} for {} clips of {} frames", clips, out.size(0), out.size(1));
  const int64_t rows = out.size(0) / clips;
  for (int64_t b = 0; b < out.size(0); ++b) {
    at::Tensor x = out[b].narrow(0, 0, frames_);
    x.copy_(solvers_[static_cast<size_t>(b / rows)].correct(x, call.t, kRounds));
  }
  return out;
}

}  // namespace pantomime::conditions
