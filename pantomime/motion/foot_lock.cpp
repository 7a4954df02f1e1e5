#include "pantomime/motion/foot_lock.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/motion/curve_fit.h"
#include "pantomime/motion/root_path.h"
#include "pantomime/motion/two_bone_ik.h"

namespace pantomime::motion {
namespace {

// Weights of the correction curve, for metres and frames of 1/30 s.
constexpr double kStill = 1e4;   // contact points don't move
constexpr double kRest = 10.0;   // they lie at their rest height
constexpr double kAbove = 1e2;   // nothing is below the floor
constexpr double kSmooth = 1.0;  // third difference of the correction
constexpr double kSmall = 3e-3;  // its size; (kSmall / kSmooth)^(1/6) is the fading per frame
constexpr double kPinned = 1e8;  // none in frames that are given

/// Frames from f to the nearer end of its run of contact; ends of the clip are no ends of contact.
std::vector<size_t> inside_run(const Contacts& contacts, size_t point) {
  const size_t frames = contacts.size(), far = frames + CurveFit::kBand;
  std::vector<size_t> inside(frames);
  for (size_t f = 0; f < frames; ++f)
    inside[f] = !contacts[f][point] ? 0 : f == 0 ? far : inside[f - 1] + 1;
  size_t after = far;
  for (size_t f = frames; f-- > 0;) {
    after = contacts[f][point] ? after + 1 : 0;
    inside[f] = std::min(inside[f], after);
  }
  return inside;
}

/// A foot that lands or leaves moves already; holding it hard would make it catch up afterwards. So
/// the hold grows over the first frames of a contact, to 1.
double hold(size_t inside) {
  return inside < 3 ? std::pow(0.01, 3 - static_cast<int>(inside)) : 1.0;
}

// Heights around the rest height that are left alone, metres.
constexpr float kSoft = 0.01f;    // below: soft soles and skin
constexpr float kRolled = 0.02f;  // above: the foot rolls over its ball

double axis_of(Vec3 v, int axis) {
  return axis == 0 ? v.x : axis == 1 ? v.y : v.z;
}

CurveFit small_and_smooth(size_t frames, double fps, const std::vector<char>& pinned) {
  CurveFit fit(frames);
  for (size_t f = 0; f < pinned.size(); ++f)
    if (pinned[f] != 0) fit.add<1>(f, {1}, 0, kPinned);
  const double smooth = kSmooth * std::pow(fps / kFps, 6);
  for (size_t f = 0; f < frames; ++f) fit.add<1>(f, {1}, 0, kSmall);
  for (size_t f = 0; f + CurveFit::kBand < frames; ++f) fit.add<4>(f, {-1, 3, -3, 1}, 0, smooth);
  return fit;
}

/// Correction of one foot, [F] metres. `points` are its heel and toe.
std::vector<Vec3> correction(const Clip& clip, const WorldPose& pose, const Contacts& contacts,
                             const std::array<FootPoint, 2>& points,
                             const std::vector<char>& pinned) {
  const size_t frames = clip.frame_count();
  const auto rest = rest_heights(clip.skeleton);
  const auto at = [&](FootPoint point, size_t f) {
    return pose.positions[f * kJointCount +
                          static_cast<size_t>(kFootPointJoints[static_cast<size_t>(point)])];
  };
  const auto fit_axis = [&](int axis) {
    CurveFit fit = small_and_smooth(frames, clip.fps, pinned);
    for (const FootPoint point : points) {
      const auto p = static_cast<size_t>(point);
      const std::vector<size_t> inside = inside_run(contacts, p);
      for (size_t f = 0; f < frames; ++f) {
        if (!contacts[f][p]) continue;
        if (axis != 1 && f + 1 < frames && contacts[f + 1][p])
          fit.add<2>(f, {-1, 1}, axis_of(at(point, f) - at(point, f + 1), axis),
                     kStill * hold(std::min(inside[f], inside[f + 1])));
        const float y = at(point, f).y;
        if (axis == 1)
          fit.add<1>(f, {1}, std::clamp(y, rest[p] - kSoft, rest[p] + kRolled) - y,
                     kRest * hold(inside[f]));
      }
    }
    return fit;
  };
  std::array<std::vector<double>, 3> d;
  for (const int axis : {0, 1, 2}) d[static_cast<size_t>(axis)] = fit_axis(axis).solve();
  // Frames that end up below the floor get an equation each; a few rounds settle which.
  std::vector<char> lifted(frames * points.size());
  for (int round = 0; round < 4; ++round) {
    bool more = false;
    CurveFit fit = fit_axis(1);
    for (size_t i = 0; i < points.size(); ++i) {
      const float lowest = rest[static_cast<size_t>(points[i])] - kSoft;
      for (size_t f = 0; f < frames; ++f) {
        char& flag = lifted[f * points.size() + i];
        const double y = at(points[i], f).y;
        if (flag == 0 && y + d[1][f] < lowest) flag = 1, more = true;
        if (flag != 0) fit.add<1>(f, {1}, lowest - y, kAbove);
      }
    }
    if (!more) break;
    d[1] = std::move(fit).solve();
  }
  std::vector<Vec3> out(frames);
  for (size_t f = 0; f < frames; ++f)
    out[f] = {static_cast<float>(d[0][f]), static_cast<float>(d[1][f]),
              static_cast<float>(d[2][f])};
  return out;
}

/// Contacts that end for a quarter of a second, time for a step, where a point has slid too far
/// from where its contact began.
Contacts broken_where_sliding(const Clip& clip, const WorldPose& pose, Contacts contacts,
                              float largest_shift) {
  const auto pause = static_cast<size_t>(std::lround(0.25 * clip.fps));
  for (size_t p = 0; p < kFootPointCount; ++p) {
    Vec3 begin;
    size_t free_until = 0;
    for (size_t f = 0; f < contacts.size(); ++f) {
      const Vec3 at = pose.positions[f * kJointCount + static_cast<size_t>(kFootPointJoints[p])];
      if (f < free_until) contacts[f][p] = false;
      if (!contacts[f][p]) continue;
      if (f == 0 || !contacts[f - 1][p]) begin = at;
      if (std::hypot(at.x - begin.x, at.z - begin.z) <= 2 * largest_shift) continue;
      contacts[f][p] = false;
      free_until = f + pause;
    }
  }
  return contacts;
}

struct Leg {
  Joint hip, knee, ankle;
};
constexpr std::array<Leg, 2> kLegs = {
    {{kLeftHip, kLeftKnee, kLeftAnkle}, {kRightHip, kRightKnee, kRightAnkle}}};

/// How far the hip must sink for the leg to reach: the root of |hip - (0, h, 0) - target| = reach.
float needed_drop(Vec3 hip, Vec3 target, float reach) {
  const Vec3 v = hip - target;
  const float across = v.x * v.x + v.z * v.z;
  if (across + v.y * v.y <= reach * reach) return 0;
  if (v.y <= 0) return 0;  // sinking leads away
  return across >= reach * reach ? v.y : v.y - std::sqrt(reach * reach - across);
}

/// A smooth curve nowhere below `needed`: a running maximum, then two running means that are
/// together as wide.
std::vector<float> smooth_above(const std::vector<float>& needed, size_t width) {
  const auto window = [](const std::vector<float>& in, size_t radius, auto combine) {
    std::vector<float> out(in.size());
    for (size_t f = 0; f < in.size(); ++f) {
      const size_t first = f > radius ? f - radius : 0;
      const size_t last = std::min(f + radius, in.size() - 1);
      out[f] = combine(in, first, last);
    }
    return out;
  };
  const auto largest = [](const std::vector<float>& in, size_t first, size_t last) {
    return *std::max_element(in.begin() + static_cast<std::ptrdiff_t>(first),
                             in.begin() + static_cast<std::ptrdiff_t>(last) + 1);
  };
  const auto mean = [](const std::vector<float>& in, size_t first, size_t last) {
    float sum = 0;
    for (size_t i = first; i <= last; ++i) sum += in[i];
    return sum / static_cast<float>(last - first + 1);
  };
  return window(window(window(needed, 2 * width, largest), width, mean), width, mean);
}

}  // namespace

Clip lock_feet(const Clip& clip, const FootLockOptions& options, FootLockReport* report) {
  const Clip followed = options.root_follows ? root_following_feet(clip) : clip;
  return lock_feet(followed, find_contacts(followed, options.contact), options, report);
}

Clip lock_feet(const Clip& clip, const Contacts& given, const FootLockOptions& options,
               FootLockReport* report) {
  PANTOMIME_CHECK(clip.joint_count() == kJointCount && clip.moving_joints.empty(),
                  "foot lock: expected a canonical clip");
  PANTOMIME_CHECK(given.size() == clip.frame_count(), "foot lock: contacts of {} frames of {}",
                  given.size(), clip.frame_count());
  const size_t frames = clip.frame_count();
  PANTOMIME_CHECK(options.pinned.empty() || options.pinned.size() == frames,
                  "foot lock: {} pinned flags for {} frames", options.pinned.size(), frames);
  const auto is_pinned = [&](size_t f) {
    return !options.pinned.empty() && options.pinned[f] != 0;
  };
  const bool sinks = std::none_of(options.pinned.begin(), options.pinned.end(),
                                  [](char flag) { return flag != 0; });
  const WorldPose pose = forward_kinematics(clip);
  const Contacts contacts = broken_where_sliding(clip, pose, given, options.largest_shift);
  FootLockReport done;
  for (const auto& flags : contacts)
    done.contact_frames += static_cast<size_t>(std::count(flags.begin(), flags.end(), true));
  const std::array<std::vector<Vec3>, 2> shifts = {
      correction(clip, pose, contacts, {kLeftHeel, kLeftToe}, options.pinned),
      correction(clip, pose, contacts, {kRightHeel, kRightToe}, options.pinned)};

  const auto reach_of = [&](const Leg& leg, size_t f) {
    const float full =
        length(clip.skeleton.offsets[leg.knee]) + length(clip.skeleton.offsets[leg.ankle]);
    const float was = length(pose.positions[f * kJointCount + static_cast<size_t>(leg.ankle)] -
                             pose.positions[f * kJointCount + static_cast<size_t>(leg.hip)]);
    // A leg that was straighter than that already may stay so.
    return std::clamp(was, options.straightest * full, full);
  };
  std::vector<float> drops(frames);
  for (size_t f = 0; sinks && f < frames; ++f)
    for (size_t l = 0; l < 2; ++l) {
      const Vec3* at = &pose.positions[f * kJointCount];
      const float drop =
          needed_drop(at[kLegs[l].hip], at[kLegs[l].ankle] + shifts[l][f], reach_of(kLegs[l], f));
      drops[f] = std::max(drops[f], std::min(drop, options.largest_pelvis_drop));
    }
  drops = smooth_above(drops, static_cast<size_t>(std::lround(0.1 * clip.fps)));

  Clip out = clip;
  for (size_t f = 0; f < frames; ++f) {
    if (is_pinned(f)) continue;
    const Vec3* at = &pose.positions[f * kJointCount];
    const Quat* turned = &pose.rotations[f * kJointCount];
    const Vec3 drop{0, -drops[f], 0};
    out.root_positions[f] += drop;
    done.largest_pelvis_drop = std::max(done.largest_pelvis_drop, drops[f]);
    for (size_t l = 0; l < 2; ++l) {
      const auto [hip, knee, ankle] = kLegs[l];
      const Vec3 shift = shifts[l][f];
      done.largest_shift = std::max(done.largest_shift, length(shift));
      const TwoBones limb{.root = at[hip] + drop,
                          .upper = at[knee] - at[hip],
                          .lower = at[ankle] - at[knee],
                          .hinge = turned[knee] * Vec3{1, 0, 0}};
      const float full = length(limb.upper) + length(limb.lower);
      const TwoBoneSolution solution =
          solve_two_bones(limb, at[ankle] + shift, reach_of(kLegs[l], f) / full);
      done.largest_miss = std::max(done.largest_miss, solution.missed);
      const Quat new_hip = normalized(solution.upper_turn * turned[hip]);
      const Quat new_knee = normalized(solution.lower_turn * turned[knee]);
      out.rotation(f, hip) = normalized(conjugate(turned[kPelvis]) * new_hip);
      out.rotation(f, knee) = normalized(conjugate(new_hip) * new_knee);
      out.rotation(f, ankle) = normalized(conjugate(new_knee) * turned[ankle]);
    }
  }
  if (report != nullptr) *report = done;
  return out;
}

}  // namespace pantomime::motion
