// The judges of the field's own benchmarks, so that our numbers stand beside published ones: the
// networks only; their weights come from whoever published them (docs/BENCHMARKS.md), in files that
// tools/convert_judges.py makes.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/metrics/judge.h"

namespace pantomime::metrics {

/// HumanAct12's classifier (Guo et al. 2020, "Action2Motion"; the weights MDM and ACTOR publish): a
/// GRU of two layers over 24 SMPL joints, its state at the last frame, 30 features with tanh, 12
/// actions. Tensors: "recurrent.*" as torch names a GRU, "linear1.*", "linear2.*".
struct ActionClassifier {
  JudgeWeights weights;

  /// Of positions [B, F, 72] of the first lengths[b] frames, metres, in the data set's axes. The
  /// state begins with standard normal noise of `seed`, as theirs does, so accuracies differ from
  /// seed to seed; without a seed it begins at zero. Throws Error for a missing tensor or another
  /// width.
  Verdict look(const at::Tensor& positions, const std::vector<int64_t>& lengths,
               std::optional<uint64_t> seed) const;
};

/// UESTC's classifier (Petrovich et al. 2021, "ACTOR": the ST-GCN of Yan et al. 2018 over SMPL's 24
/// joints): ten blocks of a convolution over the graph and one over nine frames, the fifth and the
/// eighth halving the frames; the mean over joints and frames are the features (256). Tensors as
/// published: "A" (the graph), "edge_importance.*", "data_bn.*", "st_gcn_networks.*", "fcn.*";
/// norms use their running means.
struct GraphClassifier {
  JudgeWeights weights;

  /// Of [B, F, J, C], for UESTC 60 frames of 24 turns in 6D as PyTorch3D has it (the first two rows
  /// of the matrix). Throws Error for a missing tensor or another size.
  Verdict look(const at::Tensor& x) const;
};

/// HumanML3D's evaluator (Guo et al. 2022): motions of 263 numbers a frame at 20 frames a second
/// and sentences of words and parts of speech in one space of 512. Tensors: "movement_encoder.*",
/// "motion_encoder.*", "text_encoder.*" as published, "mean" and "std" [263] of its normaliser, and
/// "words" [V, 300] in the order of `vocabulary`.
struct FieldEvaluator {
  static constexpr int64_t kUnit = 4;        ///< frames a token of its motion encoder stands for
  static constexpr int64_t kLongest = 196;   ///< frames that motions are padded to, behind the norm
  static constexpr int64_t kMostWords = 20;  ///< words that are read of a sentence
  JudgeWeights weights;
  std::vector<std::string> vocabulary;  ///< must hold "unk", "sos" and "eos"

  /// [N, 512] of motions [F_i, 263], not normalised; F_i is cut to a multiple of 4, from 8 to 196.
  at::Tensor motions(const std::vector<at::Tensor>& features) const;
  /// [N, 512] of sentences of (lemma, tag) pairs.
  at::Tensor sentences(
      const std::vector<std::vector<std::pair<std::string, std::string>>>& tokens) const;
};

/// Which of the evaluator's 15 parts of speech a word counts as: those of a few lists of words
/// about places, bodies, things, acts and manners come before what its tag says; unknown tags
/// are 14.
int64_t part_of_speech(std::string_view word, std::string_view tag);

}  // namespace pantomime::metrics
