#include "pantomime/commands/condition_trials.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/conditions/constraint_condition.h"
#include "pantomime/conditions/geometry.h"
#include "pantomime/motion/foot_lock.h"
#include "pantomime/motion/retarget.h"

namespace pantomime::commands {
namespace {

using conditions::Constraints;
using metrics::Interval;
using motion::Clip;
using motion::Vec3;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kBatch = 16;

/// A task asks the same of every clip, taken from the clip itself.
struct Task {
  std::string name;
  std::function<void(Constraints&, const Clip&)> ask;
  std::vector<int64_t> seams;  ///< frames where kept motion and free motion meet
};

std::vector<Task> all_tasks(int64_t frames) {
  const auto all = conditions::parse_joints("all");
  const auto kept = [=](int64_t first, int64_t count) {
    return [=](Constraints& c, const Clip& clip) {
      conditions::keep(c, clip, first, count, first, all);
    };
  };
  const auto both = [=](Constraints& c, const Clip& clip, int64_t count) {
    conditions::keep(c, clip, 0, count, 0, all);
    conditions::keep(c, clip, frames - count, count, frames - count, all);
  };
  const auto joints = [=](const char* which) {
    return [=](Constraints& c, const Clip& clip) {
      conditions::keep(c, clip, 0, frames, 0, conditions::parse_joints(which));
    };
  };
  const int64_t end = frames - 1, middle = frames / 2;
  return {{"begin: first second", kept(0, 30), {30}},
          {"end: last second", kept(frames - 30, 30), {frames - 30}},
          {"middle: first and last 0.8 s",
           [=](auto& c, auto& clip) { both(c, clip, 24); },
           {24, frames - 24}},
          {"key poses: one a second",
           [=](Constraints& c, const Clip& clip) {
             for (int64_t f = 0; f < frames; f += 30) conditions::keep(c, clip, f, 1, f, all);
             conditions::keep(c, clip, end, 1, end, all);
           },
           {30, 60}},
          {"one key pose", kept(middle, 1), {middle}},
          {"upper body", joints("upper"), {}},
          {"legs and root", joints("lower"), {}},
          {"head and hands, positions",
           [=](Constraints& c, const Clip& clip) {
             const auto pose = motion::forward_kinematics(clip);
             for (const motion::Joint joint :
                  {motion::kHead, motion::kLeftWrist, motion::kRightWrist}) {
               conditions::ReachOptions where{.joint = joint, .first = 0, .last = frames};
               for (int64_t f = 0; f < frames; ++f)
                 where.points.push_back(
                     pose.positions[static_cast<size_t>(f * motion::kJointCount + joint)]);
               c.goals.push_back(conditions::reach(where));
             }
           },
           {}},
          {"path: a place every 0.8 s",
           [=](Constraints& c, const Clip& clip) {
             for (int64_t f = 24; f < frames; f += 24) {
               const Vec3& p = clip.root_positions[static_cast<size_t>(f)];
               c.places.push_back({f, p.x, p.z});
             }
           },
           {}},
          {"reach: a hand at a point at 2 s",
           [=](Constraints& c, const Clip& clip) {
             const auto pose = motion::forward_kinematics(clip);
             const int64_t f = std::min<int64_t>(60, end);
             c.goals.push_back(
                 conditions::reach({.joint = motion::kRightWrist,
                                    .first = f,
                                    .last = f + 1,
                                    .points = {pose.positions[static_cast<size_t>(
                                        f * motion::kJointCount + motion::kRightWrist)]}}));
           },
           {}}};
}

enum class Way { Ours, Steady, Plain, Replace, Gradient, After };
constexpr std::array<std::pair<Way, const char*>, 6> kWays = {
    {{Way::Ours, "ours"},
     {Way::Steady, "ours without new noise"},
     {Way::Plain, "plain projection"},
     {Way::Replace, "replacement"},
     {Way::Gradient, "gradient through the prior"},
     {Way::After, "only afterwards"}}};

Interval mean_of(const std::vector<double>& values) {
  if (values.empty()) return {kNothing, kNothing};
  double sum = 0, squares = 0;
  for (const double v : values) sum += v, squares += v * v;
  const auto n = static_cast<double>(values.size());
  const double mean = sum / n;
  return {mean, 1.96 * std::sqrt(std::max(0.0, squares / n - mean * mean) / n)};
}

class Trials {
 public:
  Trials(const training::Prior& prior, const metrics::Judge& judge,
         const training::MotionData& test, const TrialOptions& options, Progress& progress)
      : prior_(prior), judge_(judge), options_(options), progress_(progress) {
    // Evenly spread over all windows that are long enough.
    std::vector<size_t> windows;
    for (size_t i = 0; i < test.windows().size(); ++i)
      if (test.windows()[i].count >= options.frames) windows.push_back(i);
    const auto count = std::min<size_t>(windows.size(), static_cast<size_t>(options.clips));
    PANTOMIME_CHECK(count >= 8, "conditions: {} clips of {} frames of held-out people, expected 8",
                    count, options.frames);
    for (size_t k = 0; k < count; ++k) {
      const auto& w = test.windows()[windows[k * windows.size() / count]];
      at::Tensor part = test.clip(w.clip).narrow(0, w.first, options.frames).clone();
      features::face_forward_(part);
      real_.push_back(features::decode(part));
      set_.clips.push_back(part);
      set_.labels.push_back(w.label < 0 ? "" : test.labels()[static_cast<size_t>(w.label)]);
    }
    measured_ = metrics::measure(set_, judge);
  }

