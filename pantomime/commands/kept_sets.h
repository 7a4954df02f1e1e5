// Generated sets that are kept in files while an evaluation runs, so that a run that was stopped
// goes on where it was.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pantomime/metrics/report.h"
#include "pantomime/motion/clip.h"

namespace pantomime::commands {

/// What a clip cost to make, in batches of 32.
struct Cost {
  double ms = 0;       ///< of the clock
  double gflop = 0;    ///< matrix products of the prior's network (Denoiser::flops_done)
  double peak_mb = 0;  ///< of the whole process while it was made; 0: not known on this system
};

struct GeneratedSet {
  metrics::MotionSet set;
  Cost cost;
};

/// Clips as they are in their world, where a MotionSet's are turned to face forward.
struct GeneratedClips {
  std::vector<motion::Clip> clips;  ///< canonical; may be none, when only the cost is wanted
  Cost cost;
};

class KeptSets {
 public:
  /// Files in `folder`, which is made when it is needed; empty: nothing is kept.
  explicit KeptSets(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// The same files, for sets which `facts` decide besides what get() and clips() are told.
  KeptSets about(const nlohmann::json& facts) const;
  /// The set that `facts` name (all that decides what is in it): from its file, else made and kept.
  GeneratedSet get(const nlohmann::json& facts, const std::function<GeneratedSet()>& make) const;
  /// The same for clips, equal to the bit. `skeletons`: of each clip, which are not kept.
  GeneratedClips clips(const nlohmann::json& facts, const std::vector<motion::Skeleton>& skeletons,
                       const std::function<GeneratedClips()>& make) const;
  /// Throws away what was kept.
  void forget() const;

 private:
  std::filesystem::path folder_;
  std::string about_;
};

}  // namespace pantomime::commands
