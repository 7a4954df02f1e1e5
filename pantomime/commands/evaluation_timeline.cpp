#include "pantomime/commands/evaluation_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/commands/evaluation_rows.h"
#include "pantomime/motion/append.h"
#include "pantomime/motion/retarget.h"
#include "pantomime/training/motion_stream.h"

namespace pantomime::commands {
namespace {

using motion::Clip;
using motion::Vec3;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kAround = 15;  // frames on each side of a seam
using Positions = std::vector<Vec3>;

Positions around(const Clip& clip, int64_t frame) {
  const Clip part = motion::cut(clip, static_cast<size_t>(frame - kAround), 2 * kAround);
  return motion::forward_kinematics(part).positions;
}

std::vector<motion::Skeleton> bodies(int64_t clips) {
  return std::vector<motion::Skeleton>(static_cast<size_t>(clips),
                                       motion::canonical_skeleton(motion::default_geometry()));
}

class Maker {
 public:
  Maker(const training::Prior& prior, const training::Guide& guide, const TimelineOptions& options)
      : prior_(prior), guide_(guide), options_(options) {}

  /// Clips of `seconds`, acts in turn. Frames [first, last) of each go to `take` as they are made.
  template <typename Take>
  void make(int64_t clips, double seconds, Progress& progress, const Take& take) const {
    training::StreamOptions stream;
    stream.sampler.steps = options_.steps;
    stream.sampler.progress = &progress;
    stream.foot_lock = options_.foot_lock;
    std::vector<uint64_t> seeds;
    for (int64_t i = 0; i < clips; ++i)
      seeds.push_back(derive_seed(options_.seed, "timeline", static_cast<uint64_t>(i)));
    training::MotionStream making(prior_, {.label = &guide_, .completion = options_.completion},
                                  bodies(clips), seeds, stream);
    const auto act = static_cast<int64_t>(std::lround(options_.seconds * motion::kFps));
    const auto total = static_cast<int64_t>(std::lround(seconds * motion::kFps));
    for (int64_t first = 0, a = 0; first < total; first += act, ++a) {
      const std::string& label = options_.acts[static_cast<size_t>(a) % options_.acts.size()];
      const std::vector<training::Told> told(static_cast<size_t>(clips),
                                             {.label = guide_.index_of(label)});
      int64_t done = 0;
      for (const int64_t frames :
           training::window_lengths(std::min(act, total - first), making.most_frames())) {
        done += frames;
        progress.check();
        take(making.next(frames, told, {}, first + done < total));
      }
      progress.step(std::min(first + act, total));
    }
  }

