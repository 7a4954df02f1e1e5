// What a motion estimate is judged by while the prior learns.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "pantomime/features/features.h"

namespace pantomime::training {

/// Weights of the terms; positions in metres, velocities in metres per frame.
///
/// At each diffusion time the errors are divided by the variance that Wiener's filter would leave
/// there, so that every time has about the same say (as in Karras et al. 2022, table 1). Without
/// it, nine tenths of the loss come from times at which nothing can be known but a mean, and where
/// feet and floor are decided (t of 0.2 to 0.6) the network hardly learns.
struct LossWeights {
  double fine = 0.02;       ///< variance, of normalised features, below which errors count less
  double velocity = 0.25;   ///< frame differences of normalised features
  double kinematic = 0.25;  ///< all that follows, by FK
  double position = 10;     ///< joint positions
  double joint_velocity = 300;
  double contact = 300;  ///< movement of a foot that stands in the real clip
  double floor = 100;    ///< toes below the floor
  double kinematic_share =
      0.4;  ///< FK terms are computed on this share of the clips, the least noisy
};

/// The terms of one batch, as they are summed.
struct Losses {
  at::Tensor total;                                 ///< scalar, differentiable
  double feature = 0, velocity = 0, kinematic = 0;  ///< for the log
};

/// Mean squared error of features [B, F, D] over real frames, with root channels counted more,
/// because 3 of 161 numbers carry the whole path.
at::Tensor feature_loss(const at::Tensor& estimate, const at::Tensor& truth,
                        const at::Tensor& mask);
/// The same for differences between neighbouring frames.
at::Tensor difference_loss(const at::Tensor& estimate, const at::Tensor& truth,
                           const at::Tensor& mask);
/// FK terms, weighted by alpha(t)^2 because at high noise the estimate is a mean of many poses
/// whose joints are nowhere in particular. estimate, truth: normalised features; signal [B] =
/// alpha^2.
at::Tensor kinematic_loss(const at::Tensor& estimate, const at::Tensor& truth,
                          const at::Tensor& mask, const at::Tensor& signal,
                          const features::Normaliser& normaliser, const LossWeights& weights);

/// What adapters learn by: both.
at::Tensor adapter_loss(const at::Tensor& estimate, const at::Tensor& truth,
                        const at::Tensor& mask);

/// Clips with noise, at times drawn evenly.
struct Noised {
  at::Tensor t;             ///< [B]
  at::Tensor x_t;           ///< [B, F, D]
  at::Generator generator;  ///< for further draws of this step
};
/// x0 [B, F, D] on the CPU; the same for the same seed and step.
Noised with_noise(const at::Tensor& x0, uint64_t seed, int64_t step);

/// All of them. t [B] is the diffusion time of each clip.
Losses motion_loss(const at::Tensor& estimate, const at::Tensor& truth, const at::Tensor& mask,
                   const at::Tensor& t, const features::Normaliser& normaliser,
                   const LossWeights& weights);

}  // namespace pantomime::training
