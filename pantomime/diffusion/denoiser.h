// The network: estimates the clean sample from a noised one.
#pragma once

#include <ATen/core/Tensor.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pantomime/diffusion/packed.h"
#include "pantomime/diffusion/parameters.h"
#include "pantomime/diffusion/schedule.h"
#include "pantomime/features/spectrum.h"

namespace pantomime::diffusion {

/// What the network is asked for. Clean (x_0) is the default; the others exist for the comparison.
enum class Target { Clean, Noise, Velocity };
Target parse_target(const std::string& name);  ///< "x0", "eps", "v"
const char* name_of(Target target);

struct DenoiserConfig {
  int64_t features = 0;  ///< D
  int64_t width = 256;   ///< C, numbers per token
  int64_t layers = 8;
  int64_t heads = 4;
  int64_t expansion = 4;  ///< hidden size of the feed-forward part, in widths
  Target target = Target::Clean;
  bool skip = true;  ///< see Denoiser::estimate
};

/// A low-rank change of a linear layer (Hu et al. 2021, "LoRA"): W x + B A x.
struct LowRank {
  at::Tensor a;  ///< [r, in]
  at::Tensor b;  ///< [out, r]
  /// The same laid out for fast products; only where a and b won't change any more.
  PackedWeights packed_a, packed_b;

  void pack();
  /// scale [B] times B A x, for x [B, N, in].
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& scale) const;
};

/// Something beside the motion that the tokens of a layer may read, for example a sentence.
struct Reading {
  int64_t heads = 1;
  at::Tensor query;   ///< [W, C] of the normalised tokens
  at::Tensor keys;    ///< [B, T, W]
  at::Tensor values;  ///< [B, T, W]; zeros for clips that read nothing
  at::Tensor away;    ///< [B, T] added to what the keys score: 0, or far below it where padded
  at::Tensor out;     ///< [C, W]

  /// What tokens [B, N, C] read (multi-head cross-attention), to be added to them.
  at::Tensor operator()(const at::Tensor& tokens) const;
  /// Of the clips [first, first + count) only.
  Reading part(int64_t first, int64_t count) const;
  /// Of these clips, and as many that read nothing.
  Reading and_nothing() const;
};

/// What a condition may add to a frozen network. All members are optional (undefined = nothing).
struct Steering {
  at::Tensor embedding;   ///< [B, C] added to the embedding of the diffusion time
  at::Tensor modulation;  ///< [B, layers, 6 C] added to each layer's shift, scale and gate
  at::Tensor tokens;      ///< [B, N, C] added to the tokens before the first layer
  /// [layers * 4] changes of each layer's qkv, output, up and down products; empty: none.
  std::vector<LowRank> low_rank;
  at::Tensor low_rank_scale;     ///< [B] multiplies the low-rank changes of each clip
  std::vector<Reading> reading;  ///< [layers], each after the layer's attention; empty: none
  /// When not null, receives the tokens [B, N, C] after each layer.
  std::vector<at::Tensor>* hidden = nullptr;
};

/// Transformer over overlapping temporal windows. Token n reads and writes frames 4n-2 … 4n+5 (8
/// frames, stride 4); what two tokens write is cross-faded with a triangle. Without the overlap the
/// motion jumps at every token border (a prototype measured ten times the jerk of real motion).
/// Pre-norm, adaLN-Zero for the diffusion time (one shared projection plus a table per layer),
/// rotary positions, any number of frames.
class Denoiser {
 public:
  static constexpr int64_t kStride = 4;   ///< frames from token to token
  static constexpr int64_t kWindow = 8;   ///< frames a token sees
  static constexpr double kLost = 0.05;   ///< share of the data's deviation that tokens don't carry
  static constexpr double kLargest = 6;   ///< of an estimate made from noise or velocity
  static constexpr double kShake = 0.01;  ///< variance of the network's errors, normalised features

  /// `spectrum`: variance of the normalised features at each frequency, for the skip.
  Denoiser(const DenoiserConfig& config, const features::Spectrum& spectrum, uint64_t seed);

