// Given values for a frozen prior: a side network that is told what must hold, and where.
#pragma once

#include <vector>

#include "pantomime/conditions/constraints.h"
#include "pantomime/diffusion/denoiser.h"
#include "pantomime/diffusion/parameters.h"
#include "pantomime/features/features.h"

namespace pantomime::conditions {

/// Numbers a frame in which constraints are told to a network:
///   features::kGeometry   given features, normalised, 0 where nothing is given
///   24                    flags: velocity, height, rotation of the root, rotation of each joint
///   22 x 5                points of joints: x, z from the frame's anchor, y (m), flags of x z and
///   y 6                     the anchor: x, z / 2 m, its velocity (m/s), flags of both
/// The anchor of a frame is the mean place over the floor of the joints whose place is given there
/// (that of the pelvis comes from Constraints::places).
inline constexpr int64_t kHintFlags = 3 + motion::kJointCount - 1;
inline constexpr int64_t kHintSize = features::kGeometry + kHintFlags + 5 * motion::kJointCount + 6;

/// [F, kHintSize]: what a network can be told of constraints; the rest is the solver's.
at::Tensor hints_of(const Constraints& constraints, const features::Normaliser& normaliser);
/// True when there is anything to be told.
bool has_hints(const at::Tensor& hints);

struct CompletionAdapterConfig {
  int64_t width = 160;  ///< numbers the hints of a token are read as
  int64_t rank = 32;    ///< of the low-rank changes, the same for all that is asked for
};

/// The hints of a token's frames are added to the token (after one hidden layer), their mean bends
/// shift, scale and gate of every layer as a label does (label_adapter.h), and low-rank changes let
/// the prior's own attention carry what is given to where nothing is. Starts as no change. What
/// must be exact is left to the solver (constraint_solver.h); this makes the rest fit before it is
/// asked.
class CompletionAdapter {
 public:
  CompletionAdapter(const CompletionAdapterConfig& config, const diffusion::DenoiserConfig& prior,
                    uint64_t seed);

  /// For hints [B, F, kHintSize], F a multiple of 4 (zeros where there is no frame). Clips without
  /// any hint get the prior's own estimate.
  diffusion::Steering steering(const at::Tensor& hints) const;
  /// The same for clips of any equal length.
  diffusion::Steering steering(const std::vector<Constraints>& clips,
                               const features::Normaliser& normaliser) const;

  const CompletionAdapterConfig& config() const { return config_; }
  diffusion::Parameters& parameters() { return parameters_; }
  const diffusion::Parameters& parameters() const { return parameters_; }

 private:
  CompletionAdapterConfig config_;
  diffusion::DenoiserConfig prior_;
  diffusion::Parameters parameters_;
};

}  // namespace pantomime::conditions
