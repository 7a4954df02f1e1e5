// Made-up sentences for tests of what reads them.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace pantomime::conditions {

/// States of a sentence of so many pieces, of 8 numbers each.
inline std::vector<float> sentence(int64_t pieces, int64_t seed) {
  torch::manual_seed(seed);
  const at::Tensor t = torch::randn({pieces, 8});
  return {t.data_ptr<float>(), t.data_ptr<float>() + t.numel()};
}

}  // namespace pantomime::conditions
