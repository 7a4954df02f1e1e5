#include "pantomime/metrics/report.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/body/plain_body.h"
#include "pantomime/features/features.h"
#include "pantomime/features/kinematics.h"
#include "pantomime/metrics/distribution.h"
#include "pantomime/metrics/frechet.h"
#include "pantomime/metrics/report_fields.h"
#include "pantomime/metrics/rows.h"
#include "pantomime/metrics/variety.h"

namespace pantomime::metrics {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kPoseStep = 8;  // frames
constexpr int64_t kMeasureBatch = 64;
constexpr size_t kSkinStep = 4;  // frames
constexpr int64_t kPoseNumbers = 3 * motion::kJointCount;

at::Tensor pick(const at::Tensor& rows, const std::vector<int64_t>& which) {
  return rows.index_select(0, at::tensor(which, at::kLong));
}

template <typename Function>
double mean_over(const std::vector<int64_t>& which, Function&& value) {
  double sum = 0;
  for (const int64_t i : which) sum += value(static_cast<size_t>(i));
  return sum / static_cast<double>(which.size());
}

/// Rows of frames that belong to the picked clips.
std::vector<int64_t> frames_of(const MeasuredSet& set, const std::vector<int64_t>& which) {
  std::vector<bool> picked(set.size(), false);
  for (const int64_t i : which) picked[static_cast<size_t>(i)] = true;
  std::vector<int64_t> rows;
  for (size_t r = 0; r < set.frame_clip.size(); ++r)
    if (picked[static_cast<size_t>(set.frame_clip[r])]) rows.push_back(static_cast<int64_t>(r));
  return rows;
}

/// Of clips whose label the judge knows.
Confusion confusion_of(const MeasuredSet& set, const std::vector<int64_t>& which,
                       const std::vector<std::string>& labels) {
  Confusion confusion(labels);
  for (const int64_t i : which) {
    const auto n = static_cast<size_t>(i);
    if (set.truth[n] >= 0) confusion.add(set.truth[n], set.guess[n]);
  }
  return confusion;
}

std::vector<int64_t> guesses_of(const MeasuredSet& set, const std::vector<int64_t>& which) {
  std::vector<int64_t> guesses;
  for (const int64_t i : which) guesses.push_back(set.guess[static_cast<size_t>(i)]);
  return guesses;
}

std::vector<float> jerks_of(const MeasuredSet& set, const std::vector<int64_t>& which) {
  std::vector<float> all;
  for (const int64_t i : which) {
    const auto& jerks = set.jerks[static_cast<size_t>(i)];
    all.insert(all.end(), jerks.begin(), jerks.end());
  }
  return all;
}

double millimetres_per_joint(const at::Tensor& a, const at::Tensor& b) {
  return 1000 * std::sqrt(frechet_distance(a, b) / motion::kJointCount);
}

/// All numbers of some clips of a set against some of the reference.
SetNumbers numbers_of(const MeasuredSet& set, const std::vector<int64_t>& which,
                      const MeasuredSet& reference, const std::vector<int64_t>& against,
                      const std::vector<std::string>& names, uint64_t seed) {
  SetNumbers n;
  const at::Tensor a = pick(set.features, which), b = pick(reference.features, against);
  n.confusion = confusion_of(set, which, names);
  n.accuracy.value = n.confusion.accuracy();
  n.balanced_accuracy.value = n.confusion.balanced_accuracy();
  n.fid.value = frechet_distance(a, b);
  // Of few rows a quarter is nothing to fit a normal to.
  n.fid_infinity.value =
      &set == &reference && which == against ? 0
      : std::min(a.size(0), b.size(0)) < 16
          ? kNone
          : frechet_distance_at_infinity(a, b, {.seed = derive_seed(seed, "infinity")});
  n.kid.value = kernel_distance(a, b);
  // More points make a larger manifold: as many of one as of the other.
  Random random(derive_seed(seed, "precision"));
  const int64_t size = std::min(a.size(0), b.size(0));
  const at::Tensor some = pick(a, draw_without_replacement(random, a.size(0), size));
  const at::Tensor others = pick(b, draw_without_replacement(random, b.size(0), size));
  const Coverage c = coverage(some, others);
  n.precision.value = c.precision;
  n.recall.value = c.recall;
  const Density d = size > 5 ? density(some, others) : Density{kNone, kNone};
  n.density.value = d.density;
  n.coverage.value = d.coverage;
  const std::vector<int64_t> guesses = guesses_of(set, which);
  n.class_coverage.value = class_coverage(guesses, guesses_of(reference, against));
  n.effective_classes.value = effective_classes(guesses);
  n.diversity.value = diversity(a, 200, Draw::WithReplacement, seed);
  std::vector<int64_t> labels;
  for (const int64_t i : which) labels.push_back(set.truth[static_cast<size_t>(i)]);
  n.multimodality.value = multimodality(a, labels, 20, seed);
  const auto frames = frames_of(set, which), other = frames_of(reference, against);
  n.pose_mm.value = millimetres_per_joint(pick(set.poses, frames), pick(reference.poses, other));
  n.speed_mm.value = millimetres_per_joint(pick(set.speeds, frames), pick(reference.speeds, other));

  auto physics = [&](auto member) {
    return mean_over(which, [&](size_t i) { return set.physics[i].*member; });
  };
  n.skating.value = physics(&Physics::skating);
  n.slide_mm.value = physics(&Physics::slide_mm);
  n.penetration_mm.value = physics(&Physics::penetration_mm);
  n.floating_mm.value = physics(&Physics::floating_mm);
  n.bone_mm.value = physics(&Physics::bone_mm);
  auto floor = [&](auto member) {
    return set.floor.empty() ? kNone
                             : mean_over(which, [&](size_t i) { return set.floor[i].*member; });
  };
  n.skin_penetration_mm.value = floor(&FloorContact::penetration_mm);
  n.skin_floating_mm.value = floor(&FloorContact::floating_mm);
  n.jerk_distance.value = set.jerks.empty() || reference.jerks.empty()
                              ? kNone
                              : wasserstein_1(jerks_of(set, which), jerks_of(reference, against));
  n.jerk.value = mean_over(which, [&](size_t i) { return set.physics[i].jerk.mean; });
  n.root_jerk.value = mean_over(which, [&](size_t i) { return set.physics[i].jerk.root; });
  std::array<double, 4> phases{};
  for (size_t p = 0; p < 4; ++p) {
    double sum = 0, count = 0;
    for (const int64_t i : which) {
      const Jerk& jerk = set.physics[static_cast<size_t>(i)].jerk;
      if (jerk.frames_in_phase[p] == 0) continue;  // a clip of less than 7 frames
      sum += jerk.by_phase[p];
      count += 1;
    }
    phases[p] = count > 0 ? sum / count : 0;
    n.jerk_by_phase[p].value = phases[p];
  }
  n.phase_imbalance.value = phase_imbalance(phases);
  n.nearest_mm.value = set.nearest_mm.empty()
                           ? kNone
                           : mean_over(which, [&](size_t i) { return set.nearest_mm[i]; });
  return n;
}

std::vector<LabelNumbers> by_label(const MeasuredSet& set, const Judge& judge) {
  std::map<std::string, std::vector<int64_t>> members;
  for (size_t i = 0; i < set.size(); ++i)
    if (!set.labels[i].empty()) members[set.labels[i]].push_back(static_cast<int64_t>(i));
  std::vector<LabelNumbers> result;
  for (const auto& [label, list] : members) {
    LabelNumbers n;
    n.label = label;
    n.clips = static_cast<int64_t>(list.size());
    const Confusion confusion = confusion_of(set, list, judge.labels);
    n.accuracy = confusion.accuracy();
    n.skating = mean_over(list, [&](size_t i) { return set.physics[i].skating; });
    n.jerk = mean_over(list, [&](size_t i) { return set.physics[i].jerk.mean; });
    const int64_t truth = set.truth[static_cast<size_t>(list[0])];
    const int64_t other = truth < 0 ? -1 : confusion.taken_for(truth);
    if (other >= 0) n.taken_for = judge.labels[static_cast<size_t>(other)];
    result.push_back(n);
  }
  return result;
}

}  // namespace

