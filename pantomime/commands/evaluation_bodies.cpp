#include "pantomime/commands/evaluation_bodies.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/body/person.h"
#include "pantomime/commands/evaluation_rows.h"
#include "pantomime/features/features.h"
#include "pantomime/motion/fit_to_body.h"
#include "pantomime/training/motion_stream.h"

namespace pantomime::commands {
namespace {

using metrics::Interval;
using motion::Clip;

constexpr size_t kSkinStep = 4;  // frames

template <typename Value>
Interval over(const metrics::MeasuredSet& set, const Value& value) {
  std::vector<double> values;
  for (size_t i = 0; i < set.size(); ++i) values.push_back(value(i));
  return metrics::mean_interval(values);
}

/// Share of clips with a label the judge knows that get it.
Interval accuracy_of(const metrics::MeasuredSet& set) {
  std::vector<double> right;
  for (size_t i = 0; i < set.size(); ++i)
    if (set.truth[i] >= 0) right.push_back(set.guess[i] == set.truth[i] ? 1 : 0);
  return metrics::mean_interval(right);
}

/// The same motion on the average body.
Clip averaged(const Clip& clip) {
  return motion::fit_to_body(clip, motion::canonical_skeleton(motion::default_geometry()));
}

BodyRow row_of(const std::string& person, const metrics::MotionSet& set,
               const std::vector<metrics::FloorContact>* skin, const metrics::Judge& judge) {
  const metrics::MeasuredSet measured = metrics::measure(set, judge);
  metrics::MotionSet average{{}, set.labels};
  for (const at::Tensor& clip : set.clips)
    average.clips.push_back(features::encode(averaged(features::decode(clip))));
  const auto& floor = skin != nullptr ? *skin : measured.floor;
  BodyRow row{.person = person, .clips = std::ssize(set.clips)};
  row.accuracy = accuracy_of(measured);
  row.accuracy_average = accuracy_of(metrics::measure(average, judge));
  row.skating = over(measured, [&](size_t i) { return measured.physics[i].skating; });
  row.slide_mm = over(measured, [&](size_t i) { return measured.physics[i].slide_mm; });
  row.jerk = over(measured, [&](size_t i) { return measured.physics[i].jerk.mean; });
  row.bone_mm = over(measured, [&](size_t i) { return measured.physics[i].bone_mm; });
  row.skin_below_mm = over(measured, [&](size_t i) { return floor[i].penetration_mm; });
  row.skin_above_mm = over(measured, [&](size_t i) { return floor[i].floating_mm; });
  return row;
}

/// What a person does when told each of `wanted`.
GeneratedClips acted(const std::string& name, const motion::Skeleton& skeleton,
                     const training::Prior& prior, const training::Guide& guide,
                     const std::vector<std::string>& wanted, const BodiesOptions& options,
                     Progress& progress) {
  constexpr size_t kBatch = 16;
  GeneratedClips made;
  progress.begin(name, static_cast<int64_t>(wanted.size()));
  for (size_t first = 0; first < wanted.size(); first += kBatch) {
    const size_t last = std::min(first + kBatch, wanted.size());
    training::StreamOptions stream;
    stream.sampler.steps = options.steps;
    stream.sampler.progress = &progress;
    stream.foot_lock = options.foot_lock;
    std::vector<uint64_t> seeds;
    std::vector<training::Told> told;
    for (size_t i = first; i < last; ++i) {
      seeds.push_back(derive_seed(options.seed, "body", i));
      told.push_back({.label = guide.index_of(wanted[i])});
    }
    training::MotionStream making(prior, {.label = &guide},
                                  std::vector<motion::Skeleton>(last - first, skeleton), seeds,
                                  stream);
    for (auto& window : making.next(options.frames, told, {}, false))
      made.clips.push_back(std::move(window.clip));
    progress.step(static_cast<int64_t>(last));
    progress.check();
  }
  progress.end();
  return made;
}

}  // namespace

std::vector<BodyRow> evaluate_bodies(const training::Prior& prior, const training::Guide& guide,
                                     const metrics::Judge& judge, const body::BodyAssets& assets,
                                     const training::MotionData& test, const BodiesOptions& options,
                                     const KeptSets& kept, Progress& progress) {
  std::vector<BodyRow> rows;
  const metrics::MotionSet real = real_set(test, options.labels, options.per_label, options.frames);
  PANTOMIME_CHECK(real.clips.size() >= 8, "bodies: {} real clips of these labels, expected 8",
                  real.clips.size());
  rows.push_back(row_of("real, held-out people", real, nullptr, judge));
  const double average = static_cast<double>(
      motion::leg_length(motion::canonical_skeleton(motion::default_geometry())));
  std::vector<std::string> wanted;
  for (const std::string& label : options.labels)
    wanted.insert(wanted.end(), static_cast<size_t>(options.per_label), label);
  for (const std::string& text : options.people) {
    const body::Character person = body::make_character(assets, body::parse_person(text));
    const GeneratedClips made = kept.clips(
        {"body", text, wanted, options.frames, options.steps, options.seed, options.foot_lock},
        std::vector<motion::Skeleton>(wanted.size(), person.skeleton),
        [&] { return acted(text, person.skeleton, prior, guide, wanted, options, progress); });
    metrics::MotionSet set{{}, wanted};
    std::vector<metrics::FloorContact> skin;
    for (const Clip& clip : made.clips) {
      set.clips.push_back(features::encode(clip));
      skin.push_back(metrics::floor_contact(metrics::lowest_vertices(person, clip, kSkinStep)));
      progress.check();
    }
    BodyRow row = row_of(text, set, &skin, judge);
    row.leg_ratio = static_cast<double>(motion::leg_length(person.skeleton)) / average;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string to_markdown(const std::vector<BodyRow>& rows) {
  const auto shown = [](const Interval& i, int digits, double scale = 1) {
    return fmt::format("{:.{}f} ± {:.{}f}", scale * i.value, digits, scale * i.half_width, digits);
  };
  std::string out =
      "| body | legs, of the average | judge says the label % | the same on average bones % | "
      "skating | slide mm | bones ± mm | skin below mm | skin above mm | jerk m/s³ |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n";
  for (const BodyRow& r : rows)
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {:.2f} | {} | {} | {} |\n", r.person,
                       r.leg_ratio > 0 ? fmt::format("{:.2f}", r.leg_ratio) : "–",
                       shown(r.accuracy, 0, 100), shown(r.accuracy_average, 0, 100),
                       shown(r.skating, 3), shown(r.slide_mm, 1), r.bone_mm.value,
                       shown(r.skin_below_mm, 1), shown(r.skin_above_mm, 1), shown(r.jerk, 0));
  return out;
}

}  // namespace pantomime::commands
