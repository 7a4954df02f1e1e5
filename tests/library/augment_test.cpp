#include "pantomime/library/augment.h"

#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "tests/motion/synthetic_walk.h"
#include "tests/support/support.h"

namespace pantomime::library {
namespace {

using motion::Clip;

ClipInfo info(const std::string& name, const std::string& label, const std::string& split,
              const Clip& clip) {
  ClipInfo result;
  result.name = name;
  result.set = "made";
  result.subject = "made/1";
  result.split = split;
  result.caption = "a person sits down";
  result.licence = "CC0-1.0";
  result.source = "formulas";
  result.mapping = "none";
  result.weight = 0.6;
  result.segments = {{0, static_cast<int64_t>(clip.frame_count()), label, label + " here"}};
  return result;
}

AugmentOptions options() {
  AugmentOptions result;
  result.table =
      LabelMap::parse("[backwards]\n\"sit down\" = \"stand up\"\nwalk = \"walk\"\n", "t");
  return result;
}

class AugmentLibrary : public testing::Test {
 protected:
  void SetUp() override {
    const Clip down = test::crouching(0.4, 1.2);
    from.put(info("made/down", "sit down", "train", down), down);
    from.put(info("made/held-out", "sit down", "test", down), down);
    const Clip walk = test::synthetic_walk({.seconds = 3, .step = 0.55});
    from.put(info("made/walk", "walk", "train", walk), walk);
  }

  test::TemporaryFolder folder;
  Library from{folder / "from.db", Library::Mode::Write};
  Library to{folder / "to.db", Library::Mode::Write};
  Progress progress;
};

TEST_F(AugmentLibrary, TurnsSittingDownIntoStandingUp) {
  AugmentOptions o = options();
  o.backwards = true;
  const AugmentReport report = augment(from, {}, o, to, progress);
  EXPECT_EQ(report.taken, 3);
  EXPECT_EQ(report.backwards,
            1);  // nobody walks backwards like this, and nothing of the test split
  const auto id = to.find("made/down~back0");
  ASSERT_TRUE(id);
  for (const ClipInfo& i : to.clips())
    if (i.id == *id) {
      EXPECT_EQ(i.segments[0].label, "stand up");
      EXPECT_EQ(i.segments[0].detail, "stand up");
      EXPECT_EQ(i.subject, "made/1");
      EXPECT_EQ(i.split, "train");
      EXPECT_EQ(i.licence, "CC0-1.0");
      EXPECT_TRUE(i.caption.empty());
    }
  const Clip clip = to.load(*id);
  EXPECT_GT(clip.root_positions.back().y, clip.root_positions.front().y + 0.3f);
}

TEST_F(AugmentLibrary, SharesTheWeightAmongBodiesAndSpeeds) {
  AugmentOptions o = options();
  o.bodies = 2;
  o.speeds = 1;
  o.body = [](uint64_t seed) {
    motion::Geometry g = motion::default_geometry();
    for (float& v : g) v *= seed % 2 == 0 ? 0.7f : 1.1f;
    return motion::canonical_skeleton(g);
  };
  const AugmentReport report = augment(from, {}, o, to, progress);
  EXPECT_EQ(report.bodies, 4);
  EXPECT_EQ(report.speeds, 2);
  EXPECT_EQ(report.refused, 0);
  double weight = 0, held_out = 0;
  for (const ClipInfo& i : to.clips()) {
    if (i.name.starts_with("made/down")) weight += i.weight;
    if (i.name.starts_with("made/held-out")) held_out += i.weight;
  }
  EXPECT_NEAR(weight, 0.6, 1e-9);
  EXPECT_NEAR(held_out, 0.6, 1e-9);
  const Clip original = to.load(*to.find("made/walk"));
  const Clip other = to.load(*to.find("made/walk~body1"));
  EXPECT_NE(other.skeleton.offsets, original.skeleton.offsets);
  EXPECT_EQ(other.frame_count(), original.frame_count());
  const Clip hurried = to.load(*to.find("made/walk~speed1"));
  EXPECT_NE(hurried.frame_count(), original.frame_count());
  for (const ClipInfo& i : to.clips())
    if (i.name == "made/walk~speed1") {
      EXPECT_EQ(i.segments[0].last, i.frames);
    }
}

TEST_F(AugmentLibrary, IsTheSameForAnyNumberOfThreadsAndAnyNeighbours) {
  AugmentOptions o = options();
  o.speeds = 2;
  o.threads = 1;
  augment(from, {}, o, to, progress);
  Library other(folder / "other.db", Library::Mode::Write);
  o.threads = 2;
  Filter walks;
  walks.labels = {"walk"};
  augment(from, walks, o, other, progress);
  ASSERT_TRUE(other.find("made/walk~speed2"));
  EXPECT_FALSE(other.find("made/down"));
  EXPECT_EQ(other.load(*other.find("made/walk~speed2")).rotations,
            to.load(*to.find("made/walk~speed2")).rotations);
}

TEST_F(AugmentLibrary, AsksForBodiesToDrawFrom) {
  AugmentOptions o = options();
  o.bodies = 1;
  EXPECT_THROW(augment(from, {}, o, to, progress), Error);
}

}  // namespace
}  // namespace pantomime::library