MeasuredSet measure(const MotionSet& set, const Judge& judge) {
  PANTOMIME_CHECK(set.clips.size() == set.labels.size() && !set.clips.empty(),
                  "report: {} clips and {} labels, expected as many, at least one",
                  set.clips.size(), set.labels.size());
  const at::NoGradGuard no_grad;
  MeasuredSet measured;
  measured.labels = set.labels;
  for (const std::string& label : set.labels) measured.truth.push_back(judge.find(label));
  std::vector<at::Tensor> embeddings, poses, speeds;
  const body::Character skin = body::plain_character(motion::default_geometry());
  const auto total = static_cast<int64_t>(set.clips.size());
  for (int64_t first = 0; first < total; first += kMeasureBatch) {
    const int64_t last = std::min(total, first + kMeasureBatch);
    const std::vector<at::Tensor> part(set.clips.begin() + first, set.clips.begin() + last);
    const auto [x, mask] = pad_clips(part);
    const at::Tensor joints = clip_joints(x);  // [B, F, 22, 3]
    const at::Tensor input = judge_input(joints, mask);
    const Verdict verdict = run_judge(judge.config, judge.weights, input, mask);
    embeddings.push_back(verdict.features);
    const at::Tensor guess = verdict.logits.argmax(1);
    const at::Tensor chance = at::softmax(verdict.logits, 1);
    for (int64_t b = 0; b < last - first; ++b) {
      const int64_t frames = part[static_cast<size_t>(b)].size(0);
      PANTOMIME_CHECK(frames >= 4, "report: clip {} has {} frames, expected at least 4", first + b,
                      frames);
      measured.guess.push_back(guess[b].item<int64_t>());
      const int64_t truth = measured.truth[static_cast<size_t>(first + b)];
      measured.sureness.push_back(truth < 0 ? kNone : chance[b][truth].item<double>());
      const at::Tensor path = joints[b].narrow(0, 0, frames).contiguous();
      static_assert(sizeof(motion::Vec3) == 3 * sizeof(float));
      const JointPath joint_path{{reinterpret_cast<const motion::Vec3*>(path.data_ptr<float>()),
                                  static_cast<size_t>(frames) * motion::kJointCount}};
      measured.physics.push_back(measure_physics(joint_path));
      measured.jerks.push_back(frame_jerks(joint_path));
      measured.floor.push_back(floor_contact(
          lowest_vertices(skin, features::decode(part[static_cast<size_t>(b)]), kSkinStep)));
      const at::Tensor seen = input[b].narrow(0, 0, frames).slice(0, 0, c10::nullopt, kPoseStep);
      poses.push_back(seen.narrow(1, 0, kPoseNumbers));
      speeds.push_back(seen.narrow(1, kPoseNumbers, kPoseNumbers));
      measured.frame_clip.insert(measured.frame_clip.end(), static_cast<size_t>(seen.size(0)),
                                 first + b);
    }
  }
  measured.features = at::cat(embeddings);
  measured.poses = at::cat(poses);
  measured.speeds = at::cat(speeds);
  return measured;
}

