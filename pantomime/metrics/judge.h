// The judge: a network that names the action in a motion, and gives the features in which sets of
// motions are compared. It is trained on real data only (training/judge_trainer.h) and never guides
// anything: what steered a sample must not mark it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace pantomime::metrics {

/// Judges of different kinds have different blind spots: what fools one need not fool the other.
enum class JudgeKind {
  Convolution,  ///< residual blocks of convolutions over time, positions and velocities
  Recurrent,    ///< Action2Motion's (Guo et al. 2020): two layers of GRU over positions alone, the
                ///< state at the last real frame, a layer with tanh (the features), the labels.
                ///< Unlike theirs it begins at zero, not at a random state, so that the same
                ///< motion is always judged alike.
  Graph         ///< spatial-temporal graph convolutions over joints and time (Yan et al. 2018), as
                ///< UESTC's and the unconditional benchmarks' judges: positions and velocities of
                ///< each joint, every second frame, learnt weights of edges, means over joints and
                ///< frames (of which a layer makes the features). Layer norms stand where theirs
                ///< have batch norms, so that a verdict doesn't depend on other motions.
};
JudgeKind parse_judge_kind(const std::string& name);  ///< "convolution", "recurrent", "graph"
const char* name_of(JudgeKind kind);

/// Sizes of the network: about 0.6 million numbers by default.
struct JudgeConfig {
  JudgeKind kind = JudgeKind::Convolution;
  int64_t width = 128;  ///< channels inside
  /// Convolution: temporal blocks; block i looks 2^(i mod 3) tokens (of 4 frames) aside. Graph:
  /// blocks over joints and time; every second one halves the frames and doubles the channels.
  int64_t blocks = 6;
  int64_t features = 64;  ///< E, size of the features; Action2Motion has 30

  bool operator==(const JudgeConfig&) const = default;
};

/// What the network sees of one frame: 66 joint positions and 66 joint velocities in metres (per
/// second), relative to the ground under the pelvis and turned so that the body faces +Z, and the
/// body's turning speed, radians per second.
inline constexpr int64_t kJudgeInput = 133;

/// The network's input [B, F, 133] of joint positions [B, F, 22, 3] with mask [B, F] (true = real
/// frame; real frames come first). Only positions are used, so any source of 22 joints can be
/// judged; which way a body faces comes from hips and shoulders, averaged over half a second. It
/// does not change when the motion is moved along the floor or turned about +Y.
at::Tensor judge_input(const at::Tensor& joints, const at::Tensor& mask);

/// The sizes that a kind is trained with by default.
JudgeConfig default_config(JudgeKind kind);

/// Name and shape of every tensor the network has, for `labels` labels; 0: up to the features only.
std::vector<std::pair<std::string, std::vector<int64_t>>> judge_shapes(const JudgeConfig& config,
                                                                       int64_t labels);

using JudgeWeights = std::map<std::string, at::Tensor>;

struct Verdict {
  at::Tensor logits;    ///< [B, K]
  at::Tensor features;  ///< [B, E]
};

/// The network up to its features [B, E].
at::Tensor run_features(const JudgeConfig& config, const JudgeWeights& weights,
                        const at::Tensor& input, const at::Tensor& mask);

/// The network itself, differentiable in its weights (for its trainer).
Verdict run_judge(const JudgeConfig& config, const JudgeWeights& weights, const at::Tensor& input,
                  const at::Tensor& mask);

/// A trained judge.
struct Judge {
  JudgeConfig config;
  std::vector<std::string> labels;  ///< [K] sorted
  JudgeWeights weights;
  std::string licence;  ///< of the weights
  std::string recipe;   ///< JSON: seed, steps, data, dropped labels, accuracy on held-out people
  std::string hash;     ///< SHA-256 of the file it was read from; empty before

  /// Index of a label; -1 when this judge doesn't know it.
  int64_t find(const std::string& label) const;
  /// Of clips as features (features/features.h) [B, F, D] in real units with mask [B, F]. No
  /// gradient.
  Verdict look(const at::Tensor& clips, const at::Tensor& mask) const;
  /// The same from joint positions [B, F, 22, 3].
  Verdict look_at_joints(const at::Tensor& joints, const at::Tensor& mask) const;
  /// Of any number of clips [F_i, D] of different lengths; in batches, in the same order.
  Verdict look_at_all(const std::vector<at::Tensor>& clips) const;
};

/// Clips [F_i, D] padded with zeros to one batch [B, F, D] and its mask [B, F].
std::pair<at::Tensor, at::Tensor> pad_clips(const std::vector<at::Tensor>& clips);
/// Joint positions [B, F, 22, 3] of padded clips [B, F, D]; the bones are those of frame 0, because
/// a mean over frames would mix the padding in.
at::Tensor clip_joints(const at::Tensor& clips);

}  // namespace pantomime::metrics
