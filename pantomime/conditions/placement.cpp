#include "pantomime/conditions/placement.h"

#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::conditions {
namespace {

motion::Quat about_y(double turn) {
  return motion::from_axis_angle({0, 1, 0}, static_cast<float>(turn));
}

}  // namespace

motion::Vec3 Placement::operator()(motion::Vec3 p) const {
  return about_y(turn) * (static_cast<float>(ratio) * p) + shift;
}

Placement Placement::inverse() const {
  Placement back{.ratio = 1 / ratio, .turn = -turn};
  back.shift = -back(shift);
  return back;
}

Placement world_of(const motion::Clip& clip, size_t frame) {
  const motion::Vec3 forward = clip.rotation(frame, motion::kPelvis) * motion::Vec3{0, 0, 1};
  const motion::Vec3& root = clip.root_positions[frame];
  return {.turn = std::atan2(forward.x, forward.z), .shift = {root.x, 0, root.z}};
}

motion::Clip placed(const motion::Clip& clip, const Placement& placement) {
  PANTOMIME_CHECK(placement.ratio == 1, "placement: a clip {} times as big", placement.ratio);
  return motion::transformed(clip, about_y(placement.turn), placement.shift);
}

}  // namespace pantomime::conditions
