// All numbers of a set of motions, side by side with real motion, as a table and as JSON.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <span>
#include <string>
#include <vector>

#include "pantomime/metrics/confusion.h"
#include "pantomime/metrics/floor.h"
#include "pantomime/metrics/judge.h"
#include "pantomime/metrics/physics.h"

namespace pantomime::metrics {

/// Clips as features [F_i, D] in real units (features/features.h), at least 4 frames each, and the
/// label each was asked for or truly has ("": none).
struct MotionSet {
  std::vector<at::Tensor> clips;
  std::vector<std::string> labels;
};

/// What is measured of each clip once, before sets are compared.
struct MeasuredSet {
  std::vector<std::string> labels;  ///< [N]
  std::vector<int64_t> truth;       ///< [N] the judge's index of the label, -1 when it has none
  std::vector<int64_t> guess;       ///< [N] what the judge says
  std::vector<double> sureness;     ///< [N] chance the judge gives the label; NaN when it has none
  at::Tensor features;              ///< [N, E]
  std::vector<Physics> physics;     ///< [N]
  std::vector<std::vector<float>> jerks;  ///< [N] frame_jerks(), or empty
  std::vector<FloorContact> floor;        ///< [N] of the plain body's skin (floor.h), or empty
  /// Every 8th frame of every clip as the judge sees it: poses [M, 66] m, speeds [M, 66] m/s, and
  /// the clip [M] each row is from.
  at::Tensor poses, speeds;
  std::vector<int64_t> frame_clip;
  /// [N] distance to the nearest training window (nearest.h), or empty.
  std::vector<double> nearest_mm;

  size_t size() const { return labels.size(); }
};
MeasuredSet measure(const MotionSet& set, const Judge& judge);

/// The same clips seen by another judge: only what judges say is measured anew.
MeasuredSet judged_again(const MeasuredSet& measured, const MotionSet& set, const Judge& judge);

/// A number and half of its 95 % interval; NaN: not measured.
struct Interval {
  double value = 0, half_width = 0;
};
/// Mean of independent values and 1.96 standard errors of it; both NaN of none.
Interval mean_interval(std::span<const double> values);

/// Numbers of the clips that carry one label.
struct LabelNumbers {
  std::string label;
  int64_t clips = 0;
  double accuracy = 0;  ///< NaN when the judge doesn't know the label
  double skating = 0, jerk = 0;
  std::string taken_for;  ///< the wrong label it gets most often, or empty
};

/// Everything about one set compared with a reference set.
struct SetNumbers {
  std::string name;
  int64_t clips = 0;
  Interval accuracy;           ///< share of clips that the judge gives their label
  Interval balanced_accuracy;  ///< the same, averaged over labels
  Interval fid, kid;           ///< frechet.h, in the judge's features
  Interval fid_infinity;       ///< FID with infinitely many clips, by extrapolation (frechet.h)
  Interval precision, recall;  ///< variety.h, k = 3, equal numbers of both sets
  Interval density, coverage;  ///< variety.h, k = 5
  Interval class_coverage;     ///< confusion.h: labels named in the reference that are named here
  Interval effective_classes;  ///< confusion.h: how many labels are named, by entropy
  Interval diversity;          ///< 200 pairs with replacement
  Interval multimodality;      ///< 20 pairs a label
  /// Root of the Fréchet distance of poses (joint positions as the body faces, 66 numbers a frame)
  /// per joint, mm; and of joint velocities, mm/s. They need no network and see jitter and
  /// stiffness.
  Interval pose_mm, speed_mm;
  Interval skating, slide_mm, penetration_mm, floating_mm, bone_mm;  ///< physics.h, means of clips
  Interval skin_penetration_mm, skin_floating_mm;                    ///< floor.h, means of clips
  Interval jerk, root_jerk;
  Interval jerk_distance;  ///< Wasserstein-1 of the jerks of all frames to the reference's
  std::array<Interval, 4> jerk_by_phase;
  Interval phase_imbalance;  ///< largest phase over the mean of phases
  Interval nearest_mm;       ///< mean distance to the nearest training window
  double nearest_smallest_mm = 0;
  std::vector<LabelNumbers> labels;  ///< sorted by label
  Confusion confusion{{}};           ///< of clips whose label the judge knows
};

struct CompareOptions {
  int64_t repetitions = 20;
  uint64_t seed = 1;
};

/// Each number is computed once from all clips; its interval is +-1.96 times the spread (standard
/// deviation) of the same number over `repetitions` random halves of both sets. Half of n drawn
/// without replacement varies as much around all n as n drawn from the world do around the truth
/// (exactly so for means), and no clip meets its own copy, as it would in a bootstrap. FID and KID
/// depend on the number of clips: compare sets of equal size. Sets need at least 8 clips.
SetNumbers compare(const std::string& name, const MeasuredSet& set, const MeasuredSet& reference,
                   const Judge& judge, const CompareOptions& options = {});

/// The field's protocol for a generator that is sampled anew R times: mean of the R numbers and
/// 1.96 sd / sqrt(R) (sd with R, as numpy does). Label numbers are averaged; clips are added.
SetNumbers over_repetitions(std::span<const SetNumbers> repetitions);

/// Two markdown tables (what the judge says; what physics says), one line a set, real data first.
std::string to_markdown(std::span<const SetNumbers> sets);
/// Markdown tables of accuracy (and the label a set is most often taken for instead), clips,
/// skating and jerk: a line a set, a column a label.
std::string labels_to_markdown(std::span<const SetNumbers> sets);
/// {"sets": [{"name", "clips", "fid": {"value", "half_width"}, …, "labels": […]}]}; null for NaN.
std::string to_json(std::span<const SetNumbers> sets);

}  // namespace pantomime::metrics
