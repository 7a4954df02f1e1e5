#include "pantomime/training/text_guide.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/training/losses.h"
#include "pantomime/training/optimiser.h"

namespace pantomime::training {

using nlohmann::json;

TextGuide train_text_guide(const TextData& data, const Prior& prior,
                           const TextGuideOptions& options,
                           const std::function<void(int64_t, double)>& on_log, Progress& progress) {
  TextGuide guide;
  guide.prior_hash = weights_hash(prior);
  guide.licence = prior.licence;
  const uint64_t seed = derive_seed(options.seed, "text");
  guide.adapter = std::make_shared<conditions::TextAdapter>(conditions::TextAdapterConfig{},
                                                            prior.denoiser->config(), seed);
  Optimiser optimiser(guide.adapter->parameters(), OptimiserOptions{.average = 0.995});
  double sum = 0;
  progress.begin("train text", options.steps);
  for (int64_t step = 0; step < options.steps; ++step) {
    progress.check();
    const TextData::Drawn batch = data.draw(seed, step, options.batch, prior.normaliser);
    const at::Tensor &x0 = batch.motion.x, &mask = batch.motion.mask;
    const auto [t, x_t, generator] = with_noise(x0, seed, step);
    const diffusion::Steering steering =
        guide.adapter->steering(batch.text, mask.sum(1), x0.size(1));
    const at::Tensor estimate = prior.denoiser->estimate(x_t, t, mask, &steering);
    const at::Tensor loss = adapter_loss(estimate, x0, mask);
    loss.backward();
    sum += loss.item<double>();
    optimiser.step(learning_rate(options.rate, step, options.steps, 50, 0.4));
    if ((step + 1) % 10 == 0) {
      if (on_log) on_log(step + 1, sum / 10);
      progress.step(step + 1, fmt::format("loss {:.4f}", sum / 10));
      sum = 0;
    }
  }
  progress.end();
  at::Tensor block = guide.adapter->parameters().block();
  block.copy_(optimiser.average());
  guide.adapter->parameters().set_trainable(false);
  return guide;
}

void write_text_guide(const std::filesystem::path& path, const TextGuide& guide, Storage storage) {
  formats::Safetensors file;
  const auto& c = guide.adapter->config();
  const json config = {{"words", c.words}, {"width", c.width}, {"queries", c.queries},
                       {"code", c.code},   {"rank", c.rank},   {"scale", guide.scale}};
  put_parameters(file, "text.", guide.adapter->parameters(), storage);
  file.metadata = {{"pantomime.format", std::to_string(kModelFormat)},
                   {"pantomime.kind", "text guide"},
                   {"pantomime.config", config.dump()},
                   {"pantomime.licence", guide.licence},
                   {"pantomime.prior", guide.prior_hash}};
  formats::write_safetensors(path, file);
}

TextGuide read_text_guide(const std::filesystem::path& path, const Prior& prior) {
  const std::string where = path.string();
  const formats::Safetensors file = formats::read_safetensors(path);
  check_kind(file, "text guide", where);
  TextGuide guide;
  guide.prior_hash = metadata(file, "pantomime.prior", where);
  guide.licence = metadata(file, "pantomime.licence", where);
  check_belongs(guide.prior_hash, prior, "train-text", where);
  try {
    const json c = json::parse(metadata(file, "pantomime.config", where));
    guide.scale = c.at("scale");
    guide.adapter = std::make_shared<conditions::TextAdapter>(
        conditions::TextAdapterConfig{.words = c.at("words"),
                                      .width = c.at("width"),
                                      .queries = c.at("queries"),
                                      .code = c.at("code"),
                                      .rank = c.at("rank")},
        prior.denoiser->config(), 0);
  } catch (const json::exception& error) {
    fail("{}: {}", where, error.what());
  }
  take_parameters(file, "text.", guide.adapter->parameters(), where);
  guide.adapter->parameters().set_trainable(false);
  return guide;
}

at::Tensor generate_told(const Prior& prior, const TextGuide& guide,
                         const std::vector<std::vector<float>>& sentences,
                         const conditions::GenerateOptions& options,
                         const GuidanceStrength& strength,
                         const std::vector<conditions::Condition*>& also) {
  PANTOMIME_CHECK(sentences.size() == options.seeds.size(), "generate: {} sentences for {} seeds",
                  sentences.size(), options.seeds.size());
  const at::NoGradGuard no_grad;
  constexpr int64_t kStride = diffusion::Denoiser::kStride;
  const int64_t padded = (options.frames + kStride - 1) / kStride * kStride;
  const at::Tensor frames =
      at::full({static_cast<int64_t>(sentences.size())}, options.frames, at::kLong);
  conditions::LabelGuidance guidance(
      guide.adapter->steering(conditions::text_batch(sentences, guide.adapter->config().words),
                              frames, padded),
      strength.scale < 0 ? guide.scale : strength.scale,
      strength.until < 0 ? kGuideUntil : strength.until);
  std::vector<conditions::Condition*> all = {&guidance};
  all.insert(all.end(), also.begin(), also.end());
  return generate(*prior.denoiser, prior.normaliser, all, options);
}

}  // namespace pantomime::training
