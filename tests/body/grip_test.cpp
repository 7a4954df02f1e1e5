#include "pantomime/body/grip.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pantomime/body/plain_body.h"

namespace pantomime::body {
namespace {

constexpr float kRadius = 0.035f, kHalf = 0.008f;

/// A character whose one mesh is a flat hand: a palm, four straight fingers as sheets of points on
/// their inner and outer side, all tied to the wrist. The hand is turned about as in a bind pose.
struct FlatHand {
  Character character;
  motion::Quat turn = motion::normalized(motion::from_axis_angle({0.3f, 1, 0.2f}, 0.8f));
  Vec3 wrist{0.5f, 1.2f, 0.1f};
  float along;
  std::vector<Vec3> local;

  explicit FlatHand(bool left) : along(left ? 1.0f : -1.0f) {
    character.skeleton = motion::canonical_skeleton(motion::default_geometry());
    character.bind_positions.resize(motion::kJointCount);
    character.bind_rotations.resize(motion::kJointCount);
    const size_t joint = left ? motion::kLeftWrist : motion::kRightWrist;
    character.bind_positions[joint] = wrist;
    character.bind_rotations[joint] = turn;
    SkinnedMesh mesh;
    for (float x = 0; x < 0.185f; x += 0.004f)
      for (float z = -0.035f; z < 0.036f; z += 0.01f)
        for (const float y : {-kHalf, kHalf}) {
          local.push_back({x, y, z});
          mesh.positions.push_back(world(local.back()));
          mesh.normals.push_back(turn * Vec3{0, std::copysign(1.0f, y), 0});
          mesh.joints.push_back({static_cast<uint8_t>(joint), 0, 0, 0});
          mesh.weights.push_back({1, 0, 0, 0});
        }
    character.meshes = {mesh};
    const std::string side = left ? "left_" : "right_";
    const auto landmark = [&](const char* name, Vec3 at) {
      character.landmarks.push_back(
          {side + name, world(at), {static_cast<uint8_t>(joint), 0, 0, 0}, {1, 0, 0, 0}});
    };
    landmark("index_knuckle", {0.09f, 0, 0.03f});
    landmark("middle_knuckle", {0.09f, 0, 0.01f});
    landmark("little_knuckle", {0.09f, 0, -0.03f});
    landmark("hand_tip", {0.18f, 0, 0.01f});
    landmark("thumb_tip", {0.09f, -0.01f, 0.08f});
  }
  Vec3 world(Vec3 v) const { return wrist + turn * Vec3{along * v.x, v.y, v.z}; }
  Vec3 hand(Vec3 v) const {
    const Vec3 p = conjugate(turn) * (v - wrist);
    return {along * p.x, p.y, p.z};
  }
};

TEST(CloseHand, LaysFingersAroundTheBarAndLeavesTheRest) {
  for (const bool left : {true, false}) {
    FlatHand hand(left);
    const Character before = hand.character;
    const auto bar = close_hand(hand.character, left, kRadius);
    ASSERT_TRUE(bar);
    const Vec3 middle{hand.along * bar->x, bar->y, bar->z};
    EXPECT_LT(middle.y, -kRadius);  // below the palm
    int around = 0;
    for (size_t v = 0; v < hand.local.size(); ++v) {
      const Vec3 was = hand.local[v], now = hand.hand(hand.character.meshes[0].positions[v]);
      const float away = std::hypot(now.x - middle.x, now.y - middle.y);
      if (was.x < 0.08f) {
        if (was.z > 0) continue;  // the ball of the thumb goes along with it
        EXPECT_EQ(hand.character.meshes[0].positions[v], before.meshes[0].positions[v]);
      } else if (was.x > 0.1f) {
        // Inner sides touch the bar, outer ones are a finger's thickness away.
        EXPECT_NEAR(away, was.y < 0 ? kRadius : kRadius + 2 * kHalf, 1e-4f);
        EXPECT_NEAR(now.z, was.z, 1e-5f);
        // Normals look from the bar or to it.
        const Vec3 n = conjugate(hand.turn) * hand.character.meshes[0].normals[v];
        const float out = (hand.along * n.x * (now.x - middle.x) + n.y * (now.y - middle.y)) / away;
        EXPECT_NEAR(out, was.y < 0 ? -1 : 1, 1e-3f);
        around += now.y < middle.y ? 1 : 0;
      }
    }
    EXPECT_GT(around, 20);  // some reach the other side
    // A finger keeps its length.
    const Vec3 tip = hand.hand(hand.character.landmarks[3].position);
    EXPECT_NEAR(std::hypot(tip.x - middle.x, tip.y - middle.y), kRadius + kHalf, 1e-4f);
    // The thumb came around, to the bar's other side.
    EXPECT_LT(hand.hand(hand.character.landmarks[4].position).y, -0.03f);
  }
}

TEST(CloseHand, LeavesHandsWithoutKnucklesAsTheyAre) {
  Character plain = plain_character(motion::default_geometry(), 1);
  const auto before = plain.meshes[0].positions;
  EXPECT_FALSE(close_hand(plain, true, 0.03f));
  EXPECT_EQ(plain.meshes[0].positions, before);
}

}  // namespace
}  // namespace pantomime::body
