#include "pantomime/metrics/judge.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>

#include "pantomime/base/error.h"
#include "pantomime/features/features.h"
#include "pantomime/features/kinematics.h"
#include "pantomime/metrics/graph_network.h"

namespace pantomime::metrics {
namespace {

using motion::kJointCount;

constexpr int64_t kFirstReach = 4;      // the first layer sees 9 frames …
constexpr int64_t kStride = 4;          // … around every fourth
constexpr int64_t kHeadingFrames = 15;  // half a second
constexpr int64_t kBatch = 64;

void check_mask(const at::Tensor& x, const at::Tensor& mask, const char* what) {
  PANTOMIME_CHECK(mask.dim() == 2 && mask.size(0) == x.size(0) && mask.size(1) == x.size(1) &&
                      mask.scalar_type() == at::kBool,
                  "{}: expected a boolean mask [{}, {}]", what, x.size(0), x.size(1));
}

/// [B, F] -> [B, F, 1] float.
at::Tensor column(const at::Tensor& mask) {
  return mask.unsqueeze(-1).to(at::kFloat);
}

std::string block_name(int64_t block, const char* what) {
  return "block" + std::to_string(block) + "." + what;
}

class Network {
 public:
  explicit Network(const JudgeWeights& weights) : weights_(weights) {}

  const at::Tensor& operator[](const std::string& name) const {
    const auto it = weights_.find(name);
    PANTOMIME_CHECK(it != weights_.end(), "judge: no tensor \"{}\"", name);
    return it->second;
  }
  at::Tensor linear(const at::Tensor& x, const std::string& name) const {
    return at::linear(x, (*this)[name + ".weight"], (*this)[name + ".bias"]);
  }
  at::Tensor norm(const at::Tensor& x, const std::string& name) const {
    return at::layer_norm(x, {x.size(-1)}, (*this)[name + ".gain"], (*this)[name + ".bias"]);
  }
  /// Convolution over time as one matrix product: `reach` neighbours on each side, `distance`
  /// apart, around every `stride`-th frame.
  at::Tensor over_time(const at::Tensor& x, const std::string& name, int64_t reach,
                       int64_t distance, int64_t stride) const {
    const at::Tensor padded =
        at::constant_pad_nd(x, {0, 0, reach * distance, reach * distance}, 0);  // [B, F + 2rd, C]
    std::vector<at::Tensor> shifted;
    for (int64_t k = 0; k <= 2 * reach; ++k)
      shifted.push_back(
          padded.narrow(1, k * distance, x.size(1)).slice(1, 0, c10::nullopt, stride));
    return linear(at::cat(shifted, 2), name);
  }

