#include "pantomime/motion/pose_solver.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/motion/point_tracks.h"
#include "pantomime/motion/pose_smoother.h"
#include "pantomime/motion/pose_start.h"

namespace pantomime::motion {
namespace {

using Eigen::Vector3d;

/// Metres; better is nothing measured, and equal weights keep the matrices sound.
constexpr double kLeastNoise = 0.0005;
/// Standard deviations from which a point counts as not seen.
constexpr double kRejected = 5;

Vector3d widen(Vec3 v) {
  return {v.x, v.y, v.z};
}

PoseProblem problem_of(const PointTracks& tracks, const std::vector<double>& jitter,
                       const PointSet& set, const BodyFit& body, double fps) {
  std::array<Vector3d, kJointCount> offsets;
  for (size_t j = 0; j < kJointCount; ++j) offsets[j] = widen(body.offsets[j]);
  std::vector<AttachedPoint> points;
  std::vector<double> weights;
  for (size_t p = 0; p < tracks.points.size(); ++p) {
    const size_t point = tracks.points[p];
    points.push_back({set.points[point].joint, widen(body.point_offsets[point])});
    const double noise =
        std::max({kLeastNoise, jitter[p], static_cast<double>(body.misfit[point])});
    weights.push_back(1 / noise);
  }
  PoseProblem problem(PoseModel(turning_joints(set, tracks.points)), offsets, points, fps);
  problem.observed = tracks.observed;
  for (size_t i = 0; i < problem.observed.size(); ++i)
    problem.observed[i].weight *= weights[i % weights.size()];
  return problem;
}

Clip clip_of(const std::vector<Pose>& poses, const BodyFit& body, double fps) {
  Clip clip;
  clip.fps = fps;
  clip.skeleton = canonical_skeleton(body.offsets);
  for (const Pose& pose : poses) {
    clip.root_positions.push_back({static_cast<float>(pose.root.x()),
                                   static_cast<float>(pose.root.y()),
                                   static_cast<float>(pose.root.z())});
    for (const Eigen::Quaterniond& q : pose.rotations)
      clip.rotations.push_back(
          canonical(normalized(Quat{static_cast<float>(q.w()), static_cast<float>(q.x()),
                                    static_cast<float>(q.y()), static_cast<float>(q.z())})));
  }
  return clip;
}

/// Stretches of frames in which `lost` is true.
void add_stretches(const std::vector<bool>& lost, int joint,
                   std::vector<PoseReport::Stretch>& out) {
  for (size_t f = 0; f < lost.size(); ++f) {
    if (!lost[f]) continue;
    if (f == 0 || !lost[f - 1]) out.push_back({joint, f, 0});
    ++out.back().count;
  }
}

PoseReport report_of(const PointTracks& tracks, const std::vector<double>& jitter,
                     const PointSet& set, const PoseProblem& problem,
                     const std::vector<Pose>& poses, const std::vector<bool>& trunk_known,
                     float seen_from) {
  PoseReport report;
  report.unknown = tracks.unknown;
  report.absent = tracks.absent;
  const size_t count = tracks.points.size(), frames = tracks.frames;
  std::vector<std::vector<bool>> lost(kJointCount);
  std::vector<double> squares(count), seen(count), rejected(count);
  for (const AttachedPoint& point : problem.points) {
    report.measured[static_cast<size_t>(point.joint)] = true;
    lost[static_cast<size_t>(point.joint)].assign(frames, true);
  }
  for (size_t f = 0; f < frames; ++f) {
    const PoseFrame world(poses[f], problem.offsets);
    for (size_t p = 0; p < count; ++p) {
      const Observation& o = problem.observed[f * count + p];
      if (o.weight <= 0) continue;
      const auto joint = static_cast<size_t>(problem.points[p].joint);
      const double distance =
          (world.positions[joint] + world.rotations[joint] * problem.points[p].offset - o.position)
              .norm();
      const bool believed = distance * o.weight < kRejected;
      seen[p] += 1;
      rejected[p] += believed ? 0 : 1;
      squares[p] += distance * distance;
      if (believed && tracks.observed[f * count + p].weight >= seen_from) lost[joint][f] = false;
    }
  }
  for (size_t p = 0; p < count; ++p) {
    const double times = std::max(seen[p], 1.0);
    report.points.push_back({.name = set.points[tracks.points[p]].name,
                             .seen = static_cast<float>(seen[p] / static_cast<double>(frames)),
                             .rejected = static_cast<float>(rejected[p] / times),
                             .jitter = static_cast<float>(jitter[p]),
                             .misfit = static_cast<float>(std::sqrt(squares[p] / times))});
  }
  for (size_t j = 0; j < kJointCount; ++j)
    add_stretches(lost[j], static_cast<int>(j), report.bridged);
  std::vector<bool> trunk_lost(trunk_known.size());
  for (size_t f = 0; f < trunk_lost.size(); ++f) trunk_lost[f] = !trunk_known[f];
  add_stretches(trunk_lost, kPelvis, report.trunk_lost);
  return report;
}

}  // namespace

PoseSolution solve_pose(const PointRecording& recording, const PointSet& given,
                        const PoseOptions& options) {
  PointSet set = given;
  if (options.axes) set.axes = *options.axes;
  PANTOMIME_CHECK(options.smoothness >= 0.01 && options.smoothness <= 100,
                  "pose: smoothness {}, expected 0.01 to 100", options.smoothness);
  PANTOMIME_CHECK(options.iterations >= 1, "pose: {} iterations, expected at least 1",
                  options.iterations);
  const PointTracks tracks = point_tracks(recording, set);
  PANTOMIME_CHECK(tracks.frames > 0, "pose: the recording has no frames");
  PoseSolution out;
  if (options.body) {
    out.body = *options.body;
    PANTOMIME_CHECK(out.body.point_offsets.size() == set.points.size() &&
                        out.body.misfit.size() == set.points.size(),
                    "pose: the body was fitted to {} points, set \"{}\" has {}",
                    out.body.point_offsets.size(), set.name, set.points.size());
  } else {
    // Short recordings have little to tell: a quarter of the frames will do.
    const size_t frames = std::clamp<size_t>(tracks.frames / 4, 12, BodyFitOptions{}.frames);
    out.body = fit_body({&recording}, set, {.frames = frames});
  }
  const std::vector<double> jitter = jitter_of(tracks);
  PoseProblem problem = problem_of(tracks, jitter, set, out.body, recording.fps);
  problem.smoothness = options.smoothness;
  std::vector<bool> trunk_known;
  std::vector<Pose> poses = first_poses(problem, &trunk_known);
  smooth_poses(problem, poses, {.together = std::min(4, options.iterations)});
  problem.measure_tempo(poses);
  const int iterations = smooth_poses(problem, poses, {.alone = 0, .together = options.iterations});
  out.clip = clip_of(poses, out.body, recording.fps);
  out.report = report_of(tracks, jitter, set, problem, poses, trunk_known, options.seen);
  out.report.iterations = iterations;
  return out;
}

}  // namespace pantomime::motion
