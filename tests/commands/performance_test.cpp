#include "pantomime/commands/performance.h"

#include <gtest/gtest.h>

#include "pantomime/base/error.h"

namespace pantomime::commands {
namespace {

using Parts = std::vector<std::string>;

TEST(ToldInOrder, PartsAreDoneByTheSamePerson) {
  EXPECT_EQ(told_in_order("An old man walks in a circle, then sits down"),
            (Parts{"An old man walks in a circle", "An old man sits down"}));
  EXPECT_EQ(told_in_order("a person waves and then a child runs; someone hops."),
            (Parts{"a person waves", "a child runs", "someone hops"}));
  EXPECT_EQ(told_in_order("He squats twice. Then he jumps, and then turns left"),
            (Parts{"He squats twice", "he jumps", "He turns left"}));
}

TEST(ToldInOrder, OneActStaysWhole) {
  for (const char* text : {"a person walks forward and waves with the left hand", "raise both arms",
                           "somebody strengthens the legs"})
    EXPECT_EQ(told_in_order(text), Parts{text});
  EXPECT_EQ(told_in_order("walk, then run"), (Parts{"walk", "a person run"}));
  EXPECT_THROW(told_in_order(" , . "), Error);
}

TEST(ActsOf, ShareTheTime) {
  const auto acts = acts_of({"a", "b", "c"}, 100);
  ASSERT_EQ(acts.size(), 3u);
  EXPECT_EQ(acts[0].frames + acts[1].frames + acts[2].frames, 100);
  for (const Act& act : acts) EXPECT_NEAR(static_cast<double>(act.frames), 100.0 / 3, 0.7);
  EXPECT_EQ(acts[2].text, "c");
}

}  // namespace
}  // namespace pantomime::commands
