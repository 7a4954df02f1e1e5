#include "pantomime/motion/fit_to_body.h"

#include "pantomime/base/error.h"
#include "pantomime/motion/contacts.h"

namespace pantomime::motion {

float leg_length(const Skeleton& canonical) {
  PANTOMIME_CHECK(canonical.joint_count() == kJointCount, "leg_length: {} joints, expected {}",
                  canonical.joint_count(), kJointCount);
  const auto& o = canonical.offsets;
  return length(o[kLeftKnee]) + length(o[kLeftAnkle]) + rest_heights(canonical)[kLeftHeel] -
         o[kLeftHip].y;
}

Clip fit_to_body(const Clip& clip, const Skeleton& body) {
  const float ratio = leg_length(body) / leg_length(clip.skeleton);
  Clip out = clip;
  out.skeleton = body;
  for (Vec3& p : out.root_positions) p = ratio * p;
  return out;
}

}  // namespace pantomime::motion
