// Labels done by bodies from 1.1 m to 2.0 m: does what is done stay what was asked for, do the
// feet of the skinned mesh stand on the floor? For `pantomime evaluate --only bodies`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/body/body_assets.h"
#include "pantomime/commands/kept_sets.h"
#include "pantomime/diffusion/sampler.h"
#include "pantomime/metrics/report.h"
#include "pantomime/training/guide.h"
#include "pantomime/training/motion_data.h"

namespace pantomime::commands {

struct BodiesOptions {
  /// People as `generate --body` takes them (body/person.h).
  std::vector<std::string> people = {"sex=female,age=5,height=1.1m",
                                     "sex=male,age=8,height=1.3m",
                                     "sex=female,age=13,height=1.5m",
                                     "sex=female,age=40,height=1.6m",
                                     "sex=male,age=30,height=1.75m",
                                     "sex=male,age=25,height=2.0m",
                                     "sex=male,age=40,weight=0.95,height=1.75m",
                                     "sex=female,age=80,height=1.55m"};
  std::vector<std::string> labels = {"walk",  "run",   "squat",   "hop",     "kick",
                                     "dance", "reach", "pick up", "sit down"};
  int64_t per_label = 8;
  int64_t frames = 96;
  int steps = diffusion::SampleOptions{}.steps;
  uint64_t seed = 1;
  bool foot_lock = true;
};

/// One line: everybody does all labels, with the same seeds.
struct BodyRow {
  std::string person;
  int64_t clips = 0;
  double leg_ratio = 0;                ///< leg length over that of the average body; 0: many bodies
  metrics::Interval accuracy;          ///< as it is
  metrics::Interval accuracy_average;  ///< the same motion on the average body's bones
  metrics::Interval skating, slide_mm, jerk, bone_mm;
  metrics::Interval skin_below_mm, skin_above_mm;  ///< of the person's own skin (metrics/floor.h)
};

/// The first line is real motion of held-out people with these labels on their own bones; its skin
/// is that of a plain body. `kept` is about the prior and the guide; what everybody did goes there,
/// and comes from there.
std::vector<BodyRow> evaluate_bodies(const training::Prior& prior, const training::Guide& guide,
                                     const metrics::Judge& judge, const body::BodyAssets& assets,
                                     const training::MotionData& test, const BodiesOptions& options,
                                     const KeptSets& kept, Progress& progress);

std::string to_markdown(const std::vector<BodyRow>& rows);

}  // namespace pantomime::commands
