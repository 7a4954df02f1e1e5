#include "pantomime/conditions/text_adapter.h"

#include <ATen/ATen.h>

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
constexpr double kAway = -1e4;                  // what attention gives padded pieces

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

TextAdapter::TextAdapter(const TextAdapterConfig& config, const diffusion::DenoiserConfig& prior,
                         uint64_t seed)
    : config_(config), prior_(prior) {
  PANTOMIME_CHECK(config.words > 0 && config.width > 0 && config.queries > 0 && config.code > 0 &&
                      config.rank >= 0,
                  "text adapter: {} numbers a piece, {} read, {} queries, code of {}, rank {}",
                  config.words, config.width, config.queries, config.code, config.rank);
  const int64_t w = config.width;
  for (const char* name : {"key", "value"}) {
    parameters_.add(std::string(name) + ".weight", {w, config.words}, Init::Linear);
    parameters_.add(std::string(name) + ".bias", {w}, Init::Zero);
  }
  parameters_.add("query", {config.queries, w}, Init::Linear);
  parameters_.add("code.weight", {config.code, config.queries * w}, Init::Linear);
  parameters_.add("code.bias", {config.code}, Init::Zero);
  parameters_.add("time.weight", {w, kTimes}, Init::Linear);
  parameters_.add("said.weight", {prior.width, w}, Init::Zero);
  add_bending(parameters_, prior, config.code, config.rank);
  parameters_.allocate(seed);
}

diffusion::Steering TextAdapter::steering(const TextBatch& text, const at::Tensor& frames,
                                          int64_t padded) const {
  const int64_t batch = text.states.size(0);
  PANTOMIME_CHECK(frames.size(0) == batch && padded % diffusion::Denoiser::kStride == 0,
                  "text adapter: {} texts for {} clips of {} frames", batch, frames.size(0),
                  padded);
  const auto linear = [&](const at::Tensor& x, const char* name) {
    return at::linear(x, parameters_[std::string(name) + ".weight"],
                      parameters_[std::string(name) + ".bias"]);
  };
  const at::Tensor present = text.mask.any(1).to(at::kFloat);
  const at::Tensor pieces = at::layer_norm(text.states, {config_.words});
  const at::Tensor key = linear(pieces, "key"), value = linear(pieces, "value");  // [B, T, W]
  const double scale = 1 / std::sqrt(static_cast<double>(config_.width));
  const at::Tensor away = at::logical_not(text.mask).to(at::kFloat).unsqueeze(1) * kAway;
  const auto read = [&](const at::Tensor& query) {  // [B, N, W] or [N, W]
    return at::matmul(at::softmax(at::matmul(query, key.transpose(1, 2)) * scale + away, 2), value);
  };
  const at::Tensor whole = read(parameters_["query"]).flatten(1);
  diffusion::Steering steering =
      bend(parameters_, prior_, config_.rank, at::gelu(linear(whole, "code")), present);
  const at::Tensor times = times_of(frames, padded / diffusion::Denoiser::kStride);
  const at::Tensor said = read(at::linear(times, parameters_["time.weight"]));
  steering.tokens = at::linear(said, parameters_["said.weight"]) * present.view({batch, 1, 1});
  return steering;
}

}  // namespace pantomime::conditions
