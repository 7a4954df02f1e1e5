#include "pantomime/library/facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "pantomime/library/captions.h"
#include "pantomime/library/imagined.h"
#include "tests/motion/synthetic_walk.h"

namespace pantomime::library {
namespace {

bool has(const std::vector<std::string>& facts, const char* fact) {
  return std::find(facts.begin(), facts.end(), fact) != facts.end();
}

TEST(Facts, SayWhatIsMeasuredAndWhatIsLabelled) {
  motion::Description d;
  d.seconds = 4;
  d.left_hand.assign(40, 0.3);
  d.right_hand.assign(40, 0.02);
  motion::Movement walk, turn, wave, kick;
  walk.act = motion::Act::kWalk;
  walk.way = motion::Way::kBackward;
  walk.pace = motion::Pace::kSlow;
  walk.degrees = -320;
  walk.goes_on = true;
  turn.act = motion::Act::kTurn;
  turn.degrees = 180;
  wave.act = motion::Act::kWaveHand;
  wave.side = motion::Side::kLeft;
  wave.count = 3;
  kick.act = motion::Act::kKick;
  kick.side = motion::Side::kRight;
  d.movements = {walk, turn, wave, kick, kick};
  d.postures = {{motion::Posture::kStanding, 0, 0, 3.8}, {motion::Posture::kSitting, 0, 3.8, 4}};
  ClipInfo info;
  info.style = "old";
  info.segments = {{0, 120, "walk", "sneak"}};
  EXPECT_EQ(facts_of(info, d), (std::vector<std::string>{"busy hand left",
                                                         "kick",
                                                         "kick side right",
                                                         "kick side right times 2",
                                                         "kick times 2",
                                                         "label walk",
                                                         "label walk hand left",
                                                         "label walk: sneak",
                                                         "posture standing",
                                                         "style old",
                                                         "turn",
                                                         "turn left",
                                                         "turn left half",
                                                         "walk",
                                                         "walk circle right",
                                                         "walk curve right",
                                                         "walk pace slow",
                                                         "walk way backward",
                                                         "wave hand",
                                                         "wave hand side left",
                                                         "wave hand side left times 3",
                                                         "wave hand times 3"}));
}

TEST(Facts, OfAMirroredClipAreTheContrariesInSide) {
  motion::Clip walk = test::synthetic_walk({.seconds = 4, .step = 0.55});
  for (size_t f = 45; f < 85; ++f)  // the left arm goes up for a while
    walk.rotation(f, motion::kLeftShoulder) = motion::from_axis_angle({0, 0, 1}, 1.4f);
  const auto facts = facts_of({}, motion::describe(walk));
  const auto mirrored = facts_of({}, motion::describe(motion::mirror(walk)));
  ASSERT_TRUE(has(facts, "walk"));
  std::set<std::string> expected;
  bool sided = false;
  for (const std::string& fact : facts) {
    const bool side =
        fact.find("left") != std::string::npos || fact.find("right") != std::string::npos;
    sided = sided || side;
    expected.insert(side ? opposite(fact) : fact);
  }
  EXPECT_TRUE(sided);
  EXPECT_EQ(std::vector<std::string>(expected.begin(), expected.end()), mirrored);
}

TEST(Facts, Contraries) {
  EXPECT_EQ(opposite("wave hand side left"), "wave hand side right");
  EXPECT_EQ(opposite("turn right half"), "turn left half");
  EXPECT_EQ(opposite("walk pace fast"), "walk pace slow");
  EXPECT_EQ(opposite("walk way forward"), "walk way backward");
  EXPECT_EQ(opposite("squat times 3"), "squat times 1");
  EXPECT_EQ(opposite("squat times 1"), "squat times many");
  EXPECT_EQ(opposite("walk"), "");
  EXPECT_EQ(opposite("walk pace normal"), "");
  EXPECT_EQ(opposite("raise arm and returns"), "");
}

TEST(Imagined, CanBeToldAndIsWhatItsSeedSays) {
  const CaptionWords words = default_caption_words();
  const std::vector<std::string> labels = {"dance", "throw"};
  std::map<std::string, int> counts;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const Imagined one = imagine(seed, labels, {"old"}), again = imagine(seed, labels, {"old"});
    const auto told = captions(one.info, one.description, words, {.paraphrases = 1, .seed = 1});
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told, captions(again.info, again.description, words, {.paraphrases = 1, .seed = 1}));
    const auto facts = facts_of(one.info, one.description);
    EXPECT_FALSE(facts.empty());
    for (const std::string& fact : facts) ++counts[fact];
    // What is told of is in the facts.
    for (const char* side : {"left", "right"})
      if (told[0].find(std::string(side) + " hand") != std::string::npos) {
        EXPECT_TRUE(std::any_of(facts.begin(), facts.end(), [&](const std::string& fact) {
          return fact.find(side) != std::string::npos;
        })) << told[0];
      }
  }
  // Nothing that a library rarely has is rare, and no side is preferred.
  for (const char* fact : {"walk way backward", "walk pace fast", "squat times 3",
                           "wave hand side left", "label dance", "style old"})
    EXPECT_GE(counts[fact], 4) << fact;
  EXPECT_NEAR(counts["wave hand side left"], counts["wave hand side right"], 40);
}

}  // namespace
}  // namespace pantomime::library
