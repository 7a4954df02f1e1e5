// More motion from a library: its acts by other bodies, at other speeds, backwards in time.
#pragma once

#include <cstdint>
#include <functional>

#include "pantomime/base/progress.h"
#include "pantomime/library/library.h"
#include "pantomime/library/set_description.h"

namespace pantomime::library {

struct AugmentOptions {
  int bodies = 0;          ///< copies of each clip on other bodies
  int speeds = 0;          ///< copies of each clip at other speeds
  bool backwards = false;  ///< labelled intervals, turned round
  /// Bones of a body drawn by a seed. Required for `bodies`.
  std::function<motion::Skeleton(uint64_t seed)> body;
  LabelMap
      table;  ///< map "backwards": what an act is when it is played so (configs/backwards.toml)
  uint64_t seed = 1;
  int threads = 0;  ///< 0: all cores
};

struct AugmentReport {
  int64_t taken = 0;  ///< clips copied as they are
  int64_t bodies = 0, speeds = 0, backwards = 0;
  int64_t refused = 0;  ///< new clips that had serious findings, which the original had not
  double seconds = 0;   ///< of new motion
};

/// Copies the clips of `from` that pass the filter to `to`, and beside each that is for training
/// ("train") its variations. Their names are the original's with ~body1, ~speed1 or ~back0 (the
/// interval's number) at the end; subject, split and licence are the original's, the weight is
/// shared out so that an act and its variations are drawn as often as the act alone was. Captions
/// are left out (`pantomime caption` makes new ones). Feet stand where they stood
/// (motion/augment.h). Deterministic in the seed and the names; clips that are in `to` already are
/// replaced. Throws Error, or Cancelled when stopped (what was written stays).
AugmentReport augment(const Library& from, const Filter& filter, const AugmentOptions& options,
                      Library& to, Progress& progress);

}  // namespace pantomime::library
