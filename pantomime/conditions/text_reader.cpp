#include "pantomime/conditions/text_reader.h"

#include <ATen/ATen.h>

#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::conditions {

using diffusion::Init;

TextReader::TextReader(const TextReaderConfig& config, uint64_t seed) : config_(config) {
  PANTOMIME_CHECK(config.words > 0 && config.width > 0 && config.queries > 0 && config.hidden > 0 &&
                      config.facts > 0,
                  "text reader: {} numbers a piece, {} read, {} queries, {} hidden, {} facts",
                  config.words, config.width, config.queries, config.hidden, config.facts);
  for (const char* name : {"key", "value"}) {
    parameters_.add(std::string(name) + ".weight", {config.width, config.words}, Init::Linear);
    parameters_.add(std::string(name) + ".bias", {config.width}, Init::Zero);
  }
  parameters_.add("query", {config.queries, config.width}, Init::Linear);
  parameters_.add("hidden.weight", {config.hidden, config.queries * config.width}, Init::Linear);
  parameters_.add("hidden.bias", {config.hidden}, Init::Zero);
  parameters_.add("facts.weight", {config.facts, config.hidden}, Init::Zero);
  parameters_.add("facts.bias", {config.facts}, Init::Zero);
  parameters_.allocate(seed);
}

at::Tensor TextReader::logits(const TextBatch& text) const {
  const auto linear = [&](const at::Tensor& x, const std::string& name) {
    return at::linear(x, parameters_[name + ".weight"], parameters_[name + ".bias"]);
  };
  const at::Tensor pieces = at::layer_norm(text.states, {config_.words});
  const at::Tensor whole =
      attend(parameters_["query"], linear(pieces, "key"), linear(pieces, "value"), text.mask);
  return linear(at::gelu(linear(whole.flatten(1), "hidden")), "facts");
}

at::Tensor TextReader::heard(const TextBatch& text) const {
  return logits(text).sigmoid() * text.mask.any(1, true).to(at::kFloat);
}

at::Tensor contrary_of(const at::Tensor& heard, const std::vector<int64_t>& contrary) {
  const auto facts = static_cast<int64_t>(contrary.size());
  PANTOMIME_CHECK(heard.size(1) == facts, "contrary: {} facts of {}", facts, heard.size(1));
  return at::zeros_like(heard).index_add_(1, at::tensor(contrary, at::kLong), heard).clamp_max_(1);
}

}  // namespace pantomime::conditions
