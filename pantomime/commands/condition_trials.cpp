#include "pantomime/commands/condition_trials.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/commands/condition_tasks.h"
#include "pantomime/commands/scene_options.h"
#include "pantomime/conditions/constraint_condition.h"
#include "pantomime/conditions/geometry.h"
#include "pantomime/conditions/seed_choice.h"
#include "pantomime/conditions/shortfall.h"
#include "pantomime/motion/foot_lock.h"
#include "pantomime/motion/retarget.h"
#include "pantomime/motion/root_path.h"

namespace pantomime::commands {
namespace {

using conditions::Constraints;
using metrics::Interval;
using motion::Clip;
using motion::Vec3;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kBatch = 16;

enum class Way { Ours, Bare, Steady, Told, Plain, Replace, Gradient, After, Noise };
constexpr std::array<std::pair<Way, const char*>, 9> kWays = {
    {{Way::Ours, "ours"},
     {Way::Bare, "ours without the adapter"},
     {Way::Steady, "ours without new noise"},
     {Way::Told, "adapter alone"},
     {Way::Plain, "plain projection"},
     {Way::Replace, "replacement"},
     {Way::Gradient, "gradient through the prior"},
     {Way::After, "only afterwards"},
     {Way::Noise, "noise looked for"}}};

bool solves(Way way) {
  return way == Way::Ours || way == Way::Bare || way == Way::Steady;
}
bool tells(Way way) {
  return way == Way::Ours || way == Way::Steady || way == Way::Told;
}

class Trials {
 public:
  Trials(const training::Prior& prior, const metrics::Judge& judge,
         const training::MotionData& test, const TrialOptions& options, const KeptSets& kept,
         Progress& progress)
      : prior_(prior), judge_(judge), options_(options), progress_(progress), kept_(kept) {
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
    const at::Tensor all = at::cat(set_.clips).contiguous();
    kept_ = kept.about({sha256_hex({static_cast<const char*>(all.data_ptr()), all.nbytes()}),
                        options.frames, options.steps, static_cast<int>(options.method),
                        options.noise_rounds, options.seed, options.foot_lock, options.tries});
  }

  std::vector<Trial> run() {
    std::vector<Trial> trials;
    Trial real{.task = "real, held-out people",
               .clips = static_cast<int64_t>(real_.size()),
               .error_mm = {kNothing, kNothing}};
    real.numbers = metrics::compare(real.task, measured_, measured_, judge_);
    real.rest_mm = real.error_deg = real.numbers.accuracy = {kNothing, kNothing};
    real.seams = metrics::transitions({}, 0, 0);
    real.ms = real.keyframes.mean_m = kNothing;
    trials.push_back(real);
    trials.push_back(trial({"no condition", [](Constraints&, const Clip&) {}}, Way::After, ""));
    const auto chosen = [](const std::vector<std::string>& only, const std::string& name) {
      return only.empty() || std::any_of(only.begin(), only.end(),
                                         [&](const std::string& o) { return name.starts_with(o); });
    };
    for (const Task& task : condition_tasks(options_.frames)) {
      if (!chosen(options_.tasks, task.name)) continue;
      PANTOMIME_CHECK(task.label.empty() || options_.labels != nullptr,
                      "conditions: \"{}\" needs a guide for labels", task.name);
      if (!task.label.empty()) options_.labels->index_of(task.label);
      for (const auto& [way, name] : kWays)
        if (suits(task, way) && (way == Way::Ours || chosen(options_.ways, name)))
          trials.push_back(trial(task, way, name));
    }
    return trials;
  }

 private:
  /// What can be done in which way: others know only values of frames.
  bool suits(const Task& task, Way way) const {
    const Constraints sample = asked(task, 0);
    const bool values = sample.goals.empty() && sample.known.any().item<bool>();
    switch (way) {
      case Way::Ours:
      case Way::After:
        return true;
      case Way::Noise:  // takes half a minute a clip: for goals, and when named
        return !sample.goals.empty() && !options_.ways.empty();
      case Way::Bare:
      case Way::Told:
        return options_.completion != nullptr &&
               conditions::has_hints(conditions::hints_of(sample, prior_.normaliser));
      case Way::Steady:
        return task.label.empty();
      default:
        return values;
    }
  }

  Constraints asked(const Task& task, size_t clip) const {
    Constraints c(options_.frames);
    task.ask(c, real_[clip]);
    c.offsets = real_[clip].skeleton.offsets;
    return c;
  }

