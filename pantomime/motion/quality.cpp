#include "pantomime/motion/quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/motion/dynamics.h"
#include "pantomime/motion/quality_checks.h"
#include "pantomime/motion/sudden.h"

namespace pantomime::motion {
namespace {

constexpr std::array<std::string_view, kDefectCount> kDefectNames = {
    "not a number", "teleport", "flip",     "jitter",     "frozen", "dead joint",
    "floor",        "sunk",     "floating", "foot slide", "scale",  "frame rate"};
constexpr std::array<std::string_view, 3> kSeverityNames = {"mended", "note", "serious"};

template <typename Kind, size_t kCount>
std::optional<Kind> find_name(const std::array<std::string_view, kCount>& names,
                              std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Kind>(at - names.begin());
}

/// Frames whose numbers no pose has.
std::vector<Finding> broken_numbers(const Clip& clip) {
  const auto broken_joint = [&](size_t f) {
    const Vec3 p = clip.root_positions[f];
    if (!std::isfinite(p.x) || !std::isfinite(p.y) || !std::isfinite(p.z)) return 0;
    for (size_t j = 0; j < kJointCount; ++j) {
      const Quat q = clip.rotation(f, j);
      const float norm = dot(q, q);
      if (!(std::abs(norm - 1) < 0.01f)) return static_cast<int>(j);
    }
    return -1;
  };
  std::vector<Finding> found;
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    const int joint = broken_joint(f);
    if (joint < 0) continue;
    if (!found.empty() && found.back().last == static_cast<int64_t>(f)) {
      ++found.back().last;
      ++found.back().measured;
      continue;
    }
    found.push_back({.defect = Defect::kNotANumber,
                     .first = static_cast<int64_t>(f),
                     .last = static_cast<int64_t>(f) + 1,
                     .joint = joint,
                     .measured = 1,
                     .high = 0,
                     .measure = "frames without a pose"});
  }
  return found;
}

/// How far a measurement lies outside what is expected, to compare findings of one kind.
double excess(const Finding& f) {
  return std::max(f.measured - f.high, f.low - f.measured);
}

/// Findings of one kind that overlap or nearly do become one.
std::vector<Finding> merged(std::vector<Finding> found) {
  constexpr int64_t kGap = 5;  // frames
  std::stable_sort(found.begin(), found.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.defect, a.measure, a.first, a.joint) <
           std::tie(b.defect, b.measure, b.first, b.joint);
  });
  std::vector<Finding> out;
  for (Finding& f : found) {
    if (!out.empty() && out.back().defect == f.defect && out.back().measure == f.measure &&
        f.first <= out.back().last + kGap) {
      Finding& kept = out.back();
      const int64_t first = kept.first, last = std::max(kept.last, f.last);
      const Severity severity = std::max(kept.severity, f.severity);
      if (excess(f) > excess(kept)) kept = f;
      kept.first = first;
      kept.last = last;
      kept.severity = severity;
    } else {
      out.push_back(std::move(f));
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.defect, a.first) < std::tie(b.defect, b.first);
  });
  return out;
}

/// A clip that jumps shakes there, and feet slide: that is one fault, told once.
void drop_consequences(std::vector<Finding>& found) {
  constexpr int64_t kReach = 8;  // frames: half a window of the noise estimate
  const auto jumps_within = [&](const Finding& f) {
    return std::any_of(found.begin(), found.end(), [&](const Finding& jump) {
      return (jump.defect == Defect::kTeleport || jump.defect == Defect::kFlip) &&
             jump.first < f.last + kReach && f.first < jump.last + kReach;
    });
  };
  std::vector<Finding> kept;
  for (const Finding& f : found)
    if (f.defect != Defect::kJitter || !jumps_within(f)) kept.push_back(f);
  found = std::move(kept);
}

}  // namespace

std::string_view name_of(Defect defect) {
  return kDefectNames[static_cast<size_t>(defect)];
}

std::optional<Defect> find_defect(std::string_view name) {
  return find_name<Defect>(kDefectNames, name);
}

std::string_view name_of(Severity severity) {
  return kSeverityNames[static_cast<size_t>(severity)];
}