  std::vector<Trial> run() {
    std::vector<Trial> trials;
    Trial real{.task = "real, held-out people", .error_mm = {kNothing, kNothing}};
    real.numbers = metrics::compare(real.task, measured_, measured_, judge_);
    real.rest_mm = {kNothing, kNothing};
    real.peak_jerk = real.jerk_area = real.ms = real.keyframes.mean_m = kNothing;
    trials.push_back(real);
    trials.push_back(trial({"no condition", [](Constraints&, const Clip&) {}, {}}, Way::After, ""));
    for (const Task& task : all_tasks(options_.frames)) {
      if (!options_.tasks.empty() &&
          std::none_of(options_.tasks.begin(), options_.tasks.end(),
                       [&](const std::string& t) { return task.name.starts_with(t); }))
        continue;
      const Constraints sample = asked(task, 0);
      const bool values_only = sample.goals.empty() && sample.known.any().item<bool>();
      for (const auto& [way, name] : kWays)
        if (values_only || way == Way::Ours || way == Way::Steady || way == Way::After)
          trials.push_back(trial(task, way, name));
    }
    return trials;
  }

 private:
  Constraints asked(const Task& task, size_t clip) const {
    Constraints c(options_.frames);
    task.ask(c, real_[clip]);
    c.offsets = real_[clip].skeleton.offsets;
    return c;
  }

  Trial trial(const Task& task, Way way, const std::string& method) {
    Trial result{.task = task.name, .method = method};
    metrics::MotionSet set;
    set.labels = set_.labels;
    std::vector<double> errors, rest;
    std::vector<std::vector<double>> located;
    std::vector<std::vector<Vec3>> seams, real_seams;
    double seconds = 0;
    const auto total = static_cast<int64_t>(real_.size());
    progress_.begin(task.name + (method.empty() ? "" : ", " + method), total);
    for (int64_t first = 0; first < total; first += kBatch) {
      const int64_t last = std::min(first + kBatch, total);
      const auto start = std::chrono::steady_clock::now();
      std::vector<Constraints> wanted;
      for (int64_t i = first; i < last; ++i) wanted.push_back(asked(task, static_cast<size_t>(i)));
      const std::vector<Clip> made = make(wanted, way, static_cast<size_t>(first));
      seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      for (int64_t i = first; i < last; ++i) {
        const auto at = static_cast<size_t>(i);
        const Clip& clip = made[static_cast<size_t>(i - first)];
        judge_clip(wanted[static_cast<size_t>(i - first)], clip, real_[at], errors, rest,
                   result.worst_mm, located);
        add_seams(task, clip, seams);
        add_seams(task, real_[at], real_seams);
        set.clips.push_back(features::encode(clip));
      }
      progress_.step(last);
      progress_.check();
    }
    progress_.end();
    result.ms = 1000 * seconds / static_cast<double>(total);
    result.error_mm = mean_of(errors);
    result.rest_mm = mean_of(rest);
    result.keyframes.mean_m = kNothing;
    if (!located.empty()) result.keyframes = metrics::keyframe_errors(located);
    result.numbers = metrics::compare(task.name, metrics::measure(set, judge_), measured_, judge_);
    result.peak_jerk = result.jerk_area = kNothing;
    if (!seams.empty()) {
      const auto paths = [](const std::vector<std::vector<Vec3>>& all) {
        std::vector<metrics::JointPath> out;
        for (const auto& positions : all) out.push_back({positions});
        return out;
      };
      const auto jerk =
          metrics::transition_jerk(paths(seams), metrics::mean_jerk_profile(paths(real_seams)));
      result.peak_jerk = jerk.peak;
      result.jerk_area = jerk.area;
    }
    return result;
  }