  Trial trial(const Task& task, Way way, const std::string& method) {
    Trial result{.task = task.name, .method = method, .clips = static_cast<int64_t>(real_.size())};
    metrics::MotionSet set;
    set.labels =
        task.label.empty() ? set_.labels : std::vector<std::string>(real_.size(), task.label);
    std::vector<double> errors, angles, rest;
    std::vector<std::vector<double>> located;
    std::vector<std::vector<Vec3>> seams, real_seams;
    std::vector<motion::Skeleton> bodies;
    for (const Clip& clip : real_) bodies.push_back(clip.skeleton);
    const GeneratedClips made = kept_.clips({"trial", task.name, static_cast<int>(way)}, bodies,
                                            [&] { return make_all(task, way, method); });
    for (size_t i = 0; i < real_.size(); ++i) {
      const Clip& clip = made.clips[i];
      judge_clip(asked(task, i), clip, real_[i], errors, angles, rest, result.worst_mm, located);
      add_seams(task, clip, seams);
      add_seams(task, real_[i], real_seams);
      set.clips.push_back(features::encode(clip));
    }
    result.ms = made.cost.ms;
    result.error_mm = metrics::mean_interval(errors);
    result.error_deg = metrics::mean_interval(angles);
    result.rest_mm =
        task.label.empty() ? metrics::mean_interval(rest) : Interval{kNothing, kNothing};
    result.keyframes.mean_m = kNothing;
    if (!located.empty()) result.keyframes = metrics::keyframe_errors(located);
    result.numbers = metrics::compare(task.name, metrics::measure(set, judge_), measured_, judge_);
    if (task.label.empty()) result.numbers.accuracy = {kNothing, kNothing};
    const double reference =
        seams.empty() ? 0 : metrics::mean_jerk_profile(metrics::paths_of(real_seams));
    result.seams = metrics::transitions(metrics::paths_of(seams), reference, options_.seed);
    return result;
  }

  GeneratedClips make_all(const Task& task, Way way, const std::string& method) {
    GeneratedClips all;
    double seconds = 0;
    const auto total = static_cast<int64_t>(real_.size());
    progress_.begin(task.name + (method.empty() ? "" : ", " + method), total);
    for (int64_t first = 0; first < total; first += kBatch) {
      const int64_t last = std::min(first + kBatch, total);
      const auto start = std::chrono::steady_clock::now();
      std::vector<Constraints> wanted;
      for (int64_t i = first; i < last; ++i) wanted.push_back(asked(task, static_cast<size_t>(i)));
      for (Clip& clip : make(task, wanted, way, static_cast<size_t>(first)))
        all.clips.push_back(std::move(clip));
      seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      progress_.step(last);
      progress_.check();
    }
    progress_.end();
    all.cost.ms = 1000 * seconds / static_cast<double>(total);
    return all;
  }

