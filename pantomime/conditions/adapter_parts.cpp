#include "pantomime/conditions/adapter_parts.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>

namespace pantomime::conditions {

using diffusion::Init;

void add_bending(diffusion::Parameters& parameters, const diffusion::DenoiserConfig& prior,
                 int64_t code, int64_t rank) {
  const int64_t c = prior.width, hidden = prior.expansion * c;
  parameters.add("embedding.weight", {c, code}, Init::Zero);
  parameters.add("modulation.weight", {prior.layers * 6 * c, code}, Init::Zero);
  if (rank == 0) return;
  // in, out of a layer's qkv, attended, up and down products
  const std::array<std::pair<int64_t, int64_t>, 4> sizes = {
      {{c, 3 * c}, {c, c}, {c, hidden}, {hidden, c}}};
  for (int64_t l = 0; l < prior.layers; ++l) {
    for (size_t i = 0; i < sizes.size(); ++i) {
      const std::string name = fmt::format("layer.{}.{}.", l, i);
      parameters.add(name + "a", {rank, sizes[i].first}, Init::Linear);
      parameters.add(name + "b", {sizes[i].second, rank}, Init::Zero);
    }
  }
}

diffusion::Steering bend(const diffusion::Parameters& parameters,
                         const diffusion::DenoiserConfig& prior, int64_t rank,
                         const at::Tensor& code, const at::Tensor& present) {
  diffusion::Steering steering;
  const at::Tensor shown = code * present.unsqueeze(1);
  steering.embedding = at::linear(shown, parameters["embedding.weight"]);
  steering.modulation = at::linear(shown, parameters["modulation.weight"])
                            .view({code.size(0), prior.layers, 6 * prior.width});
  steering.low_rank_scale = present;
  if (rank > 0)
    for (int64_t l = 0; l < prior.layers; ++l)
      for (int i = 0; i < 4; ++i) {
        const std::string name = fmt::format("layer.{}.{}.", l, i);
        steering.low_rank.push_back({parameters[name + "a"], parameters[name + "b"]});
      }
  return steering;
}

}  // namespace pantomime::conditions
