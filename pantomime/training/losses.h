// What a motion estimate is judged by while the prior learns.
#pragma once

#include <ATen/core/Tensor.h>

#include "pantomime/features/features.h"

namespace pantomime::training {

/// Weights of the terms; positions in metres, velocities in metres per frame.
struct LossWeights {
  double velocity = 5;   ///< frame differences of normalised features
  double position = 10;  ///< joint positions by FK
  double joint_velocity = 300;
  double contact = 300;  ///< movement of a foot that stands in the real clip
  double floor = 100;    ///< toes below the floor
  double kinematic_share =
      0.25;  ///< FK terms are computed on this share of the clips, the least noisy
};

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

/// All of them. t [B] is the diffusion time of each clip.
Losses motion_loss(const at::Tensor& estimate, const at::Tensor& truth, const at::Tensor& mask,
                   const at::Tensor& t, const features::Normaliser& normaliser,
                   const LossWeights& weights);

}  // namespace pantomime::training