 private:
  const training::Prior& prior_;
  const training::Guide& guide_;
  const TimelineOptions& options_;
};

void judge_acts(const std::vector<Clip>& clips, const TimelineOptions& options,
                const metrics::Judge& judge, TimelineNumbers& numbers) {
  const auto act = static_cast<size_t>(std::lround(options.seconds * motion::kFps));
  const size_t skip = act / 6;  // while it goes over
  double right = 0, known = 0;
  for (size_t a = 0; a < options.acts.size(); ++a) {
    metrics::MotionSet set;
    for (const Clip& clip : clips) {
      set.clips.push_back(features::encode(motion::cut(clip, a * act + skip, act - 2 * skip)));
      set.labels.push_back(options.acts[a]);
    }
    const metrics::MeasuredSet measured = metrics::measure(set, judge);
    TimelineNumbers::Act one{.label = options.acts[a], .right = 0};
    std::map<std::string, int> others;
    for (size_t i = 0; i < measured.size(); ++i) {
      if (measured.guess[i] == measured.truth[i])
        ++one.right;
      else
        ++others[judge.labels[static_cast<size_t>(measured.guess[i])]];
      one.skating += measured.physics[i].skating / static_cast<double>(measured.size());
      one.jerk += measured.physics[i].jerk.mean / static_cast<double>(measured.size());
    }
    for (const auto& [label, count] : others)
      if (one.taken_for.empty() || count > others[one.taken_for]) one.taken_for = label;
    if (measured.truth[0] < 0) {
      one.right = kNothing;
    } else {
      right += one.right;
      known += static_cast<double>(measured.size());
      one.right /= static_cast<double>(measured.size());
    }
    numbers.acts.push_back(std::move(one));
  }
  const double share = right / known;
  numbers.accuracy = {share, 1.96 * std::sqrt(share * (1 - share) / known)};
}

}  // namespace

TimelineNumbers evaluate_timeline(const training::Prior& prior, const training::Guide& guide,
                                  const metrics::Judge& judge, const training::MotionData& test,
                                  const TimelineOptions& options, const KeptSets& all_kept,
                                  Progress& progress) {
  PANTOMIME_CHECK(options.clips >= 2 && options.acts.size() >= 2 && options.seconds >= 2,
                  "timeline: {} clips of {} acts of {} s, expected 2 of 2 of 2", options.clips,
                  options.acts.size(), options.seconds);
  TimelineNumbers numbers{.clips = options.clips};
  const Maker maker(prior, guide, options);
  const double seconds = options.seconds * static_cast<double>(options.acts.size());
  const KeptSets kept = all_kept.about(
      {"timeline", options.acts, options.seconds, options.steps, options.seed, options.foot_lock});
  // One clip, as short and as long: what is handed out is let go of.
  const auto memory_of = [&](double length, const char* name) {
    const auto measure = [&] {
      progress.begin(name, std::lround(length * motion::kFps));
      reset_peak_memory();
      maker.make(1, length, progress, [](const auto&) {});
      progress.end();
      return GeneratedClips{.cost = {.peak_mb = peak_memory_mb()}};
    };
    return kept.clips({"memory", length}, {}, measure).cost.peak_mb;
  };
  numbers.short_seconds = seconds;
  numbers.long_seconds = options.long_seconds;
  numbers.short_mb = memory_of(seconds, "timeline, memory");
  if (options.long_seconds > 0)
    numbers.long_mb = memory_of(options.long_seconds, "timeline, memory of a long one");

  const GeneratedClips made = kept.clips({"clips", options.clips}, bodies(options.clips), [&] {
    GeneratedClips all;
    all.clips.resize(static_cast<size_t>(options.clips));
    progress.begin("timeline", std::lround(seconds * motion::kFps));
    const auto start = std::chrono::steady_clock::now();
    maker.make(options.clips, seconds, progress, [&](const auto& windows) {
      for (size_t i = 0; i < windows.size(); ++i) motion::append(all.clips[i], windows[i].clip);
    });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    all.cost.ms = 1000 * took.count() / static_cast<double>(options.clips);
    progress.end();
    return all;
  });
  const std::vector<Clip>& clips = made.clips;
  numbers.ms_a_second = made.cost.ms / seconds;

  std::vector<Positions> real, within, seams;
  for (const auto& w : test.windows())
    for (int64_t f = kAround; f + kAround <= w.count; f += 4 * kAround) {
      at::Tensor part = test.clip(w.clip).narrow(0, w.first, w.count).clone();
      features::face_forward_(part);
      real.push_back(around(features::decode(part), f));
    }
  const auto act = static_cast<int64_t>(std::lround(options.seconds * motion::kFps));
  for (const Clip& clip : clips)
    for (int64_t a = 0; a < static_cast<int64_t>(options.acts.size()); ++a) {
      within.push_back(around(clip, a * act + act / 2));
      if (a > 0) seams.push_back(around(clip, a * act));
    }
  const double reference = metrics::mean_jerk_profile(metrics::paths_of(real));
  const auto add = [&](const char* where, const std::vector<Positions>& windows) {
    numbers.jerks.push_back({where, metrics::transitions(metrics::paths_of(windows), reference,
                                                         derive_seed(options.seed, where))});
  };
  add("real, held-out people", real);
  add("within acts", within);
  add("at transitions", seams);
  judge_acts(clips, options, judge, numbers);
  return numbers;
}

std::string to_markdown(const TimelineNumbers& n) {
  std::string out = "| where | windows | PJ | AUJ |\n|---|---|---|---|\n";
  for (const auto& j : n.jerks)
    out +=
        fmt::format("| {} | {} | {:.3f} ± {:.3f} | {:.2f} ± {:.2f} |\n", j.where, j.at.windows,
                    j.at.peak.value, j.at.peak.half_width, j.at.area.value, j.at.area.half_width);
  out += "\n| act | judge says so % | else mostly | skating | jerk m/s³ |\n|---|---|---|---|---|\n";
  for (const auto& a : n.acts)
    out += fmt::format("| {} | {} | {} | {:.3f} | {:.0f} |\n", a.label,
                       std::isnan(a.right) ? "–" : fmt::format("{:.0f}", 100 * a.right),
                       a.taken_for.empty() ? "–" : a.taken_for, a.skating, a.jerk);
  out += fmt::format("| all | {:.0f} ± {:.0f} | | | |\n", 100 * n.accuracy.value,
                     100 * n.accuracy.half_width);
  out += fmt::format(
      "\n{:.0f} ms a second of motion. Largest memory of the process: {:.0f} MB for {:.0f} s",
      n.ms_a_second, n.short_mb, n.short_seconds);
  if (n.long_seconds > 0) out += fmt::format(", {:.0f} MB for {:.0f} s", n.long_mb, n.long_seconds);
  return out + ".\n";
}

}  // namespace pantomime::commands
