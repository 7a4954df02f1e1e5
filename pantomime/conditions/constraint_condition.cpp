#include "pantomime/conditions/constraint_condition.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"

namespace pantomime::conditions {
namespace {

constexpr int kRounds = 2;  ///< of Gauss-Newton a step; the next step goes on

}  // namespace

ConstraintCondition::ConstraintCondition(const std::vector<Constraints>& clips,
                                         const features::Normaliser& normaliser,
                                         const EstimateError::Options& options)
    : frames_(clips.empty() ? 0 : clips[0].frames) {
  PANTOMIME_CHECK(!clips.empty(), "constraints: no clips");
  const auto error = std::make_shared<EstimateError>(normaliser.spectrum, frames_, options);
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
    x.copy_(solvers_[static_cast<size_t>(b / rows)].correct(x, call.t, rough_ ? 0 : kRounds));
  }
  return out;
}

KnownValues::KnownValues(const std::vector<Constraints>& clips,
                         const features::Normaliser& normaliser, How how, uint64_t seed)
    : how_(how), seed_(seed) {
  std::vector<at::Tensor> known, value;
  for (const Constraints& c : clips) {
    known.push_back(c.known);
    value.push_back(normaliser.normalise(c.value));
  }
  known_ = at::stack(known);
  value_ = at::stack(value);
}

at::Tensor KnownValues::guide(Call& call, const at::Tensor& estimate) {
  const int64_t frames = known_.size(1);
  at::Tensor out = (estimate.defined() ? estimate : call.plain()).clone();
  if (how_ == How::Replace) return out;
  constexpr double kWeight = 20;
  at::Tensor gradient;
  {
    const at::AutoGradMode grad(true);
    const at::Tensor x = call.x_t.detach().clone().requires_grad_(true);
    const at::Tensor missing =
        (call.prior.estimate(x, call.times, call.mask).narrow(1, 0, frames) - value_) * known_;
    gradient = torch::autograd::grad({missing.square().sum()}, {x})[0];
  }
  out -= (kWeight * diffusion::Schedule().alpha(call.t) / 2) * gradient;
  at::Tensor part = out.narrow(1, 0, frames);
  part.copy_(at::where(known_, value_, part));
  return out;
}

void KnownValues::between(at::Tensor& x, double t, Call& /*last*/) {
  if (how_ != How::Replace) return;
  const diffusion::Schedule schedule;
  const at::Tensor noise = at::normal(
      0.0, 1.0, value_.sizes(),
      diffusion::make_generator(derive_seed(seed_, "known", static_cast<uint64_t>(step_++))),
      at::TensorOptions(at::kFloat));
  at::Tensor part = x.narrow(1, 0, known_.size(1));
  part.copy_(at::where(known_, schedule.alpha(t) * value_ + schedule.sigma(t) * noise, part));
}

}  // namespace pantomime::conditions
