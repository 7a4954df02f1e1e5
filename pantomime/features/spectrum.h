// How fast motion changes: the variance of each feature at each frequency of time.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace pantomime::features {

/// Orthonormal cosine basis (DCT-II) of `frames` moments: [F, F], row = frame, column = frequency
/// index k, which stands for k / (2 F) cycles a frame. basis^T x are coefficients, basis c the
/// signal; white noise keeps its variance in every coefficient.
at::Tensor cosine_basis(int64_t frames);

/// Variance of the cosine coefficients of normalised features. Motion is smooth: nearly all of it
/// lies below a few cycles a second, and a body's geometry has no frequency but zero. What is known
/// of a feature at a frequency does not depend on the length of the clip, so a table of one length
/// serves all.
class Spectrum {
 public:
  static constexpr int64_t kBins = 128;  ///< the table is that of clips of this many frames

  Spectrum() = default;
  /// variance [kBins, D], positive.
  explicit Spectrum(const at::Tensor& variance);
  /// The same variance [D] at all frequencies: frames that know nothing of each other.
  static Spectrum white(const at::Tensor& spread);

  bool is_white() const;
  bool defined() const { return variance_.defined(); }
  const at::Tensor& variance() const { return variance_; }
  int64_t features() const { return variance_.size(1); }
  Spectrum to(const at::Device& device) const;

  /// What belongs to clips of one length.
  struct Length {
    at::Tensor basis;     ///< [F, F]
    at::Tensor variance;  ///< [F, D]
  };
  /// Made once for each length; safe to call from several threads.
  Length of_length(int64_t frames) const;

 private:
  struct Cache {
    std::mutex mutex;
    std::map<int64_t, Length> lengths;
  };
  at::Tensor variance_;
  std::shared_ptr<Cache> cache_;  ///< copies share it
};

/// Measures the spectrum of normalised clips [F, D] of any lengths with their weights; a floor
/// keeps every variance positive.
Spectrum fit_spectrum(const std::vector<at::Tensor>& clips, const std::vector<double>& weights);

}  // namespace pantomime::features