std::optional<Severity> find_severity(std::string_view name) {
  return find_name<Severity>(kSeverityNames, name);
}

std::string describe(const Finding& f) {
  std::string text = fmt::format("{} at {:.2f} s (frames {} to {})", name_of(f.defect),
                                 static_cast<double>(f.first) / kFps, f.first, f.last - 1);
  if (f.joint >= 0 && f.joint < kJointCount)
    text += fmt::format(", {}", kJointNames[static_cast<size_t>(f.joint)]);
  // "turn in a step, degrees": the unit stands behind the number.
  const size_t comma = f.measure.rfind(", ");
  const std::string unit = comma == std::string::npos ? "" : " " + f.measure.substr(comma + 2);
  text += fmt::format(": {} {:.3g}{}", f.measure.substr(0, comma), f.measured, unit);
  if (std::isfinite(f.low) && std::isfinite(f.high))
    return text + fmt::format(", expected {:.3g} to {:.3g}", f.low, f.high);
  if (std::isfinite(f.high)) return text + fmt::format(", expected at most {:.3g}", f.high);
  if (std::isfinite(f.low)) return text + fmt::format(", expected at least {:.3g}", f.low);
  return text;
}

bool any_serious(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& f) { return f.severity == Severity::kSerious; });
}

std::vector<Finding> check_quality(const Clip& clip, const QualityLimits& limits) {
  PANTOMIME_CHECK(clip.joint_count() == kJointCount && clip.moving_joints.empty() &&
                      std::abs(clip.fps - kFps) < 1e-6,
                  "quality: {} joints at {} frames per second, expected {} at {}",
                  clip.joint_count(), clip.fps, kJointCount, kFps);
  PANTOMIME_CHECK(clip.rotations.size() == clip.frame_count() * kJointCount,
                  "quality: {} rotations in {} frames", clip.rotations.size(), clip.frame_count());
  std::vector<Finding> found = broken_numbers(clip);
  if (!found.empty() || clip.frame_count() == 0) return found;
  const checks::Subject subject = checks::subject_of(clip, limits);
  checks::sudden_steps(subject, found);
  checks::shaking(subject, found);
  checks::stillness(subject, found);
  checks::floor_and_feet(subject, found);
  checks::bones(subject, found);
  checks::frame_rate(subject, found);
  found = merged(std::move(found));
  drop_consequences(found);
  return found;
}

