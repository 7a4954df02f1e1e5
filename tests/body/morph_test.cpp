#include "pantomime/body/morph.h"

#include <gtest/gtest.h>

#include "pantomime/body/nearest_shape.h"
#include "pantomime/body/parts.h"
#include "pantomime/body/person.h"
#include "pantomime/body/rig.h"
#include "tests/body/real_assets.h"
#include "tests/support/support.h"

namespace pantomime::body {
namespace {

using test::real_body;

float stature(const std::string& shape) {
  return stature_of(real_body(), morph(real_body(), parse_shape(shape)));
}

TEST(Morph, GivesTheStaturesThatTheDataIsKnownFor) {
  // Measured from the same morphs by an independent script.
  EXPECT_NEAR(stature("sex=0.5,age=25"), 1.659f, 0.002f);
  EXPECT_NEAR(stature("sex=male,age=25"), 1.730f, 0.002f);
  EXPECT_NEAR(stature("sex=female,age=25"), 1.590f, 0.002f);
  EXPECT_NEAR(stature("sex=male,age=25,height=0"), 1.364f, 0.002f);
  EXPECT_NEAR(stature("sex=male,age=25,height=1"), 2.454f, 0.002f);
  EXPECT_NEAR(stature("sex=female,age=25,height=0"), 1.223f, 0.002f);
  EXPECT_NEAR(stature("sex=0.5,age=10"), 1.309f, 0.003f);
  EXPECT_NEAR(stature("sex=0.5,age=1"), 0.602f, 0.003f);
  EXPECT_NEAR(stature("sex=0.5,age=90"), 1.637f, 0.003f);
}

TEST(Morph, MeetsAStatureInMetres) {
  for (const std::string text :
       {"sex=male,height=1.95m", "sex=female,age=70,weight=0.8,height=1.52m",
        "sex=female,age=5,height=1.05m", "sex=male,age=30,height=2.05m"}) {
    const BodyShape shape = parse_shape(text);
    EXPECT_NEAR(stature(text), shape.stature, 1e-4) << text;
    const BodyShape solved = with_height_solved(real_body(), shape);
    EXPECT_EQ(solved.stature, 0);
    EXPECT_NEAR(stature(to_text(solved)), shape.stature, 1e-4) << text;
  }
  EXPECT_THROW(stature("sex=male,age=5,height=2.2m"), Error);
}

TEST(Morph, StandsOnTheFloor) {
  for (const std::string text : {"sex=male,age=8", "sex=female,height=0.7,weight=1"}) {
    const std::vector<Vec3> points = morph(real_body(), parse_shape(text));
    float low = 1;
    for (size_t i = 0; i < real_body().body_point_count(); ++i) low = std::min(low, points[i].y);
    EXPECT_NEAR(low, 0, 1e-6f);
  }
}

TEST(Morph, EveryCornerOfTheAxesHasItsTarget) {
  // All extreme shapes; only averages, and babies' proportions, move nothing.
  int missing = 0, found = 0;
  for (const double sex : {0., 1.})
    for (const double age : {1., 10., 25., 90.})
      for (int corner = 0; corner < 64; ++corner) {
        auto end = [&](int bit) { return corner >> bit & 1 ? 1. : 0.; };
        BodyShape s;
        s.sex = sex, s.age = age;
        s.muscle = end(0), s.weight = end(1), s.height = end(2), s.proportions = end(3);
        s.cup = end(4), s.firmness = end(5);
        for (const TargetWeight& t : shape_targets(s)) {
          const bool there = real_body().find_target(t.target).has_value();
          ++(there ? found : missing);
          if (!there) {
            EXPECT_NE(t.target.find("-baby-"), std::string::npos) << t.target;
          }
        }
      }
  EXPECT_GT(found, 3000);
  EXPECT_LT(missing, found / 10);
  for (size_t axis = 0; axis < kLengthKeys.size(); ++axis)
    for (const std::string_view name : length_targets(axis))
      EXPECT_TRUE(real_body().find_target(name)) << name;
}

TEST(Morph, FaceSeedMovesTheFaceAndNothingElse) {
  const std::vector<Vec3> plain = morph(real_body(), parse_shape("sex=male"));
  const std::vector<Vec3> face = morph(real_body(), parse_shape("sex=male,face=5"));
  const std::vector<Vec3> other = morph(real_body(), parse_shape("sex=male,face=6"));
  const float chin = locate(real_body().joint_regressors()[motion::kNeck], plain).y;
  float head = 0, body = 0, between = 0, most = 0;
  for (size_t i = 0; i < real_body().body_point_count(); ++i) {
    const float d = length(face[i] - plain[i]);
    most = std::max(most, d);
    (plain[i].y > chin ? head : body) += d;
    between += length(face[i] - other[i]);
  }
  EXPECT_GT(head, 1);
  EXPECT_LT(body, 0.02f * head);
  EXPECT_GT(between, 1);
  EXPECT_LT(most, 0.03f);
}

TEST(Rig, BonesOfTheTPoseLieAlongTheirAxes) {
  for (const std::string text : {"sex=male", "sex=female,age=70,weight=0.9", "sex=male,age=6"}) {
    const Binding b = bind_joints(real_body(), morph(real_body(), parse_shape(text)));
    for (const auto& [joint, axis] : {std::pair(motion::kLeftElbow, Vec3{1, 0, 0}),
                                      {motion::kLeftWrist, {1, 0, 0}},
                                      {motion::kRightElbow, {-1, 0, 0}},
                                      {motion::kRightWrist, {-1, 0, 0}},
                                      {motion::kLeftKnee, {0, -1, 0}},
                                      {motion::kRightAnkle, {0, -1, 0}}})
      EXPECT_LT(length(normalized(b.skeleton.offsets[joint]) - axis), 1e-5f) << text;
    // The bind pose is where FK puts it.
    for (size_t j = 1; j < motion::kJointCount; ++j) {
      const auto p = static_cast<size_t>(motion::kJointParents[j]);
      EXPECT_LT(length(b.positions[p] + b.rotations[p] * b.skeleton.offsets[j] - b.positions[j]),
                1e-6f);
    }
    // Left and right are alike.
    const auto symmetric = motion::offsets_of(motion::geometry_of(b.skeleton.offsets));
    for (size_t j = 0; j < motion::kJointCount; ++j)
      EXPECT_LT(length(symmetric[j] - b.skeleton.offsets[j]), 0.002f) << motion::kJointNames[j];
  }
}

TEST(Rig, GeometryIsLikeThatOfMotionCapture) {
  // Within the spread of the motion sets: a body is a condition for a prior trained on them.
  const motion::Geometry g = geometry_of(real_body(), parse_shape("sex=0.5,age=30"));
  const motion::Geometry d = motion::default_geometry();
  for (size_t i = 0; i < g.size(); ++i) EXPECT_NEAR(g[i], d[i], 0.075f) << i;
  for (const size_t limb : {16u, 17u, 21u, 22u}) EXPECT_NEAR(g[limb], d[limb], 0.04f) << limb;
}

TEST(Rig, HandsLieFlatAndFeetStandFlatInTheTPose) {
  const Character c = make_character(real_body(), parse_person("sex=female,age=30"));
  motion::Clip clip;
  clip.skeleton = c.skeleton;
  clip.root_positions = {{0, 1, 0}};
  clip.rotations.assign(motion::kJointCount, motion::Quat{});
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  std::map<std::string, Vec3> at;
  for (const Landmark& l : c.landmarks) at[l.name] = skin(c, l, pose, 0);
  for (const std::string side : {"left_", "right_"}) {
    EXPECT_NEAR(at[side + "index_knuckle"].y, at[side + "little_knuckle"].y, 0.004f);
    EXPECT_GT(at[side + "index_knuckle"].z, at[side + "little_knuckle"].z + 0.03f);
    EXPECT_NEAR(at[side + "middle_knuckle"].y,
                pose.positions[side == "left_" ? motion::kLeftWrist : motion::kRightWrist].y,
                0.004f);
    EXPECT_NEAR(at[side + "heel"].y, at[side + "toe_tip"].y, 0.02f);
    EXPECT_GT(at[side + "toe_tip"].z, at[side + "heel"].z + 0.15f);
    EXPECT_NEAR(at[side + "toe_tip"].x, at[side + "heel"].x, 0.035f);
  }
  for (const std::string_view name : kLandmarkNames)
    EXPECT_TRUE(at.count(std::string(name))) << name;
  EXPECT_GT(at["nose"].z, at["left_eye"].z);
  EXPECT_GT(at["left_eye"].x, 0.02f);
  EXPECT_GT(at["left_ear"].x, at["left_eye"].x);
  EXPECT_LT(at["left_ear"].z, at["left_eye"].z - 0.05f);
}

TEST(NearestShape, ModelAgreesWithTheMesh) {
  const GeometryModel model(real_body());
  for (const std::string text :
       {"sex=male,age=44,weight=0.8,upper_arm=0.5", "sex=female,age=7,height=0.3,waist=-0.5"}) {
    const BodyShape shape = parse_shape(text);
    const motion::Geometry a = geometry_of(real_body(), shape), b = model.geometry(shape);
    for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 2e-6f) << text << i;
  }
}

TEST(NearestShape, FindsABodyWithTheSameLimbs) {
  const GeometryModel model(real_body());
  for (const std::string text :
       {"sex=male,age=40,height=0.55", "sex=female,age=68,height=0.4,thigh=0.4", "sex=male,age=9",
        "sex=female,age=30,african=1,forearm=-0.5"}) {
    const motion::Geometry wanted = geometry_of(real_body(), parse_shape(text));
    const NearestShape found = nearest_shape(model, wanted);
    for (const size_t limb : {16u, 17u, 21u, 22u})
      EXPECT_NEAR(found.geometry[limb], wanted[limb], 0.003f) << text << limb;
    EXPECT_LT(found.mean_error, 0.004f) << text;
    EXPECT_EQ(to_text(nearest_shape(model, wanted).shape),
              to_text(found.shape));  // no chance in it
    EXPECT_NO_THROW(morph(real_body(), found.shape));
  }
  const NearestShape woman = nearest_shape(model, motion::default_geometry(), {0., 50.});
  EXPECT_EQ(woman.shape.sex, 0);
  EXPECT_EQ(woman.shape.age, 50);
  for (const size_t limb : {16u, 17u, 21u, 22u})
    EXPECT_NEAR(woman.geometry[limb], motion::default_geometry()[limb], 0.012f) << limb;
}

}  // namespace
}  // namespace pantomime::body
