#include "pantomime/formats/babel.h"

#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::formats {
namespace {

constexpr const char* kBabel = R"({
 "10": {"babel_sid": 10, "url": "https://x", "feat_p": "KIT/KIT/4/LeftTurn02_poses.npz", "dur": 3.5,
  "seq_ann": {"babel_lid": "a", "mul_act": true, "labels": [
    {"raw_label": "turn left", "proc_label": "turn left", "seg_id": "s", "act_cat": ["turn"]}]},
  "frame_ann": {"labels": [
    {"raw_label": "stand", "proc_label": "stand", "act_cat": ["stand"], "start_t": 2, "end_t": 3.5},
    {"raw_label": "turn to the left", "act_cat": ["turn", "step"], "start_t": 0, "end_t": 2.0}]}},
 "9": {"feat_p": "CMU/CMU/01/01_01_poses.npz", "dur": 20, "frame_ann": null,
  "seq_anns": [{"labels": [{"raw_label": null, "proc_label": "jump", "act_cat": null}]},
               {"labels": null}, null]}
})";

std::string message_of(const std::string& text) {
  return test::error_of<ParseError>([&] { parse_babel(text, "b.json"); });
}

using test::with;

TEST(Babel, ReadsLabelsOfSequencesAndOfTheirParts) {
  const auto sequences = parse_babel(kBabel, "b.json");
  ASSERT_EQ(sequences.size(), 2u);
  const BabelSequence& turn = sequences[0];
  EXPECT_EQ(turn.id, "10");
  EXPECT_EQ(turn.file, "KIT/KIT/4/LeftTurn02_poses.npz");
  ASSERT_EQ(turn.whole.size(), 1u);
  EXPECT_EQ(turn.whole[0].words, "turn left");
  EXPECT_EQ(turn.whole[0].last, 3.5);
  ASSERT_EQ(turn.spans.size(), 2u);  // by time
  EXPECT_EQ(turn.spans[0].words, "turn to the left");
  EXPECT_EQ(turn.spans[0].categories, (std::vector<std::string>{"turn", "step"}));
  EXPECT_EQ(turn.spans[1].first, 2);
  ASSERT_EQ(sequences[1].whole.size(), 1u);  // of several annotators
  EXPECT_EQ(sequences[1].whole[0].words, "jump");
  EXPECT_TRUE(sequences[1].whole[0].categories.empty());
}

TEST(Babel, NamesTheSequenceOfWhatIsWrong) {
  EXPECT_EQ(message_of(with(kBabel, "\"end_t\": 2.0", "\"end_t\": -2.0")),
            "b.json: sequence 10: \"end_t\": -2 seconds, expected 0 to 1000000");
  EXPECT_EQ(message_of(with(kBabel, "\"start_t\": 2,", "\"start_t\": 4,")),
            "b.json: sequence 10: a label from 4 to 3.5 seconds");
  const std::vector<std::pair<std::string, std::string>> breaks = {
      {"\"feat_p\": \"KIT/KIT/4/LeftTurn02_poses.npz\"", "\"feat_p\": null"},
      {"\"dur\": 3.5", "\"dur\": \"long\""},
      {"\"dur\": 3.5", "\"dur\": 1e300"},
      {"\"start_t\": 2,", ""},
      {"[\"turn\", \"step\"]", "[1]"},
      {"[\"turn\", \"step\"]", "\"turn\""},
      {"\"labels\": null", "\"labels\": 5"},
      {"\"raw_label\": \"stand\"", "\"raw_label\": [1]"},
      {"\"seq_anns\": [", "\"seq_anns\": [7, "},
      {"\"9\": {", "\"9\": 4, \"8\": {"},
      {"\"9\": {", "\"10\": {"},
      {"\"dur\": 20,", "\"dur\": 20"},
  };
  for (const auto& [from, to] : breaks) {
    const std::string message = message_of(with(kBabel, from, to));
    EXPECT_TRUE(message.starts_with("b.json")) << from << " -> " << to << ": " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
  EXPECT_NE(message_of("[1, 2]"), "no error");
  EXPECT_NE(message_of(""), "no error");
  EXPECT_NE(message_of(std::string(100000, '[')), "no error");
}

TEST(AmassNames, AgreeWhateverTheRelease) {
  AmassNames names;
  names.add("KIT/KIT/4/LeftTurn02_poses.npz", 1);
  names.add("Eyes_Japan/Eyes_Japan_Dataset/hamada/accident-02-dodge fast-hamada_poses.npz", 2);
  names.add("A/A/s1/walk_poses.npz", 3);
  names.add("B/B/s1/walk_poses.npz", 4);
  names.add("B/B/s1/walk_poses.npz", 5);
  using Found = std::vector<size_t>;
  EXPECT_EQ(names.find("KIT/4/LeftTurn02_poses.npz"), Found{1});
  EXPECT_EQ(names.find("data/amass/KIT/4/LeftTurn02_stageii.npz"), Found{1});
  EXPECT_EQ(names.find("4/LeftTurn02.npz"), Found{1});
  EXPECT_EQ(names.find("x/hamada/accident-02-dodge_fast-hamada_stageii.npz"), Found{2});
  EXPECT_EQ(names.find("A/s1/walk_poses.npz"), Found{3});
  EXPECT_EQ(names.find("B/s1/walk_poses.npz"), (Found{4, 5}));
  EXPECT_EQ(names.find("C/s1/walk_poses.npz"), Found{});  // of A or of B?
  EXPECT_EQ(names.find("LeftTurn02_poses.npz"), Found{});
  EXPECT_EQ(names.find("5/LeftTurn02_poses.npz"), Found{});
}

}  // namespace
}  // namespace pantomime::formats
