#include "pantomime/formats/lines.h"

#include <gtest/gtest.h>

namespace pantomime::formats {
namespace {

using Words = std::vector<std::string_view>;

TEST(Lines, SplitsWordsAndKeepsCountOfLines) {
  Lines lines("\xEF\xBB\xBF\n  a\tb\r\n# all comment\nc(1,2) # rest\n\nd", "f", '#', "(),");
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.words(), (Words{"a", "b"}));
  EXPECT_EQ(lines.line(), 2);
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.words(), (Words{"c", "1", "2"}));
  EXPECT_EQ(lines.line(), 4);
  lines.again();
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.words(), (Words{"c", "1", "2"}));
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.words(), Words{"d"});
  EXPECT_FALSE(lines.next());
  EXPECT_TRUE(lines.words().empty());
  lines.again();
  EXPECT_FALSE(lines.next());
}

TEST(Lines, ReadsNumbersAndNamesThePlaceOfWhatIsNone) {
  Lines lines("1.5 +2 -3e-4 7.2e-320 1e-999 12 nan 1e10 0x10 1e999", "f.txt");
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.number(0, "x"), 1.5);
  EXPECT_EQ(lines.number(1, "x"), 2);
  EXPECT_EQ(lines.number(2, "x"), -3e-4);
  EXPECT_NEAR(lines.number(3, "x"), 0, 1e-300);
  EXPECT_NEAR(lines.number(4, "x"), 0, 1e-300);
  EXPECT_EQ(lines.whole(5, "n", 0, 12), 12);
  for (size_t i = 6; i < 11; ++i) EXPECT_THROW(lines.number(i, "x"), ParseError) << i;
  EXPECT_THROW(lines.whole(0, "n", 0, 9), ParseError);
  try {
    lines.whole(5, "count", 0, 11);
    ADD_FAILURE() << "took 12";
  } catch (const ParseError& error) {
    EXPECT_STREQ(error.what(), "f.txt:1: count is \"12\", expected a whole number from 0 to 11");
  }
}

TEST(Lines, BoundTheWordsOfALine) {
  std::string text;
  for (int i = 0; i < 70000; ++i) text += "a ";
  Lines lines(text, "f");
  EXPECT_THROW(lines.next(), ParseError);
}

}  // namespace
}  // namespace pantomime::formats
