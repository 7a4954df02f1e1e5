#include "pantomime/base/text.h"

#include <gtest/gtest.h>

namespace pantomime {
namespace {

using Parts = std::vector<std::string_view>;

TEST(Text, ListsAreSplitAndTrimmed) {
  EXPECT_EQ(split_list("1,2; 3,4", ';'), (Parts{"1,2", "3,4"}));
  EXPECT_EQ(split_list("  left hand =1 ;x", ';'), (Parts{"left hand =1", "x"}));
  EXPECT_EQ(split_list("", ';'), Parts{});
  EXPECT_EQ(split_list("   ", ';'), Parts{});
}

TEST(Text, AClosingSeparatorBeginsNothingButEmptyPartsStay) {
  EXPECT_EQ(split_list("a;b; ", ';'), (Parts{"a", "b"}));
  EXPECT_EQ(split_list("a;;b", ';'), (Parts{"a", "", "b"}));
  EXPECT_EQ(split_list(";a", ';'), (Parts{"", "a"}));
}

}  // namespace
}  // namespace pantomime