  std::vector<Clip> make(const Task& task, const std::vector<Constraints>& wanted, Way way,
                         size_t first) {
    std::vector<motion::Geometry> bodies;
    conditions::GenerateOptions generate{.frames = options_.frames};
    generate.sampler.steps = options_.steps;
    if (solves(way) || way == Way::Told)
      generate.sampler.method = way == Way::Steady ? diffusion::Method::Dpm2m : options_.method;
    generate.sampler.progress = &progress_;
    if (way == Way::Noise)
      generate.search = {.rounds = options_.noise_rounds,
                         .objective = conditions::shortfall(wanted, prior_.normaliser)};
    for (size_t i = 0; i < wanted.size(); ++i) {
      bodies.push_back(motion::geometry_of(real_[first + i].skeleton.offsets));
      generate.seeds.push_back(derive_seed(options_.seed, "trial", first + i));
    }
    // As far from the mean as the body is: the task is about motion.
    conditions::GeometryCondition geometry(bodies, prior_.normaliser, 1e6);
    std::vector<conditions::Condition*> all;
    std::optional<conditions::LabelGuidance> told;
    if (tells(way) && options_.completion != nullptr)
      all.push_back(
          &told.emplace(options_.completion->adapter->steering(wanted, prior_.normaliser), 1.0));
    all.push_back(&geometry);
    std::optional<conditions::ConstraintCondition> ours;
    std::optional<conditions::KnownValues> others;
    using How = conditions::KnownValues::How;
    if (solves(way) || way == Way::Plain) {
      all.push_back(&ours.emplace(wanted, prior_.normaliser,
                                  conditions::EstimateError::Options{.plain = way == Way::Plain}));
    } else if (way == Way::Replace || way == Way::Gradient) {
      all.push_back(&others.emplace(wanted, prior_.normaliser,
                                    way == Way::Replace ? How::Replace : How::Gradient,
                                    options_.seed));
    }
    std::vector<int64_t> labels;
    for (const Constraints& c : wanted) {
      const std::string label =
          task.label.empty() && solves(way) && options_.labels != nullptr ? gait_of(c) : task.label;
      labels.push_back(label.empty() ? -1 : options_.labels->index_of(label));
    }
    const auto sample = [&](const conditions::GenerateOptions& with) {
      return std::ranges::all_of(labels, [](int64_t label) { return label < 0; })
                 ? conditions::generate(*prior_.denoiser, prior_.normaliser, all, with)
                 : training::generate_labelled(prior_, *options_.labels, labels, with, {}, all);
    };
    if (ours && solves(way))
      conditions::choose_seeds(generate, *ours, wanted, options_.tries, sample);
    const at::Tensor x = sample(generate);
    std::vector<Clip> clips;
    for (size_t i = 0; i < wanted.size(); ++i) {
      const Constraints& c = wanted[i];
      Clip clip = features::decode(x[static_cast<int64_t>(i)]);
      clip.skeleton = real_[first + i].skeleton;
      if (!c.fixes_height()) clip = motion::on_floor(clip);
      // Others don't know which frames are given.
      if (options_.foot_lock && (solves(way) || way == Way::Noise))
        clip = motion::lock_feet(
            motion::root_following_feet(clip, {.placed = c.placed_frames()}),
            motion::FootLockOptions{.root_follows = false, .pinned = c.whole_frames()});
      else if (options_.foot_lock)
        clip = motion::lock_feet(
            clip, motion::FootLockOptions{.root_follows = way == Way::After || way == Way::Told ||
                                                          c.placed_frames().empty()});
      if (solves(way) || way == Way::Told || way == Way::After || way == Way::Noise) {
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
                         std::vector<double>& errors, std::vector<double>& angles,
                         std::vector<double>& rest, double& worst,
                         std::vector<std::vector<double>>& located) {
    const auto is = motion::forward_kinematics(clip), was = motion::forward_kinematics(real);
    double error = 0, free = 0;
    int64_t asked = 0, frees = 0;
    const auto add = [&](double mm) {
      error += mm;
      worst = std::max(worst, mm);
      ++asked;
    };
    const std::vector<char> whole = wanted.whole_frames();
    for (size_t f = 0; f < whole.size(); ++f)
      for (size_t j = 0; j < motion::kJointCount; ++j) {
        const size_t at = f * motion::kJointCount + j;
        const double mm =
            1000 * static_cast<double>(motion::length(is.positions[at] - was.positions[at]));
        if (whole[f] != 0) {
          add(mm);
        } else {
          free += mm;
          ++frees;
        }
      }
    const TaskErrors far = task_errors(wanted, clip);
    for (const double metres : far.metres) add(1000 * metres);
    if (wanted.loop) add(far.loop_mm);
    if (!far.metres.empty()) located.push_back(far.metres);
    double degrees = 0;
    for (const double angle : far.degrees) degrees += angle;
    if (!far.degrees.empty()) angles.push_back(degrees / static_cast<double>(far.degrees.size()));
    if (asked == 0 && wanted.known.any().item<bool>()) {
      // Some joints of all frames: how far their rotations are off, as the arc at 0.3 m.
      const at::Tensor off = (features::encode_in_place(clip) - wanted.value) * wanted.known;
      add(1000 * 0.3 * off.abs().max().item<double>());
    }
    if (asked > 0) errors.push_back(error / static_cast<double>(asked));
    if (frees > 0) rest.push_back(free / static_cast<double>(frees));
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
  KeptSets kept_;
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
                                    const KeptSets& kept, Progress& progress) {
  return Trials(prior, judge, test, options, kept, progress).run();
}

std::string to_markdown(const std::vector<Trial>& trials) {
  std::string out =
      "| condition | way | error, mm (°) | worst, mm | fails at 20 cm % | label % | "
      "free joints, mm | PJ | AUJ | FID | skating | jerk m/s³ | ms a clip "
      "|\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const Trial& t : trials) {
    std::string error = number(t.error_mm, 1);
    if (!std::isnan(t.error_deg.value))
      error = (std::isnan(t.error_mm.value) ? "" : error + ", ") + number(t.error_deg, 2) + "°";
    Interval right = t.numbers.accuracy;
    right.value *= 100, right.half_width *= 100;
    out += fmt::format(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", t.task, t.method,
        error, std::isnan(t.error_mm.value) ? "–" : number(t.worst_mm, 1),
        number(std::isnan(t.keyframes.mean_m) ? kNothing : 100 * t.keyframes.trajectory_fail[0], 1),
        number(right, 0), number(t.rest_mm, 0), number(t.seams.peak, 3), number(t.seams.area, 2),
        number(t.numbers.fid, 1), number(t.numbers.skating, 3), number(t.numbers.jerk, 0),
        number(t.ms, 0));
  }
  return out;
}

}  // namespace pantomime::commands
