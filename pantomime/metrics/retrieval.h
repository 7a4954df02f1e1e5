// Do sentences and motions find each other? For judges that put both into one space
// (text_judge.h; HumanML3D's evaluator).
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace pantomime::metrics {

struct Retrieval {
  std::array<double, 3> top{};  ///< R@1, R@2, R@3: share of sentences that find their motion
  double distance = 0;          ///< MM-distance: mean distance of a sentence to its own motion
  int64_t pools = 0;            ///< how many full pools were asked
};

/// R-precision and multimodal distance as HumanML3D measures them (Guo et al. 2022, its evaluation
/// code): row i of `sentences` [N, d] belongs to row i of `motions` [N, d]; rows are taken in order
/// in pools of `pool` (32 there: other sizes give other numbers), the rest at the end is left out;
/// a sentence finds its motion at k when fewer than k motions of the pool are nearer (Euclidean).
///
/// `same` [N] or empty: motions in the pool whose number equals the sentence's own are no rivals
/// (FlowMDM takes duplicates of a sentence out, too; HumanML3D's code does not). Shuffle the rows
/// first: pools of one action are harder. Throws Error for different shapes or no full pool.
Retrieval retrieval(const at::Tensor& sentences, const at::Tensor& motions, int64_t pool = 32,
                    const std::vector<int64_t>& same = {});

/// Share of rows that are nearer to their own sentence than to the other one: pairs of sentences
/// that differ in one word. All [N, d]. Ties count as half.
double nearer_to_own(const at::Tensor& motions, const at::Tensor& own, const at::Tensor& other);

}  // namespace pantomime::metrics
