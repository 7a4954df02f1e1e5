// The rows of an evaluation: what is generated, how, and what it cost.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/commands/commands.h"
#include "pantomime/commands/kept_sets.h"
#include "pantomime/commands/model_options.h"
#include "pantomime/metrics/report.h"
#include "pantomime/training/motion_data.h"

namespace pantomime::commands {

/// Up to `most` labelled windows of each label, evenly spread over what there is; cut to at most
/// `frames` frames, facing +Z.
metrics::MotionSet real_set(const training::MotionData& data,
                            const std::vector<std::string>& labels, int64_t most, int64_t frames);

/// One way to generate: a line of the table.
struct RowPlan {
  std::string name;
  std::string prior = "open";
  std::string guidance = "adapter";  ///< or "none": without a condition
  std::string sampler = "dpm2m";
  int steps = diffusion::SampleOptions{}.steps;
  double scale = -1, until = -1;  ///< of guidance; negative: the guide's own
  bool foot_lock = true;
};

/// Rows of a sweep: `[[row]]` tables with the names of RowPlan's fields, and `[grid]`, whose lists
/// are combined with each other (`steps = [4, 10]`, `scale = [1, 2.5]` are four rows). What is not
/// said is as in `start`. A row without a name is called by what it says. Throws Error (file: key:
/// what was expected) for unknown keys, other types, or no rows.
std::vector<RowPlan> parse_sweep(const std::string& toml, const std::string& file,
                                 const RowPlan& start);

/// How clips of a row or of sentences are made, but for what they are asked for.
struct BatchPlan {
  std::string name;         ///< shown while they are made
  std::string_view stream;  ///< of random numbers: clip i's seed comes of `seed`, this and i
  size_t count = 0;         ///< clips
  int64_t frames = 0;
  uint64_t seed = 0;
  int steps = diffusion::SampleOptions{}.steps;
  std::string sampler = "dpm2m";
  bool foot_lock = true;
};
/// Clips, 32 at a time, and what each cost `network` (ms and GFLOP a clip). `make` gives features
/// [N, F, D] of clips `first` to `first + N`, where N is how many seeds it is handed.
GeneratedSet generate_batches(
    const BatchPlan& plan, const diffusion::Denoiser& network,
    const std::function<at::Tensor(size_t first, const conditions::GenerateOptions&)>& make,
    Progress& progress);

/// Makes the clips of rows, and keeps priors and guides open between rows.
class RowMaker {
 public:
  RowMaker(KeptSets kept, Context& context);
  ~RowMaker();

  /// A clip for each of `wanted` (labels, with repetition); the seed of clip i is derived from
  /// `seed` and i. Same plan, labels, frames and seed: same clips.
  GeneratedSet make(const RowPlan& plan, const std::vector<std::string>& wanted, int64_t frames,
                    uint64_t seed);
  const training::Prior& prior(const std::string& name);
  const training::Guide& guide(const RowPlan& plan);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What a sample [F, D] is measured as: on the floor, with feet that stand if `foot_lock`.
motion::Clip finished(const at::Tensor& sample, bool foot_lock);

/// Largest memory the process had since the last call of reset_peak_memory(), MB; 0 where the
/// system doesn't say.
double peak_memory_mb();
void reset_peak_memory();

}  // namespace pantomime::commands
