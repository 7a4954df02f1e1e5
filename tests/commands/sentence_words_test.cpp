#include "pantomime/commands/sentence_words.h"

#include <gtest/gtest.h>

namespace pantomime::commands {
namespace {

TEST(SentenceWords, HowOften) {
  EXPECT_EQ(times_said("a person squats three times"), 3);
  EXPECT_EQ(times_said("A person jumps twice."), 2);
  EXPECT_EQ(times_said("he kicks once, hard"), 1);
  EXPECT_EQ(times_said("she waves 12 times"), 12);
  EXPECT_EQ(times_said("she waves a few times"), 3);
  EXPECT_EQ(times_said("a person takes three steps"), 0);
  EXPECT_EQ(times_said("sometimes a person walks"), 0);
  EXPECT_EQ(said_once("A Person squats Three times slowly"), "A Person squats once slowly");
  EXPECT_EQ(said_once("a person walks"), "a person walks");
}

TEST(SentenceWords, HowFar) {
  EXPECT_DOUBLE_EQ(metres_said("a person walks three metres"), 3);
  EXPECT_DOUBLE_EQ(metres_said("walks 5 m"), 5);
  EXPECT_NEAR(metres_said("a man takes four quick steps"), 2.8, 1e-9);
  EXPECT_DOUBLE_EQ(metres_said("a person walks three times"), 0);
}

TEST(SentenceWords, HowFast) {
  EXPECT_EQ(pace_said("a child runs Quickly"), motion::Pace::kFast);
  EXPECT_EQ(pace_said("a person walks slowly backwards"), motion::Pace::kSlow);
  EXPECT_EQ(pace_said("a person walks"), motion::Pace::kNone);
  EXPECT_EQ(pace_said("a person walks slowly, then quickly"), motion::Pace::kNone);
}

TEST(SentenceWords, AtTheSameTime) {
  const auto both = said_of_both("An old man walks while waving with the right hand");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->first, "An old man walks");
  EXPECT_EQ(both->second, "An old man is waving with the right hand");
  EXPECT_EQ(said_of_both("a person waves while she walks forward")->second,
            "a person walks forward");
  EXPECT_FALSE(said_of_both("a person walks"));
  EXPECT_FALSE(said_of_both("a person walks for a while"));
}

TEST(SentenceWords, TimeThatSuits) {
  EXPECT_EQ(seconds_suiting("a person waves"), 0);
  EXPECT_NEAR(seconds_suiting("a person squats three times"), 6, 1e-9);
  EXPECT_GT(seconds_suiting("a person walks in a circle"), 4.5);
  EXPECT_GT(seconds_suiting("a person walks ten metres"),
            seconds_suiting("a person runs ten metres"));
}

TEST(SentenceWords, Looks) {
  body::BodyShape man;
  man.sex = 1, man.age = 75;
  body::BodyShape girl;
  girl.sex = 0, girl.age = 8;
  const Looks old_man = looks_of("An old man walks past a girl");
  EXPECT_TRUE(old_man.fit(man));
  EXPECT_FALSE(old_man.fit(girl));
  EXPECT_TRUE(looks_of("a little girl jumps").sex == 0.0);
  EXPECT_TRUE(looks_of("the girl jumps").fit(girl));
  EXPECT_FALSE(looks_of("the girl jumps").fit(man));
  // What is carried is not who carries it.
  EXPECT_TRUE(looks_of("a person carries a heavy old man").anybody());
  EXPECT_FALSE(looks_of("a tall heavy woman sits down").anybody());
  EXPECT_TRUE(looks_of("somebody walks").anybody());
}

}  // namespace
}  // namespace pantomime::commands
