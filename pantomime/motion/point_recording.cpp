#include "pantomime/motion/point_recording.h"

namespace pantomime::motion {

PointRecording points_of(const Clip& clip) {
  PointRecording out;
  out.fps = clip.fps;
  out.names = clip.skeleton.names;
  const WorldPose pose = forward_kinematics(clip);
  for (const Vec3 p : pose.positions) out.positions.insert(out.positions.end(), {p.x, p.y, p.z});
  out.confidence.assign(pose.positions.size(), 1.f);
  return out;
}

}  // namespace pantomime::motion
