// Any bytes, taken as a point set, end in a set or in one ParseError; a set that was read can be
// tried on a recording.
#include <cstdint>

#include "pantomime/base/error.h"
#include "pantomime/formats/point_set_file.h"
#include "pantomime/motion/pose_solver.h"

namespace motion = pantomime::motion;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  motion::PointSet set;
  try {
    set = pantomime::formats::parse_point_set({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const pantomime::ParseError&) {
    return 0;
  }
  if (set.points.size() > 60) return 0;  // slow, not different
  // A T-pose of an adult, with the set's points where the set says.
  const auto offsets = motion::offsets_of(motion::default_geometry());
  std::array<motion::Vec3, motion::kJointCount> at{};
  for (size_t j = 1; j < motion::kJointCount; ++j)
    at[j] = at[static_cast<size_t>(motion::kJointParents[j])] + offsets[j];
  motion::PointRecording recording;
  for (const motion::BodyPoint& point : set.points) recording.names.push_back(point.name);
  for (int f = 0; f < 2; ++f)
    for (const motion::BodyPoint& point : set.points) {
      const motion::Vec3 place = conjugate(motion::canonical_from(set.axes)) *
                                 (at[static_cast<size_t>(point.joint)] + point.offset);
      recording.positions.insert(recording.positions.end(), {place.x, place.y, place.z});
      recording.confidence.push_back(1);
    }
  try {
    motion::solve_pose(recording, set, {.iterations = 2}).clip.validate();
  } catch (const pantomime::Error&) {
  }
  return 0;
}
