#include "pantomime/formats/humanml3d_text.h"

#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::formats {
namespace {

TEST(HumanMl3dText, ReadsSentencesTokensAndTimes) {
  const auto captions = parse_humanml3d_captions(
      "a person walks.#a/DET person/NOUN walk/VERB#0.0#0.0\r\n\n"
      "kick and/or punch#kick/VERB and/or/CCONJ#1.5#4\nsit.#sit/VERB#nan#nan",
      "t.txt");
  ASSERT_EQ(captions.size(), 3u);
  EXPECT_EQ(captions[0].text, "a person walks.");
  ASSERT_EQ(captions[0].tokens.size(), 3u);
  EXPECT_EQ(captions[0].tokens[1], (std::pair<std::string, std::string>{"person", "NOUN"}));
  EXPECT_FALSE(captions[0].has_interval());
  EXPECT_EQ(captions[1].tokens[1], (std::pair<std::string, std::string>{"and/or", "CCONJ"}));
  EXPECT_EQ(captions[1].first, 1.5);
  EXPECT_EQ(captions[1].last, 4);
  EXPECT_FALSE(captions[2].has_interval());
  const auto back = parse_humanml3d_captions(to_humanml3d_captions(captions), "written");
  ASSERT_EQ(back.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(back[i].text, captions[i].text);
    EXPECT_EQ(back[i].tokens, captions[i].tokens);
    EXPECT_EQ(back[i].last, captions[i].last);
  }
}

TEST(HumanMl3dText, NamesTheLineOfWhatIsWrong) {
  const auto message_of = [](const std::string& text) -> std::string {
    return test::error_of<ParseError>([&] { parse_humanml3d_captions(text, "t.txt"); });
  };
  EXPECT_EQ(message_of("a#b/C#0#0\nwalk#walk#0#0"), "t.txt:2: token \"walk\", expected word/TAG");
  EXPECT_EQ(message_of("a#0#0"), "t.txt:1: 3 fields, expected sentence#tokens#first#last");
  for (const char* bad : {"a#b/C#0#0#", "#b/C#0#0", "a#b/#0#0", "a#/C#0#0", "a#b/C#x#0",
                          "a#b/C#2#1", "a#b/C#-1#1", "a#b/C#0#inf", "a\xff#b/C#0#0", "a#b/C##"})
    EXPECT_TRUE(message_of(bad).starts_with("t.txt:1: ")) << bad;
  EXPECT_EQ(message_of(""), "no error");
}

TEST(HumanMl3dText, WriterRefusesMarksOfTheFormat) {
  EXPECT_THROW(to_humanml3d_captions({{.text = "a#b", .tokens = {}}}), Error);
  EXPECT_THROW(to_humanml3d_captions({{.text = "", .tokens = {}}}), Error);
  EXPECT_THROW(to_humanml3d_captions({{.text = "a", .tokens = {{"b c", "D"}}}}), Error);
  EXPECT_THROW(to_humanml3d_captions({{.text = "a", .tokens = {{"b", "D/E"}}}}), Error);
}

TEST(HumanMl3dText, ReadsSplitLists) {
  EXPECT_EQ(parse_split_list("000021\r\n\nM000021\n", "train.txt"),
            (std::vector<std::string>{"000021", "M000021"}));
  EXPECT_THROW(parse_split_list("1\n2\n1\n", "train.txt"), ParseError);
  EXPECT_THROW(parse_split_list("1 2\n", "train.txt"), ParseError);
}

}  // namespace
}  // namespace pantomime::formats
