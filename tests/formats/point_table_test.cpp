#include "pantomime/formats/point_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/archive.h"
#include "support.h"

namespace pantomime::formats {
namespace {

PointTable table(const std::vector<int16_t>& values, std::vector<int64_t> shape,
                 const std::string& recordings = "seq,start,frames,fps\na,0,1,15\nb,1,2,30\n",
                 const std::string& points = "index,name,parent\n0,head,-1\n1,hand,0\n",
                 const PointTableOptions& options = {}) {
  return PointTable(npy_of(std::move(shape), std::span<const int16_t>(values)),
                    parse_csv(recordings, "r.csv"), parse_csv(points, "p.csv"), "t.npy", options);
}

TEST(PointTable, GivesRecordingsInMetresWithWhatIsMissing) {
  const std::vector<int16_t> values = {100, 200, 300, 1000, 0, 0, 0, 500,   // a
                                       1,   2,   3,   250,  4, 5, 6, 9000,  // b
                                       7,   8,   9,   -5,   1, 1, 1, 1000};
  const PointTable read = table(values, {3, 2, 4});
  ASSERT_EQ(read.size(), 2u);
  const auto a = read.recording(0), b = read.recording(1);
  a.validate();
  b.validate();
  EXPECT_EQ(a.fps, 15);
  EXPECT_EQ(a.names, (std::vector<std::string>{"head", "hand"}));
  EXPECT_EQ(a.frame_count(), 1u);
  EXPECT_FLOAT_EQ(a.positions[2], 0.3f);
  EXPECT_EQ(a.confidence, (std::vector<float>{1, 0}));  // at 0 0 0: lost
  EXPECT_EQ(b.frame_count(), 2u);
  EXPECT_EQ(b.confidence, (std::vector<float>{0.25f, 1, 0, 1}));
  // Vicon's axes.
  const auto turned = table(values, {3, 2, 4}, "start,frames\n0,3\n", "name\nx\ny\n",
                            {.axes = {motion::Axis::PlusZ, motion::Axis::MinusY, 0.001},
                             .zeros_are_missing = false,
                             .fps = 33.333})
                          .recording(0);
  EXPECT_EQ(turned.fps, 33.333);
  EXPECT_FLOAT_EQ(turned.positions[0], 0.1f);
  EXPECT_FLOAT_EQ(turned.positions[1], 0.3f);
  EXPECT_FLOAT_EQ(turned.positions[2], -0.2f);
  EXPECT_EQ(turned.confidence[1], 0.5f);
}

TEST(PointTable, RefusesTablesThatDoNotFit) {
  const std::vector<int16_t> values(12);
  EXPECT_NO_THROW(table(values, {2, 2, 3}, "start,frames\n0,2\n"));
  for (const char* recordings :
       {"start,frames\n0,3\n", "start,frames\n2,1\n", "start,frames\n-1,1\n",
        "start,frames\n1,-1\n", "start,frames\n0,x\n", "start\n0\n", "start,frames,fps\n0,1,0\n",
        "start,frames\n9223372036854775807,1\n"})
    EXPECT_THROW(table(values, {2, 2, 3}, recordings), ParseError) << recordings;
  EXPECT_THROW(table(values, {2, 2, 3}, "start,frames\n0,2\n", "name\none\n"), ParseError);
  EXPECT_THROW(table(values, {2, 6}, "start,frames\n0,2\n"), ParseError);
  EXPECT_THROW(table(values, {3, 2, 2}, "start,frames\n0,2\n"), ParseError);
  EXPECT_THROW(table(values, {2, 2, 3}, "start,frames\n0,0\n").recording(0), Error);
  EXPECT_THROW(table(values, {2, 2, 3}, "start,frames\n0,2\n").recording(1), Error);
}

TEST(PointTable, UnpacksCompressedArraysWithinBounds) {
  // gzip of "hello" twice, made with Python's gzip.compress(b"hello" * 2, mtime=0).
  const unsigned char bytes[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xcf, 0x00, 0x11,
                                 0x00, 0x68, 0x97, 0x8c, 0xf5, 0x0a, 0x00, 0x00, 0x00};
  const std::string packed(reinterpret_cast<const char*>(bytes), sizeof(bytes));
  EXPECT_EQ(decompressed("as it is", "x"), "as it is");
  EXPECT_EQ(decompressed("", "x"), "");
  EXPECT_EQ(decompressed(packed, "x.gz"), "hellohello");
  EXPECT_THROW(decompressed(packed, "x.gz", 9), ParseError);
}

TEST(PointTable, ReadsTheSharedKinectRecordings) {
  const auto shared = test::shared_folder();
  if (shared.empty()) GTEST_SKIP() << "the team's data is not beside this checkout";
  const auto folder = shared / "data/utd_mhad";
  const PointTable read = read_point_table(folder / "skeletons.npy.zst", folder / "sequences.csv",
                                           folder / "joints.csv");
  ASSERT_EQ(read.size(), 861u);
  const auto points = read.recording(100);
  points.validate();
  EXPECT_EQ(points.point_count(), 20u);
  // Head over foot as the set's own page says.
  size_t head = 0, foot = 0;
  for (size_t p = 0; p < 20; ++p) {
    if (points.names[p] == "Head") head = p;
    if (points.names[p] == "LeftFoot" || points.names[p] == "FootLeft") foot = p;
  }
  const float tall = points.positions[3 * head + 1] - points.positions[3 * foot + 1];
  EXPECT_GT(tall, 1.2f);
  EXPECT_LT(tall, 1.85f);
}

TEST(PointsCsv, ReadsWhatItWrites) {
  motion::PointRecording points;
  points.fps = 25;
  points.names = {"left hand", "b_x"};
  points.positions = {1, 2, 3, -0.5f, 0.25f, 0, 4, 5, 6, 7, 8, 9};
  points.confidence = {1, 0.5f, 0, 1};
  const std::string text = to_points_csv(points);
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "frame,time,left hand_x,left hand_y,left hand_z,left hand_confidence,b_x_x,b_x_y,b_x_z,"
            "b_x_confidence");
  const auto back = parse_points_csv(text, "p.csv");
  EXPECT_EQ(back.fps, 25);
  EXPECT_EQ(back.names, points.names);
  EXPECT_EQ(back.confidence, points.confidence);
  for (size_t i = 0; i < 12; ++i)
    EXPECT_FLOAT_EQ(back.positions[i], i / 3 == 2 ? 0 : points.positions[i]);  // missing: no place
}

TEST(PointsCsv, WritesJointsOfClips) {
  const motion::Clip clip = test::random_clip(9, 20);
  const auto back = parse_points_csv(to_points_csv(clip), "c.csv");
  const auto pose = motion::forward_kinematics(clip);
  EXPECT_EQ(back.fps, clip.fps);
  EXPECT_EQ(back.names, clip.skeleton.names);
  ASSERT_EQ(back.positions.size(), 3 * pose.positions.size());
  for (size_t i = 0; i < pose.positions.size(); ++i)
    EXPECT_NEAR(back.positions[3 * i + 1], pose.positions[i].y, 1e-6);
}

TEST(PointsCsv, NamesLineAndColumnOfWhatIsWrong) {
  const auto message_of = [](const std::string& text) -> std::string {
    return test::error_of<ParseError>([&] { parse_points_csv(text, "p.csv"); });
  };
  EXPECT_EQ(message_of("a_x,a_y,a_z\n1,2,x\n"), "p.csv:2: a_z is \"x\", expected metres");
  EXPECT_EQ(message_of("a_x,a_y\n1,2\n"), "p.csv:1: no column \"a_z\"");
  for (const char* text :
       {"", "a,b\n1,2\n", "a_x,a_y,a_z\n", "a_x,a_y,a_z\n1,2,nan\n", "a_x,a_y,a_z\n1,2,1e9\n",
        "a_x,a_y,a_z,a_confidence\n1,2,3,2\n", "time,a_x,a_y,a_z\n0,1,2,3\n0,1,2,3\n",
        "time,a_x,a_y,a_z\n0,1,2,3\nx,1,2,3\n"})
    EXPECT_TRUE(message_of(text).starts_with("p.csv")) << text;
}

}  // namespace
}  // namespace pantomime::formats