  /// Estimate of x_0, [B, F, D], from x_t [B, F, D] and t [B] in (0, 1). F must be a multiple of 4.
  /// mask [B, F] bool, true = real frame (undefined: all real).
  ///
  /// With the skip, in the cosine basis of time, where s^2 is the data's variance at a frequency
  /// and a, n are alpha(t), sigma(t): the network sees the best linear guess (Wiener's filter)
  ///   a s^2 / (a^2 s^2 + n^2) x_t,
  /// scaled to deviation 1, and says y. What it says is smoothed as white errors of variance kShake
  /// ask for, h = s^2 / (s^2 + kShake), and corrected by what is seen, as a Kalman filter would if
  /// the network lost a share kLost of the data:
  ///   estimate = h y + a l / (a^2 l + n^2) (x_t - a h y),  l = (kLost s)^2.
  /// Where the noise is strong the network names the motion itself, which is simple, and need not
  /// carry the noise in x_t through its narrow tokens to subtract it (Li & He 2025, "Back to
  /// Basics: Let Denoising Generative Models Denoise"); near t = 0 it need not carry the motion
  /// either. As motion has next to nothing at high frequencies, neither noise left in x_t nor the
  /// network can make it shake. A network that predicts noise or velocity adds what it says to the
  /// noise or velocity of the linear guess: noise does not fit through its tokens. Its estimate is
  /// held within kLargest deviations, as errors are divided by the little signal that is left
  /// (static thresholding, Saharia et al. 2022, "Imagen", sec. 2.3).
  ///
  /// When frozen, on the CPU and without gradients, clips are shared among threads, and what is
  /// said about a clip is the same to the last bit whatever else is in the batch.
  at::Tensor estimate(const at::Tensor& x_t, const at::Tensor& t, const at::Tensor& mask = {},
                      const Steering* steering = nullptr) const;

  /// What the network itself says for its target (equal to estimate() for Target::Clean).
  at::Tensor raw(const at::Tensor& x_t, const at::Tensor& t, const at::Tensor& mask,
                 const Steering* steering) const;

  const DenoiserConfig& config() const { return config_; }
  Parameters& parameters() { return parameters_; }
  const Parameters& parameters() const { return parameters_; }
  const features::Spectrum& spectrum() const { return spectrum_; }
  void to(const at::Device& device);
  /// Says that the weights won't change any more: they need no gradients, and on the CPU their
  /// products without gradient become faster (PackedWeights; a second copy of the weights).
  void freeze();
  /// Matrix products in bfloat16 (accumulated and kept in float). Pays only where the processor has
  /// bfloat16 instructions; see bf16_pays().
  void set_bf16(bool on) { bf16_ = on; }

  /// Multiply-adds x 2 of the matrix products of one forward call for `clips` clips of `frames`.
  double forward_flops(int64_t clips, int64_t frames) const;
  /// Sum of forward_flops() of all calls so far, by this object and its copies: what a sample
  /// cost, however often a sampler or a guide asked. Low-rank changes, adapters and gradients are
  /// not counted.
  double flops_done() const { return static_cast<double>(work_->load()); }

 private:
  at::Tensor network(const at::Tensor& x, const at::Tensor& t, const at::Tensor& mask,
                     const Steering* steering) const;
  bool use_packed(const at::Tensor& x) const;
  /// x_0 from what raw() says.
  at::Tensor clean(const at::Tensor& raw, const at::Tensor& x_t, const at::Tensor& t) const;

  /// x weight^T + bias with the parameters `name`.weight and `name`.bias.
  at::Tensor linear(const at::Tensor& x, const std::string& name) const;

  DenoiserConfig config_;
  features::Spectrum spectrum_;
  Parameters parameters_;
  std::map<std::string, PackedWeights> packed_;  ///< by name, when frozen and on the CPU
  bool bf16_ = false;
  std::shared_ptr<std::atomic<int64_t>> work_ = std::make_shared<std::atomic<int64_t>>(0);
};

/// True when bfloat16 products are faster than float ones on this device: on a GPU, or a CPU with
/// AVX512-BF16 or AMX (elsewhere they are emulated).
bool bf16_pays(const at::Device& device);

/// Sine and cosine of t at C / 2 frequencies, [B, C]: the usual embedding with t scaled to 0 …
/// 1000.
at::Tensor time_embedding(const at::Tensor& t, int64_t width);
/// alpha(t) and sigma(t) for a tensor of times [B].
at::Tensor alpha_of(const at::Tensor& t);
at::Tensor sigma_of(const at::Tensor& t);
/// Clean sample from noise or velocity (Salimans & Ho 2022: v = alpha eps - sigma x_0).
at::Tensor clean_from(Target target, const at::Tensor& raw, const at::Tensor& x_t,
                      const at::Tensor& t);
/// The noise or velocity that a clean sample means: the inverse of clean_from().
at::Tensor of_clean(Target target, const at::Tensor& x_0, const at::Tensor& x_t,
                    const at::Tensor& t);

}  // namespace pantomime::diffusion
