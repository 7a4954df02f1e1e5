#include "pantomime/metrics/text_judge.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstring>

#include "pantomime/base/error.h"

namespace pantomime::metrics {
namespace {

constexpr size_t kBatch = 64;
constexpr double kAway = -1e4;  // what attention gives padded pieces

JudgeConfig motion_side(const TextJudgeConfig& config) {
  return {.width = config.width, .blocks = config.blocks, .features = config.space};
}

const at::Tensor& tensor(const JudgeWeights& weights, const std::string& name) {
  const auto it = weights.find(name);
  PANTOMIME_CHECK(it != weights.end(), "text judge: no tensor \"{}\"", name);
  return it->second;
}

at::Tensor linear(const JudgeWeights& weights, const at::Tensor& x, const std::string& name) {
  return at::linear(x, tensor(weights, name + ".weight"), tensor(weights, name + ".bias"));
}

at::Tensor unit(const at::Tensor& x) {
  return x / x.norm(2, 1, true).clamp_min(1e-6);
}

}  // namespace

std::vector<std::pair<std::string, std::vector<int64_t>>> text_judge_shapes(
    const TextJudgeConfig& config) {
  auto sane = [](int64_t v) { return v >= 1 && v <= 4096; };
  PANTOMIME_CHECK(
      sane(config.words) && sane(config.reading) && sane(config.queries) && sane(config.space),
      "text judge: {} numbers a piece, read as {}, {} queries, space of {}: out of range",
      config.words, config.reading, config.queries, config.space);
  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes;
  for (auto& [name, shape] : judge_shapes(motion_side(config), 0))
    shapes.push_back({"motion." + name, shape});
  const int64_t r = config.reading;
  shapes.push_back({"text.read.weight", {r, config.words}});
  shapes.push_back({"text.read.bias", {r}});
  shapes.push_back({"text.near.weight", {r, 3 * r}});
  shapes.push_back({"text.near.bias", {r}});
  shapes.push_back({"text.ask.weight", {config.queries, r}});
  shapes.push_back({"text.ask.bias", {config.queries}});
  shapes.push_back({"text.mix.weight", {2 * config.space, (config.queries + 1) * r}});
  shapes.push_back({"text.mix.bias", {2 * config.space}});
  shapes.push_back({"text.out.weight", {config.space, 2 * config.space}});
  shapes.push_back({"text.out.bias", {config.space}});
  return shapes;
}

at::Tensor embed_motion(const TextJudgeConfig& config, const JudgeWeights& weights,
                        const at::Tensor& input, const at::Tensor& mask) {
  JudgeWeights side;
  for (const auto& [name, value] : weights)
    if (name.starts_with("motion.")) side[name.substr(7)] = value;
  return unit(run_features(motion_side(config), side, input, mask));
}

at::Tensor embed_sentence(const TextJudgeConfig& config, const JudgeWeights& weights,
                          const at::Tensor& states, const at::Tensor& mask) {
  PANTOMIME_CHECK(states.dim() == 3 && states.size(2) == config.words && mask.dim() == 2 &&
                      mask.size(0) == states.size(0) && mask.size(1) == states.size(1),
                  "text judge: expected states [B, T, {}] and a mask [B, T]", config.words);
  const at::Tensor real = mask.unsqueeze(2).to(at::kFloat);  // [B, T, 1]
  const at::Tensor read = at::gelu(linear(weights, states, "text.read")) * real;
  // Each piece with its neighbours: "to the left" is not "left hand".
  const at::Tensor wide = at::constant_pad_nd(read, {0, 0, 1, 1}, 0);
  const int64_t pieces = states.size(1);
  const at::Tensor x =
      read + at::gelu(linear(
                 weights, at::cat({wide.narrow(1, 0, pieces), read, wide.narrow(1, 2, pieces)}, 2),
                 "text.near")) *
                 real;
  const at::Tensor share =
      at::softmax(linear(weights, x, "text.ask") + kAway * (1 - real), 1);   // [B, T, Q]
  const at::Tensor found = at::matmul(share.transpose(1, 2), x).flatten(1);  // [B, Q r]
  const at::Tensor mean = (x * real).sum(1) / real.sum(1).clamp_min(1);
  const at::Tensor mixed = at::gelu(linear(weights, at::cat({found, mean}, 1), "text.mix"));
  return unit(linear(weights, mixed, "text.out"));
}

std::pair<at::Tensor, at::Tensor> pad_sentences(const std::vector<std::vector<float>>& states,
                                                int64_t words) {
  int64_t longest = 1;
  for (const std::vector<float>& s : states) {
    PANTOMIME_CHECK(!s.empty() && s.size() % static_cast<size_t>(words) == 0,
                    "text judge: {} numbers of a sentence, expected some times {}", s.size(),
                    words);
    longest = std::max(longest, static_cast<int64_t>(s.size()) / words);
  }
  const auto batch = static_cast<int64_t>(states.size());
  at::Tensor x = at::zeros({batch, longest, words}, at::kFloat);
  at::Tensor mask = at::zeros({batch, longest}, at::kBool);
  for (int64_t b = 0; b < batch; ++b) {
    const std::vector<float>& s = states[static_cast<size_t>(b)];
    std::memcpy(x.data_ptr<float>() + b * longest * words, s.data(), s.size() * sizeof(float));
    mask[b].narrow(0, 0, static_cast<int64_t>(s.size()) / words).fill_(true);
  }
  return {x, mask};
}

at::Tensor TextJudge::motions(const std::vector<at::Tensor>& clips) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> rows;
  for (size_t first = 0; first < clips.size(); first += kBatch) {
    const size_t last = std::min(clips.size(), first + kBatch);
    const auto [x, mask] = pad_clips({clips.begin() + static_cast<std::ptrdiff_t>(first),
                                      clips.begin() + static_cast<std::ptrdiff_t>(last)});
    rows.push_back(embed_motion(config, weights, judge_input(clip_joints(x), mask), mask));
  }
  PANTOMIME_CHECK(!rows.empty(), "text judge: no clips");
  return at::cat(rows);
}

at::Tensor TextJudge::sentences(const std::vector<std::vector<float>>& states) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> rows;
  for (size_t first = 0; first < states.size(); first += kBatch) {
    const size_t last = std::min(states.size(), first + kBatch);
    const auto [x, mask] = pad_sentences({states.begin() + static_cast<std::ptrdiff_t>(first),
                                          states.begin() + static_cast<std::ptrdiff_t>(last)},
                                         config.words);
    rows.push_back(embed_sentence(config, weights, x, mask));
  }
  PANTOMIME_CHECK(!rows.empty(), "text judge: no sentences");
  return at::cat(rows);
}

}  // namespace pantomime::metrics
