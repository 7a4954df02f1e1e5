#include "pantomime/formats/point_file.h"

#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "pantomime/formats/humanml3d.h"
#include "pantomime/formats/ntu.h"
#include "pantomime/formats/point_table.h"
#include "support.h"

namespace pantomime::formats {
namespace {

using motion::Clip;

/// The places of a person are those of the points.
void expect_places(const motion::PointRecording& got, const motion::PointRecording& want,
                   float tolerance) {
  ASSERT_EQ(got.names, want.names);
  ASSERT_EQ(got.frame_count(), want.frame_count());
  EXPECT_EQ(got.fps, want.fps);
  for (size_t i = 0; i < want.positions.size(); ++i)
    ASSERT_NEAR(got.positions[i], want.positions[i], tolerance) << i;
}

TEST(PointFile, KnowsKindsByNames) {
  EXPECT_EQ(point_kind("a/Walk.C3D"), PointKind::C3d);
  EXPECT_EQ(point_kind("S001C001P001R001A001.skeleton"), PointKind::Ntu);
  EXPECT_EQ(point_kind("x_000000000012_keypoints.json"), PointKind::Video);
  EXPECT_EQ(point_kind("my_landmarks.json"), PointKind::Video);
  EXPECT_EQ(point_kind("HumanML3D/new_joint_vecs/000021.npy"), PointKind::HumanMl3d);
  for (const char* other : {"a.json", "a.csv", "a.npy", "new_joint_vecs/Mean.npy", "a.bvh", "c3d"})
    EXPECT_FALSE(point_kind(other)) << other;
}

TEST(PointFile, KnowsKindsByContent) {
  EXPECT_EQ(point_kind("a.json", R"([{"pose_landmarks": []}])"), PointKind::Video);
  EXPECT_EQ(point_kind("a.json", R"([[{"x": 0, "visibility": 1}]])"), PointKind::Video);
  EXPECT_FALSE(point_kind("a.json", R"({"scripts": {}})"));
  EXPECT_EQ(point_kind("a.csv", "frame,head_x,head_y,head_z\n1,0,0,0\n"), PointKind::Csv);
  EXPECT_EQ(point_kind("a.csv", "x0,y0,z0,x1,y1,z1\n"), PointKind::Csv);
  EXPECT_FALSE(point_kind("a.csv", "name,label\nx0,y0\n"));
  EXPECT_EQ(point_kind("a.npy", "\x93NUMPY {'shape': (40, 263), }"), PointKind::HumanMl3d);
  EXPECT_EQ(point_kind("a.npy", "\x93NUMPY {'shape': (40, 22, 3), }"), PointKind::HumanMl3d);
  EXPECT_FALSE(point_kind("a.npy", "\x93NUMPY {'shape': (40, 64), }"));
}

TEST(PointFile, ReadsWhatOurWritersWrite) {
  Clip clip = test::random_clip(9, 40);
  const auto joints = joints_of(clip);
  auto csv = parse_point_file(to_points_csv(clip), "a.csv", PointKind::Csv);
  ASSERT_EQ(csv.size(), 1u);
  EXPECT_TRUE(csv[0].metric);
  EXPECT_TRUE(csv[0].axes);
  expect_places(csv[0].points, joints, 1e-6f);

  const NtuSkeleton seen = ntu_of(clip);
  NtuSkeleton two = seen;
  two.bodies.push_back(seen.bodies[0]);
  two.bodies[1].id = "7";
  const auto people = parse_point_file(to_ntu_skeleton(two), "a.skeleton", PointKind::Ntu);
  ASSERT_EQ(people.size(), 2u);
  EXPECT_EQ(people[0].name, "1");
  EXPECT_EQ(people[1].name, "2");
  EXPECT_FALSE(people[0].axes);  // the set's
  for (const PointsOfPerson& person : people)
    expect_places(person.points, seen.bodies[0].joints, 1e-6f);

  // At their own rate, so that nothing is resampled.
  clip.fps = kHumanMl3dFps;
  const auto features = humanml3d_features(joints_of(clip));
  const auto array =
      parse_point_file(to_npy(features), "new_joint_vecs/1.npy", PointKind::HumanMl3d);
  expect_places(array.at(0).points, from_humanml3d(features, "x").joints, 0);
  EXPECT_EQ(array[0].points.fps, 20);
}

TEST(PointFile, NumbersOfColumnsAreMediaPipesLandmarks) {
  std::string head = "frame", row = "0";
  for (int k = 0; k < 33; ++k) {
    head += fmt::format(",x{0},y{0},z{0}", k);
    row += fmt::format(",{},{},{}", 0.1 * k, 0.2, 0.3);
  }
  // A picture twice as wide as high: y is in heights from the top, z away from the camera.
  const auto people = parse_point_file(head + "\n" + row + "\n", "a.csv", PointKind::Csv,
                                       {.fps = 18, .aspect = 2, .picture = true});
  ASSERT_EQ(people.size(), 1u);
  const motion::PointRecording& points = people[0].points;
  EXPECT_FALSE(people[0].metric);
  EXPECT_EQ(points.fps, 18);
  ASSERT_EQ(points.point_count(), 33u);
  EXPECT_EQ(points.names[11], "left_shoulder");
  EXPECT_FLOAT_EQ(points.positions[3 * 11], 1.1f);
  EXPECT_FLOAT_EQ(points.positions[3 * 11 + 1], -0.1f);
  EXPECT_FLOAT_EQ(points.positions[3 * 11 + 2], -0.3f);
  EXPECT_EQ(test::error_of<ParseError>([] {
              parse_point_file("x0,y0,z0,x33,y33,z33\n1,1,1,1,1,1\n", "a.csv", PointKind::Csv);
            }),
            "a.csv:1: column x33: expected MediaPipe's 33 points, 0 to 32");
}

TEST(PointFile, RefusesWhatHoldsNoPersonInSpace) {
  std::string flat = R"({"version": 1.3, "people": [{"pose_keypoints_2d": [)";
  for (int i = 0; i < 75; ++i) flat += i == 0 ? "1" : ",1";
  flat += "]}]}";
  EXPECT_NE(test::error_of<ParseError>([&] {
              parse_point_file(flat, "v_keypoints.json", PointKind::Video);
            }).find("flat keypoints of a picture"),
            std::string::npos);
  EXPECT_EQ(test::error_of<ParseError>([] { parse_point_file("0\n", "s", PointKind::Ntu); }),
            "s: nobody in any frame");
  for (const PointKind kind :
       {PointKind::C3d, PointKind::Ntu, PointKind::Video, PointKind::Csv, PointKind::HumanMl3d})
    for (const char* bytes : {"", "\x93NUMPY", "{", "1\n", "a,b\n1,2\n"})
      EXPECT_THROW(parse_point_file(bytes, "x", kind), ParseError)
          << static_cast<int>(kind) << bytes;
}

}  // namespace
}  // namespace pantomime::formats
