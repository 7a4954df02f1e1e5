#include <algorithm>
#include <cmath>

#include "pantomime/dataset/clip_maker.h"
#include "pantomime/render/camera.h"

namespace pantomime::dataset {

Phases find_phases(const motion::Clip& clip, const Action& action) {
  const double last = static_cast<double>(clip.frame_count() - 1) / clip.fps;
  Phases out{0, last / 2, last};
  if (clip.frame_count() < 3 || (action.rest != RestUse::None && action.when == RestWhen::All))
    return out;
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  const size_t joints = clip.joint_count();
  const bool up_down = action.rest != RestUse::None;
  std::vector<Vec3> speeds(clip.frame_count());
  for (size_t f = 0; f + 1 < clip.frame_count(); ++f) {
    double sum = 0;
    if (up_down) {
      sum = std::abs(pose.positions[(f + 1) * joints].y - pose.positions[f * joints].y);
    } else {
      for (size_t j = 0; j < joints; ++j)
        sum += length(pose.positions[(f + 1) * joints + j] - pose.positions[f * joints + j]) /
               static_cast<double>(joints);
    }
    speeds[f].x = static_cast<float>(sum * clip.fps);
  }
  speeds.back() = speeds[speeds.size() - 2];
  const std::vector<Vec3> smooth = render::smoothed(speeds, static_cast<float>(0.1 * clip.fps));
  const auto peak =
      std::max_element(smooth.begin(), smooth.end(), [](Vec3 a, Vec3 b) { return a.x < b.x; });
  const float enough = 0.1f * peak->x;
  auto from = peak, to = peak;
  if (up_down) {  // the one movement around the peak
    while (from != smooth.begin() && std::prev(from)->x > enough) --from;
    while (std::next(to) != smooth.end() && std::next(to)->x > enough) ++to;
  } else {
    from = std::find_if(smooth.begin(), smooth.end(), [&](Vec3 v) { return v.x > enough; });
    to = smooth.end() - 1;
    while (to != peak && to->x <= enough) --to;
  }
  const auto second = [&](auto at) { return static_cast<double>(at - smooth.begin()) / clip.fps; };
  return {second(from), second(peak), second(to)};
}

}  // namespace pantomime::dataset
