#include "pantomime/motion/person_scale.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pantomime/motion/point_tracks.h"

namespace pantomime::motion {
namespace {

/// Bones and distances that stay as long as they are, by their joints.
constexpr std::array<std::pair<int, int>, 12> kStretches = {{{kLeftHip, kLeftKnee},
                                                             {kLeftKnee, kLeftAnkle},
                                                             {kRightHip, kRightKnee},
                                                             {kRightKnee, kRightAnkle},
                                                             {kLeftShoulder, kLeftElbow},
                                                             {kLeftElbow, kLeftWrist},
                                                             {kRightShoulder, kRightElbow},
                                                             {kRightElbow, kRightWrist},
                                                             {kLeftShoulder, kRightShoulder},
                                                             {kLeftHip, kRightHip},
                                                             {kLeftShoulder, kLeftHip},
                                                             {kRightShoulder, kRightHip}}};

/// Column of the point nearest to a joint (within 7 cm of it), or the number of points.
size_t column_of(const PointSet& set, const PointTracks& tracks, int joint) {
  float nearest = 0.07f;
  size_t best = tracks.points.size();
  for (size_t p = 0; p < tracks.points.size(); ++p) {
    const BodyPoint& point = set.points[tracks.points[p]];
    if (point.joint != joint || length(point.offset) >= nearest) continue;
    nearest = length(point.offset);
    best = p;
  }
  return best;
}

}  // namespace

double metres_per_unit(const PointRecording& recording, const PointSet& set) {
  const PointTracks tracks = point_tracks(recording, set);
  const Skeleton person = canonical_skeleton(default_geometry());
  std::array<Vec3, kJointCount> rest{};
  for (size_t j = 1; j < kJointCount; ++j)
    rest[j] = rest[static_cast<size_t>(kJointParents[j])] + person.offsets[j];
  const size_t count = tracks.points.size();
  double there = 0, here = 0;
  for (const auto& [from, to] : kStretches) {
    const size_t a = column_of(set, tracks, from), b = column_of(set, tracks, to);
    if (a == count || b == count) continue;
    std::vector<double> lengths;
    for (size_t f = 0; f < tracks.frames; ++f) {
      const Observation &p = tracks.observed[f * count + a], &q = tracks.observed[f * count + b];
      if (p.weight > 0 && q.weight > 0) lengths.push_back((p.position - q.position).norm());
    }
    if (lengths.empty()) continue;
    const auto at = lengths.begin() +
                    static_cast<std::ptrdiff_t>(0.9 * static_cast<double>(lengths.size() - 1));
    std::nth_element(lengths.begin(), at, lengths.end());
    there += *at;
    here += static_cast<double>(
        length(rest[static_cast<size_t>(from)] - rest[static_cast<size_t>(to)]));
  }
  PANTOMIME_CHECK(there > 1e-9,
                  "points: no limb is ever seen with both ends, so nothing tells the "
                  "person's size");
  return here / there;
}

PointRecording scaled(PointRecording recording, double factor) {
  for (float& value : recording.positions)
    value = static_cast<float>(factor * static_cast<double>(value));
  return recording;
}

}  // namespace pantomime::motion