  std::vector<Clip> make(const std::vector<Constraints>& wanted, Way way, size_t first) {
    std::vector<motion::Geometry> bodies;
    conditions::GenerateOptions generate{.frames = options_.frames};
    generate.sampler.steps = options_.steps;
    if (way == Way::Ours || way == Way::Steady)
      generate.sampler.method = way == Way::Ours ? options_.method : diffusion::Method::Dpm2m;
    generate.sampler.progress = &progress_;
    for (size_t i = 0; i < wanted.size(); ++i) {
      bodies.push_back(motion::geometry_of(real_[first + i].skeleton.offsets));
      generate.seeds.push_back(derive_seed(options_.seed, "trial", first + i));
    }
    // As far from the mean as the body is: the task is about motion.
    conditions::GeometryCondition geometry(bodies, prior_.normaliser, 1e6);
    std::vector<conditions::Condition*> all = {&geometry};
    std::optional<conditions::ConstraintCondition> ours;
    std::optional<conditions::KnownValues> others;
    using How = conditions::KnownValues::How;
    if (way == Way::Ours || way == Way::Steady || way == Way::Plain) {
      all.push_back(&ours.emplace(wanted, prior_.normaliser,
                                  conditions::EstimateError::Options{.plain = way == Way::Plain}));
    } else if (way != Way::After) {
      all.push_back(&others.emplace(wanted, prior_.normaliser,
                                    way == Way::Replace ? How::Replace : How::Gradient,
                                    options_.seed));
    }
    const at::Tensor x = conditions::generate(*prior_.denoiser, prior_.normaliser, all, generate);
    std::vector<Clip> clips;
    for (size_t i = 0; i < wanted.size(); ++i) {
      const Constraints& c = wanted[i];
      Clip clip = features::decode(x[static_cast<int64_t>(i)]);
      clip.skeleton = real_[first + i].skeleton;
      if (!c.fixes_height()) clip = motion::on_floor(clip);
      if (options_.foot_lock)
        clip = motion::lock_feet(
            clip, motion::FootLockOptions{.root_follows = way == Way::After || !c.fixes_places(),
                                          .pinned = way == Way::Ours || way == Way::Steady
                                                        ? c.whole_frames()
                                                        : std::vector<char>()});
      if (way == Way::Ours || way == Way::Steady || way == Way::After) {
        if (!c.empty()) clip = conditions::settle(clip, c, prior_.normaliser).clip;
      } else {
        // Others end with the known values, too.
        at::Tensor out = features::encode_in_place(clip);
        out = at::where(c.known, c.value, out);
        const motion::Skeleton skeleton = clip.skeleton;
        clip = features::decode(out);
        clip.skeleton = skeleton;
      }
      clips.push_back(std::move(clip));
    }
    return clips;
  }

