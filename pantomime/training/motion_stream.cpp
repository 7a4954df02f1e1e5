#include "pantomime/training/motion_stream.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/conditions/constraint_condition.h"
#include "pantomime/conditions/geometry.h"
#include "pantomime/conditions/seed_choice.h"
#include "pantomime/conditions/shortfall.h"
#include "pantomime/motion/append.h"
#include "pantomime/motion/fit_to_body.h"
#include "pantomime/motion/foot_lock.h"
#include "pantomime/motion/retarget.h"
#include "pantomime/motion/root_path.h"

namespace pantomime::training {

using conditions::Constraints;
using motion::Clip;

namespace {

void add(Constraints& to, const Constraints& more) {
  to.known = at::logical_or(to.known, more.known);
  to.value = at::where(more.known, more.value, to.value);
  to.places.insert(to.places.end(), more.places.begin(), more.places.end());
  to.goals.insert(to.goals.end(), more.goals.begin(), more.goals.end());
  to.loop = to.loop || more.loop;
}

/// The clip lifted or lowered to its floor, smoothly from frame `kept` on: a prior that is told
/// where feet were before still has a floor of its own, some centimetres away.
Clip on_floor_after(const Clip& clip, size_t kept) {
  constexpr float kFarthest = 0.1f;  // metres; whoever is higher is meant to be
  constexpr float kFrames = 20;
  const Clip free = motion::cut(clip, kept, clip.frame_count() - kept);
  const float lift = motion::on_floor(free).root_positions[0].y - free.root_positions[0].y;
  if (std::abs(lift) > kFarthest) return clip;
  Clip out = clip;
  for (size_t f = kept; f < clip.frame_count(); ++f) {
    const float u = std::min(1.0f, static_cast<float>(f + 1 - kept) / kFrames);
    out.root_positions[f].y += lift * u * u * (3 - 2 * u);
  }
  return out;
}

}  // namespace

MotionStream::MotionStream(const Prior& prior, const Guides& guides,
                           std::vector<motion::Skeleton> bodies, std::vector<uint64_t> seeds,
                           const StreamOptions& options)
    : prior_(prior),
      guides_(guides),
      bodies_(std::move(bodies)),
      seeds_(std::move(seeds)),
      options_(options),
      last_(bodies_.size()) {
  PANTOMIME_CHECK(!bodies_.empty() && bodies_.size() == seeds_.size(),
                  "stream: {} bodies, {} seeds", bodies_.size(), seeds_.size());
  PANTOMIME_CHECK(options.memory >= 2 && options.lookahead >= 0 && most_frames() >= 4,
                  "stream: windows of {} frames, {} of them kept and {} looked ahead",
                  options.longest, options.memory, options.lookahead);
}

std::vector<MotionStream::Window> MotionStream::next(int64_t frames, const std::vector<Told>& told,
                                                     const std::vector<Constraints>& wanted,
                                                     bool more) {
  const size_t clips = bodies_.size();
  const auto kept = static_cast<int64_t>(last_[0].frame_count());
  const int64_t total = kept + frames + (more ? options_.lookahead : 0);
  PANTOMIME_CHECK(frames >= 1 && total <= options_.longest,
                  "stream: {} frames at once, expected at most {}", frames, most_frames());
  PANTOMIME_CHECK(wanted.empty() || wanted.size() == clips, "stream: {} constraints for {} clips",
                  wanted.size(), clips);

  std::vector<motion::Geometry> geometries;
  for (const motion::Skeleton& body : bodies_)
    geometries.push_back(motion::geometry_of(body.offsets));
  conditions::GeometryCondition geometry(geometries, prior_.normaliser);
  std::vector<conditions::Placement> starts(clips);
  std::vector<Constraints> asked, held;
  bool any = kept > 0;
  for (size_t i = 0; i < clips; ++i) {
    Constraints c(total);
    if (kept > 0) {
      starts[i] = conditions::world_of(last_[i]).inverse();
      conditions::keep(c, conditions::placed(last_[i], starts[i]), 0, kept, 0,
                       conditions::parse_joints("all"));
    }
    if (!wanted.empty()) {
      const int64_t seen = wanted[i].frames;
      PANTOMIME_CHECK(seen >= frames && seen <= total - kept,
                      "stream: constraints on {} frames, expected {}", seen, frames);
      add(c, wanted[i].placed(starts[i]).within(0, seen, kept, total));
      any = any || !wanted[i].empty();
    }
    // In the size of the body that the prior moves.
    const double ratio = motion::leg_length(motion::canonical_skeleton(geometry.held(i))) /
                         motion::leg_length(bodies_[i]);
    held.push_back(c.placed({.ratio = ratio}));
    asked.push_back(std::move(c));
  }

  std::vector<conditions::Condition*> also;
  std::optional<conditions::LabelGuidance> completion;
  // Particles have several rows a clip.
  const bool particles = guides_.label != nullptr && !told.empty() && told[0].label >= 0 &&
                         guides_.label->kind == GuidanceKind::Particles;
  if (any && guides_.completion != nullptr && !particles)
    also.push_back(
        &completion.emplace(guides_.completion->adapter->steering(held, prior_.normaliser), 1.0));
  also.push_back(&geometry);
  std::optional<conditions::ConstraintCondition> constraints;
  conditions::GenerateOptions generate{.frames = total, .sampler = options_.sampler};
  if (any && options_.noise_rounds > 0) {
    PANTOMIME_CHECK(kept == 0 && !more && !particles,
                    "stream: noise is looked for in single windows, without particles");
    generate.search = {.rounds = options_.noise_rounds,
                       .objective = conditions::shortfall(held, prior_.normaliser)};
  } else if (any) {
    also.push_back(&constraints.emplace(held, prior_.normaliser));
    if (options_.renoise) generate.sampler.method = diffusion::Method::Ddpm;
  }
  for (const uint64_t seed : seeds_)
    generate.seeds.push_back(windows_ == 0 ? seed : derive_seed(seed, "window", windows_));
  if (options_.begin.defined()) {
    PANTOMIME_CHECK(windows_ == 0 && !more, "stream: clips to change that don't fit in a window");
    generate.begin = options_.begin.clone();
    generate.change = options_.change;
    for (size_t i = 0; i < clips; ++i)  // lengths, in the size of the body that the prior moves
      generate.begin[static_cast<int64_t>(i)]
          .narrow(1, features::kRootVelocity, 3)
          .mul_(motion::leg_length(motion::canonical_skeleton(geometry.held(i))) /
                motion::leg_length(bodies_[i]));
  }
  if (options_.tries > 1 && constraints && !particles && !options_.begin.defined())
    conditions::choose_seeds(
        generate, *constraints, held, options_.tries,
        [&](const conditions::GenerateOptions& with) { return sample(told, with, also); });
  const at::Tensor features = sample(told, generate, also);

  std::vector<Window> windows(clips);
  for (size_t i = 0; i < clips; ++i) {
    Clip clip =
        motion::fit_to_body(features::decode(features[static_cast<int64_t>(i)]), bodies_[i]);
    if (kept > 0 && (wanted.empty() || !wanted[i].fixes_height()))
      clip = on_floor_after(clip, static_cast<size_t>(kept));
    else if (!asked[i].fixes_height())
      clip = motion::on_floor(clip);
    if (options_.foot_lock)
      clip = motion::lock_feet(
          motion::root_following_feet(clip, {.placed = asked[i].placed_frames()}),
          motion::FootLockOptions{.root_follows = false, .pinned = asked[i].whole_frames()});
    if (any) {
      const conditions::Settled settled = conditions::settle(clip, asked[i], prior_.normaliser);
      for (size_t g = 0; g < asked[i].goals.size(); ++g)
        if (settled.misses[g] > std::max(0.01, 2 * asked[i].goals[g]->tolerance()))
          windows[i].missed.emplace_back(asked[i].goals[g]->describe(), settled.misses[g]);
      clip = settled.clip;
    }
    clip = conditions::placed(clip, starts[i].inverse());
    windows[i].clip = motion::cut(clip, static_cast<size_t>(kept), static_cast<size_t>(frames));
    motion::append(last_[i], windows[i].clip);
    const size_t have = last_[i].frame_count(), keep = static_cast<size_t>(options_.memory);
    if (have > keep) last_[i] = motion::cut(last_[i], have - keep, keep);
  }
  ++windows_;
  return windows;
}

at::Tensor MotionStream::sample(const std::vector<Told>& told,
                                const conditions::GenerateOptions& options,
                                const std::vector<conditions::Condition*>& also) const {
  PANTOMIME_CHECK(told.empty() || told.size() == bodies_.size(), "stream: {} clips, {} are told",
                  bodies_.size(), told.size());
  const auto says = [](const Told& t) { return t.sentence != nullptr; };
  const auto names = [](const Told& t) { return t.label >= 0; };
  const bool text = std::any_of(told.begin(), told.end(), says);
  const bool labels = std::any_of(told.begin(), told.end(), names);
  PANTOMIME_CHECK(!text || !labels, "stream: labels and sentences for clips of one batch");
  if (text) {
    PANTOMIME_CHECK(guides_.text != nullptr, "stream: a sentence, but no guide for text");
    std::vector<std::vector<float>> sentences, arms;
    for (const Told& t : told) {
      sentences.push_back(t.sentence != nullptr ? *t.sentence : std::vector<float>());
      arms.push_back(t.arms != nullptr ? *t.arms : std::vector<float>());
    }
    return generate_told(prior_, *guides_.text, sentences, options, options_.text_strength, also,
                         arms);
  }
  if (labels) {
    PANTOMIME_CHECK(guides_.label != nullptr, "stream: a label, but no guide for labels");
    std::vector<int64_t> wanted;
    for (const Told& t : told) wanted.push_back(t.label);
    GuidanceStrength strength = with_defaults(*guides_.label, options_.strength);
    if (windows_ > 0) strength.scale *= options_.against_before;
    return generate_labelled(prior_, *guides_.label, wanted, options, strength, also);
  }
  return conditions::generate(*prior_.denoiser, prior_.normaliser, also, options);
}

std::vector<int64_t> window_lengths(int64_t frames, int64_t most) {
  PANTOMIME_CHECK(frames >= 1 && most >= 1, "windows: {} frames in windows of {}", frames, most);
  const int64_t count = (frames + most - 1) / most;
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < count; ++i)
    lengths.push_back((i + 1) * frames / count - i * frames / count);
  return lengths;
}

}  // namespace pantomime::training
