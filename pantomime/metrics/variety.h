// Do samples cover the real ones, stay among them, and differ from each other?
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace pantomime::metrics {

struct Coverage {
  double precision = 0;  ///< share of samples that lie among the real ones
  double recall = 0;     ///< share of real ones that lie among the samples
};

/// Improved precision and recall (Kynkäänniemi et al. 2019): a point lies among a set when it is
/// within the distance of some member to that member's k-th nearest other member. samples [N, d],
/// real [M, d]; both need more than k rows. Use equal N and M: more points make a larger manifold.
Coverage coverage(const at::Tensor& samples, const at::Tensor& real, int64_t neighbours = 3);

struct Density {
  double density = 0;   ///< how many real balls a sample lies in, over k; about 1 for like sets
  double coverage = 0;  ///< share of real ones that have a sample nearer than their k-th neighbour
};

/// Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models", with their k
/// = 5: as above with balls around real ones only, so one stray sample makes no manifold and one
/// real outlier takes in nothing but itself. Same shapes and errors.
Density density(const at::Tensor& samples, const at::Tensor& real, int64_t neighbours = 5);

/// How random pairs are drawn: HumanAct12's protocol (200 pairs) draws with replacement, so a row
/// may meet itself; HumanML3D's (300 pairs) draws both sides without.
enum class Draw { WithReplacement, WithoutReplacement };

/// Mean distance of `pairs` random pairs of rows [N, d]. Throws Error when there are fewer rows
/// than pairs and Draw is WithoutReplacement.
double diversity(const at::Tensor& rows, int64_t pairs, Draw draw, uint64_t seed);

/// Mean distance of `pairs` random pairs with the same label, averaged over the labels that have at
/// least two rows; labels [N], negative ones are left out. HumanAct12's protocol: 20 pairs, drawn
/// with replacement. NaN when no label has two rows.
double multimodality(const at::Tensor& rows, const std::vector<int64_t>& labels, int64_t pairs,
                     uint64_t seed);

/// HumanML3D's protocol: rows [S * each, d], `each` after another of one sentence; the mean
/// distance of `pairs` pairs of each sentence's rows, the same pairs for all sentences, both sides
/// drawn without replacement. Throws Error unless pairs < each.
double multimodality_of_groups(const at::Tensor& rows, int64_t each, int64_t pairs, uint64_t seed);

}  // namespace pantomime::metrics