MeasuredSet judged_again(const MeasuredSet& measured, const MotionSet& set, const Judge& judge) {
  PANTOMIME_CHECK(measured.size() == set.clips.size(), "report: {} clips measured of {}",
                  measured.size(), set.clips.size());
  const at::NoGradGuard no_grad;
  MeasuredSet again = measured;
  const Verdict verdict = judge.look_at_all(set.clips);
  again.features = verdict.features;
  const at::Tensor guess = verdict.logits.argmax(1), chance = at::softmax(verdict.logits, 1);
  for (size_t i = 0; i < again.size(); ++i) {
    const auto n = static_cast<int64_t>(i);
    again.truth[i] = judge.find(again.labels[i]);
    again.guess[i] = guess[n].item<int64_t>();
    again.sureness[i] = again.truth[i] < 0 ? kNone : chance[n][again.truth[i]].item<double>();
  }
  return again;
}

SetNumbers compare(const std::string& name, const MeasuredSet& set, const MeasuredSet& reference,
                   const Judge& judge, const CompareOptions& options) {
  const auto n = static_cast<int64_t>(set.size()), m = static_cast<int64_t>(reference.size());
  PANTOMIME_CHECK(n >= 8 && m >= 8, "report: {} clips against {}, expected at least 8 of each", n,
                  m);
  PANTOMIME_CHECK(options.repetitions >= 2, "report: {} repetitions, expected at least 2",
                  options.repetitions);
  PANTOMIME_CHECK(set.nearest_mm.empty() || set.nearest_mm.size() == set.size(),
                  "report: {} nearest distances for {} clips", set.nearest_mm.size(), set.size());
  std::vector<int64_t> all(set.size()), others(reference.size());
  std::iota(all.begin(), all.end(), int64_t{0});
  std::iota(others.begin(), others.end(), int64_t{0});
  SetNumbers whole = numbers_of(set, all, reference, others, judge.labels, options.seed);
  whole.name = name;
  whole.clips = n;
  std::vector<SetNumbers> halves;
  for (int64_t r = 0; r < options.repetitions; ++r) {
    const uint64_t seed = derive_seed(options.seed, "half", static_cast<uint64_t>(r));
    Random random(seed);
    const auto which = draw_without_replacement(random, n, n / 2);
    // A set against itself: the same halves, or the distance would not be that of a set to itself.
    const auto against = &set == &reference ? which : draw_without_replacement(random, m, m / 2);
    halves.push_back(numbers_of(set, which, reference, against, judge.labels, seed));
  }
  for (const Field& field : fields()) {
    double sum = 0, squares = 0;
    for (const SetNumbers& half : halves) sum += field.of(half).value;
    const double mean = sum / static_cast<double>(halves.size());
    for (const SetNumbers& half : halves) squares += std::pow(field.of(half).value - mean, 2);
    field.of(whole).half_width = 1.96 * std::sqrt(squares / static_cast<double>(halves.size() - 1));
  }
  whole.nearest_smallest_mm = set.nearest_mm.empty()
                                  ? kNone
                                  : *std::min_element(set.nearest_mm.begin(), set.nearest_mm.end());
  whole.labels = by_label(set, judge);
  return whole;
}

