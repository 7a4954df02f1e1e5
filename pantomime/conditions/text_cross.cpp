#include "pantomime/conditions/text_cross.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "pantomime/base/error.h"

namespace pantomime::conditions {

using diffusion::Init;

TextCross::TextCross(const TextCrossConfig& config, const diffusion::DenoiserConfig& network,
                     uint64_t seed)
    : config_(config), network_(network) {
  PANTOMIME_CHECK(config.words > 0 && config.width > 0 && config.width % network.heads == 0,
                  "text network: {} numbers a piece, read as {} over {} heads", config.words,
                  config.width, network.heads);
  parameters_.add("whole.weight", {network.width, config.words}, Init::Zero);
  for (int64_t l = 0; l < network.layers; ++l) {
    const std::string name = fmt::format("layer.{}.", l);
    parameters_.add(name + "query", {config.width, network.width}, Init::Linear);
    parameters_.add(name + "key", {config.width, config.words}, Init::Linear);
    parameters_.add(name + "value", {config.width, config.words}, Init::Linear);
    parameters_.add(name + "out", {network.width, config.width}, Init::Zero);
  }
  parameters_.allocate(seed);
}

diffusion::Steering TextCross::steering(const TextBatch& text) const {
  const at::Tensor real = text.mask.to(at::kFloat);            // [B, T]
  const at::Tensor present = text.mask.any(1).to(at::kFloat);  // [B]
  const at::Tensor pieces = at::layer_norm(text.states, {config_.words});
  const at::Tensor mean =
      (pieces * real.unsqueeze(2)).sum(1) / real.sum(1, true).clamp_min(1);  // zero without text
  diffusion::Steering steering;
  steering.embedding = at::linear(mean, parameters_["whole.weight"]);
  for (int64_t l = 0; l < network_.layers; ++l) {
    const std::string name = fmt::format("layer.{}.", l);
    steering.reading.push_back(
        {.heads = network_.heads,
         .query = parameters_[name + "query"],
         .keys = at::linear(pieces, parameters_[name + "key"]),
         .values = at::linear(pieces, parameters_[name + "value"]) * present.view({-1, 1, 1}),
         .away = (real - 1) * kAwayFromPadding,
         .out = parameters_[name + "out"]});
  }
  return steering;
}

}  // namespace pantomime::conditions