 private:
  const JudgeWeights& weights_;
};

constexpr int64_t kPositions = 3 * kJointCount;  // the input begins with them
constexpr int64_t kGruLayers = 2;

const std::array<const char*, 4> kGruParts = {"input.weight", "state.weight", "input.bias",
                                              "state.bias"};

std::string gru_name(int64_t layer, const char* part) {
  return "gru" + std::to_string(layer) + "." + part;
}

at::Tensor run_recurrent(const JudgeConfig& config, const Network& net, const at::Tensor& input,
                         const at::Tensor& mask) {
  const at::Tensor fine = column(mask);
  const at::Tensor x = ((input - net["input.mean"]) / net["input.scale"] * fine)
                           .narrow(2, 0, kPositions)
                           .contiguous();
  std::vector<at::Tensor> parameters;
  for (int64_t layer = 0; layer < kGruLayers; ++layer)
    for (const char* part : kGruParts) parameters.push_back(net[gru_name(layer, part)]);
  const at::Tensor begin = at::zeros({kGruLayers, x.size(0), config.width}, x.options());
  const at::Tensor states = std::get<0>(
      at::gru(x, begin, parameters, true, kGruLayers, 0.0, false, false, true));  // [B, F, C]
  const at::Tensor last = (mask.sum(1) - 1).clamp_min(0).view({-1, 1, 1});
  const at::Tensor end = states.gather(1, last.expand({-1, 1, config.width})).squeeze(1);
  return at::tanh(net.linear(end, "features"));
}

constexpr int64_t kGraphStep = 2;   // frames
constexpr int64_t kGraphReach = 9;  // frames that a convolution sees, as published
constexpr int64_t kGraphKinds = 3;  // of neighbours
constexpr int64_t kGraphInput = 6;  // position and velocity of a joint
constexpr int64_t kMostChannels = 4096;

int64_t graph_channels(const JudgeConfig& config, int64_t block) {
  return config.width << (block / 2);
}
int64_t graph_stride(int64_t block) {
  return block > 0 && block % 2 == 0 ? 2 : 1;
}

at::Tensor run_graph(const JudgeConfig& config, const Network& net, const at::Tensor& input,
                     const at::Tensor& mask) {
  static const at::Tensor skeleton =
      spatial_graph(motion::canonical_skeleton(motion::default_geometry()).parents);
  at::Tensor real =
      column(mask).slice(1, 0, c10::nullopt, kGraphStep).unsqueeze(2);  // [B, F, 1, 1]
  const at::Tensor scaled = ((input - net["input.mean"]) / net["input.scale"])
                                .slice(1, 0, c10::nullopt, kGraphStep)
                                .narrow(2, 0, 2 * kPositions);
  at::Tensor x = scaled.reshape({scaled.size(0), scaled.size(1), 2, kJointCount, 3})
                     .permute({0, 1, 3, 2, 4})
                     .reshape({scaled.size(0), scaled.size(1), kJointCount, kGraphInput}) *
                 real;  // [B, F, J, C]
  for (int64_t b = 0; b < config.blocks; ++b) {
    const int64_t frames = x.size(1), stride = graph_stride(b);
    at::Tensor h = graph_convolution(
        x.reshape({-1, kJointCount, x.size(3)}), skeleton * net[block_name(b, "edges.gain")],
        net[block_name(b, "space.weight")], net[block_name(b, "space.bias")]);
    h = h.view({-1, frames, kJointCount, h.size(2)});
    h = at::relu(net.norm(h, block_name(b, "norm"))) * real;
    if (stride > 1) {
      real = real.slice(1, 0, c10::nullopt, stride);
      x = net.linear(x.slice(1, 0, c10::nullopt, stride), block_name(b, "pass"));
    }
    h = convolution_over_frames(h, net[block_name(b, "time.weight")],
                                net[block_name(b, "time.bias")], stride);
    h = net.norm(h, block_name(b, "norm2"));
    x = at::relu(b == 0 ? h : h + x) * real;
  }
  const at::Tensor mean = x.sum({1, 2}) / (real.sum({1, 2}).clamp_min(1) * kJointCount);  // [B, C]
  return net.linear(mean, "features");
}

}  // namespace

JudgeKind parse_judge_kind(const std::string& name) {
  if (name == "convolution") return JudgeKind::Convolution;
  if (name == "recurrent") return JudgeKind::Recurrent;
  if (name == "graph") return JudgeKind::Graph;
  fail("judge \"{}\": expected convolution, recurrent, graph or text", name);
}

const char* name_of(JudgeKind kind) {
  return kind == JudgeKind::Convolution ? "convolution"
         : kind == JudgeKind::Recurrent ? "recurrent"
                                        : "graph";
}

JudgeConfig default_config(JudgeKind kind) {
  JudgeConfig config{.kind = kind};
  if (kind == JudgeKind::Graph) config.width = 16;
  return config;
}

at::Tensor judge_input(const at::Tensor& joints, const at::Tensor& mask) {
  PANTOMIME_CHECK(joints.dim() == 4 && joints.size(2) == kJointCount && joints.size(3) == 3 &&
                      joints.size(1) >= 2,
                  "judge: expected joints [B, F, {}, 3] of at least 2 frames", kJointCount);
  check_mask(joints, mask, "judge");
  const int64_t batch = joints.size(0), frames = joints.size(1);
  // Padding repeats the last real frame, so that differences and averages near it stay true.
  const at::Tensor last = (mask.sum(1, true) - 1).clamp_min(0);  // [B, 1]
  const at::Tensor index = at::minimum(at::arange(frames, last.options()).unsqueeze(0), last);
  const at::Tensor p = at::gather(
      joints.to(at::kFloat), 1, index.view({batch, frames, 1, 1}).expand({-1, -1, kJointCount, 3}));

  auto joint = [&](int64_t j) { return p.select(2, j); };  // [B, F, 3]
  const at::Tensor across = joint(motion::kLeftHip) - joint(motion::kRightHip) +
                            joint(motion::kLeftShoulder) - joint(motion::kRightShoulder);
  const at::Tensor forward =
      at::stack({-across.select(2, 2), across.select(2, 0)}, 1);  // [B, 2, F]
  // The average, too, goes on with the first and the last real frame beyond the ends.
  constexpr int64_t kReach = kHeadingFrames / 2;
  const at::Tensor around =
      at::minimum((at::arange(frames + 2 * kReach, last.options()) - kReach).unsqueeze(0), last)
          .clamp_min(0)
          .unsqueeze(1)
          .expand({-1, 2, -1});
  const at::Tensor smooth = at::avg_pool1d(at::gather(forward, 2, around), {kHeadingFrames}, {1});
  const at::Tensor unit = smooth / smooth.norm(2, 1, true).clamp_min(1e-6);
  const at::Tensor sine = unit.select(1, 0).unsqueeze(-1), cosine = unit.select(1, 1).unsqueeze(-1);

  auto turned = [&](const at::Tensor& v) {  // [B, F, 22, 3] by -heading about +Y
    const at::Tensor x = v.select(3, 0), z = v.select(3, 2);
    return at::stack({cosine * x - sine * z, v.select(3, 1), sine * x + cosine * z}, 3);
  };
  const at::Tensor ground =
      p.narrow(2, 0, 1) * at::tensor({1.0f, 0.0f, 1.0f}, at::kFloat);  // [B, F, 1, 3]
  // Over two frames: half the noise of a difference of neighbours.
  const at::Tensor before = at::cat({p.narrow(1, 0, 1), p.narrow(1, 0, frames - 1)}, 1);
  const at::Tensor after = at::cat({p.narrow(1, 1, frames - 1), p.narrow(1, frames - 1, 1)}, 1);
  const at::Tensor velocity = (after - before) * static_cast<float>(motion::kFps / 2);

  auto step = [&](const at::Tensor& v) {  // the frame before, [B, F, 1]
    return at::cat({v.narrow(1, 0, 1), v.narrow(1, 0, frames - 1)}, 1);
  };
  const at::Tensor sine0 = step(sine), cosine0 = step(cosine);
  const at::Tensor turning =
      at::atan2(sine * cosine0 - cosine * sine0, cosine * cosine0 + sine * sine0) *
      static_cast<float>(motion::kFps);

  return at::cat({turned(p - ground).reshape({batch, frames, 3 * kJointCount}),
                  turned(velocity).reshape({batch, frames, 3 * kJointCount}), turning},
                 2) *
         column(mask);
}

std::vector<std::pair<std::string, std::vector<int64_t>>> judge_shapes(const JudgeConfig& config,
                                                                       int64_t labels) {
  auto sane = [](int64_t v, int64_t most) { return v >= 1 && v <= most; };
  PANTOMIME_CHECK(sane(config.width, 4096) && sane(config.blocks, 64) &&
                      sane(config.features, 4096) && labels >= 0 && labels <= 100000,
                  "judge: width {}, {} blocks, {} features, {} labels are out of range",
                  config.width, config.blocks, config.features, labels);
  const int64_t c = config.width;
  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes = {
      {"input.mean", {kJudgeInput}}, {"input.scale", {kJudgeInput}}};
  const auto add_labels = [&] {
    if (labels == 0) return;
    shapes.push_back({"labels.weight", {labels, config.features}});
    shapes.push_back({"labels.bias", {labels}});
  };
  if (config.kind == JudgeKind::Recurrent) {
    for (int64_t layer = 0; layer < kGruLayers; ++layer) {
      shapes.push_back({gru_name(layer, kGruParts[0]), {3 * c, layer == 0 ? kPositions : c}});
      shapes.push_back({gru_name(layer, kGruParts[1]), {3 * c, c}});
      shapes.push_back({gru_name(layer, kGruParts[2]), {3 * c}});
      shapes.push_back({gru_name(layer, kGruParts[3]), {3 * c}});
    }
    shapes.push_back({"features.weight", {config.features, c}});
    shapes.push_back({"features.bias", {config.features}});
    add_labels();
    return shapes;
  }
  if (config.kind == JudgeKind::Graph) {
    PANTOMIME_CHECK(
        config.blocks <= 24 && graph_channels(config, config.blocks - 1) <= kMostChannels,
        "judge: {} blocks of width {} end with more than {} channels", config.blocks, c,
        kMostChannels);
    int64_t in = kGraphInput;
    for (int64_t b = 0; b < config.blocks; ++b) {
      const int64_t out = graph_channels(config, b);
      const auto add = [&](const char* what, std::vector<int64_t> shape) {
        shapes.emplace_back(block_name(b, what), std::move(shape));
      };
      add("edges.gain", {kGraphKinds, kJointCount, kJointCount});
      add("space.weight", {kGraphKinds * out, in});
      add("space.bias", {kGraphKinds * out});
      add("norm.gain", {out});
      add("norm.bias", {out});
      add("time.weight", {out, kGraphReach * out});
      add("time.bias", {out});
      add("norm2.gain", {out});
      add("norm2.bias", {out});
      if (graph_stride(b) > 1) {
        add("pass.weight", {out, in});
        add("pass.bias", {out});
      }
      in = out;
    }
    shapes.push_back({"features.weight", {config.features, in}});
    shapes.push_back({"features.bias", {config.features}});
    add_labels();
    return shapes;
  }
  shapes.insert(shapes.end(),
                {{"first.weight", {c, (2 * kFirstReach + 1) * kJudgeInput}}, {"first.bias", {c}}});
  for (int64_t b = 0; b < config.blocks; ++b) {
    shapes.push_back({block_name(b, "norm.gain"), {c}});
    shapes.push_back({block_name(b, "norm.bias"), {c}});
    shapes.push_back({block_name(b, "time.weight"), {c, 3 * c}});
    shapes.push_back({block_name(b, "time.bias"), {c}});
    shapes.push_back({block_name(b, "mix.weight"), {c, c}});
    shapes.push_back({block_name(b, "mix.bias"), {c}});
  }
  shapes.push_back({"norm.gain", {c}});
  shapes.push_back({"norm.bias", {c}});
  shapes.push_back({"features.weight", {config.features, 2 * c}});
  shapes.push_back({"features.bias", {config.features}});
  add_labels();
  return shapes;
}

at::Tensor run_features(const JudgeConfig& config, const JudgeWeights& weights,
                        const at::Tensor& input, const at::Tensor& mask) {
  PANTOMIME_CHECK(input.dim() == 3 && input.size(2) == kJudgeInput, "judge: expected [B, F, {}]",
                  kJudgeInput);
  check_mask(input, mask, "judge");
  const Network net(weights);
  if (config.kind == JudgeKind::Recurrent) return run_recurrent(config, net, input, mask);
  if (config.kind == JudgeKind::Graph) return run_graph(config, net, input, mask);
  const at::Tensor fine = column(mask);
  at::Tensor x = (input - net["input.mean"]) / net["input.scale"] * fine;
  x = net.over_time(x, "first", kFirstReach, 1, kStride);
  const at::Tensor real = fine.slice(1, 0, c10::nullopt, kStride).contiguous();  // [B, F / 4, 1]
  x = x * real;
  for (int64_t b = 0; b < config.blocks; ++b) {
    at::Tensor h = net.norm(x, block_name(b, "norm")) * real;
    h = at::gelu(net.over_time(h, block_name(b, "time"), 1, int64_t{1} << (b % 3), 1));
    x = x + net.linear(h, block_name(b, "mix")) * real;
  }
  x = net.norm(x, "norm");
  const at::Tensor mean = (x * real).sum(1) / real.sum(1).clamp_min(1);
  const at::Tensor most = (x * real - 1e4 * (1 - real)).amax(1);
  return net.linear(at::cat({mean, most}, 1), "features");
}

Verdict run_judge(const JudgeConfig& config, const JudgeWeights& weights, const at::Tensor& input,
                  const at::Tensor& mask) {
  Verdict verdict;
  verdict.features = run_features(config, weights, input, mask);
  const bool recurrent = config.kind == JudgeKind::Recurrent;
  verdict.logits =
      Network(weights).linear(recurrent ? verdict.features : at::gelu(verdict.features), "labels");
  return verdict;
}

int64_t Judge::find(const std::string& label) const {
  const auto it = std::find(labels.begin(), labels.end(), label);
  return it == labels.end() ? -1 : it - labels.begin();
}

Verdict Judge::look_at_joints(const at::Tensor& joints, const at::Tensor& mask) const {
  const at::NoGradGuard no_grad;
  return run_judge(config, weights, judge_input(joints, mask), mask);
}

Verdict Judge::look(const at::Tensor& clips, const at::Tensor& mask) const {
  const at::NoGradGuard no_grad;
  return look_at_joints(clip_joints(clips), mask);
}

at::Tensor clip_joints(const at::Tensor& clips) {
  PANTOMIME_CHECK(clips.dim() == 3 && clips.size(2) == features::kFeatureSize,
                  "judge: expected clips [B, F, {}], got {} dimensions", features::kFeatureSize,
                  clips.dim());
  at::Tensor x = clips.to(at::kCPU, at::kFloat).clone();
  x.narrow(2, features::kGeometry, motion::kGeometrySize)
      .copy_(x.narrow(1, 0, 1)
                 .narrow(2, features::kGeometry, motion::kGeometrySize)
                 .expand({-1, x.size(1), -1}));
  return features::joint_positions(x);
}

Verdict Judge::look_at_all(const std::vector<at::Tensor>& clips) const {
  std::vector<at::Tensor> logits, embeddings;
  for (size_t first = 0; first < clips.size(); first += kBatch) {
    const size_t last = std::min(clips.size(), first + kBatch);
    const auto [x, mask] = pad_clips({clips.begin() + static_cast<std::ptrdiff_t>(first),
                                      clips.begin() + static_cast<std::ptrdiff_t>(last)});
    const Verdict verdict = look(x, mask);
    logits.push_back(verdict.logits);
    embeddings.push_back(verdict.features);
  }
  PANTOMIME_CHECK(!logits.empty(), "judge: no clips");
  return {at::cat(logits), at::cat(embeddings)};
}

std::pair<at::Tensor, at::Tensor> pad_clips(const std::vector<at::Tensor>& clips) {
  PANTOMIME_CHECK(!clips.empty(), "judge: no clips");
  int64_t frames = 0;
  for (const at::Tensor& clip : clips) {
    PANTOMIME_CHECK(clip.dim() == 2 && clip.size(1) == features::kFeatureSize && clip.size(0) >= 2,
                    "judge: expected clips [F, {}] of at least 2 frames", features::kFeatureSize);
    frames = std::max(frames, clip.size(0));
  }
  const auto batch = static_cast<int64_t>(clips.size());
  at::Tensor x = at::zeros({batch, frames, features::kFeatureSize}, at::kFloat);
  at::Tensor mask = at::zeros({batch, frames}, at::kBool);
  for (int64_t b = 0; b < batch; ++b) {
    const at::Tensor& clip = clips[static_cast<size_t>(b)];
    x[b].narrow(0, 0, clip.size(0)).copy_(clip);
    mask[b].narrow(0, 0, clip.size(0)).fill_(true);
  }
  return {x, mask};
}

}  // namespace pantomime::metrics
