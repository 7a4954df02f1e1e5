#include "pantomime/features/spectrum.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"

namespace pantomime::features {

at::Tensor cosine_basis(int64_t frames) {
  PANTOMIME_CHECK(frames >= 1, "cosine basis of {} frames", frames);
  // cos(pi (2 n + 1) k / (2 F)) repeats after 4 F steps of (2 n + 1) k.
  std::vector<float> wave(static_cast<size_t>(4 * frames));
  const double size = std::sqrt(2.0 / static_cast<double>(frames));
  for (size_t i = 0; i < wave.size(); ++i)
    wave[i] = static_cast<float>(size * std::cos(std::numbers::pi * static_cast<double>(i) /
                                                 static_cast<double>(2 * frames)));
  at::Tensor basis = at::empty({frames, frames}, at::kFloat);
  float* out = basis.data_ptr<float>();
  for (int64_t n = 0; n < frames; ++n)
    for (int64_t k = 0; k < frames; ++k)
      *out++ = wave[static_cast<size_t>((2 * n + 1) * k % (4 * frames))];
  basis.select(1, 0).div_(std::numbers::sqrt2);
  return basis;
}

Spectrum::Spectrum(const at::Tensor& variance)
    : variance_(variance.to(at::kFloat).contiguous()), cache_(std::make_shared<Cache>()) {
  PANTOMIME_CHECK(variance.dim() == 2 && variance.size(0) == kBins,
                  "spectrum: expected [{}, D], the first size is {}", kBins,
                  variance.dim() > 0 ? variance.size(0) : 0);
  PANTOMIME_CHECK(variance_.gt(0).all().item<bool>(), "spectrum: every variance must be positive");
}

Spectrum Spectrum::white(const at::Tensor& spread) {
  return Spectrum(spread.square().unsqueeze(0).expand({kBins, spread.size(0)}));
}

bool Spectrum::is_white() const {
  return (variance_ - variance_[0]).abs().max().item<double>() == 0;
}

Spectrum Spectrum::to(const at::Device& device) const {
  return defined() ? Spectrum(variance_.to(device)) : Spectrum();
}

Spectrum::Length Spectrum::of_length(int64_t frames) const {
  const std::lock_guard lock(cache_->mutex);
  Length& length = cache_->lengths[frames];
  if (length.basis.defined()) return length;
  length.basis = cosine_basis(frames).to(variance_.device());
  // Coefficient k of F frames has the frequency of row k kBins / F of the table. The mean's
  // coefficient grows with the length, because most of it is the same all the time.
  const double ratio = static_cast<double>(kBins) / static_cast<double>(frames);
  const at::Tensor row = at::arange(frames, at::TensorOptions(at::kDouble)) * ratio;
  const at::Tensor low = row.floor().clamp_max(static_cast<double>(kBins - 1));
  const at::Tensor high = (low + 1).clamp_max(static_cast<double>(kBins - 1));
  const at::Tensor share = (row - low).clamp(0, 1).to(at::kFloat).unsqueeze(1);
  const at::Tensor logs = variance_.to(at::kCPU).log();
  at::Tensor variance = (logs.index_select(0, low.to(at::kLong)) * (1 - share) +
                         logs.index_select(0, high.to(at::kLong)) * share)
                            .exp();
  if (!is_white()) variance[0].div_(ratio);
  length.variance = variance.to(variance_.device());
  return length;
}

Spectrum fit_spectrum(const std::vector<at::Tensor>& clips, const std::vector<double>& weights) {
  PANTOMIME_CHECK(!clips.empty() && clips.size() == weights.size(),
                  "spectrum: {} clips, {} weights", clips.size(), weights.size());
  const int64_t features = clips[0].size(1);
  const auto doubles = at::TensorOptions(at::kDouble);
  at::Tensor sum = at::zeros({Spectrum::kBins, features}, doubles),
             count = at::zeros({Spectrum::kBins, 1}, doubles);
  for (size_t i = 0; i < clips.size(); ++i) {
    const int64_t frames = clips[i].size(0);
    const at::Tensor energy =
        at::matmul(cosine_basis(frames).t(), clips[i]).square().to(at::kDouble);
    const double ratio = static_cast<double>(Spectrum::kBins) / static_cast<double>(frames);
    // Each row of the table takes the nearest coefficient, so short clips fill all rows too.
    const at::Tensor nearest = (at::arange(Spectrum::kBins, doubles) / ratio)
                                   .round()
                                   .clamp_max(static_cast<double>(frames - 1))
                                   .to(at::kLong);
    at::Tensor rows = energy.index_select(0, nearest);
    rows[0].mul_(ratio);
    // Slow rows of a short clip would all repeat its mean.
    const at::Tensor known =
        at::logical_or(nearest > 0, at::arange(Spectrum::kBins) == 0).to(at::kDouble).unsqueeze(1) *
        weights[i];
    sum += rows * known;
    count += known;
  }
  at::Tensor variance = sum / count.clamp_min(1e-12);
  const at::Tensor floor = (1e-6 * variance.mean(0, true)).clamp_min(1e-9);
  return Spectrum(at::maximum(variance, floor));
}

}  // namespace pantomime::features
