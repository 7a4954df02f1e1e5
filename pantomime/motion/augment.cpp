#include "pantomime/motion/augment.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/motion/fit_to_body.h"

namespace pantomime::motion {
namespace {

void check_frames(const Dynamics& d, size_t first, size_t count) {
  PANTOMIME_CHECK(count > 0 && first + count <= d.flies.size(),
                  "augmentation: frames {} to {}, the clip has {}", first, first + count,
                  d.flies.size());
}

bool any_flight(const Dynamics& d, size_t first, size_t count) {
  return std::any_of(d.flies.begin() + static_cast<std::ptrdiff_t>(first),
                     d.flies.begin() + static_cast<std::ptrdiff_t>(first + count),
                     [](char flies) { return flies != 0; });
}

float peak_acceleration(const Dynamics& d, size_t first, size_t count) {
  return *std::max_element(d.acceleration.begin() + static_cast<std::ptrdiff_t>(first),
                           d.acceleration.begin() + static_cast<std::ptrdiff_t>(first + count));
}

}  // namespace

Clip on_body(const Clip& clip, const Skeleton& body, FootLockReport* report) {
  const FootLockOptions options;
  // Of the original: on longer legs the same contacts are faster, and on another foot they begin at
  // another height.
  const Contacts contacts = find_contacts(clip, options.contact);
  return lock_feet(fit_to_body(clip, body), contacts, options, report);
}

Clip at_speed(const Clip& clip, double speed) {
  PANTOMIME_CHECK(speed >= 0.1 && speed <= 10, "speed {}, expected 0.1 to 10", speed);
  if (speed == 1) return clip;
  // As if recorded at another rate: its frame f lasts 1 / speed as long.
  Clip played = clip;
  played.fps = clip.fps * speed;
  return resample(played, clip.fps);
}

Clip reversed(const Clip& clip) {
  Clip out = clip;
  std::reverse(out.root_positions.begin(), out.root_positions.end());
  const size_t frames = clip.frame_count();
  const auto flip = [&](auto& to, const auto& from, size_t stride) {
    for (size_t f = 0; f < frames; ++f)
      std::copy_n(from.begin() + static_cast<std::ptrdiff_t>((frames - 1 - f) * stride), stride,
                  to.begin() + static_cast<std::ptrdiff_t>(f * stride));
  };
  flip(out.rotations, clip.rotations, clip.joint_count());
  flip(out.translations, clip.translations, clip.moving_joints.size());
  return out;
}

SpeedRange plausible_speeds(const Dynamics& dynamics, size_t first, size_t count) {
  constexpr SpeedRange kFlight{0.95, 1.05}, kFree{0.75, 1.33};
  constexpr double kMost = 2 * 9.81;
  check_frames(dynamics, first, count);
  if (any_flight(dynamics, first, count)) return kFlight;
  const double peak = peak_acceleration(dynamics, first, count);
  if (peak * kFree.fastest * kFree.fastest <= kMost) return kFree;
  return {kFree.slowest, std::max(1.0, std::sqrt(kMost / peak))};
}

bool plausible_backwards(const Dynamics& dynamics, size_t first, size_t count) {
  constexpr float kBlow = 9.81f;  // m/s²
  constexpr float kGoing = 0.6f;  // m/s
  check_frames(dynamics, first, count);
  if (any_flight(dynamics, first, count)) return false;
  if (peak_acceleration(dynamics, first, count) > kBlow) return false;
  float speed = 0;
  for (size_t f = first; f < first + count; ++f) speed += dynamics.speed[f];
  return speed <= kGoing * static_cast<float>(count);
}

}  // namespace pantomime::motion
