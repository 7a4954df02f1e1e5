// The clip nearest to an estimate that does what it must.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pantomime/conditions/constraints.h"
#include "pantomime/conditions/estimate_error.h"
#include "pantomime/features/features.h"

namespace pantomime::conditions {

/// How one block of features follows linear constraints A x = y: x += gain (y - A x). Made once for
/// each diffusion time and shared by clips with the same A.
struct Gain {
  at::Tensor gain;        ///< [F, M], undefined without constraints
  at::Tensor covariance;  ///< [F, F] of what is left to correct afterwards
};
using GainCache = std::map<std::pair<std::string, double>, Gain>;

/// Corrects an estimate x of a clip as Bayes would, if its error e were Gaussian with the
/// covariance C that EstimateError tells, and the constraints were observations:
///
///   linear, A x = y (known values, places of the root, loops):
///     x += C A^T (A C A^T + R)^-1 (y - A x),   C -= C A^T (A C A^T + R)^-1 A C;
///   goals r(x) = 0, by Gauss-Newton with the C that is left, so that what the linear ones ask for
///   stays exact:  x -= C J^T (J C J^T + R)^-1 r(x).
///
/// Goals that lead (Goal::leads) first move the root alone, by the same formula.
///
/// While it works on goals, feet that stand in the estimate are asked to stay where they are: who
/// reaches up raises the arm, and doesn't fly.
///
/// R holds squared tolerances. C couples frames, so a correction spreads over as much time as the
/// estimate can be wrong about: known frames have no seam, a hand swings towards its goal. ProjFlow
/// (CVPR 2026) projects in the same way, in a metric of the skeleton; ours is the spectrum of the
/// data.
class ConstraintSolver {
 public:
  ConstraintSolver(const Constraints& constraints, const features::Normaliser& normaliser,
                   std::shared_ptr<const EstimateError> error,
                   std::shared_ptr<GainCache> cache = nullptr);

  /// x [F, D] in normalised features, any float type, of an estimate made at time t; `rounds` of
  /// Gauss-Newton at most. Float, same sizes.
  at::Tensor correct(const at::Tensor& x, double t, int rounds) const;

  /// The largest |residual| of each goal.
  std::vector<double> misses(const at::Tensor& x) const;

 private:
  struct Group {
    size_t block;
    std::vector<int64_t> channels;
    at::Tensor rows;    ///< A [M, F]
    at::Tensor noise;   ///< [M] squared tolerances in the rows' units
    at::Tensor wanted;  ///< y [M, channels]
    std::string key;
  };
  struct Pose;
  struct Rows;
  struct Footing;

  void add_groups(const Constraints& constraints, size_t block);
  const Gain& gain_of(const Group& group, double t) const;
  void lead(at::Tensor& x, double t) const;
  bool step(at::Tensor& x, double t, Footing& footing) const;
  void hold_feet(const features::WorldJoints& joints, Footing& footing, Rows& rows) const;
  Pose pose_of(const at::Tensor& x) const;

  Constraints constraints_;
  features::Normaliser normaliser_;  ///< double
  std::shared_ptr<const EstimateError> error_;
  std::shared_ptr<GainCache> cache_;
  std::vector<Group> groups_;
};

/// A finished clip (canonical, its first frame over the origin) after `rounds` of correction on its
/// very own bones, and what goals still miss.
struct Settled {
  motion::Clip clip;
  std::vector<double> misses;  ///< of each goal, metres or radians
};
Settled settle(const motion::Clip& clip, const Constraints& constraints,
               const features::Normaliser& normaliser, int rounds = 12);

}  // namespace pantomime::conditions
