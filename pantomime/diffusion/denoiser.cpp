#include "pantomime/diffusion/denoiser.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/diffusion/kernels.h"
#include "pantomime/diffusion/token_windows.h"

namespace pantomime::diffusion {
namespace {

at::Tensor per_clip(const at::Tensor& v) {
  return v.view({-1, 1, 1});
}

at::Tensor map_time(const at::Tensor& t, double (Schedule::*function)(double) const) {
  const Schedule schedule;
  const at::Tensor times = t.to(at::kCPU, at::kDouble).contiguous();
  at::Tensor out = at::empty_like(times);
  for (int64_t i = 0; i < times.numel(); ++i)
    out.data_ptr<double>()[i] = (schedule.*function)(times.data_ptr<double>()[i]);
  return out.to(t.options());
}

/// Weights of a token's 8 written frames; neighbours' weights add to 1.
at::Tensor cross_fade(const at::TensorOptions& options) {
  return at::tensor({0.125, 0.375, 0.625, 0.875, 0.875, 0.625, 0.375, 0.125}, at::kDouble)
      .to(options);
}

/// Half of the rows of a guided step have no low-rank change, and the other half all of it.
void skip_idle_changes(Steering& steering) {
  const at::Tensor& scale = steering.low_rank_scale;
  if (at::all(scale == 0).item<bool>()) steering.low_rank.clear();
  if (at::all(scale == 1).item<bool>()) steering.low_rank_scale = at::Tensor();
}

struct Spectra {
  at::Tensor basis;     ///< [B or 1, F, F]; zeros where a clip has no frame
  at::Tensor variance;  ///< [B or 1, F, D]; zeros where a clip has no coefficient
  at::Tensor frames;    ///< [B or 1, 1, 1] real frames of each clip
};

/// Cosine bases and variances for clips [B, F, D] whose real frames come first.
Spectra spectra(const features::Spectrum& spectrum, const at::Tensor& x, const at::Tensor& mask) {
  const int64_t batch = x.size(0), most = x.size(1), d = x.size(2);
  const auto options = x.options().requires_grad(false);
  auto whole = [&] {
    const auto length = spectrum.of_length(most);
    return Spectra{length.basis.to(options).unsqueeze(0), length.variance.to(options).unsqueeze(0),
                   at::full({1, 1, 1}, static_cast<double>(most), options)};
  };
  if (!mask.defined()) return whole();
  const at::Tensor counts = mask.sum(1).to(at::kCPU);
  if (counts.min().item<int64_t>() == most) return whole();
  Spectra out{at::zeros({batch, most, most}, options), at::zeros({batch, most, d}, options),
              counts.to(options).clamp_min(1).view({batch, 1, 1})};
  for (int64_t b = 0; b < batch; ++b) {
    const int64_t count = counts[b].item<int64_t>();
    if (count == 0) continue;
    const auto length = spectrum.of_length(count);
    out.basis[b].narrow(0, 0, count).narrow(1, 0, count).copy_(length.basis);
    out.variance[b].narrow(0, 0, count).copy_(length.variance);
  }
  return out;
}

}  // namespace

Target parse_target(const std::string& name) {
  if (name == "x0") return Target::Clean;
  if (name == "eps") return Target::Noise;
  if (name == "v") return Target::Velocity;
  fail("target \"{}\": expected x0, eps or v", name);
}

const char* name_of(Target target) {
  switch (target) {
    case Target::Noise:
      return "eps";
    case Target::Velocity:
      return "v";
    default:
      return "x0";
  }
}

bool bf16_pays(const at::Device& device) {
  if (!device.is_cpu()) return true;
#if defined(__x86_64__) && defined(__GNUC__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

at::Tensor alpha_of(const at::Tensor& t) {
  return map_time(t, &Schedule::alpha);
}
at::Tensor sigma_of(const at::Tensor& t) {
  return map_time(t, &Schedule::sigma);
}

at::Tensor time_embedding(const at::Tensor& t, int64_t width) {
  const int64_t half = width / 2;
  const at::Tensor frequency =
      (at::arange(half, t.options()) * (-std::log(10000.0) / static_cast<double>(half))).exp();
  const at::Tensor angle = (t * 1000).unsqueeze(1) * frequency.unsqueeze(0);
  return at::cat({angle.cos(), angle.sin()}, 1);
}

at::Tensor clean_from(Target target, const at::Tensor& raw, const at::Tensor& x_t,
                      const at::Tensor& t) {
  if (target == Target::Clean) return raw;
  const at::Tensor a = per_clip(alpha_of(t)), s = per_clip(sigma_of(t));
  return target == Target::Noise ? (x_t - s * raw) / a : a * x_t - s * raw;
}

at::Tensor of_clean(Target target, const at::Tensor& x_0, const at::Tensor& x_t,
                    const at::Tensor& t) {
  if (target == Target::Clean) return x_0;
  const at::Tensor a = per_clip(alpha_of(t)), s = per_clip(sigma_of(t));
  return target == Target::Noise ? (x_t - a * x_0) / s : (a * x_t - x_0) / s;
}

at::Tensor token_windows(const at::Tensor& x) {
  const int64_t batch = x.size(0), frames = x.size(1), d = x.size(2);
  const int64_t tokens = frames / Denoiser::kStride;
  const at::Tensor padded = at::constant_pad_nd(x, {0, 0, 2, 2});  // [B, F + 4, D]
  return at::cat({padded.narrow(1, 0, frames).view({batch, tokens, 4 * d}),
                  padded.narrow(1, 4, frames).view({batch, tokens, 4 * d})},
                 2);
}

void LowRank::pack() {
  if (!a.is_cpu()) return;
  packed_a = PackedWeights(a.detach());
  packed_b = PackedWeights(b.detach());
}

at::Tensor LowRank::operator()(const at::Tensor& x, const at::Tensor& scale) const {
  const bool gradient = at::GradMode::is_enabled() && x.requires_grad();
  const bool packed = !packed_a.empty() && !gradient;
  at::Tensor inner = packed ? packed_a.product(x) : at::linear(x, a);
  if (scale.defined()) inner = inner * per_clip(scale);
  return packed ? packed_b.product(inner) : at::linear(inner, b);
}

at::Tensor Reading::operator()(const at::Tensor& tokens) const {
  const int64_t width = query.size(0), each = width / heads;
  const auto split = [&](const at::Tensor& v) {  // [B, heads, rows, each]
    return v.view({v.size(0), v.size(1), heads, each}).transpose(1, 2);
  };
  const at::Tensor asked = split(at::linear(at::layer_norm(tokens, {tokens.size(2)}), query)) /
                           std::sqrt(static_cast<double>(each));
  const at::Tensor score = at::matmul(asked, split(keys).transpose(2, 3)) +
                           away.view({away.size(0), 1, 1, away.size(1)});
  const at::Tensor read = at::matmul(at::softmax(score, 3), split(values));
  return at::linear(read.transpose(1, 2).flatten(2), out);
}

Reading Reading::part(int64_t first, int64_t count) const {
  Reading some = *this;
  for (at::Tensor* v : {&some.keys, &some.values, &some.away}) *v = v->narrow(0, first, count);
  return some;
}

Reading Reading::and_nothing() const {
  Reading twice = *this;
  for (at::Tensor* v : {&twice.keys, &twice.values, &twice.away})
    *v = at::cat({*v, at::zeros_like(*v)});
  return twice;
}

Denoiser::Denoiser(const DenoiserConfig& config, const features::Spectrum& spectrum, uint64_t seed)
    : config_(config), spectrum_(spectrum) {
  const int64_t c = config.width, d = config.features, hidden = config.expansion * c;
  PANTOMIME_CHECK(d > 0 && c > 0 && config.layers > 0 && config.heads > 0 && config.expansion > 0,
                  "denoiser: sizes must be positive");
  PANTOMIME_CHECK(c % (2 * config.heads) == 0,
                  "denoiser: width {} is not a multiple of 2 x {} heads", c, config.heads);
  PANTOMIME_CHECK(spectrum.defined() && spectrum.features() == d,
                  "denoiser: expected a spectrum of {} features", d);
  parameters_.add("in.weight", {c, kWindow * d}, Init::Linear);
  parameters_.add("in.bias", {c}, Init::Zero);
  parameters_.add("time.0.weight", {c, c}, Init::Linear);
  parameters_.add("time.0.bias", {c}, Init::Zero);
  parameters_.add("time.1.weight", {c, c}, Init::Linear);
  parameters_.add("time.1.bias", {c}, Init::Zero);
  parameters_.add("modulation.weight", {6 * c, c}, Init::Zero);
  parameters_.add("modulation.bias", {6 * c}, Init::Zero);
  for (int64_t l = 0; l < config.layers; ++l) {
    const std::string p = fmt::format("layer.{}.", l);
    parameters_.add(p + "table", {6 * c}, Init::Zero);
    parameters_.add(p + "qkv.weight", {3 * c, c}, Init::Linear);
    parameters_.add(p + "qkv.bias", {3 * c}, Init::Zero);
    parameters_.add(p + "attended.weight", {c, c}, Init::Linear);
    parameters_.add(p + "attended.bias", {c}, Init::Zero);
    parameters_.add(p + "up.weight", {hidden, c}, Init::Linear);
    parameters_.add(p + "up.bias", {hidden}, Init::Zero);
    parameters_.add(p + "down.weight", {c, hidden}, Init::Linear);
    parameters_.add(p + "down.bias", {c}, Init::Zero);
  }
  parameters_.add("final.modulation.weight", {2 * c, c}, Init::Zero);
  parameters_.add("final.modulation.bias", {2 * c}, Init::Zero);
  parameters_.add("out.weight", {kWindow * d, c}, Init::Zero);
  parameters_.add("out.bias", {kWindow * d}, Init::Zero);
  parameters_.allocate(seed);
}

void Denoiser::to(const at::Device& device) {
  parameters_.to(device);
  spectrum_ = spectrum_.to(device);
  if (!packed_.empty()) freeze();
}

void Denoiser::freeze() {
  parameters_.set_trainable(false);
  packed_.clear();
  if (!parameters_.block().is_cpu()) return;
  const std::string suffix = ".weight";
  for (const std::string& name : parameters_.names())
    if (name.ends_with(suffix))
      packed_.emplace(name.substr(0, name.size() - suffix.size()), parameters_[name]);
}

at::Tensor Denoiser::linear(const at::Tensor& x, const std::string& name) const {
  const at::Tensor &weight = parameters_[name + ".weight"], &bias = parameters_[name + ".bias"];
  // The embedding of the time, its modulations and the last product stay exact.
  if (bf16_ && (name == "in" || name.starts_with("layer.")))
    return at::linear(x.to(at::kBFloat16), weight.to(at::kBFloat16)).to(x.scalar_type()) + bias;
  return use_packed(x) ? packed_.at(name).product(x, bias) : at::linear(x, weight, bias);
}

bool Denoiser::use_packed(const at::Tensor& x) const {
  const bool gradient = at::GradMode::is_enabled() && x.requires_grad();
  return !packed_.empty() && !bf16_ && !gradient && x.is_cpu() && x.scalar_type() == at::kFloat;
}

at::Tensor Denoiser::network(const at::Tensor& x, const at::Tensor& t, const at::Tensor& mask,
                             const Steering* steering) const {
  const Parameters& p = parameters_;
  const int64_t batch = x.size(0), frames = x.size(1), d = x.size(2), c = config_.width;
  const int64_t tokens = frames / kStride;
  work_->fetch_add(static_cast<int64_t>(forward_flops(batch, frames)));

  at::Tensor h = linear(token_windows(x), "in");  // [B, N, C]
  if (steering != nullptr && steering->tokens.defined()) h = h + steering->tokens;

  at::Tensor e = linear(time_embedding(t, c), "time.0");
  e = linear(at::silu(e), "time.1");  // [B, C]
  if (steering != nullptr && steering->embedding.defined()) e = e + steering->embedding;
  const at::Tensor active = at::silu(e);
  const at::Tensor shared = linear(active, "modulation");

  at::Tensor token_mask;  // a token is real when one of its own four frames is
  if (mask.defined()) token_mask = mask.view({batch, tokens, kStride}).any(-1);

  auto product = [&](const at::Tensor& in, const std::string& name, size_t which) {
    at::Tensor out = linear(in, name);
    if (steering == nullptr || steering->low_rank.empty()) return out;
    const LowRank& change = steering->low_rank[which];
    if (!change.a.defined()) return out;
    return out + change(in, steering->low_rank_scale);
  };
  for (int64_t l = 0; l < config_.layers; ++l) {
    const std::string name = fmt::format("layer.{}.", l);
    const auto first = static_cast<size_t>(4 * l);
    at::Tensor m = shared + p[name + "table"];
    if (steering != nullptr && steering->modulation.defined())
      m = m + steering->modulation.select(1, l);
    const auto part = m.chunk(6, 1);  // shift, scale, gate of attention; the same of feed-forward
    const at::Tensor qkv = product(modulated_norm(h, part[0], part[1]), name + "qkv", first);
    const at::Tensor attended =
        product(attention(qkv, config_.heads, token_mask), name + "attended", first + 1);
    h = gated_add(h, part[2], attended);
    if (steering != nullptr && !steering->reading.empty())
      h = h + steering->reading[static_cast<size_t>(l)](h);
    const at::Tensor up = product(modulated_norm(h, part[3], part[4]), name + "up", first + 2);
    h = gated_add(h, part[5], product(gelu_tanh(up), name + "down", first + 3));
    if (steering != nullptr && steering->hidden != nullptr) steering->hidden->push_back(h);
  }
  const auto last = linear(active, "final.modulation").chunk(2, 1);
  const at::Tensor written =
      linear(modulated_norm(h, last[0], last[1]), "out").view({batch, tokens, kWindow, d});

  // Overlap and add: the first half of token n and the second half of token n-1 share four frames.
  const at::Tensor weight = cross_fade(x.options()).view({1, 1, kWindow, 1});
  const at::Tensor faded = written * weight;
  const at::Tensor sum =
      at::constant_pad_nd(faded.narrow(2, 0, 4), {0, 0, 0, 0, 0, 1}) +
      at::constant_pad_nd(faded.narrow(2, 4, 4), {0, 0, 0, 0, 1, 0});  // [B, N + 1, 4, D]
  at::Tensor whole = at::ones({frames + 4}, x.options());
  whole.narrow(0, 0, 4).copy_(weight.view({kWindow}).narrow(0, 0, 4));
  whole.narrow(0, frames, 4).copy_(weight.view({kWindow}).narrow(0, 4, 4));
  return (sum.view({batch, frames + 4, d}) / whole.view({1, -1, 1})).narrow(1, 2, frames);
}

at::Tensor Denoiser::raw(const at::Tensor& x_t, const at::Tensor& t, const at::Tensor& mask,
                         const Steering* steering) const {
  PANTOMIME_CHECK(x_t.dim() == 3 && x_t.size(2) == config_.features && x_t.size(1) % kStride == 0 &&
                      x_t.size(1) > 0,
                  "denoiser: expected [B, multiple of {}, {}], got {} frames of {}", kStride,
                  config_.features, x_t.dim() == 3 ? x_t.size(1) : 0, x_t.size(-1));
  PANTOMIME_CHECK(t.dim() == 1 && t.size(0) == x_t.size(0), "denoiser: t: expected [{}]",
                  x_t.size(0));
  auto masked = [&](const at::Tensor& v) {
    return mask.defined() ? v * mask.unsqueeze(-1).to(v.scalar_type()) : v;
  };
  if (!config_.skip) return network(masked(x_t), t, mask, steering);
  const at::Tensor a = per_clip(alpha_of(t)), n = per_clip(sigma_of(t));
  const auto [basis, variance, frames] = spectra(spectrum_, x_t, mask);
  auto coefficients = [&basis](const at::Tensor& v) {
    return at::matmul(basis.transpose(1, 2), v);
  };
  const at::Tensor seen = coefficients(x_t);
  const at::Tensor signal = a * variance;  // a s^2, [B, F, D]
  const at::Tensor gain = signal / (a * signal + n.square());
  // Deviation of the guess in one frame: a mean over its coefficients.
  const at::Tensor deviation =
      ((gain * signal * a).sum(1, true) / frames).clamp_min(1e-12).sqrt();  // [B, 1, D]
  const at::Tensor linear = at::matmul(basis, gain * seen);
  const at::Tensor output = network(masked(linear / deviation), t, mask, steering);
  if (config_.target != Target::Clean) return output + of_clean(config_.target, linear, x_t, t);
  const at::Tensor said = variance / (variance + kShake) * coefficients(output);
  const at::Tensor lost = variance * (kLost * kLost);
  const at::Tensor trust = a * lost / (a * a * lost + n.square());
  return at::matmul(basis, said + trust * (seen - a * said));
}

at::Tensor Denoiser::clean(const at::Tensor& raw, const at::Tensor& x_t,
                           const at::Tensor& t) const {
  if (config_.target == Target::Clean) return raw;
  return clean_from(config_.target, raw, x_t, t).clamp(-kLargest, kLargest);
}

at::Tensor Denoiser::estimate(const at::Tensor& x_t, const at::Tensor& t, const at::Tensor& mask,
                              const Steering* steering) const {
  const int64_t batch = x_t.size(0), threads = at::get_num_threads();
  const bool listening = steering != nullptr && steering->hidden != nullptr;
  if (batch == 1 || threads == 1 || at::GradMode::is_enabled() || listening || !use_packed(x_t))
    return clean(raw(x_t, t, mask, steering), x_t, t);
  // A few clips per thread at a time: threads never wait for each other inside the network, and
  // what one clip needs stays in the cache.
  const int64_t size = std::clamp<int64_t>((batch + threads - 1) / threads, 1, 4);
  std::vector<at::Tensor> parts(static_cast<size_t>((batch + size - 1) / size));
  at::parallel_for(0, static_cast<int64_t>(parts.size()), 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i * size, count = std::min(size, batch - first);
      auto part = [&](const at::Tensor& v) { return v.defined() ? v.narrow(0, first, count) : v; };
      Steering own;
      if (steering != nullptr) {
        own = *steering;
        for (at::Tensor* v : {&own.embedding, &own.modulation, &own.tokens, &own.low_rank_scale})
          *v = part(*v);
        for (Reading& reading : own.reading) reading = reading.part(first, count);
        if (own.low_rank_scale.defined()) skip_idle_changes(own);
      }
      const at::Tensor x = part(x_t), times = part(t);
      parts[static_cast<size_t>(i)] =
          clean(raw(x, times, part(mask), steering == nullptr ? nullptr : &own), x, times);
    }
  });
  return at::cat(parts);
}

double Denoiser::forward_flops(int64_t clips, int64_t frames) const {
  const auto tokens = static_cast<double>(frames / kStride), c = static_cast<double>(config_.width);
  const double window = static_cast<double>(kWindow * config_.features);
  const double layer = tokens * c * c * (3 + 1 + 2 * static_cast<double>(config_.expansion)) +
                       2 * tokens * tokens * c;
  const double once = 2 * c * c + 8 * c * c;  // time embedding, modulation
  return 2 * static_cast<double>(clips) *
         (2 * tokens * window * c + static_cast<double>(config_.layers) * layer + once);
}

}  // namespace pantomime::diffusion
