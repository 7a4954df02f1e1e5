// Matrix products with weights that stay as they are: what sampling from a frozen prior consists
// of.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace pantomime::diffusion {

/// Weights of a linear layer laid out once for products: panels of 16 outputs, in a panel input
/// after input, the last panel filled up with zeros. A general matrix product makes such a copy in
/// every call; with the 30 rows of a 4-second clip that takes as long as the product itself.
class PackedWeights {
 public:
  PackedWeights() = default;
  /// weight [out, in], float on the CPU.
  explicit PackedWeights(const at::Tensor& weight);

  bool empty() const { return panels_ == nullptr; }
  /// x [..., in] weight^T + bias [out] (may be undefined), float on the CPU; no gradient. Each
  /// number is one sum in order of the inputs, so it doesn't depend on the other rows or on the
  /// number of threads.
  at::Tensor product(const at::Tensor& x, const at::Tensor& bias = {}) const;

 private:
  int64_t out_ = 0, in_ = 0;
  std::shared_ptr<const std::vector<float>> panels_;  ///< copies share them
};

}  // namespace pantomime::diffusion
