// Known frames, paths and goals, held at every step of the sampler.
#pragma once

#include <memory>
#include <vector>

#include "pantomime/conditions/condition.h"
#include "pantomime/conditions/constraint_solver.h"

namespace pantomime::conditions {

/// Corrects every estimate so that the constraints hold in it (constraint_solver.h). The sampler then
/// goes on from there, so the prior sees in the next step what was asked for, and makes the rest fit.
class ConstraintCondition : public Condition {
 public:
  /// One set of constraints per clip, all of the same number of frames. In a batch of n times as many
  /// rows, n consecutive rows (the particles of a clip) share one.
  ConstraintCondition(const std::vector<Constraints>& clips,
                      const features::Normaliser& normaliser);
  at::Tensor guide(Call& call, const at::Tensor& estimate) override;

 private:
  int64_t frames_;
  std::vector<ConstraintSolver> solvers_;
};

}  // namespace pantomime::conditions