namespace checks {
namespace {

constexpr double kDegrees = 180 / 3.14159265358979323846;

/// Joints that no person keeps perfectly still while moving, if a rig moves them at all.
constexpr std::array<Joint, 10> kLiveJoints = {
    kLeftHip,       kRightHip,  kLeftKnee,   kRightKnee, kLeftShoulder,
    kRightShoulder, kLeftElbow, kRightElbow, kLeftAnkle, kRightAnkle};

}  // namespace

Subject subject_of(const Clip& clip, const QualityLimits& limits) {
  Subject s{clip, limits, forward_kinematics(clip), {}, {}, {}};
  s.steps = fastest_steps(clip, s.pose);
  s.centres = body_centres(s.pose);
  s.clearance = floor_clearance(clip, s.pose);
  return s;
}

void sudden_steps(const Subject& s, std::vector<Finding>& out) {
  if (s.frames() < 3) return;
  const size_t steps = s.frames() - 1;
  const auto add = [&](Defect defect, const StepRun& run, int joint, double measured, double high,
                       const char* measure) {
    // Poses drawn far apart jerk a little between them; that is a style.
    const bool style = !s.limits.recorded && measured < 2 * high;
    out.push_back({.defect = defect,
                   .severity = style ? Severity::kNote : Severity::kSerious,
                   .first = whole(run.first),
                   .last = whole(run.last) + 2,
                   .joint = joint,
                   .measured = measured,
                   .high = high,
                   .measure = measure});
  };
  // The whole body.
  std::vector<float> pelvis(steps);
  for (size_t f = 0; f < steps; ++f) pelvis[f] = length(s.at(f + 1, kPelvis) - s.at(f, kPelvis));
  const std::vector<float> out_of_line = standing_out(pelvis, 2);
  for (const Stretch& run :
       runs_of(steps, 1, [&](size_t f) { return out_of_line[f] > s.limits.pelvis_step; }))
    add(Defect::kTeleport, {run.first, run.last - 1}, kPelvis,
        *std::max_element(out_of_line.begin() + whole(run.first),
                          out_of_line.begin() + whole(run.last)),
        s.limits.pelvis_step, "step of the pelvis beyond its neighbours, m");
  // Any joint: what mending looks for in the file's own frames.
  constexpr auto kLimit = static_cast<float>(kImpossibleSpeed / kFps);
  for (const StepRun& run : impossible_runs(s.steps, kLimit)) {
    size_t joint = 0;
    float most = 0;
    for (size_t f = run.first; f <= run.last; ++f)
      for (size_t j = 0; j < kJointCount; ++j) {
        const float step = length(s.at(f + 1, j) - s.at(f, j));
        if (step > most) most = step, joint = j;
      }
    add(Defect::kTeleport, run, static_cast<int>(joint), most * kFps, kImpossibleSpeed,
        "speed out of nothing, m/s");
  }
  // Turns.
  std::vector<float> turns(steps);
  for (size_t j = 0; j < kJointCount; ++j) {
    for (size_t f = 0; f < steps; ++f)
      turns[f] = angle_between(s.clip.rotation(f, j), s.clip.rotation(f + 1, j));
    const std::vector<float> sudden = standing_out(turns, 3);
    for (const Stretch& run : runs_of(steps, 1, [&](size_t f) {
           return sudden[f] > s.limits.sudden_turn || turns[f] > s.limits.largest_turn;
         })) {
      const float most =
          *std::max_element(turns.begin() + whole(run.first), turns.begin() + whole(run.last));
      add(Defect::kFlip, {run.first, run.last - 1}, static_cast<int>(j), most * kDegrees,
          s.limits.sudden_turn * kDegrees, "turn in a step, degrees");
    }
  }
}

void shaking(const Subject& s, std::vector<Finding>& out) {
  // White noise of variance v on top of smooth movement gives second differences whose neighbours
  // have covariance -4 v; smooth movement makes it positive. So v is estimated from products of
  // neighbours, over three axes, and only where most products are negative.
  constexpr size_t kWindow = 15;
  constexpr int kNegative = 11;  // of the window's products
  if (s.frames() < kWindow + 3) return;
  const size_t count = s.frames() - 3;
  constexpr std::array<Joint, 8> kTrunk = {kPelvis, kSpine1, kSpine2,       kSpine3,
                                           kNeck,   kHead,   kLeftShoulder, kRightShoulder};
  for (size_t j = 0; j < kJointCount; ++j) {
    std::vector<double> product(count);
    for (size_t f = 0; f < count; ++f) {
      const Vec3 a = s.at(f, j), b = s.at(f + 1, j), c = s.at(f + 2, j), d = s.at(f + 3, j);
      const Vec3 first = (a - b) + (c - b), second = (b - c) + (d - c);
      product[f] = dot(first, second);
    }
    const bool trunk = std::find(kTrunk.begin(), kTrunk.end(), static_cast<int>(j)) != kTrunk.end();
    const double limit = trunk ? s.limits.trunk_noise : s.limits.limb_noise;
    std::vector<double> noise(count, 0.0);  // of the window that begins at f
    for (size_t f = 0; f + kWindow <= count; ++f) {
      double sum = 0;
      int negative = 0;
      for (size_t k = f; k < f + kWindow; ++k) sum -= product[k], negative += product[k] < 0;
      if (negative >= kNegative && sum > 0) noise[f] = std::sqrt(sum / (12.0 * kWindow));
    }
    for (const Stretch& run : runs_of(count, 1, [&](size_t f) { return noise[f] > limit; }))
      out.push_back({.defect = Defect::kJitter,
                     .severity = Severity::kNote,
                     .first = whole(run.first),
                     .last = whole(run.last + kWindow) + 2,
                     .joint = static_cast<int>(j),
                     .measured = 1000 * *std::max_element(noise.begin() + whole(run.first),
                                                          noise.begin() + whole(run.last)),
                     .high = 1000 * limit,
                     .measure = "noise of the position, mm"});
  }
}

void stillness(const Subject& s, std::vector<Finding>& out) {
  if (!s.limits.recorded || s.frames() < 2) return;
  const std::vector<float>& steps = s.steps;
  for (const StepRun& run : frozen_runs(steps, kFps))
    out.push_back({.defect = Defect::kFrozen,
                   .first = whole(run.first),
                   .last = whole(run.last) + 2,
                   .measured = static_cast<double>(run.last - run.first + 1) / kFps,
                   .high = kFrozenSeconds,
                   .measure = "standstill, s"});
  constexpr float kMoves = 0.002f;  // metres a frame of the quickest joint: the body moves
  constexpr float kRigid = 5e-5f;   // radians a frame: rounding of files
  constexpr float kRests = 1e-3f;   // radians in all: a solver at a joint's limit wavers less
  constexpr double kBusy = 0.5;     // share of the frames in which the body moves
  const auto shortest = static_cast<size_t>(s.limits.dead_seconds * kFps);
  for (const Joint joint : kLiveJoints) {
    for (const Stretch& run : runs_of(steps.size(), shortest, [&](size_t f) {
           return angle_between(s.clip.rotation(f, joint), s.clip.rotation(f + 1, joint)) < kRigid;
         })) {
      if (angle_between(s.clip.rotation(run.first, joint), s.clip.rotation(run.last, joint)) >
          kRests)
        continue;
      const auto busy =
          std::count_if(steps.begin() + whole(run.first), steps.begin() + whole(run.last),
                        [](float step) { return step > kMoves; });
      const auto length = static_cast<double>(run.last - run.first);
      if (static_cast<double>(busy) < kBusy * length) continue;
      const bool all = length > 0.9 * static_cast<double>(steps.size());
      out.push_back({.defect = Defect::kDeadJoint,
                     .severity = all ? Severity::kSerious : Severity::kNote,
                     .first = whole(run.first),
                     .last = whole(run.last) + 1,
                     .joint = joint,
                     .measured = length / kFps,
                     .high = s.limits.dead_seconds,
                     .measure = "time without turning, s"});
    }
  }
}

void bones(const Subject& s, std::vector<Finding>& out) {
  const auto& offsets = s.clip.skeleton.offsets;
  const auto add = [&](int joint, double measured, double low, double high, const char* measure) {
    if (measured >= low && measured <= high) return;
    out.push_back({.defect = Defect::kScale,
                   .first = 0,
                   .last = whole(s.frames()),
                   .joint = joint,
                   .measured = measured,
                   .low = low,
                   .high = high,
                   .measure = measure});
  };
  const auto limb = [&](Joint upper, Joint lower) {
    return static_cast<double>(length(offsets[upper]) + length(offsets[lower]));
  };
  const double left_leg = limb(kLeftKnee, kLeftAnkle), right_leg = limb(kRightKnee, kRightAnkle);
  const double left_arm = limb(kLeftElbow, kLeftWrist), right_arm = limb(kRightElbow, kRightWrist);
  const double stature = approximate_stature(geometry_of(offsets));
  const QualityLimits& l = s.limits;
  add(-1, stature, l.shortest, l.tallest, "stature, m");
  if (stature > 1e-6) {
    add(kLeftKnee, (left_leg + right_leg) / 2 / stature, l.least_leg, l.most_leg,
        "thigh and shin to stature");
    add(kLeftElbow, (left_arm + right_arm) / 2 / stature, l.least_arm, l.most_arm,
        "upper arm and forearm to stature");
  }
  const auto difference = [](double a, double b) {
    const double longer = std::max(a, b);
    return longer > 0 ? std::abs(a - b) / longer : 0;
  };
  add(kLeftKnee, difference(left_leg, right_leg), -Finding::kNone, l.leg_difference,
      "legs of different length");
  add(kLeftElbow, difference(left_arm, right_arm), -Finding::kNone, l.arm_difference,
      "arms of different length");
}

}  // namespace checks
}  // namespace pantomime::motion