  /// Distances of what was asked for and of what was free, mm.
  static void judge_clip(const Constraints& wanted, const Clip& clip, const Clip& real,
                         std::vector<double>& errors, std::vector<double>& rest, double& worst,
                         std::vector<std::vector<double>>& located) {
    const auto is = motion::forward_kinematics(clip), was = motion::forward_kinematics(real);
    double error = 0, free = 0;
    int64_t asked = 0, frees = 0;
    const auto add = [&](double mm) {
      error += mm;
      worst = std::max(worst, mm);
      ++asked;
    };
    const at::Tensor known = wanted.known.to(at::kInt).sum(1).contiguous();
    const int moving = static_cast<int>(features::kGeometry) - 2;
    for (int64_t f = 0; f < wanted.frames; ++f) {
      const bool whole = known.data_ptr<int64_t>()[f] >= moving;
      for (size_t j = 0; j < motion::kJointCount; ++j) {
        const size_t at = static_cast<size_t>(f) * motion::kJointCount + j;
        const double mm =
            1000 * static_cast<double>(motion::length(is.positions[at] - was.positions[at]));
        if (whole) {
          add(mm);
        } else {
          free += mm;
          ++frees;
        }
      }
    }
    std::vector<double> metres;
    const auto add_located = [&](double mm) {
      add(mm);
      metres.push_back(mm / 1000);
    };
    for (const Constraints::Place& place : wanted.places) {
      const auto f = static_cast<size_t>(place.frame);
      const Vec3 d = clip.root_positions[f] - real.root_positions[f];
      add_located(1000 * std::hypot(d.x, d.z));
    }
    if (!wanted.goals.empty()) add_goals(wanted, clip, add_located);
    if (!metres.empty()) located.push_back(std::move(metres));
    if (asked == 0 && wanted.known.any().item<bool>()) {
      // Some joints of all frames: how far their rotations are off, as the arc at 0.3 m.
      const at::Tensor off = (features::encode_in_place(clip) - wanted.value) * wanted.known;
      add(1000 * 0.3 * off.abs().max().item<double>());
    }
    if (asked > 0) errors.push_back(error / static_cast<double>(asked));
    if (frees > 0) rest.push_back(free / static_cast<double>(frees));
  }

  template <typename Add>
  static void add_goals(const Constraints& wanted, const Clip& clip, const Add& add) {
    const auto pose = motion::forward_kinematics(clip);
    const auto frames = static_cast<int64_t>(clip.frame_count());
    at::Tensor positions = at::empty({1, frames, motion::kJointCount, 3}, at::kDouble);
    double* to = positions.data_ptr<double>();
    for (const Vec3& p : pose.positions)
      for (const float v : {p.x, p.y, p.z}) *to++ = v;
    for (const auto& goal : wanted.goals) {
      double squares = 0;
      for (const conditions::Ask& ask : goal->ask({positions, {}}))
        squares += ask.residual.square().max().item<double>();
      add(1000 * std::sqrt(squares));
    }
  }

  void add_seams(const Task& task, const Clip& clip, std::vector<std::vector<Vec3>>& seams) const {
    constexpr int64_t kAround = 15;
    const auto pose = motion::forward_kinematics(clip);
    for (const int64_t seam : task.seams) {
      if (seam < kAround || seam + kAround > options_.frames) continue;
      const auto begin = pose.positions.begin() + (seam - kAround) * motion::kJointCount;
      seams.emplace_back(begin, begin + 2 * kAround * motion::kJointCount);
    }
  }

  const training::Prior& prior_;
  const metrics::Judge& judge_;
  TrialOptions options_;
  Progress& progress_;
  std::vector<Clip> real_;
  metrics::MotionSet set_;
  metrics::MeasuredSet measured_;
};

std::string number(double value, int digits) {
  return std::isnan(value) ? "–" : fmt::format("{:.{}f}", value, digits);
}

std::string number(const Interval& i, int digits) {
  return std::isnan(i.value)
             ? "–"
             : fmt::format("{:.{}f} ± {:.{}f}", i.value, digits, i.half_width, digits);
}

}  // namespace

std::vector<Trial> condition_trials(const training::Prior& prior, const metrics::Judge& judge,
                                    const training::MotionData& test, const TrialOptions& options,
                                    Progress& progress) {
  return Trials(prior, judge, test, options, progress).run();
}

std::string to_markdown(const std::vector<Trial>& trials) {
  std::string out =
      "| condition | way | error, mm | worst, mm | fails at 20 cm % | free joints, mm | PJ | AUJ | "
      "FID | skating | jerk m/s³ | ms a clip "
      "|\n|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const Trial& t : trials)
    out += fmt::format(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", t.task, t.method,
        number(t.error_mm, 1), std::isnan(t.error_mm.value) ? "–" : number(t.worst_mm, 1),
        number(std::isnan(t.keyframes.mean_m) ? kNothing : 100 * t.keyframes.trajectory_fail[0], 1),
        number(t.rest_mm, 0), number(t.peak_jerk, 3), number(t.jerk_area, 2),
        number(t.numbers.fid, 1), number(t.numbers.skating, 3), number(t.numbers.jerk, 0),
        number(t.ms, 0));
  return out;
}

}  // namespace pantomime::commands
