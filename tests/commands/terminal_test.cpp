#include "pantomime/commands/terminal.h"

#include <gtest/gtest.h>

namespace pantomime::commands {
namespace {

TEST(Terminal, WritesTimesAsAClockShowsThem) {
  EXPECT_EQ(clock_text(0), "0:00");
  EXPECT_EQ(clock_text(7.4), "0:07");
  EXPECT_EQ(clock_text(190), "3:10");
  EXPECT_EQ(clock_text(59.7), "1:00");
  EXPECT_EQ(clock_text(3723), "1:02:03");
}

TEST(Terminal, ShowsWhatIsKnownOfTheProgress) {
  EXPECT_EQ(progress_text("train", 1200, 5000, "loss 0.0431", 190),
            "train  1200/5000  loss 0.0431  eta 3:10");
  EXPECT_EQ(progress_text("import", 12, 0, "", -1), "import  12");
}

TEST(Terminal, SaysNothingBesideResultsWhenQuiet) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  Terminal terminal;
  terminal.set_talk(Terminal::Talk::Quiet);
  terminal.begin("work", 3);
  terminal.step(3, "");
  terminal.note("something");
  terminal.end();
  terminal.print("result");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "result\n");
}

TEST(Terminal, WritesWholeLinesWhereThereIsNoTerminal) {
  testing::internal::CaptureStderr();
  Terminal terminal;
  terminal.begin("work", 3);
  for (int i = 1; i <= 3; ++i) terminal.step(i, "");
  terminal.note("something");
  terminal.end();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "something\nwork  3/3  in 0:00\n");
}

}  // namespace
}  // namespace pantomime::commands
