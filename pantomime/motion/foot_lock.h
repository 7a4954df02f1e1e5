// Feet that stand still while they stand.
#pragma once

#include "pantomime/motion/clip.h"
#include "pantomime/motion/contacts.h"

namespace pantomime::motion {

struct FootLockOptions {
  bool root_follows = true;  ///< first move the root over the ground as the feet push it
  ContactOptions contact{.height = 0.045f, .speed = 0.7f};
  float largest_shift = 0.15f;        ///< metres; a foot that slides twice as far gets a new place
  float largest_pelvis_drop = 0.06f;  ///< metres the pelvis may be lowered so that feet reach
  float straightest = 0.998f;         ///< of the stretched leg's length, where it was less before
  /// [F] or empty: frames whose pose is given. They stay as they are, a contact that reaches into
  /// them stands where it stands in them, and the pelvis sinks nowhere.
  std::vector<char> pinned = {};
};

/// What was done, for reports and tests.
struct FootLockReport {
  size_t contact_frames = 0;      ///< frame and foot point pairs in contact
  float largest_shift = 0;        ///< metres a foot was moved
  float largest_pelvis_drop = 0;  ///< metres
  float largest_miss = 0;         ///< metres a foot stayed away from its lock, out of reach
};

/// Removes foot skating and sinking from a canonical clip with its floor at y = 0: first by
/// root_following_feet(), then foot by foot.
///
/// Every foot gets a correction curve d(f), the least-squares solution of: contact points don't
/// move from frame to frame and lie at their rest height; nothing is below the floor; otherwise d
/// is small and smooth (third difference), so it fades in and out by itself over about a quarter of
/// a second. Legs follow by two-bone IK with the feet's orientation kept; the pelvis sinks a
/// little, smoothly, where a foot would be out of reach, and knees never stretch past straight. All
/// other joints and all bones stay as they are.
Clip lock_feet(const Clip& clip, const FootLockOptions& options = {},
               FootLockReport* report = nullptr);
/// Only foot by foot, with contacts known beforehand, [F].
Clip lock_feet(const Clip& clip, const Contacts& contacts, const FootLockOptions& options = {},
               FootLockReport* report = nullptr);

}  // namespace pantomime::motion
