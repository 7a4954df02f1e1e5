// More motion from what there is: other bodies, other tempos, backwards in time. Mirroring is
// mirror() in clip.h.
#pragma once

#include <cstddef>

#include "pantomime/motion/clip.h"
#include "pantomime/motion/dynamics.h"
#include "pantomime/motion/foot_lock.h"

namespace pantomime::motion {

/// The motion of a canonical clip with its floor at y = 0 on other bones: joints turn alike, the
/// way is scaled by the legs (fit_to_body.h), and feet stand where and while they stood in the
/// original (foot_lock.h, with the contacts of the original).
Clip on_body(const Clip& clip, const Skeleton& body, FootLockReport* report = nullptr);

/// The clip played `speed` times as fast at its own frame rate: floor((F - 1) / speed + 1e-6) + 1
/// frames, rotations by slerp. Throws Error when speed is not in [0.1, 10].
Clip at_speed(const Clip& clip, double speed);

/// The clip from its last frame to its first.
Clip reversed(const Clip& clip);

/// Speeds at which an act still looks meant.
struct SpeedRange {
  double slowest = 1, fastest = 1;
};
/// People vary the tempo of everyday acts by a quarter to a third; but gravity can't be hurried:
/// frames [first, first + count) with a flight take no more than 5 % (10 % of gravity), and
/// accelerations, which grow with the square, stay below two g. Throws Error for frames that are
/// not there.
SpeedRange plausible_speeds(const Dynamics& dynamics, size_t first, size_t count);

/// True when frames [first, first + count) could be an act of a body when played backwards.
/// Newton's laws hold backwards too; what gives it away are flights (a landing would have to throw
/// the body up), blows (accelerations of the body's middle above 1 g: feet and seats damp them,
/// nothing gives them back) and going places (backwards walking rolls from toe to heel, but not
/// like this: mean speed above 0.6 m/s). A label may still forbid it: a throw at rest, a fall.
/// Throws Error for frames that are not there.
bool plausible_backwards(const Dynamics& dynamics, size_t first, size_t count);

}  // namespace pantomime::motion
