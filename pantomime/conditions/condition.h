// One interface for everything that steers the reverse process of a frozen, unconditional prior.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pantomime/conditions/noise_search.h"
#include "pantomime/diffusion/denoiser.h"
#include "pantomime/diffusion/sampler.h"
#include "pantomime/features/features.h"

namespace pantomime::conditions {

/// One call of the sampler: the state, its time, and what the prior says about it.
class Call {
 public:
  Call(const diffusion::Denoiser& prior, at::Tensor x_t, double t, at::Tensor mask);

  const diffusion::Denoiser& prior;
  const at::Tensor x_t;  ///< [B, F, D]
  const double t;
  const at::Tensor times;  ///< [B], all equal t
  const at::Tensor mask;   ///< [B, F] bool

  /// The prior's own estimate of x_0, without any condition; computed once.
  const at::Tensor& plain();
  /// The prior's estimate with `steering`, and plain() in the same pass when it isn't there yet.
  at::Tensor steered(const diffusion::Steering& steering);
  /// The same for those who don't need plain(): half the work.
  at::Tensor steered_alone(const diffusion::Steering& steering) const;

 private:
  at::Tensor plain_;
};

/// A condition looks at the estimate of x_0 made so far and returns a better one. It may replace
/// known values, project on constraints, follow the gradient of an energy, or ask the prior again
/// with small changes (Call::steered). Between two steps it may change the state itself (resampling
/// of particles). Conditions are applied in the order given.
class Condition {
 public:
  virtual ~Condition() = default;
  virtual at::Tensor guide(Call& call, const at::Tensor& estimate) = 0;
  virtual void between(at::Tensor& /*x*/, double /*t*/, Call& /*last*/) {}
};

/// What is generated.
struct GenerateOptions {
  int64_t frames = 120;              ///< of each clip; rounded up to whole tokens inside
  std::vector<uint64_t> seeds;       ///< one clip per seed
  diffusion::SampleOptions sampler;  ///< method and steps
  /// [B, frames, D] real units: clips to be changed instead of made from nothing. They are noised
  /// to the time `change` and come back from there (SDEdit, Meng et al. 2022): near 0 hardly
  /// anything becomes of them, near 1 anything.
  at::Tensor begin = {};
  double change = 0.6;
  /// With rounds: the noise is looked for first, and the steps are deterministic (DDIM). Conditions
  /// must then be differentiable: labels, sentences, bodies are, ConstraintCondition isn't.
  NoiseSearch search = {};
};

/// Samples [B, F, D] features in real units, one clip per seed. A clip depends on its seed, the
/// conditions and the options only, not on what else is in the batch (but for particle steering,
/// whose copies of one clip share its seed).
at::Tensor generate(const diffusion::Denoiser& prior, const features::Normaliser& normaliser,
                    const std::vector<Condition*>& conditions, const GenerateOptions& options);

}  // namespace pantomime::conditions
