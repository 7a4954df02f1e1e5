#include "pantomime/body/grip.h"

#include <algorithm>
#include <cmath>

namespace pantomime::body {
namespace {

using motion::Quat;

constexpr float kHalfFinger = 0.008f;  // metres, half as thick as a finger
constexpr float kBeforeKnuckle = 0.006f;
constexpr float kMostBend = 3.4f;  // radians, of all joints of a finger together

/// A hand in its own frame: x from the wrist to the fingers on both sides, y out of its back.
class Hand {
 public:
  Hand(const Character& character, bool left, float radius)
      : along_(left ? 1.0f : -1.0f),
        wrist_(left ? motion::kLeftWrist : motion::kRightWrist),
        at_(character.bind_positions[wrist_]),
        turn_(character.bind_rotations[wrist_]),
        radius_(radius),
        reach_(radius + kHalfFinger) {
    const auto find = [&](const char* name) {
      const std::string wanted = std::string(left ? "left_" : "right_") + name;
      for (const Landmark& l : character.landmarks)
        if (l.name == wanted) return to_hand(l.position);
      whole_ = false;
      return Vec3{};
    };
    index_ = find("index_knuckle");
    middle_ = find("middle_knuckle");
    little_ = find("little_knuckle");
    tip_ = find("hand_tip");
    thumb_tip_ = find("thumb_tip");
    if (!whole_) return;
    // At rest fingers hang a little: they are stretched first, then bent.
    const float length = std::max(tip_.x - middle_.x, 0.01f);
    slope_ = (middle_.y - tip_.y) / length;
    thumb_ = {0.38f * index_.x, index_.y - 0.008f, 0.75f * index_.z};
    const Vec3 across{middle_.x + 0.55f * reach_, middle_.y - 2 * radius_ - kHalfFinger,
                      0.55f * index_.z};
    oppose_ = motion::rotation_between(thumb_tip_ - thumb_, across - thumb_);
  }

  bool whole() const { return whole_; }
  size_t wrist() const { return wrist_; }
  /// Middle of the bar, in the wrist's frame.
  Vec3 bar() const {
    return {along_ * (middle_.x - kBeforeKnuckle), middle_.y - reach_,
            0.5f * (index_.z + little_.z)};
  }

  void close(Vec3& position, Vec3* normal) const {
    Vec3 p = to_hand(position);
    Vec3 n = normal != nullptr ? turned_to_hand(*normal) : Vec3{};
    if (const float part = part_of_thumb(p); part > 0) {
      const Quat swing = motion::slerp(Quat{}, oppose_, part);
      p = thumb_ + swing * (p - thumb_);
      n = swing * n;
    } else if (const float s = p.x - knuckle_line(p.z); s > 0) {
      const float y = p.y - middle_.y + slope_ * s;
      const float bend = std::min(s / reach_, kMostBend), rest = s - bend * reach_;
      const float c = std::cos(bend), d = std::sin(bend);
      p.x += -s + (reach_ + y) * d + rest * c;
      p.y = middle_.y - reach_ + (reach_ + y) * c - rest * d;
      n = {n.x * c + n.y * d, n.y * c - n.x * d, n.z};
    } else {
      return;
    }
    position = at_ + turn_ * Vec3{along_ * p.x, p.y, p.z};
    if (normal != nullptr) *normal = turn_ * Vec3{along_ * n.x, n.y, n.z};
  }

 private:
  Vec3 turned_to_hand(Vec3 v) const {
    const Vec3 local = conjugate(turn_) * v;
    return {along_ * local.x, local.y, local.z};
  }
  Vec3 to_hand(Vec3 world) const { return turned_to_hand(world - at_); }

  /// Where fingers begin, at a place across the hand.
  float knuckle_line(float z) const {
    const float span = index_.z - little_.z;
    const float t = std::abs(span) < 1e-4f ? 0 : std::clamp((z - little_.z) / span, 0.0f, 1.0f);
    return little_.x + t * (index_.x - little_.x) - kBeforeKnuckle;
  }

  static float distance(Vec3 p, Vec3 from, Vec3 to) {
    const Vec3 way = to - from;
    const float t = std::clamp(dot(p - from, way) / dot(way, way), 0.0f, 1.0f);
    return length(p - from - t * way);
  }

  /// How far a point goes along with the thumb, 0 … 1.
  float part_of_thumb(Vec3 p) const {
    const Vec3 way = thumb_tip_ - thumb_;
    const float t = dot(p - thumb_, way) / dot(way, way);
    if (t <= 0.1f || distance(p, thumb_, thumb_tip_) > 0.024f) return 0;
    const Vec3 finger_end = index_ + Vec3{tip_.x - middle_.x, tip_.y - middle_.y, 0};
    if (distance(p, index_, finger_end) < distance(p, thumb_, thumb_tip_)) return 0;
    if (distance(p, {}, index_) + 0.004f < distance(p, thumb_, thumb_tip_)) return 0;
    const float ramp = std::clamp((t - 0.1f) / 0.4f, 0.0f, 1.0f);
    return ramp * ramp * (3 - 2 * ramp);
  }

  float along_;
  size_t wrist_;
  Vec3 at_;
  Quat turn_;
  float radius_, reach_;  // of the bar; from its middle to the middle of a finger
  bool whole_ = true;
  Vec3 index_, middle_, little_, tip_, thumb_tip_, thumb_;
  float slope_ = 0;
  Quat oppose_;
};

/// Part of a vertex that moves with a joint.
template <class Bound>
float weight_of(const Bound& joints, const std::array<float, 4>& weights, size_t joint) {
  float sum = 0;
  for (size_t i = 0; i < 4; ++i)
    if (joints[i] == joint) sum += weights[i];
  return sum;
}

}  // namespace

std::optional<Vec3> close_hand(Character& character, bool left, float radius) {
  const Hand hand(character, left, radius);
  if (!hand.whole()) return std::nullopt;
  for (SkinnedMesh& mesh : character.meshes)
    for (size_t v = 0; v < mesh.positions.size(); ++v)
      if (weight_of(mesh.joints[v], mesh.weights[v], hand.wrist()) > 0.6f)
        hand.close(mesh.positions[v], mesh.normals.empty() ? nullptr : &mesh.normals[v]);
  for (Landmark& landmark : character.landmarks)
    if (weight_of(landmark.joints, landmark.weights, hand.wrist()) > 0.6f &&
        !landmark.name.ends_with("_knuckle"))
      hand.close(landmark.position, nullptr);
  return hand.bar();
}

}  // namespace pantomime::body
