#include "pantomime/motion/point_tracks.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/motion/median.h"

namespace pantomime::motion {
namespace {

constexpr float kFurthest = 1e4f;

/// Robust standard deviation per axis of the differences of some order, metres; -1 without any.
double jitter_by(const PointTracks& tracks, size_t p, const std::vector<double>& coefficients) {
  double power = 0;
  for (const double c : coefficients) power += c * c;
  std::vector<double> sizes;
  const size_t count = tracks.points.size(), length = coefficients.size();
  for (size_t f = 0; f + length <= tracks.frames; ++f) {
    Eigen::Vector3d sum = Eigen::Vector3d::Zero();
    bool seen = true;
    for (size_t k = 0; k < length; ++k) {
      const Observation& o = tracks.observed[(f + k) * count + p];
      seen = seen && o.weight > 0;
      sum += coefficients[k] * o.position;
    }
    if (!seen) continue;
    for (int axis = 0; axis < 3; ++axis) sizes.push_back(std::abs(sum[axis]));
  }
  if (sizes.empty()) return -1;
  constexpr double kMedianOfNormal = 0.6745;
  return median(std::move(sizes)) / kMedianOfNormal / std::sqrt(power);
}

}  // namespace

PointTracks point_tracks(const PointRecording& recording, const PointSet& set) {
  recording.validate();
  set.validate();
  PointTracks out;
  out.frames = recording.frame_count();
  std::vector<int> columns(set.points.size(), -1);
  for (size_t c = 0; c < recording.names.size(); ++c) {
    const int point = set.find(recording.names[c]);
    if (point < 0) {
      out.unknown.push_back(recording.names[c]);
      continue;
    }
    int& column = columns[static_cast<size_t>(point)];
    PANTOMIME_CHECK(column < 0, "points: \"{}\" and \"{}\" are the same point of set \"{}\"",
                    column < 0 ? "" : recording.names[static_cast<size_t>(column)],
                    recording.names[c], set.name);
    column = static_cast<int>(c);
  }
  for (size_t p = 0; p < columns.size(); ++p) {
    if (columns[p] < 0)
      out.absent.push_back(set.points[p].name);
    else
      out.points.push_back(p);
  }
  PANTOMIME_CHECK(!out.points.empty(), "points: none of {} is in set \"{}\" (\"{}\" for example)",
                  recording.names.size(), set.name, recording.names[0]);
  const Quat turn = canonical_from(set.axes);
  const size_t all = recording.point_count(), count = out.points.size();
  out.observed.resize(out.frames * count);
  for (size_t f = 0; f < out.frames; ++f)
    for (size_t p = 0; p < count; ++p) {
      const size_t from = f * all + static_cast<size_t>(columns[out.points[p]]);
      const float confidence = recording.confidence[from];
      if (confidence < kLeastConfidence) continue;
      const float* at = &recording.positions[3 * from];
      for (int axis = 0; axis < 3; ++axis)
        PANTOMIME_CHECK(std::abs(at[axis]) <= kFurthest,
                        "points: \"{}\" is at {} m in frame {}, expected at most {} m",
                        recording.names[static_cast<size_t>(columns[out.points[p]])], at[axis], f,
                        kFurthest);
      const Vec3 ours = turn * Vec3{at[0], at[1], at[2]};
      out.observed[f * count + p] = {{ours.x, ours.y, ours.z}, confidence};
    }
  return out;
}

std::vector<double> jitter_of(const PointTracks& tracks) {
  std::vector<double> out(tracks.points.size());
  for (size_t p = 0; p < out.size(); ++p) {
    const double third = jitter_by(tracks, p, {1, -3, 3, -1});
    const double fifth = jitter_by(tracks, p, {1, -5, 10, -10, 5, -1});
    out[p] = std::max(fifth < 0 ? third : std::min(third, fifth), 0.0);
  }
  return out;
}

std::array<bool, kJointCount> turning_joints(const PointSet& set,
                                             const std::vector<size_t>& points) {
  std::array<bool, kJointCount> out{};
  for (const size_t p : points) {
    const BodyPoint& point = set.points[p];
    const bool beside = point.spread > 0 || length(point.offset) > 0;
    int joint = beside ? point.joint : kJointParents[static_cast<size_t>(point.joint)];
    for (; joint >= 0; joint = kJointParents[static_cast<size_t>(joint)])
      out[static_cast<size_t>(joint)] = true;
  }
  out[kPelvis] = true;
  return out;
}

}  // namespace pantomime::motion
