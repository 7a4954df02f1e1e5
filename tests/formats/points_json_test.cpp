#include "pantomime/formats/points_json.h"

#include <gtest/gtest.h>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::formats {
namespace {

/// 33 landmarks; number k is at (k, 2 k, 3 k) / 10.
std::string landmarks(bool objects = true, size_t count = 33) {
  std::string text = "[";
  for (size_t k = 0; k < count; ++k) {
    const double x = 0.1 * static_cast<double>(k);
    text += k > 0 ? "," : "";
    text += objects ? fmt::format(R"({{"x": {}, "y": {}, "z": {}, "visibility": {}}})", x, 2 * x,
                                  3 * x, k == 5 ? 0.25 : 1)
                    : fmt::format("[{}, {}, {}, {}]", x, 2 * x, 3 * x, k == 5 ? 0.25 : 1);
  }
  return text + "]";
}

std::string message_of(const std::string& text) {
  return test::error_of<ParseError>([&] { parse_mediapipe(text, "p.json"); });
}

TEST(MediaPipe, ReadsTheFormsPeopleSave) {
  const std::string objects = landmarks(), lists = landmarks(false);
  const std::vector<std::string> metric = {
      "[" + objects + ", null, " + lists + "]",
      R"({"fps": 30, "frames": [{"pose_world_landmarks": )" + objects +
          R"(}, {"pose_world_landmarks": null}, {"poseWorldLandmarks": [)" + lists + "]}]}",
      R"([{"worldLandmarks": [)" + objects + R"(], "landmarks": []}, {"world_landmarks": []},
          {"pose_world_landmarks": {"landmark": )" +
          objects + "}}]",
      R"([{"landmark": )" + objects + "}, [], " + objects + "]",
  };
  for (const std::string& text : metric) {
    const PointsFromVideo read = parse_mediapipe(text, "p.json");
    EXPECT_EQ(read.unit, PointUnit::Metres);
    read.points.validate();
    EXPECT_EQ(read.points.fps, 30);
    ASSERT_EQ(read.points.frame_count(), 3u) << text.substr(0, 60);
    EXPECT_EQ(read.points.names[11], "left_shoulder");
    for (const size_t f : {size_t{0}, size_t{2}}) {
      const float* p = &read.points.positions[3 * (f * 33 + 10)];
      EXPECT_FLOAT_EQ(p[0], 1);
      EXPECT_FLOAT_EQ(p[1], -2);  // their y points down, their z away
      EXPECT_FLOAT_EQ(p[2], -3);
      EXPECT_EQ(read.points.confidence[f * 33 + 10], 1);
      EXPECT_EQ(read.points.confidence[f * 33 + 5], 0.25f);
    }
    EXPECT_EQ(read.points.confidence[33 + 10], 0);  // nobody there
  }
  const PointsFromVideo picture = parse_mediapipe(
      R"({"fps": 25, "frames": [{"pose_landmarks": )" + objects + "}]}", "p", {.aspect = 2});
  EXPECT_EQ(picture.unit, PointUnit::ImageWidths);
  EXPECT_EQ(picture.points.fps, 25);
  EXPECT_FLOAT_EQ(picture.points.positions[31], -1);  // heights are half as long as widths
}

TEST(MediaPipe, TakesTheWantedPerson) {
  const std::string two = R"([{"worldLandmarks": [)" + landmarks() + ", " + landmarks() + "]}]";
  EXPECT_EQ(parse_mediapipe(two, "p", {.person = 1}).points.confidence[0], 1);
  EXPECT_EQ(parse_mediapipe(two, "p", {.person = 2}).points.confidence[0], 0);
}

TEST(MediaPipe, NamesTheFrameOfWhatIsWrong) {
  EXPECT_EQ(message_of("[" + landmarks() + ", " + landmarks(true, 32) + "]"),
            "p.json: frame 1: 32 landmarks, expected 33");
  EXPECT_EQ(message_of("[" + landmarks() + ", {}]"),
            "p.json: frame 1: no landmarks, expected pose_world_landmarks or pose_landmarks");
  EXPECT_NE(message_of(R"([{"pose_world_landmarks": )" + landmarks() + R"(}, {"pose_landmarks": )" +
                       landmarks() + "}]")
                .find("another unit"),
            std::string::npos);
  for (const std::string& text :
       {std::string("{}"), std::string("[]"), std::string("7"), std::string(""),
        std::string(R"({"fps": 0, "frames": [null]})"), std::string(R"({"frames": 3})"),
        std::string("[[1, 2, 3]]"), "[" + landmarks() + ", 5]", std::string("[[{\"x\": 1e300}]]"),
        std::string("[[{\"x\": \"a\", \"y\": 1, \"z\": 2}]]"), std::string(1000, '[')})
    EXPECT_TRUE(message_of(text).starts_with("p.json")) << text.substr(0, 50);
}

std::string person(size_t points, bool space, double shift = 0) {
  std::string text;
  for (size_t p = 0; p < points; ++p) {
    const double x = 10.0 * static_cast<double>(p) + shift;
    text += text.empty() ? "" : ",";
    text += space ? fmt::format("{},{},{},{}", x, 1, 2, p == 3 ? 0 : 0.5)
                  : fmt::format("{},{},{}", x, 100, p == 3 ? 0 : 0.5);
  }
  return fmt::format(R"({{"person_id":[-1],"pose_keypoints_{}d":[{}]}})", space ? 3 : 2, text);
}
std::string frame(const std::string& people) {
  return R"({"version":1.3,"people":[)" + people + "]}";
}

TEST(OpenPose, ReadsBothSkeletonsFlatAndInSpace) {
  const PointsFromVideo flat =
      parse_openpose({{"0", frame("")}, {"1", frame(person(25, false))}, {"2", frame("")}});
  EXPECT_EQ(flat.unit, PointUnit::Pixels);
  ASSERT_EQ(flat.points.frame_count(), 3u);
  EXPECT_EQ(flat.points.names[8], "mid_hip");
  EXPECT_EQ(flat.points.confidence[0], 0);
  EXPECT_EQ(flat.points.confidence[25], 0.5f);
  EXPECT_EQ(flat.points.confidence[28], 0);
  EXPECT_EQ(flat.points.positions[3 * 26], 10);
  EXPECT_EQ(flat.points.positions[3 * 26 + 1], -100);
  EXPECT_EQ(flat.points.positions[3 * 28 + 1], 0);  // not found: no place
  const PointsFromVideo space = parse_openpose(
      {{"0", "[" + frame(person(18, true)) + "," + frame(person(18, true, 1)) + "]"}}, {.fps = 60});
  EXPECT_EQ(space.unit, PointUnit::Metres);
  EXPECT_EQ(space.points.fps, 60);
  EXPECT_EQ(space.points.names[8], "right_hip");
  EXPECT_EQ(space.points.positions[3 * 18], 1);
  EXPECT_EQ(space.points.positions[3 * 18 + 2], -2);
  const std::string two = frame(person(25, false) + "," + person(25, false, 7));
  EXPECT_EQ(parse_openpose({{"0", two}}, {.person = 1}).points.positions[0], 7);
}

TEST(OpenPose, ReadsAFolderInOrder) {
  const test::TemporaryFolder folder;
  for (int f = 2; f >= 0; --f)
    write_file(folder / fmt::format("v_{:012}_keypoints.json", f), frame(person(25, false, f)));
  write_file(folder / "other.json", "{}");
  const PointsFromVideo read = read_openpose(folder.path());
  ASSERT_EQ(read.points.frame_count(), 3u);
  for (size_t f = 0; f < 3; ++f)
    EXPECT_EQ(read.points.positions[3 * 25 * f], static_cast<float>(f));
}

TEST(OpenPose, RefusesOtherThings) {
  const auto refused = [](const std::vector<std::pair<std::string, std::string>>& frames) {
    try {
      parse_openpose(frames);
    } catch (const ParseError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(refused({{"a", frame(person(24, false))}}),
            "a: 72 numbers, expected 3 for each of 25 or 18 points");
  EXPECT_EQ(refused({{"a", frame(person(25, false))}, {"b", frame(person(18, false))}}),
            "b: other points than in the frames before");
  EXPECT_EQ(refused({{"a", frame("")}}), "a: nobody in any frame");
  for (const char* text : {"", "[]", "{}", "3", R"({"people": 3})", R"({"people": [3]})",
                           R"({"people": [{"pose_keypoints_2d": ["x"]}]})"})
    EXPECT_NE(refused({{"a", text}}), "no error") << text;
  EXPECT_NE(refused({}), "no error");
}

}  // namespace
}  // namespace pantomime::formats
