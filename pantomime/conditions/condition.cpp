#include "pantomime/conditions/condition.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <optional>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"

namespace pantomime::conditions {

using diffusion::Denoiser;
using diffusion::Steering;

Call::Call(const Denoiser& prior_in, at::Tensor x, double time, at::Tensor frame_mask)
    : prior(prior_in),
      x_t(std::move(x)),
      t(time),
      times(at::full({x_t.size(0)}, time, x_t.options())),
      mask(std::move(frame_mask)) {}

const at::Tensor& Call::plain() {
  if (!plain_.defined()) plain_ = prior.estimate(x_t, times, mask);
  return plain_;
}

at::Tensor Call::steered_alone(const Steering& steering) const {
  return prior.estimate(x_t, times, mask, &steering);
}

at::Tensor Call::steered(const Steering& steering) {
  if (plain_.defined()) return steered_alone(steering);
  // Both estimates in one pass of twice the batch: matrix products with few rows are slow.
  const int64_t batch = x_t.size(0);
  auto twice = [](const at::Tensor& v) { return v.defined() ? at::cat({v, v}) : v; };
  auto upper = [](const at::Tensor& v) {
    return v.defined() ? at::cat({v, at::zeros_like(v)}) : v;
  };
  Steering both = steering;
  both.embedding = upper(steering.embedding);
  both.modulation = upper(steering.modulation);
  both.tokens = upper(steering.tokens);
  for (diffusion::Reading& reading : both.reading) reading = reading.and_nothing();
  const at::Tensor& scale = steering.low_rank_scale;
  both.low_rank_scale = upper(scale.defined() ? scale : at::ones({batch}, x_t.options()));
  const at::Tensor out = prior.estimate(twice(x_t), twice(times), twice(mask), &both);
  plain_ = out.narrow(0, batch, batch);
  return out.narrow(0, 0, batch);
}

at::Tensor generate(const Denoiser& prior, const features::Normaliser& normaliser,
                    const std::vector<Condition*>& conditions, const GenerateOptions& options) {
  PANTOMIME_CHECK(!options.seeds.empty(), "generate: no seeds, expected one for each clip");
  PANTOMIME_CHECK(options.frames >= 4 && options.frames <= 100000,
                  "generate: {} frames, expected 4 to 100000", options.frames);
  const at::NoGradGuard no_grad;
  const int64_t stride = Denoiser::kStride;
  const int64_t padded = (options.frames + stride - 1) / stride * stride;
  const auto batch = static_cast<int64_t>(options.seeds.size());
  const auto device = prior.parameters().block().device();
  at::Tensor mask;
  if (padded != options.frames) {
    mask = at::zeros({batch, padded}, at::TensorOptions(at::kBool).device(device));
    mask.narrow(1, 0, options.frames).fill_(true);
  }
  std::optional<Call> last;
  diffusion::SampleOptions sampler = options.sampler;
  sampler.between = [&](at::Tensor& x, double t) {
    for (Condition* condition : conditions) condition->between(x, t, *last);
  };
  auto denoise = [&](const at::Tensor& x, double t) {
    last.emplace(prior, x, t, mask);
    at::Tensor estimate;
    for (Condition* condition : conditions) estimate = condition->guide(*last, estimate);
    return estimate.defined() ? estimate : last->plain();
  };
  // Each clip has noise of its own here, too.
  sampler.noise = [&](int step) {
    std::vector<uint64_t> seeds;
    for (const uint64_t seed : options.seeds)
      seeds.push_back(derive_seed(seed, "step", static_cast<uint64_t>(step)));
    return diffusion::noise_of(seeds, padded, prior.config().features);
  };
  at::Tensor noise = diffusion::noise_of(options.seeds, padded, prior.config().features).to(device);
  if (options.begin.defined()) {
    PANTOMIME_CHECK(options.begin.size(0) == batch && options.begin.size(1) == options.frames,
                    "generate: {} clips of {} frames to change, expected {} of {}",
                    options.begin.size(0), options.begin.size(1), batch, options.frames);
    PANTOMIME_CHECK(options.change > sampler.end && options.change <= diffusion::Schedule::kMax,
                    "generate: change {}, expected more than {} and at most {}", options.change,
                    sampler.end, diffusion::Schedule::kMax);
    const diffusion::Schedule schedule;
    at::Tensor known = normaliser.to(device).normalise(options.begin.to(device));
    known = at::cat(
        {known, known.narrow(1, options.frames - 1, 1).expand({-1, padded - options.frames, -1})},
        1);
    sampler.start = options.change;
    noise = schedule.alpha(sampler.start) * known + schedule.sigma(sampler.start) * noise;
  }
  if (options.search.rounds > 0) {
    sampler.method = diffusion::Method::Ddim;
    noise = search_noise(denoise, noise, sampler, options.search);
  }
  const at::Tensor sample = diffusion::sample(denoise, noise, sampler);
  return normaliser.to(device).restore(sample).narrow(1, 0, options.frames).to(at::kCPU);
}

}  // namespace pantomime::conditions
