#include "pantomime/diffusion/parameters.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/diffusion/sampler.h"

namespace pantomime::diffusion {
namespace {

constexpr int64_t kAlign = 16;  // floats: tensors start on a cache line

int64_t product(const std::vector<int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

}  // namespace

void Parameters::add(std::string name, std::vector<int64_t> shape, Init init) {
  names_.push_back(std::move(name));
  shapes_.push_back(std::move(shape));
  inits_.push_back(init);
}

void Parameters::allocate(uint64_t seed) {
  int64_t total = 0;
  starts_.clear();
  for (const auto& shape : shapes_) {
    starts_.push_back(total);
    total += (product(shape) + kAlign - 1) / kAlign * kAlign;
  }
  block_ = at::zeros({total}, at::kFloat);
  make_views();
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < names_.size(); ++i) {
    // A stream per name: adding a tensor does not change how the others start.
    const at::Generator generator = make_generator(derive_seed(seed, names_[i]));
    at::Tensor& view = views_[i];
    switch (inits_[i]) {
      case Init::Zero:
        break;
      case Init::One:
        view.fill_(1);
        break;
      case Init::Normal:
        view.copy_(at::normal(0.0, 0.02, view.sizes(), generator, view.options()));
        break;
      case Init::Linear: {
        const double bound = 1 / std::sqrt(static_cast<double>(shapes_[i].back()));
        view.copy_(at::rand(view.sizes(), generator, at::TensorOptions(at::kFloat)) * (2 * bound) -
                   bound);
        break;
      }
    }
  }
}

void Parameters::make_views() {
  views_.clear();
  gradients_ = trainable_ ? at::zeros_like(block_) : at::Tensor();
  for (size_t i = 0; i < names_.size(); ++i) {
    const int64_t count = product(shapes_[i]);
    at::Tensor view = block_.narrow(0, starts_[i], count).view(shapes_[i]).detach();
    if (trainable_) {
      view.set_requires_grad(true);
      view.mutable_grad() = gradients_.narrow(0, starts_[i], count).view(shapes_[i]);
    }
    views_.push_back(view);
  }
}

void Parameters::to(const at::Device& device) {
  block_ = block_.to(device);
  make_views();
}

void Parameters::set_trainable(bool trainable) {
  trainable_ = trainable;
  make_views();
}

size_t Parameters::index(std::string_view name) const {
  const auto it = std::find(names_.begin(), names_.end(), name);
  PANTOMIME_CHECK(it != names_.end(), "parameters: no tensor called \"{}\"", name);
  return static_cast<size_t>(it - names_.begin());
}

const at::Tensor& Parameters::operator[](std::string_view name) const {
  return views_[index(name)];
}

const std::vector<int64_t>& Parameters::shape(std::string_view name) const {
  return shapes_[index(name)];
}

int64_t Parameters::count() const {
  int64_t total = 0;
  for (const auto& shape : shapes_) total += product(shape);
  return total;
}

void Parameters::clear_gradients() {
  gradients_.zero_();
}

void Parameters::copy_from(const Parameters& other) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < names_.size(); ++i) {
    const at::Tensor& source = other[names_[i]];
    PANTOMIME_CHECK(source.sizes() == views_[i].sizes(), "parameters: \"{}\" has another shape",
                    names_[i]);
    views_[i].copy_(source);
  }
}

Parameters Parameters::clone() const {
  Parameters copy = *this;
  copy.block_ = block_.detach().clone();
  copy.make_views();
  return copy;
}

}  // namespace pantomime::diffusion
