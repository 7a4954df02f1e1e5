// The numbers a network learns: named tensors that lie one after another in one block, so that an
// optimiser step, an average or a file is one pass over memory.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>
#include <vector>

namespace pantomime::diffusion {

/// How a tensor starts.
enum class Init {
  Zero,
  One,
  Linear /**< uniform +-1/sqrt(fan in) */,
  Normal /**< deviation 0.02 */
};

class Parameters {
 public:
  /// Announces a tensor; call before allocate().
  void add(std::string name, std::vector<int64_t> shape, Init init);
  /// Makes the block on the CPU and fills it; the same seed gives the same numbers.
  void allocate(uint64_t seed);
  /// Moves the block (and gradients) to another device.
  void to(const at::Device& device);
  /// Frozen parameters need no gradients (the default is trainable).
  void set_trainable(bool trainable);

  const at::Tensor& operator[](std::string_view name) const;  ///< throws Error for unknown names
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<int64_t>& shape(std::string_view name) const;
  int64_t count() const;                                      ///< numbers, without padding
  const at::Tensor& block() const { return block_; }          ///< [P] all values
  const at::Tensor& gradients() const { return gradients_; }  ///< [P] all gradients
  void clear_gradients();
  /// Copies values of the same names and shapes; throws Error naming the first that is missing or
  /// has another shape.
  void copy_from(const Parameters& other);
  /// A second block with the same layout and values (for running averages).
  Parameters clone() const;

 private:
  size_t index(std::string_view name) const;
  void make_views();

  std::vector<std::string> names_;
  std::vector<std::vector<int64_t>> shapes_;
  std::vector<Init> inits_;
  std::vector<int64_t> starts_;
  std::vector<at::Tensor> views_;
  at::Tensor block_, gradients_;
  bool trainable_ = true;
};

}  // namespace pantomime::diffusion
