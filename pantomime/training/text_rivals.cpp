// The other ways to make sentences steer, trained: a network that reads by itself, and a probe.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/training/losses.h"
#include "pantomime/training/steps.h"
#include "pantomime/training/text_guide.h"

namespace pantomime::training {
namespace {

TextGuide for_prior(const Prior& prior) {
  TextGuide guide;
  guide.prior_hash = weights_hash(prior);
  guide.licence = prior.licence;
  return guide;
}

}  // namespace

TextGuide train_text_network(const TextData& data, const Prior& prior,
                             const TextGuideOptions& options,
                             const std::function<void(int64_t, double)>& on_log,
                             Progress& progress) {
  const uint64_t seed = derive_seed(options.seed, "text network");
  TextGuide guide = for_prior(prior);
  guide.network = copy_of(*prior.denoiser, true);
  guide.cross = std::make_shared<conditions::TextCross>(conditions::TextCrossConfig{},
                                                        prior.denoiser->config(), seed);
  Optimiser network(guide.network->parameters(), OptimiserOptions{.average = 0.995});
  Optimiser cross(guide.cross->parameters(), OptimiserOptions{.average = 0.995});
  constexpr double kPace =
      0.4;  // of the copy, which is nearly there; what reads starts from nothing
  run_steps(
      "train text network", options.steps,
      [&](int64_t step) {
        const TextData::Drawn batch = data.draw(seed, step, options.batch, prior.normaliser);
        const at::Tensor &x0 = batch.motion.x, &mask = batch.motion.mask;
        const auto [t, x_t, generator] = with_noise(x0, seed, step);
        const at::Tensor shown =
            at::rand({x0.size(0), 1}, generator, at::TensorOptions(at::kFloat)) >= options.dropout;
        const diffusion::Steering steering =
            guide.cross->steering({batch.text.states * shown.unsqueeze(2).to(at::kFloat),
                                   at::logical_and(batch.text.mask, shown)});
        const at::Tensor loss =
            adapter_loss(guide.network->estimate(x_t, t, mask, &steering), x0, mask);
        loss.backward();
        const double rate = learning_rate(options.rate, step, options.steps, 50, 0.4);
        network.step(kPace * rate);
        cross.step(rate);
        return loss.item<double>();
      },
      on_log, progress);
  take_average(guide.network->parameters(), network);
  take_average(guide.cross->parameters(), cross);
  guide.network->freeze();
  return guide;
}

TextGuide train_text_probe(const TextData& data, const Prior& prior,
                           const TextGuideOptions& options,
                           const std::function<void(int64_t, double)>& on_log, Progress& progress) {
  const uint64_t seed = derive_seed(options.seed, "text probe");
  TextGuide guide = for_prior(prior);
  const int64_t l = prior.denoiser->config().layers;
  conditions::TextProbeConfig config;
  config.layers = {3 * l / 8, 5 * l / 8, 7 * l / 8};
  guide.probe = std::make_shared<conditions::TextProbe>(config, prior.denoiser->config(), seed);
  Optimiser optimiser(guide.probe->parameters(),
                      OptimiserOptions{.weight_decay = 0.05, .average = 0.99});
  run_steps(
      "train text probe", options.steps,
      [&](int64_t step) {
        const TextData::Drawn batch = data.draw(seed, step, options.batch, prior.normaliser);
        const at::Tensor &x0 = batch.motion.x, &mask = batch.motion.mask;
        const auto [t, x_t, generator] = with_noise(x0, seed, step);
        const int64_t size = x0.size(0);
        at::Tensor seen;
        {
          const at::NoGradGuard no_grad;  // the prior doesn't learn
          seen = conditions::pooled(*prior.denoiser, x_t, t, mask, config.layers);
        }
        at::Tensor same = at::zeros({size, size}, at::kBool);
        for (int64_t a = 0; a < size; ++a)
          for (int64_t b = 0; b < size; ++b)
            if (data.sentence(batch.sentences[static_cast<size_t>(a)]) ==
                data.sentence(batch.sentences[static_cast<size_t>(b)]))
              same[a][b] = true;
        const at::Tensor loss = conditions::contrastive_loss(
            guide.probe->motions(seen), guide.probe->sentences(batch.text), same, kProbeSharpness);
        loss.backward();
        optimiser.step(learning_rate(options.rate, step, options.steps, 50, 0.4));
        return loss.item<double>();
      },
      on_log, progress);
  take_average(guide.probe->parameters(), optimiser);
  return guide;
}

}  // namespace pantomime::training
