#include "pantomime/conditions/completion_adapter.h"

#include <ATen/ATen.h>

#include <array>

#include "pantomime/base/error.h"
#include "pantomime/conditions/adapter_parts.h"
#include "pantomime/conditions/estimate_error.h"
#include "pantomime/diffusion/token_windows.h"

namespace pantomime::conditions {

using diffusion::Init;
using motion::kJointCount;

namespace {

constexpr int64_t kFlags = features::kGeometry, kPoints = kFlags + kHintFlags,
                  kAnchor = kPoints + 5 * kJointCount;
constexpr float kPlaceScale = 0.5f;  // places reach over metres, the rest is about 1

/// What is given of one joint in one frame.
struct Given {
  float x = 0, y = 0, z = 0;
  bool place = false, height = false;
};

}  // namespace

at::Tensor hints_of(const Constraints& c, const features::Normaliser& normaliser) {
  const int64_t frames = c.frames;
  at::Tensor hints = at::zeros({frames, kHintSize}, at::kFloat);
  const at::Tensor moving = c.known.narrow(1, 0, features::kGeometry);
  hints.narrow(1, 0, features::kGeometry)
      .copy_(at::where(moving, normaliser.normalise(c.value).narrow(1, 0, features::kGeometry),
                       at::zeros({}, at::kFloat)));
  for (size_t block = 0; block < kMovingBlockCount; ++block)
    hints.select(1, kFlags + static_cast<int64_t>(block))
        .copy_(moving.select(1, moving_block(block).first));

  std::vector<std::array<Given, kJointCount>> given(static_cast<size_t>(frames));
  for (const Constraints::Place& place : c.places)
    if (place.x && place.z && place.from == 0) {
      Given& g = given[static_cast<size_t>(place.frame)][motion::kPelvis];
      g.x = static_cast<float>(*place.x), g.z = static_cast<float>(*place.z), g.place = true;
    }
  for (const auto& goal : c.goals)
    for (const Aim& aim : goal->aims()) {
      Given& g = given[static_cast<size_t>(aim.frame)][static_cast<size_t>(aim.joint)];
      if (aim.axes[0] && aim.axes[2]) g.x = aim.point.x, g.z = aim.point.z, g.place = true;
      if (aim.axes[1]) g.y = aim.point.y, g.height = true;
    }
  float* out = hints.data_ptr<float>();
  float before_x = 0, before_z = 0;
  std::array<bool, kJointCount> before{};
  for (int64_t f = 0; f < frames; ++f, out += kHintSize) {
    float x = 0, z = 0, count = 0;
    std::array<bool, kJointCount> with{};
    for (size_t j = 0; j < kJointCount; ++j)
      if (const Given& g = given[static_cast<size_t>(f)][j]; g.place)
        x += g.x, z += g.z, ++count, with[j] = true;
    if (count > 0) x /= count, z /= count;
    for (size_t j = 0; j < kJointCount; ++j) {
      const Given& g = given[static_cast<size_t>(f)][j];
      float* to = out + kPoints + 5 * j;
      if (g.place) to[0] = g.x - x, to[2] = g.z - z, to[3] = 1;
      if (g.height) to[1] = g.y, to[4] = 1;
    }
    if (count > 0) {
      float* to = out + kAnchor;
      to[0] = kPlaceScale * x, to[1] = kPlaceScale * z, to[4] = 1;
      if (with == before) {
        const auto fps = static_cast<float>(motion::kFps);
        to[2] = fps * (x - before_x), to[3] = fps * (z - before_z), to[5] = 1;
      }
    }
    before_x = x, before_z = z, before = with;
  }
  return hints;
}

bool has_hints(const at::Tensor& hints) {
  return hints.any().item<bool>();
}

CompletionAdapter::CompletionAdapter(const CompletionAdapterConfig& config,
                                     const diffusion::DenoiserConfig& prior, uint64_t seed)
    : config_(config), prior_(prior) {
  PANTOMIME_CHECK(config.width > 0 && config.rank >= 0, "completion adapter: width {}, rank {}",
                  config.width, config.rank);
  parameters_.add("read.weight", {config.width, diffusion::Denoiser::kWindow * kHintSize},
                  Init::Linear);
  parameters_.add("read.bias", {config.width}, Init::Zero);
  parameters_.add("said.weight", {prior.width, config.width}, Init::Zero);
  add_bending(parameters_, prior, config.width, config.rank);
  parameters_.allocate(seed);
}

diffusion::Steering CompletionAdapter::steering(const at::Tensor& hints) const {
  PANTOMIME_CHECK(hints.dim() == 3 && hints.size(2) == kHintSize &&
                      hints.size(1) % diffusion::Denoiser::kStride == 0,
                  "completion adapter: expected hints [B, multiple of {}, {}]",
                  diffusion::Denoiser::kStride, kHintSize);
  const at::Tensor present = hints.ne(0).flatten(1).any(1).to(at::kFloat);
  const at::Tensor read = at::silu(at::linear(
      diffusion::token_windows(hints), parameters_["read.weight"], parameters_["read.bias"]));
  diffusion::Steering steering = bend(parameters_, prior_, config_.rank, read.mean(1), present);
  steering.tokens = at::linear(read, parameters_["said.weight"]) * present.view({-1, 1, 1});
  return steering;
}

diffusion::Steering CompletionAdapter::steering(const std::vector<Constraints>& clips,
                                                const features::Normaliser& normaliser) const {
  std::vector<at::Tensor> hints;
  for (const Constraints& c : clips) {
    constexpr int64_t kStride = diffusion::Denoiser::kStride;
    const int64_t padding = (kStride - c.frames % kStride) % kStride;
    hints.push_back(at::constant_pad_nd(hints_of(c, normaliser), {0, 0, 0, padding}));
  }
  return steering(at::stack(hints));
}

}  // namespace pantomime::conditions
