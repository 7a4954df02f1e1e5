#include "pantomime/motion/contacts.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::motion {
namespace {

/// Turns runs of `value` shorter than `frames` around, except at the ends of the clip.
void drop_short_runs(std::vector<char>& flags, char value, size_t frames) {
  for (size_t begin = 0; begin < flags.size();) {
    size_t end = begin;
    while (end < flags.size() && flags[end] == flags[begin]) ++end;
    const bool inside = begin > 0 && end < flags.size();
    if (inside && flags[begin] == value && end - begin < frames)
      std::fill(flags.begin() + static_cast<std::ptrdiff_t>(begin),
                flags.begin() + static_cast<std::ptrdiff_t>(end), static_cast<char>(!value));
    begin = end;
  }
}

}  // namespace

std::array<float, kFootPointCount> rest_heights(const Skeleton& skeleton) {
  const auto heel = [&](Joint toe) {
    return kToeRestHeight + std::max(0.0f, -skeleton.offsets[toe].y);
  };
  return {heel(kLeftFoot), kToeRestHeight, heel(kRightFoot), kToeRestHeight};
}

Contacts find_contacts(const Clip& clip, const ContactOptions& options) {
  PANTOMIME_CHECK(clip.joint_count() == kJointCount,
                  "contacts: a skeleton of {} joints, expected the canonical {}",
                  clip.joint_count(), kJointCount);
  const size_t frames = clip.frame_count();
  const WorldPose pose = forward_kinematics(clip);
  const auto rest = rest_heights(clip.skeleton);
  const auto shortest = static_cast<size_t>(std::lround(options.shortest * clip.fps));
  Contacts contacts(frames);
  for (size_t p = 0; p < kFootPointCount; ++p) {
    const auto at = [&](size_t f) {
      return pose.positions[f * kJointCount + static_cast<size_t>(kFootPointJoints[p])];
    };
    std::vector<char> flags(frames);
    for (size_t f = 0; f < frames; ++f) {
      const size_t before = f > 0 ? f - 1 : f, after = std::min(f + 1, frames - 1);
      const auto seconds = static_cast<float>(static_cast<double>(after - before) / clip.fps);
      const float speed = after > before ? length(at(after) - at(before)) / seconds : 0;
      flags[f] = at(f).y < rest[p] + options.height && speed < options.speed;
    }
    drop_short_runs(flags, 0, shortest);
    drop_short_runs(flags, 1, shortest);
    for (size_t f = 0; f < frames; ++f) contacts[f][p] = flags[f] != 0;
  }
  return contacts;
}

double footing_faults(const Clip& clip) {
  constexpr float kResting = 0.03f, kForHeight = 10, kMost = 1;  // m, 1/s, m/s
  const WorldPose pose = forward_kinematics(clip);
  const auto rest = rest_heights(clip.skeleton);
  const size_t frames = clip.frame_count();
  if (frames < 2) return 0;
  double sum = 0;
  for (size_t f = 0; f + 1 < frames; ++f) {
    float fault = kMost;
    for (size_t p = 0; p < kFootPointCount; ++p) {
      const size_t at = f * kJointCount + static_cast<size_t>(kFootPointJoints[p]);
      const Vec3 a = pose.positions[at], b = pose.positions[at + kJointCount];
      const float above = std::max(0.0f, std::max(a.y, b.y) - rest[p] - kResting);
      const float speed = static_cast<float>(clip.fps) * std::hypot(b.x - a.x, b.z - a.z);
      fault = std::min(fault, speed + kForHeight * above);
    }
    sum += fault;
  }
  return sum / static_cast<double>(frames - 1);
}

}  // namespace pantomime::motion
