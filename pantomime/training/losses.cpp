#include "pantomime/training/losses.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <numbers>
#include <utility>

#include "pantomime/base/random.h"
#include "pantomime/diffusion/denoiser.h"
#include "pantomime/diffusion/sampler.h"
#include "pantomime/features/kinematics.h"

namespace pantomime::training {
namespace {

using features::kFeatureSize;

at::Tensor channel_weights(const at::TensorOptions& options) {
  at::Tensor w = at::ones({kFeatureSize}, options);
  w.narrow(0, features::kRootVelocity, 3).fill_(4);
  w.narrow(0, features::kRootRotation, 6).fill_(2);
  w.narrow(0, features::kGeometry, motion::kGeometrySize).fill_(0.5);
  return w / w.mean();
}

at::Tensor differences(const at::Tensor& x) {
  return x.narrow(1, 1, x.size(1) - 1) - x.narrow(1, 0, x.size(1) - 1);
}

at::Tensor both(const at::Tensor& mask) {  // frames whose predecessor is real too: [B, F - 1]
  return mask.narrow(1, 1, mask.size(1) - 1).logical_and(mask.narrow(1, 0, mask.size(1) - 1));
}

/// Mean over real frames of values [B, F, ...].
at::Tensor masked_mean(const at::Tensor& values, const at::Tensor& mask) {
  const at::Tensor m = mask.to(values.scalar_type());
  return (values.flatten(2).mean(-1) * m).sum() / m.sum().clamp_min(1);
}

/// Factors [B] of the feature and the difference loss at times t [B]: see LossWeights.
std::pair<at::Tensor, at::Tensor> loss_scales(const features::Spectrum& spectrum,
                                              const at::Tensor& t, const LossWeights& weights) {
  const at::Tensor v = spectrum.variance().unsqueeze(0);  // [1, K, D]
  const at::Tensor a = diffusion::alpha_of(t).view({-1, 1, 1}).square(),
                   n = diffusion::sigma_of(t).view({-1, 1, 1}).square();
  const at::Tensor open = (v * n / (a * v + n) * channel_weights(v.options())).mean(2);  // [B, K]
  // Square of the size of a difference of neighbours at each frequency.
  const at::Tensor k = at::arange(v.size(1), v.options());
  const at::Tensor gain =
      4 * (k * (std::numbers::pi / static_cast<double>(2 * v.size(1)))).sin().square();
  return {1 / (open.mean(1) + weights.fine), 1 / ((open * gain).mean(1) + weights.fine / 10)};
}

/// Mean square of errors [B, F, D] over real frames.
at::Tensor weighted_square(const at::Tensor& error, const at::Tensor& mask) {
  return masked_mean(error.square() * channel_weights(error.options()), mask);
}

constexpr std::array<int64_t, 4> kFeet = {motion::kLeftAnkle, motion::kRightAnkle,
                                          motion::kLeftFoot, motion::kRightFoot};

}  // namespace

at::Tensor feature_loss(const at::Tensor& estimate, const at::Tensor& truth,
                        const at::Tensor& mask) {
  return weighted_square(estimate - truth, mask);
}

at::Tensor difference_loss(const at::Tensor& estimate, const at::Tensor& truth,
                           const at::Tensor& mask) {
  return feature_loss(differences(estimate), differences(truth), both(mask));
}

at::Tensor kinematic_loss(const at::Tensor& estimate, const at::Tensor& truth,
                          const at::Tensor& mask, const at::Tensor& signal,
                          const features::Normaliser& normaliser, const LossWeights& weights) {
  // Norms of 6D columns are clamped at 0.3: see joint_positions().
  const at::Tensor p = features::joint_positions(normaliser.restore(estimate), 0.3);
  const at::Tensor q = features::joint_positions(normaliser.restore(truth));
  const at::Tensor s = signal.view({-1, 1, 1, 1});
  const at::Tensor moving = both(mask);
  const at::Tensor vp = differences(p), vq = differences(q);
  at::Tensor loss = weights.position * masked_mean((p - q).square() * s, mask) +
                    weights.joint_velocity * masked_mean((vp - vq).square() * s, moving);
  const at::Tensor feet =
      at::tensor(at::ArrayRef<int64_t>(kFeet.data(), kFeet.size()), at::kLong).to(p.device());
  const at::Tensor foot_p = p.index_select(2, feet), foot_q = q.index_select(2, feet);
  // Standing: the real foot moves less than 0.15 m/s.
  const at::Tensor standing =
      (differences(foot_q).norm(2, -1, true) < 0.15 / motion::kFps).to(p.scalar_type());
  loss = loss + weights.contact * masked_mean(differences(foot_p).square() * standing * s, moving);
  const at::Tensor below = at::relu(at::minimum(foot_q.select(-1, 1), at::zeros({}, p.options())) -
                                    foot_p.select(-1, 1));
  return loss + weights.floor * masked_mean(below.square().unsqueeze(-1) * s, mask);
}

at::Tensor adapter_loss(const at::Tensor& estimate, const at::Tensor& truth,
                        const at::Tensor& mask) {
  return feature_loss(estimate, truth, mask) + 5 * difference_loss(estimate, truth, mask);
}

Noised with_noise(const at::Tensor& x0, uint64_t seed, int64_t step) {
  const auto floats = at::TensorOptions(at::kFloat);
  Noised noised;
  noised.generator =
      diffusion::make_generator(derive_seed(seed, "noise", static_cast<uint64_t>(step)));
  noised.t = at::rand({x0.size(0)}, noised.generator, floats) *
                 (diffusion::Schedule::kMax - diffusion::Schedule::kMin) +
             diffusion::Schedule::kMin;
  noised.x_t = diffusion::alpha_of(noised.t).view({-1, 1, 1}) * x0 +
               diffusion::sigma_of(noised.t).view({-1, 1, 1}) *
                   at::normal(0.0, 1.0, x0.sizes(), noised.generator, floats);
  return noised;
}

Losses motion_loss(const at::Tensor& estimate, const at::Tensor& truth, const at::Tensor& mask,
                   const at::Tensor& t, const features::Normaliser& normaliser,
                   const LossWeights& weights) {
  Losses out;
  const auto [feature_scale, velocity_scale] = loss_scales(normaliser.spectrum, t, weights);
  const at::Tensor error = estimate - truth;
  const at::Tensor feature = weighted_square(error * feature_scale.sqrt().view({-1, 1, 1}), mask);
  const at::Tensor velocity =
      weighted_square(differences(error * velocity_scale.sqrt().view({-1, 1, 1})), both(mask));
  out.total = feature + weights.velocity * velocity;
  out.feature = feature.item<double>();
  out.velocity = velocity.item<double>();
  const auto count =
      static_cast<int64_t>(weights.kinematic_share * static_cast<double>(estimate.size(0)));
  if (count > 0) {
    const at::Tensor clean = at::argsort(t).narrow(0, 0, count);
    const at::Tensor signal = diffusion::alpha_of(t.index_select(0, clean)).square() *
                              feature_scale.index_select(0, clean);
    const at::Tensor kinematic =
        kinematic_loss(estimate.index_select(0, clean), truth.index_select(0, clean),
                       mask.index_select(0, clean), signal, normaliser, weights);
    // A part of the batch stands for all of it that is not too noisy.
    const double share = static_cast<double>(count) / static_cast<double>(estimate.size(0));
    out.total = out.total + share * weights.kinematic * kinematic;
    out.kinematic = kinematic.item<double>();
  }
  return out;
}

}  // namespace pantomime::training
