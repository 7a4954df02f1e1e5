#include "pantomime/conditions/text_adapter.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/conditions/adapter_parts.h"

namespace pantomime::conditions {

using diffusion::Init;

namespace {

constexpr int64_t kWaves = 8;                   // of each kind of time
constexpr int64_t kTimes = 2 * 2 * kWaves + 1;  // sine and cosine of both kinds, and a constant

/// Where motion tokens are in time, [B, N, kTimes]: in seconds from the begin, and as a share of
/// the clip.
at::Tensor times_of(const at::Tensor& frames, int64_t tokens) {
  constexpr double kStride = diffusion::Denoiser::kStride / 30.0;
  const at::Tensor n = at::arange(tokens, at::TensorOptions(at::kFloat)) + 0.5;
  const at::Tensor seconds = (n * kStride).unsqueeze(0).expand({frames.size(0), tokens});
  const at::Tensor share = seconds * (30.0 / frames.to(at::kFloat)).unsqueeze(1);
  std::vector<at::Tensor> parts = {at::ones_like(seconds)};
  for (int64_t k = 0; k < kWaves; ++k) {
    // Seconds from once in 16 s to once in an eighth of one; shares from half a wave to four.
    const double slow = 2 * std::numbers::pi / 16 * std::pow(2.0, static_cast<double>(k));
    const double part = std::numbers::pi * static_cast<double>(k + 1) / 2;
    for (const at::Tensor& angle : {seconds * slow, share * part}) {
      parts.push_back(angle.sin());
      parts.push_back(angle.cos());
    }
  }
  return at::stack(parts, 2);
}

}  // namespace

TextBatch text_batch(const std::vector<std::vector<float>>& states, int64_t words) {
  const auto batch = static_cast<int64_t>(states.size());
  int64_t longest = 1;
  for (const auto& s : states) longest = std::max(longest, static_cast<int64_t>(s.size()) / words);
  TextBatch text{at::zeros({batch, longest, words}, at::kFloat),
                 at::zeros({batch, longest}, at::kBool)};
  for (int64_t b = 0; b < batch; ++b) {
    const auto& s = states[static_cast<size_t>(b)];
    PANTOMIME_CHECK(static_cast<int64_t>(s.size()) % words == 0,
                    "text: {} numbers for pieces of {}", s.size(), words);
    std::copy(s.begin(), s.end(), text.states[b].data_ptr<float>());
    text.mask[b].narrow(0, 0, static_cast<int64_t>(s.size()) / words).fill_(true);
  }
  return text;
}

at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                  const at::Tensor& mask) {
  const double scale = 1 / std::sqrt(static_cast<double>(keys.size(2)));
  const at::Tensor away = (mask.to(at::kFloat) - 1).unsqueeze(1) * kAwayFromPadding;
  return at::matmul(at::softmax(at::matmul(queries, keys.transpose(1, 2)) * scale + away, 2),
                    values);
}

TextAdapter::TextAdapter(const TextAdapterConfig& config, const diffusion::DenoiserConfig& prior,
                         uint64_t seed)
    : config_(config), prior_(prior) {
  PANTOMIME_CHECK(config.facts > 0 && config.words > 0 && config.width > 0 && config.code > 0 &&
                      config.rank >= 0,
                  "text adapter: {} facts, {} numbers a piece, {} read, code of {}, rank {}",
                  config.facts, config.words, config.width, config.code, config.rank);
  const int64_t w = config.width;
  for (const char* name : {"key", "value"}) {
    parameters_.add(std::string(name) + ".weight", {w, config.words}, Init::Linear);
    parameters_.add(std::string(name) + ".bias", {w}, Init::Zero);
  }
  parameters_.add("code", {config.facts, config.code}, Init::Linear);
  parameters_.add("time.weight", {w, kTimes}, Init::Linear);
  parameters_.add("said.weight", {prior.width, w}, Init::Zero);
  add_bending(parameters_, prior, config.code, config.rank);
  parameters_.allocate(seed);
}

void TextAdapter::start_from(const LabelAdapter& labels, const std::vector<int64_t>& facts) {
  const int64_t known = labels.config().code;
  PANTOMIME_CHECK(static_cast<int64_t>(facts.size()) == labels.config().labels,
                  "text adapter: {} facts for {} labels", facts.size(), labels.config().labels);
  PANTOMIME_CHECK(known <= config_.code && labels.config().rank == config_.rank,
                  "text adapter: labels with codes of {} and rank {}, expected at most {} and {}",
                  known, labels.config().rank, config_.code, config_.rank);
  const at::NoGradGuard no_grad;
  const diffusion::Parameters& from = labels.parameters();
  for (const std::string& name : parameters_.names()) {
    at::Tensor to = parameters_[name];
    if (name.starts_with("layer.")) {
      PANTOMIME_CHECK(to.sizes() == from[name].sizes(), "text adapter: labels of another prior");
      to.copy_(from[name]);
    } else if (name == "embedding.weight" || name == "modulation.weight") {
      PANTOMIME_CHECK(to.size(0) == from[name].size(0), "text adapter: labels of another prior");
      to.narrow(1, 0, known).copy_(from[name]);
    } else if (name == "code") {
      // The first numbers of a code are the labels', the others are there for all other facts.
      to.narrow(1, 0, known).zero_();
      for (size_t i = 0; i < facts.size(); ++i)
        if (facts[i] >= 0)
          to[facts[i]].narrow(0, 0, known).copy_(from["code"][static_cast<int64_t>(i)]);
    }
  }
}

diffusion::Steering TextAdapter::steering(const at::Tensor& heard, const TextBatch& text,
                                          const at::Tensor& frames, int64_t padded) const {
  const int64_t batch = text.states.size(0);
  PANTOMIME_CHECK(frames.size(0) == batch && heard.size(0) == batch &&
                      padded % diffusion::Denoiser::kStride == 0,
                  "text adapter: {} texts and {} rows of facts for {} clips of {} frames", batch,
                  heard.size(0), frames.size(0), padded);
  PANTOMIME_CHECK(heard.size(1) == config_.facts, "text adapter: {} facts, expected {}",
                  heard.size(1), config_.facts);
  const auto linear = [&](const at::Tensor& x, const char* name) {
    return at::linear(x, parameters_[std::string(name) + ".weight"],
                      parameters_[std::string(name) + ".bias"]);
  };
  const at::Tensor present = text.mask.any(1).to(at::kFloat);
  const at::Tensor pieces = at::layer_norm(text.states, {config_.words});
  diffusion::Steering steering =
      bend(parameters_, prior_, config_.rank, at::matmul(heard, parameters_["code"]), present);
  const at::Tensor times = times_of(frames, padded / diffusion::Denoiser::kStride);
  const at::Tensor said = attend(at::linear(times, parameters_["time.weight"]),
                                 linear(pieces, "key"), linear(pieces, "value"), text.mask);
  steering.tokens = at::linear(said, parameters_["said.weight"]) * present.view({batch, 1, 1});
  return steering;
}

}  // namespace pantomime::conditions
