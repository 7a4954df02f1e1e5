#include "pantomime/dataset/placing.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pantomime::dataset {
namespace {

constexpr size_t kEvery = 3;            // frames
constexpr float kBetweenPeople = 0.3f;  // metres that joints of different people keep

}  // namespace

Vec3 FloorPlace::apply(Vec3 p) const {
  const float c = std::cos(turn), s = std::sin(turn);
  return {c * p.x + s * p.z + x, p.y, -s * p.x + c * p.z + z};
}

motion::Clip FloorPlace::apply(const motion::Clip& clip) const {
  return motion::transformed(clip, motion::from_axis_angle({0, 1, 0}, turn), {x, 0, z});
}

std::vector<Vec3> body_points(const motion::Clip& clip) {
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  const size_t joints = clip.joint_count();
  std::vector<Vec3> points;
  for (size_t f = 0; f < clip.frame_count(); f += kEvery) {
    const auto at = [&](size_t j) { return pose.positions[f * joints + j]; };
    for (size_t j = 0; j < joints; ++j) points.push_back(at(j));
    for (const auto& [wrist, along] :
         {std::pair<size_t, float>{motion::kLeftWrist, 0.17f}, {motion::kRightWrist, -0.17f}})
      points.push_back(at(wrist) + pose.rotations[f * joints + wrist] * Vec3{along, 0, 0});
    points.push_back(at(motion::kHead) +
                     pose.rotations[f * joints + motion::kHead] * Vec3{0, 0.15f, 0});
  }
  return points;
}

float legs_out_of_seat(const motion::Clip& clip, float height, float front, float width) {
  constexpr float kSinks = 0.03f;   // metres that a cushion gives way
  constexpr int kPointsOfBone = 4;  // a shin is long: its ends may be out and its middle not
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  float forward = 0;
  const auto keep = [&](Vec3 p) {
    if (p.y < height - kSinks && std::abs(p.x) < width / 2)
      forward = std::max(forward, front + kShin - p.z);
  };
  for (size_t f = 0; f < clip.frame_count(); f += kEvery)
    for (const auto& [knee, ankle, toes] :
         {std::array{motion::kLeftKnee, motion::kLeftAnkle, motion::kLeftFoot},
          std::array{motion::kRightKnee, motion::kRightAnkle, motion::kRightFoot}}) {
      const Vec3* at = &pose.positions[f * clip.joint_count()];
      keep(at[toes]);
      for (int i = 0; i <= kPointsOfBone; ++i) {
        const float share = static_cast<float>(i) / kPointsOfBone;
        keep((1 - share) * at[knee] + share * at[ankle]);
      }
    }
  return forward;
}

void FreeSpace::add_person(const std::vector<Vec3>& points) {
  others_.insert(others_.end(), points.begin(), points.end());
}

float FreeSpace::margin(const std::vector<Vec3>& points, const FloorPlace& place, float enough,
                        size_t but) const {
  float free = 1e9f;
  for (const Vec3 local : points) {
    const Vec3 p = place.apply(local);
    free = std::min({free, p.x + home_.width / 2, home_.width / 2 - p.x, p.z + home_.depth / 2,
                     home_.depth / 2 - p.z});
    if (free < enough) return free;
  }
  for (size_t i = 0; i < home_.things.size(); ++i) {
    if (i == but) continue;
    const scene::Placed& thing = home_.things[i];
    const scene::Footprint box = thing.footprint();
    for (const Vec3 local : points) {
      const Vec3 p = place.apply(local);
      if (p.y < thing.position.y - 0.08f || p.y > box.height + 0.08f) continue;
      free = std::min(free, box.distance(p.x, p.z));
      if (free < enough) return free;
    }
  }
  for (const Vec3 local : points) {
    const Vec3 p = place.apply(local);
    for (const Vec3 other : others_)
      free = std::min(free, std::hypot(p.x - other.x, p.z - other.z) - kBetweenPeople);
    if (free < enough) return free;
  }
  return free;
}

std::optional<FloorPlace> find_place(const scene::Home& home, const FreeSpace& space,
                                     const std::vector<Vec3>& points, float margin, Random& random,
                                     int tries) {
  // The middle of the way comes to a random place.
  Vec3 middle{};
  for (const Vec3 p : points) middle += (1 / static_cast<float>(points.size())) * p;
  for (int i = 0; i < tries; ++i) {
    FloorPlace place;
    place.turn = static_cast<float>(random.uniform(0, 2 * std::numbers::pi));
    const Vec3 moved = place.apply(middle);
    place.x = static_cast<float>(random.uniform(-0.5, 0.5)) * home.width - moved.x;
    place.z = static_cast<float>(random.uniform(-0.5, 0.5)) * home.depth - moved.z;
    if (space.margin(points, place, margin) >= margin) return place;
  }
  return std::nullopt;
}

}  // namespace pantomime::dataset
