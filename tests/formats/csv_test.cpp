#include "pantomime/formats/csv.h"

#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::formats {
namespace {

std::string error_of(const std::string& text) {
  return test::error_of<Error>([&] { parse_csv(text, "t.csv"); });
}

TEST(Csv, ReadsQuotedFieldsWithCommasQuotesAndLineEnds) {
  const CsvTable table = parse_csv(
      "\xEF\xBB\xBF"
      "a,b\r\n\"x, y\",\"say \"\"hi\"\"\"\r\n\n1,\"two\nlines\"\n",
      "t.csv");
  ASSERT_EQ(table.columns, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0], (std::vector<std::string>{"x, y", "say \"hi\""}));
  EXPECT_EQ(table.rows[1], (std::vector<std::string>{"1", "two\nlines"}));
  EXPECT_EQ(table.lines, (std::vector<int64_t>{2, 4}));
}

TEST(Csv, KeepsEmptyFieldsAndALastLineWithoutLineEnd) {
  const CsvTable table = parse_csv("a,b,c\n,,\n1,,3", "t.csv");
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0], (std::vector<std::string>{"", "", ""}));
  EXPECT_EQ(table.rows[1], (std::vector<std::string>{"1", "", "3"}));
}

TEST(Csv, FindsColumnsByName) {
  const CsvTable table = parse_csv("a,b\n1,2\n", "t.csv");
  EXPECT_EQ(table.column("b"), 1u);
  EXPECT_FALSE(table.find("c"));
  try {
    table.column("c");
    FAIL() << "expected an error";
  } catch (const ParseError& error) {
    EXPECT_STREQ(error.what(), "t.csv:1: no column \"c\", found a, b");
  }
}

TEST(Csv, SaysWhereARowIsTooShort) {
  EXPECT_EQ(error_of("a,b\n1,2\n3\n"), "t.csv:3: found 1 fields, expected 2");
  EXPECT_EQ(error_of("a,b\n1,2,3\n"), "t.csv:2: found 3 fields, expected 2");
}

TEST(Csv, RefusesBrokenQuotes) {
  EXPECT_EQ(error_of("a,b\n1,\"2\n"), "t.csv:2: quote is never closed");
  EXPECT_EQ(error_of("a,b\n1,\"2\"x\n"),
            "t.csv:2: found more text after a closing quote, expected a comma");
  EXPECT_EQ(error_of("a,b\n1,2\"3\n"),
            "t.csv:2: found a quote inside a plain field, expected the whole field in quotes");
}

TEST(Csv, RefusesEmptyFilesDoubleColumnsAndBytesThatAreNotText) {
  EXPECT_EQ(error_of(""), "t.csv:1: empty file, expected a line of column names");
  EXPECT_EQ(error_of("a,a\n"), "t.csv:1: column \"a\" is there twice");
  EXPECT_EQ(error_of("a,b\n1,\xFF\n"), "t.csv: not UTF-8 text, expected a CSV table");
}

TEST(Csv, TellsTextFromOtherBytes) {
  EXPECT_TRUE(is_text("plain"));
  EXPECT_TRUE(is_text("Müller, 体, 🙂"));
  EXPECT_FALSE(is_text(std::string("a\0b", 3)));
  EXPECT_FALSE(is_text("\xC0\x80"));          // overlong
  EXPECT_FALSE(is_text("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_text("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_text("\xE4\xBD"));          // cut off
}

}  // namespace
}  // namespace pantomime::formats
