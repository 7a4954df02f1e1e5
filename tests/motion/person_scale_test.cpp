#include "pantomime/motion/person_scale.h"

#include <gtest/gtest.h>

#include "support.h"
#include "synthetic_points.h"

namespace pantomime::motion {
namespace {

/// Every canonical joint as a point.
PointSet joints() {
  PointSet set;
  set.name = "joints";
  for (size_t j = 0; j < kJointCount; ++j)
    set.points.push_back({.name = std::string(kJointNames[j]), .joint = static_cast<int>(j)});
  return set;
}

TEST(PersonScale, FindsTheUnitOfAnAverageAdult) {
  const PointSet set = joints();
  Clip clip = test::random_clip(3, 90);
  clip.skeleton = canonical_skeleton(default_geometry());
  PointRecording points = test::points_of(clip, set).recording;
  EXPECT_NEAR(metres_per_unit(points, set), 1, 0.03);
  for (const double unit : {0.001, 0.4, 25.0})
    EXPECT_NEAR(metres_per_unit(scaled(points, 1 / unit), set) / unit, metres_per_unit(points, set),
                1e-5);
  // A still body tells its bones exactly.
  for (size_t f = 1; f < clip.frame_count(); ++f)
    for (size_t j = 0; j < kJointCount; ++j) clip.rotation(f, j) = clip.rotation(0, j);
  clip.rotations.assign(clip.rotations.size(), Quat{});
  EXPECT_NEAR(metres_per_unit(test::points_of(clip, set).recording, set), 1, 1e-5);
}

TEST(PersonScale, NeedsALimbWithBothEnds) {
  const PointSet set = joints();
  PointRecording points = test::points_of(test::random_clip(3, 5), set).recording;
  for (size_t i = 0; i < points.confidence.size(); ++i)
    if (i % kJointCount != kLeftWrist) points.confidence[i] = 0;
  EXPECT_EQ(test::error_of([&] { metres_per_unit(points, set); }),
            "points: no limb is ever seen with both ends, so nothing tells the person's size");
}

}  // namespace
}  // namespace pantomime::motion