Interval mean_interval(std::span<const double> values) {
  if (values.empty()) return {kNone, kNone};
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, 1.96 * std::sqrt(squares / count) / std::sqrt(count)};
}

SetNumbers over_repetitions(std::span<const SetNumbers> repetitions) {
  PANTOMIME_CHECK(!repetitions.empty(), "report: no repetitions");
  SetNumbers result = repetitions[0];
  for (const Field& field : fields()) {
    std::vector<double> values;
    for (const SetNumbers& r : repetitions) values.push_back(field.of(r).value);
    field.of(result) = mean_interval(values);
  }
  result.clips = 0;
  for (const SetNumbers& r : repetitions.subspan(1))
    for (size_t row = 0; row < r.confusion.counts.size(); ++row)
      for (size_t c = 0; c < r.confusion.counts[row].size(); ++c)
        result.confusion.counts[row][c] += r.confusion.counts[row][c];
  std::map<std::string, LabelNumbers> labels;
  for (const SetNumbers& r : repetitions) {
    result.clips += r.clips;
    result.nearest_smallest_mm = std::min(result.nearest_smallest_mm, r.nearest_smallest_mm);
    for (const LabelNumbers& l : r.labels) {
      LabelNumbers& sum = labels[l.label];
      const auto n = static_cast<double>(l.clips);
      sum.label = l.label;
      sum.clips += l.clips;
      sum.accuracy += n * l.accuracy;
      sum.skating += n * l.skating;
      sum.jerk += n * l.jerk;
      if (sum.taken_for.empty()) sum.taken_for = l.taken_for;
    }
  }
  result.labels.clear();
  for (auto& [name, l] : labels) {
    const auto n = static_cast<double>(l.clips);
    l.accuracy /= n, l.skating /= n, l.jerk /= n;
    result.labels.push_back(l);
  }
  return result;
}

}  // namespace pantomime::metrics
