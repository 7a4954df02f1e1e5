// Which part of which foot rests on the floor, frame by frame.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::motion {

/// The four points that can rest on the floor y = 0.
enum FootPoint : int { kLeftHeel, kLeftToe, kRightHeel, kRightToe };
inline constexpr int kFootPointCount = 4;

/// Canonical joint that stands for each point: the ankles for the heels, the toe bases for the
/// toes.
inline constexpr std::array<Joint, kFootPointCount> kFootPointJoints = {kLeftAnkle, kLeftFoot,
                                                                        kRightAnkle, kRightFoot};

/// Height of a toe joint above the floor when the foot stands flat, metres.
inline constexpr float kToeRestHeight = 0.02f;

/// A point is in contact while it is low and slow. Defaults suit captured motion; for generated
/// motion that skates, allow more speed (lock_feet() then takes it away).
struct ContactOptions {
  float height = 0.035f;  ///< metres above the point's height when the foot stands flat
  float speed = 0.35f;    ///< metres per second, central difference over two frames
  float shortest = 0.1f;  ///< seconds; shorter contacts are noise, shorter gaps are closed
};

/// Contacts of a clip, [F]; flags indexed by FootPoint.
using Contacts = std::vector<std::array<bool, kFootPointCount>>;

/// Height of each foot point above the floor when a foot of this skeleton stands flat, metres: 2 cm
/// for toes; heels (ankle joints) as much higher as the foot bone is in the rest pose.
std::array<float, kFootPointCount> rest_heights(const Skeleton& skeleton);

/// Finds the contacts of a canonical clip whose floor is y = 0. Throws Error for other skeletons.
Contacts find_contacts(const Clip& clip, const ContactOptions& options = {});

/// How badly feet carry a body, 0 for somebody who stands or walks as people do: of each frame the
/// metres per second that the steadiest point of the feet moves over the floor, plus 10 for each
/// metre that it is too high to rest there; at most 1; mean over frames. Of a canonical clip whose
/// floor is y = 0; for choosing among clips that are to do the same.
double footing_faults(const Clip& clip);

}  // namespace pantomime::motion
