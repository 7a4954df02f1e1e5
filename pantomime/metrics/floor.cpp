#include "pantomime/metrics/floor.h"

#include <algorithm>
#include <limits>

#include "pantomime/base/error.h"

namespace pantomime::metrics {

FloorContact floor_contact(std::span<const double> lowest) {
  PANTOMIME_CHECK(!lowest.empty(), "floor contact: no frames");
  constexpr double kTolerance = 0.005;
  FloorContact contact;
  const auto frames = static_cast<double>(lowest.size());
  for (const double height : lowest) {
    if (height < -kTolerance) {
      contact.penetration_mm -= 1000 * height / frames;
      contact.sinking_share += 1 / frames;
    } else if (height > kTolerance) {
      contact.floating_mm += 1000 * height / frames;
      contact.floating_share += 1 / frames;
    }
  }
  return contact;
}

std::vector<double> lowest_vertices(const body::Character& character, const motion::Clip& clip,
                                    size_t step) {
  PANTOMIME_CHECK(step >= 1 && !character.meshes.empty(),
                  "lowest vertices: step {}, {} meshes, expected at least 1 of both", step,
                  character.meshes.size());
  motion::Clip fitted;
  fitted.skeleton = clip.skeleton;
  fitted.fps = clip.fps;
  for (size_t f = 0; f < clip.frame_count(); f += step) {
    fitted.root_positions.push_back(clip.root_positions[f]);
    for (size_t j = 0; j < clip.joint_count(); ++j) fitted.rotations.push_back(clip.rotation(f, j));
  }
  const motion::WorldPose pose = motion::forward_kinematics(fitted);
  std::vector<double> lowest(fitted.frame_count(), std::numeric_limits<double>::infinity());
  std::vector<motion::Vec3> positions;
  for (size_t f = 0; f < lowest.size(); ++f)
    for (const body::SkinnedMesh& mesh : character.meshes) {
      body::skin(character, mesh, pose, f, positions, nullptr);
      for (const motion::Vec3& p : positions)
        lowest[f] = std::min(lowest[f], static_cast<double>(p.y));
    }
  return lowest;
}

}  // namespace pantomime::metrics
