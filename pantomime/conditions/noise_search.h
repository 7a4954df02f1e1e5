// Starting noise that leads where it is asked to.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "pantomime/diffusion/sampler.h"

namespace pantomime::conditions {

/// How far clips are from what is asked for, one number each, [B], of a sample [B, F, D]
/// (normalised features); differentiable.
using Objective = std::function<at::Tensor(const at::Tensor& sample)>;

struct NoiseSearch {
  int rounds = 0;            ///< gradient steps; 0: no search
  double rate = 0.05;        ///< Adam's, deviations of the noise
  double independence = 10;  ///< weight of what keeps frames of the noise independent
  Objective objective = {};
};

/// The sample that `noise` [B, F, D] becomes by deterministic steps (DDIM), and the gradient of
/// `objective`, summed over the batch, by the noise. Between steps only states are kept; each step
/// is run again on the way back, so memory is that of one step. `denoise` must be differentiable
/// by its state.
struct SampleGradient {
  at::Tensor sample, objective, gradient;  ///< [B, F, D], [B], [B, F, D]
};
SampleGradient sample_gradient(const diffusion::Denoise& denoise, const at::Tensor& noise,
                               const diffusion::SampleOptions& sampler, const Objective& objective);

/// How much neighbouring frames of noise [B, F, D] have in common, [B]: the squared mean of their
/// products, summed over the noise and its halved versions (neighbours averaged, times sqrt 2) down
/// to 8 frames. Near 0 for white noise. Source: Karras et al. 2020 (StyleGAN2), appendix D, in one
/// dimension, as Karunratanakul et al. 2024 use it.
at::Tensor noise_dependence(const at::Tensor& noise);

/// Looks for the noise whose sample fits the objective best (DNO, Karunratanakul et al. 2024,
/// arXiv 2312.11994): Adam on the noise with each clip's gradient scaled to a root mean square of
/// one, a penalty on dependent frames, and every clip's noise kept as long as white noise is. The
/// best one found is returned; clips don't know of each other.
at::Tensor search_noise(const diffusion::Denoise& denoise, const at::Tensor& noise,
                        const diffusion::SampleOptions& sampler, const NoiseSearch& search);

}  // namespace pantomime::conditions
