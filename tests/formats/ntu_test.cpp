#include "pantomime/formats/ntu.h"

#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "pantomime/body/parts.h"
#include "support.h"

namespace pantomime::formats {
namespace {

std::string body_text(const std::string& id, double x, int state = 2, int joints = 25) {
  std::string text = id + " 0 1 1 0 1 0 0.1 -0.2 2\n" + std::to_string(joints) + "\n";
  for (int j = 0; j < joints; ++j)
    text += fmt::format("{} {} 3.5 200.1 180.5 900 -inf 0 0 0 0 {}\n", x + 0.01 * j, 0.5, state);
  return text;
}

std::string message_of(const std::string& text) {
  return test::error_of<ParseError>([&] { parse_ntu_skeleton(text, "s.skeleton"); });
}

TEST(Ntu, ReadsPeopleWhoComeAndGo) {
  const std::string text = "4\n1\n" + body_text("72057594037931101", 1) + "2\n" +
                           body_text("72057594037931101", 2, 1) + body_text("9", 5, 0) + "0\n1\n" +
                           body_text("72057594037931101", 4);
  const NtuSkeleton read = parse_ntu_skeleton(text, "s");
  EXPECT_EQ(read.frames, 4u);
  ASSERT_EQ(read.bodies.size(), 2u);
  const NtuBody& body = read.bodies[0];
  body.joints.validate();
  EXPECT_EQ(body.id, "72057594037931101");
  EXPECT_EQ(body.first, 0u);
  ASSERT_EQ(body.joints.frame_count(), 4u);
  EXPECT_EQ(body.joints.names[20], "spine_shoulder");
  EXPECT_FLOAT_EQ(body.joints.positions[3 * 2], 1.02f);
  EXPECT_FLOAT_EQ(body.joints.positions[2], 3.5f);
  EXPECT_EQ(body.joints.confidence[0], 1);
  EXPECT_EQ(body.joints.confidence[25], 0.5f);
  EXPECT_EQ(body.joints.confidence[50], 0);  // not there
  EXPECT_FLOAT_EQ(body.joints.positions[3 * 75], 4);
  EXPECT_EQ(read.bodies[1].first, 1u);
  EXPECT_EQ(read.bodies[1].joints.confidence[3], 0);
}

TEST(Ntu, ReadsWhatItWrites) {
  const NtuSkeleton made = ntu_of(test::random_clip(3, 40));
  NtuSkeleton out = made;
  out.frames += 2;
  out.bodies.push_back(made.bodies[0]);
  out.bodies[1].id = "77";
  out.bodies[1].first = 2;
  for (size_t i = 0; i < 10; ++i) out.bodies[1].joints.confidence[100 + i] = i < 5 ? 0.5f : 0.f;
  const std::string text = to_ntu_skeleton(out);
  EXPECT_EQ(text, to_ntu_skeleton(out));
  const NtuSkeleton back = parse_ntu_skeleton(text, "written");
  EXPECT_EQ(back.frames, 42u);
  ASSERT_EQ(back.bodies.size(), 2u);
  EXPECT_EQ(back.bodies[1].first, 2u);
  EXPECT_EQ(back.bodies[1].joints.confidence, out.bodies[1].joints.confidence);
  for (size_t i = 0; i < made.bodies[0].joints.positions.size(); ++i)
    EXPECT_NEAR(back.bodies[0].joints.positions[i], made.bodies[0].joints.positions[i], 1e-5);
}

TEST(Ntu, SensorSeesWhoFacesItFromBefore) {
  motion::Clip clip = test::random_clip(1, 30);
  for (motion::Quat& q : clip.rotations) q = {};
  for (motion::Vec3& p : clip.root_positions) p = {0.5f, 0.95f, 1};
  const NtuSkeleton seen = ntu_of(clip, 3, 1.2f);
  const float* p = seen.bodies[0].joints.positions.data();
  const auto joint = [&](size_t j) { return motion::Vec3{p[3 * j], p[3 * j + 1], p[3 * j + 2]}; };
  EXPECT_LT(joint(6).x, joint(10).x);   // left wrist, right wrist
  EXPECT_NEAR(joint(0).z, 2, 0.05);     // a metre nearer than the origin
  EXPECT_LT(joint(15).z, joint(14).z);  // toes point at the sensor
  EXPECT_GT(joint(3).y, joint(20).y);   // head over the neck
  EXPECT_NEAR(joint(0).y, 0.95 - 1.2, 0.1);
  EXPECT_NEAR(joint(0).x, -0.5, 0.05);
}

TEST(Ntu, NamesLineFoundAndExpected) {
  const std::string good = "1\n1\n" + body_text("5", 1);
  EXPECT_EQ(message_of(good), "no error");
  EXPECT_EQ(message_of("1\n1\n" + body_text("5", 1, 3)),
            "s.skeleton:5: tracking state is \"3\", expected a whole number from 0 to 2");
  EXPECT_EQ(message_of("1\n1\n" + body_text("5", 1, 2, 24)),
            "s.skeleton:4: 24 joints, expected 25");
  EXPECT_EQ(message_of("1\n2\n" + body_text("5", 1) + body_text("5", 1)),
            "s.skeleton:30: body 5 twice in a frame");
  EXPECT_EQ(message_of(good + "1\n"), "s.skeleton:30: more lines than the 1 frames announced");
  EXPECT_EQ(message_of("2\n1\n" + body_text("5", 1)),
            "s.skeleton:29: the file ends, expected number of bodies");
}

TEST(Ntu, RefusesHostileFiles) {
  for (const char* text : {"", "x", "-1", "99999999999999999999", "1\n99\n", "1 2\n", "10000000\n"})
    EXPECT_NE(message_of(text), "no error") << text;
  const std::string good = "1\n1\n" + body_text("5", 1);
  for (size_t size = 0; size + 2 < good.size(); size += 3)
    EXPECT_NE(message_of(good.substr(0, size)), "no error") << size;
  EXPECT_NE(message_of("1\n1\n" + body_text("5", std::nan(""))), "no error");
  // Somebody who is there at the begin and at the end of very many empty frames.
  std::string gap = "200002\n1\n" + body_text("5", 1);
  for (int i = 0; i < 200000; ++i) gap += "0\n";
  EXPECT_NE(message_of(gap + "1\n" + body_text("5", 1)).find("too long a gap"), std::string::npos);
}

TEST(Ntu, WriterRefusesOtherPoints) {
  NtuSkeleton people = ntu_of(test::random_clip(3, 4));
  people.bodies[0].id = "anna";
  EXPECT_THROW(to_ntu_skeleton(people), Error);
  people.bodies[0].id = "1";
  people.frames = 3;
  EXPECT_THROW(to_ntu_skeleton(people), Error);
  people.frames = 4;
  people.bodies[0].joints.names.pop_back();
  EXPECT_THROW(to_ntu_skeleton(people), Error);
}

}  // namespace
}  // namespace pantomime::formats
