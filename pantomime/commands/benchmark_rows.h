// The field's benchmarks as rows of numbers: HumanAct12 and UESTC (Action2Motion's protocol) and
// HumanML3D (Guo et al.'s). All are measured R times anew; mean and 1.96 sd / sqrt(R), as published
// tables have it.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/formats/actor.h"
#include "pantomime/formats/humanml3d.h"
#include "pantomime/formats/uestc.h"
#include "pantomime/metrics/field_judges.h"
#include "pantomime/metrics/report.h"

namespace pantomime::commands {

struct BenchmarkOptions {
  int64_t repetitions = 20;
  int64_t clips = 1000;  ///< of each repetition, at most
  uint64_t seed = 0;     ///< repetition r uses seed + r, as theirs uses 0 … 19
  /// Of HumanML3D's multimodality; published tables have 100, 30 and 10. 0 sentences: not measured.
  int64_t mm_sentences = 0, mm_motions = 30, mm_pairs = 10;
};

struct BenchmarkRow {
  std::string name;
  std::map<std::string, metrics::Interval> numbers;  ///< by the heading of their column
};
/// "| set | accuracy | …": the columns of all rows.
std::string to_markdown(const std::vector<BenchmarkRow>& rows,
                        const std::vector<std::string>& columns);

/// One motion a judge of actions sees; clips that are longer give a part drawn by the seed, shorter
/// ones go on with their last frame, as ACTOR's loader has it.
inline constexpr int64_t kActionFrames = 60;
/// What HumanAct12's classifier sees, [60, 72]: 24 joints at 20 frames per second from the place
/// where the pelvis begins, in the data set's axes (y down, z away). Hands, which our skeleton has
/// not, lie 8.4 cm beyond the wrists along the forearm's rest direction.
at::Tensor action_input(const motion::Clip& clip, uint64_t seed);
/// What UESTC's classifier sees, [60, 24, 6]: the turns of SMPL's 24 joints at 30 frames per second
/// in the data set's axes, as the first two rows of their matrices. Places are not judged.
at::Tensor rotation_input(const formats::ActorSequence& sequence, uint64_t seed);

/// How a data set's benchmark looks at motion.
struct ActionProtocol {
  std::vector<std::string> actions;  ///< names, by number
  std::function<at::Tensor(const formats::ActorSequence&, uint64_t seed)> input;
  std::function<metrics::Verdict(const at::Tensor& inputs, uint64_t seed)> look;
};
/// The judges must outlive what is returned.
ActionProtocol humanact12_protocol(const metrics::ActionClassifier& judge);
ActionProtocol uestc_protocol(const metrics::GraphClassifier& judge,
                              const std::vector<std::string>& actions);

/// Motions to be judged for the actions of a repetition, in their order; empty: none.
using MakeActions = std::function<std::vector<formats::ActorSequence>(
    const std::vector<int64_t>& actions, uint64_t seed)>;
/// Rows "real" (accuracy, and FID of a second shuffle), and "generated" when `make` is there.
std::vector<BenchmarkRow> benchmark_actions(const std::vector<formats::ActorSequence>& data,
                                            const ActionProtocol& protocol, const MakeActions& make,
                                            const BenchmarkOptions& options, Progress& progress);

/// Mean turn of the hands over all frames: what motion without hands is given.
std::array<motion::Quat, 2> mean_hands(const std::vector<formats::ActorSequence>& data);

/// A motion of HumanML3D's test list with its sentences.
struct ToldMotion {
  std::string id;
  at::Tensor features;  ///< [F, 263], 40 to 196 frames of 20 a second
  std::vector<std::string> sentences;
  std::vector<std::vector<std::pair<std::string, std::string>>> tokens;
};
/// Reads new_joint_vecs/*.npy and texts/*.txt for the ids of a list (test.txt), as the evaluator's
/// loader does: motions of 40 to 199 frames, those with a sentence about a part of them as motions
/// of their own, cut to a multiple of 4 and to 196. Ids without files are an error.
std::vector<ToldMotion> read_humanml3d_set(const std::filesystem::path& folder,
                                           const std::filesystem::path& list);

/// Features [F, 263] for sentences and lengths in frames of 20 a second; empty: none.
using MakeTold = std::function<std::vector<at::Tensor>(
    const std::vector<std::string>& sentences, const std::vector<int64_t>& frames, uint64_t seed)>;
/// Rows "real" and, when `make` is there, "generated": R@1-3, MM-distance, FID to the real ones,
/// diversity (300 pairs without replacement, or a third of the clips where there are fewer), and of
/// the generated ones, with `mm_sentences`, multimodality: so many sentences, each made
/// `mm_motions` times, the mean distance of `mm_pairs` pairs of each sentence's motions. Each
/// repetition draws one sentence a motion.
std::vector<BenchmarkRow> benchmark_told(const std::vector<ToldMotion>& data,
                                         const metrics::FieldEvaluator& judge, const MakeTold& make,
                                         const BenchmarkOptions& options, Progress& progress);

}  // namespace pantomime::commands
