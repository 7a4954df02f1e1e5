#include "pantomime/motion/point_set.h"

#include <gtest/gtest.h>

#include <limits>

#include "pantomime/base/error.h"

namespace pantomime::motion {
namespace {

PointSet three_points() {
  PointSet set;
  set.name = "three";
  set.points = {{.name = "hip", .aliases = {"HIP"}, .joint = kPelvis},
                {.name = "knee", .joint = kLeftKnee},
                {.name = "toe", .joint = kLeftFoot, .offset = {0, 0, 0.05f}, .spread = 0.02f}};
  return set;
}

TEST(PointSet, FindsPointsByNameAndAlias) {
  const PointSet set = three_points();
  set.validate();
  EXPECT_EQ(set.find("knee"), 1);
  EXPECT_EQ(set.find("HIP"), 0);
  EXPECT_EQ(set.find("elbow"), -1);
}

TEST(PointSet, RefusesWhatCannotBe) {
  const auto broken = [](auto&& change) {
    PointSet set = three_points();
    change(set);
    EXPECT_THROW(set.validate(), Error);
  };
  broken([](PointSet& set) { set.points.clear(); });
  broken([](PointSet& set) { set.points[1].name = "hip"; });
  broken([](PointSet& set) { set.points[1].aliases = {"HIP"}; });
  broken([](PointSet& set) { set.points[1].name.clear(); });
  broken([](PointSet& set) { set.points[1].joint = 22; });
  broken([](PointSet& set) { set.points[1].joint = -1; });
  broken([](PointSet& set) { set.points[1].offset.y = 1.5f; });
  broken([](PointSet& set) { set.points[1].spread = -0.1f; });
  broken([](PointSet& set) { set.points[1].noise = 0; });
  broken([](PointSet& set) { set.points[1].noise = std::numeric_limits<float>::quiet_NaN(); });
  broken([](PointSet& set) { set.axes.forward = set.axes.up; });
}

TEST(PointSet, RecognisesTheSetThatKnowsMost) {
  PointSet large = three_points();
  large.name = "large";
  large.points.push_back({.name = "ankle", .joint = kLeftAnkle});
  const std::vector<PointSet> sets = {large, three_points()};
  EXPECT_EQ(recognise({"hip", "knee", "toe", "ankle"}, sets, "x").name, "large");
  EXPECT_EQ(recognise({"HIP", "knee", "toe"}, sets, "x").name, "three");
  try {
    recognise({"nose", "knee", "mouth"}, sets, "take.csv");
    ADD_FAILURE() << "recognised";
  } catch (const Error& error) {
    EXPECT_STREQ(
        error.what(),
        "take.csv: no point set knows these 3 points; nearest is \"three\", which knows 1");
  }
}

}  // namespace
}  // namespace pantomime::motion
