// Known frames, paths and goals, held at every step of the sampler.
#pragma once

#include <memory>
#include <vector>

#include "pantomime/conditions/condition.h"
#include "pantomime/conditions/constraint_solver.h"

namespace pantomime::conditions {

/// Corrects every estimate so that the constraints hold in it (constraint_solver.h). The sampler
/// then goes on from there, so the prior sees in the next step what was asked for, and makes the
/// rest fit.
class ConstraintCondition : public Condition {
 public:
  /// One set of constraints per clip, all of the same number of frames. In a batch of n times as
  /// many rows, n consecutive rows (the particles of a clip) share one.
  ConstraintCondition(const std::vector<Constraints>& clips, const features::Normaliser& normaliser,
                      const EstimateError::Options& options = {});
  at::Tensor guide(Call& call, const at::Tensor& estimate) override;
  /// Roughly: goals do no more than lead.
  void set_rough(bool rough) { rough_ = rough; }

 private:
  int64_t frames_;
  bool rough_ = false;
  std::vector<ConstraintSolver> solvers_;
};

/// For the comparison: known values only, as others hold them.
class KnownValues : public Condition {
 public:
  enum class How {
    Replace,  ///< in the state, with fresh noise (RePaint, Lugmayr et al. 2022, without resampling)
    Gradient  ///< of |known - estimate|^2 through the prior, weight 20, then replaced in the
              ///< estimate (reconstruction guidance as in CondMDI, Cohan et al. 2024)
  };
  KnownValues(const std::vector<Constraints>& clips, const features::Normaliser& normaliser,
              How how, uint64_t seed);
  at::Tensor guide(Call& call, const at::Tensor& estimate) override;
  void between(at::Tensor& x, double t, Call& last) override;

 private:
  How how_;
  uint64_t seed_;
  int64_t step_ = 0;
  at::Tensor known_, value_;  ///< [B, F, D], values normalised
};

}  // namespace pantomime::conditions
