#include "pantomime/motion/body_fit.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/motion/median.h"
#include "pantomime/motion/point_tracks.h"
#include "pantomime/motion/pose_start.h"

namespace pantomime::motion {
namespace {

using Eigen::Matrix3d;
using Eigen::MatrixXd;
using Eigen::Vector3d;
using Eigen::VectorXd;
using Offsets = std::array<Vector3d, kJointCount>;

constexpr double kBoneSpread = 0.12;       // of a bone's length
constexpr double kBoneSlack = 0.008;       // metres more
constexpr double kMidlineSlack = 0.004;    // metres of the spine to the side
constexpr double kSideDifference = 0.004;  // metres between left and right
constexpr double kFirstNoise = 0.015;      // metres, before anything is known
constexpr double kLeastNoise = 0.0005;
constexpr double kMostNoise = 0.05;
/// Median length of a vector of three normal variables of deviation one.
constexpr double kMedianOfNormal3 = 1.5382;

Vector3d widen(Vec3 v) {
  return {v.x, v.y, v.z};
}
Vec3 narrow(const Vector3d& v) {
  return {static_cast<float>(v.x()), static_cast<float>(v.y()), static_cast<float>(v.z())};
}

Offsets default_offsets() {
  const auto offsets = offsets_of(default_geometry());
  Offsets out;
  for (size_t j = 0; j < kJointCount; ++j) out[j] = widen(offsets[j]);
  return out;
}

/// Frames in which a point stays where it is, whatever its joints do: those of its joint and, at
/// the joint's centre, of the joint's parent.
bool rigid_pair(const BodyPoint& a, const BodyPoint& b) {
  const auto carried = [](const BodyPoint& point, int joint) {
    constexpr float kAtJoint = 0.01f;
    return point.joint == joint || (length(point.offset) < kAtJoint && point.joint > 0 &&
                                    kJointParents[static_cast<size_t>(point.joint)] == joint);
  };
  for (int joint = 0; joint < kJointCount; ++joint)
    if (carried(a, joint) && carried(b, joint)) return true;
  return false;
}

/// Size of the body against the default: weighted median over pairs of points with a fixed
/// distance.
double body_scale(const std::vector<PointTracks>& tracks, const PointSet& set) {
  PoseFrame rest(Pose(), default_offsets());
  struct Ratio {
    double ratio, weight;
  };
  std::vector<Ratio> ratios;
  const PointTracks& first = tracks.front();
  const size_t count = first.points.size();
  std::vector<double> distances;
  for (size_t a = 0; a < count; ++a)
    for (size_t b = a + 1; b < count; ++b) {
      const BodyPoint &pa = set.points[first.points[a]], &pb = set.points[first.points[b]];
      if (!rigid_pair(pa, pb)) continue;
      const double expected = (rest.positions[static_cast<size_t>(pa.joint)] + widen(pa.offset) -
                               rest.positions[static_cast<size_t>(pb.joint)] - widen(pb.offset))
                                  .norm();
      if (expected < 0.1) continue;
      distances.clear();
      for (const PointTracks& track : tracks)
        for (size_t f = 0; f < track.frames; ++f) {
          const Observation &oa = track.observed[f * count + a],
                            &ob = track.observed[f * count + b];
          if (oa.weight > 0.5 && ob.weight > 0.5)
            distances.push_back((oa.position - ob.position).norm());
        }
      if (!distances.empty()) ratios.push_back({median(distances) / expected, expected});
    }
  if (ratios.empty()) return 1;
  std::sort(ratios.begin(), ratios.end(),
            [](const Ratio& a, const Ratio& b) { return a.ratio < b.ratio; });
  double half = 0;
  for (const Ratio& r : ratios) half += r.weight / 2;
  for (const Ratio& r : ratios)
    if ((half -= r.weight) <= 0) return r.ratio;
  return ratios.back().ratio;
}

/// The unknowns that stay the same: free components of the bones, then those of point offsets.
class Shape {
 public:
  Shape(const PointSet& set, const std::vector<size_t>& points, double scale) {
    const Offsets defaults = default_offsets();
    for (size_t j = 1; j < kJointCount; ++j) {
      bone_columns_[j] = size_;
      // Bones of the limbs lie along an axis; there only the length is free.
      const bool leg = j == kLeftKnee || j == kRightKnee || j == kLeftAnkle || j == kRightAnkle;
      const bool arm = j == kLeftElbow || j == kRightElbow || j == kLeftWrist || j == kRightWrist;
      for (int k = 0; k < 3; ++k)
        if ((!leg && !arm) || (leg && k == 1) || (arm && k == 0)) {
          bone_axes_[j].push_back(k);
          const double length = scale * defaults[j].norm();
          const bool midline = k == 0 && kMirrorJoint[j] == static_cast<int>(j);
          usual_.push_back(scale * defaults[j][k]);
          spread_.push_back(midline ? kMidlineSlack : kBoneSpread * length + kBoneSlack);
          ++size_;
        }
    }
    for (const size_t p : points) {
      const BodyPoint& point = set.points[p];
      const bool is_free = point.spread > 0;
      point_columns_.push_back(is_free ? size_ : -1);
      const Vector3d offset = scale * widen(point.offset);
      point_offsets_.push_back(offset);
      if (!is_free) continue;
      for (int k = 0; k < 3; ++k) {
        usual_.push_back(offset[k]);
        spread_.push_back(point.spread);
        ++size_;
      }
    }
    values = Eigen::Map<VectorXd>(usual_.data(), size_);
  }

  int size() const { return size_; }
  VectorXd values;

  void put(const VectorXd& v, PoseProblem& problem) const {
    problem.offsets[0].setZero();
    for (size_t j = 1; j < kJointCount; ++j) {
      problem.offsets[j].setZero();
      for (size_t i = 0; i < bone_axes_[j].size(); ++i)
        problem.offsets[j][bone_axes_[j][i]] = v[bone_columns_[j] + static_cast<int>(i)];
    }
    for (size_t p = 0; p < point_columns_.size(); ++p)
      problem.points[p].offset =
          point_columns_[p] < 0 ? point_offsets_[p] : Vector3d(v.segment<3>(point_columns_[p]));
  }

  /// Calls sink(column, derivative of the point's place).
  template <typename Sink>
  void derivatives(size_t p, const AttachedPoint& point, const PoseFrame& world,
                   Sink&& sink) const {
    for (int j = point.joint; j > 0; j = kJointParents[static_cast<size_t>(j)]) {
      const auto joint = static_cast<size_t>(j);
      const Matrix3d& parent = world.rotations[static_cast<size_t>(kJointParents[joint])];
      for (size_t i = 0; i < bone_axes_[joint].size(); ++i)
        sink(bone_columns_[joint] + static_cast<int>(i),
             Vector3d(parent.col(bone_axes_[joint][i])));
    }
    if (point_columns_[p] < 0) return;
    for (int k = 0; k < 3; ++k)
      sink(point_columns_[p] + k,
           Vector3d(world.rotations[static_cast<size_t>(point.joint)].col(k)));
  }

  /// Usual bones and offsets, and the symmetry of left and right.
  double cost(const VectorXd& v) const {
    double sum = 0;
    for (int i = 0; i < size_; ++i) {
      const double away = (v[i] - usual_[static_cast<size_t>(i)]) / spread_[static_cast<size_t>(i)];
      sum += away * away;
    }
    for_pairs([&](int left, int right, double sign) {
      const double difference = (v[left] - sign * v[right]) / kSideDifference;
      sum += difference * difference;
    });
    return sum / 2;
  }
  void linearise(const VectorXd& v, MatrixXd& matrix, VectorXd& gradient) const {
    for (int i = 0; i < size_; ++i) {
      const double s = spread_[static_cast<size_t>(i)];
      matrix(i, i) += 1 / (s * s);
      gradient[i] += (v[i] - usual_[static_cast<size_t>(i)]) / (s * s);
    }
    constexpr double kWeight = 1 / (kSideDifference * kSideDifference);
    for_pairs([&](int left, int right, double sign) {
      const double difference = v[left] - sign * v[right];
      matrix(left, left) += kWeight;
      matrix(right, right) += kWeight;
      matrix(std::max(left, right), std::min(left, right)) -= sign * kWeight;
      gradient[left] += kWeight * difference;
      gradient[right] -= sign * kWeight * difference;
    });
  }

 private:
  template <typename Visit>
  void for_pairs(Visit&& visit) const {
    for (size_t left = 1; left < kJointCount; ++left) {
      const auto right = static_cast<size_t>(kMirrorJoint[left]);
      if (right <= left) continue;
      for (size_t i = 0; i < bone_axes_[left].size(); ++i)
        visit(bone_columns_[left] + static_cast<int>(i), bone_columns_[right] + static_cast<int>(i),
              bone_axes_[left][i] == 0 ? -1.0 : 1.0);
    }
  }

  std::array<int, kJointCount> bone_columns_{};
  std::array<std::vector<int>, kJointCount> bone_axes_;
  std::vector<int> point_columns_;
  std::vector<Vector3d> point_offsets_;
  std::vector<double> usual_, spread_;
  int size_ = 0;
};

/// Frames to look at: one of each equal stretch, that in which most is seen.
PoseProblem key_frames(const std::vector<PointTracks>& tracks, const PointSet& set, double scale,
                       size_t wanted) {
  const std::vector<size_t>& points = tracks.front().points;
  Offsets offsets = default_offsets();
  for (Vector3d& offset : offsets) offset *= scale;
  std::vector<AttachedPoint> attached;
  for (const size_t p : points)
    attached.push_back({set.points[p].joint, scale * widen(set.points[p].offset)});
  PoseProblem problem(PoseModel(turning_joints(set, points)), offsets, attached, 30);
  size_t all = 0;
  for (const PointTracks& track : tracks) all += track.frames;
  const size_t count = points.size(), stretches = std::min(wanted, all);
  size_t offset = 0, stretch = 0;  // frames before this recording; stretches done
  double best = -1;
  const Observation* chosen = nullptr;
  const auto close = [&] {
    if (chosen != nullptr && best > 0)
      problem.observed.insert(problem.observed.end(), chosen, chosen + count);
    best = -1, chosen = nullptr;
  };
  for (const PointTracks& track : tracks) {
    for (size_t f = 0; f < track.frames; ++f) {
      const size_t now = (offset + f) * stretches / all;
      if (now != stretch) close(), stretch = now;
      double seen = 0;
      for (size_t p = 0; p < count; ++p) seen += track.observed[f * count + p].weight;
      if (seen > best) best = seen, chosen = &track.observed[f * count];
    }
    offset += track.frames;
  }
  close();
  return problem;
}

/// Gauss-Newton over poses and shape.
class Fitter {
 public:
  Fitter(PoseProblem problem, Shape shape, const std::vector<double>& noise,
         const std::vector<double>& jitter)
      : problem_(std::move(problem)), shape_(std::move(shape)), noise_(noise), jitter_(jitter) {
    confidence_.reserve(problem_.observed.size());
    for (const Observation& seen : problem_.observed) confidence_.push_back(seen.weight);
    for (const double factor : noise) misfit_.push_back(factor * kFirstNoise);
    weigh();
    shape_.put(shape_.values, problem_);
    poses_ = first_poses(problem_);
  }

  void fit(int iterations) {
    double damping = 1e-3, cost = total_cost(poses_, shape_.values);
    for (int i = 0; i < iterations; ++i) {
      // Once poses fit roughly, points that fit better count more.
      if (i >= 4 && i % 3 == 1) {
        measure_misfit();
        weigh();
        cost = total_cost(poses_, shape_.values);
      }
      std::vector<Pose> poses = poses_;
      VectorXd values = shape_.values;
      double next = cost;
      bool better = false;
      for (int attempt = 0; attempt < 6 && !better; ++attempt) {
        poses = poses_;
        values = shape_.values;
        if (step(damping, poses, values)) {
          next = total_cost(poses, values);
          better = next < cost;
        }
        damping = better ? std::max(damping / 5, 1e-9) : damping * 10;
      }
      shape_.put(better ? values : shape_.values, problem_);
      if (!better) break;
      const bool done = i >= 12 && cost - next < 1e-4 * cost;
      poses_ = std::move(poses);
      shape_.values = values;
      cost = next;
      if (done) break;
    }
    measure_misfit();
  }

  const PoseProblem& problem() const { return problem_; }
  const std::vector<double>& misfit() const { return misfit_; }

 private:
  void weigh() {
    const size_t count = problem_.points.size();
    for (size_t i = 0; i < confidence_.size(); ++i) {
      const size_t p = i % count;
      const double deviation =
          std::clamp(std::max(misfit_[p], jitter_[p]), kLeastNoise, kMostNoise);
      problem_.observed[i].weight = confidence_[i] / deviation;
    }
  }

  double total_cost(const std::vector<Pose>& poses, const VectorXd& values) {
    shape_.put(values, problem_);
    double sum = shape_.cost(values);
    for (size_t f = 0; f < poses.size(); ++f) sum += problem_.cost(poses[f], f);
    return sum;
  }

  /// One damped step of all unknowns; false when the matrix is not positive definite.
  bool step(double damping, std::vector<Pose>& poses, VectorXd& values) {
    shape_.put(values, problem_);
    const int pose_size = problem_.model.size(), shape_size = shape_.size();
    const size_t count = problem_.points.size();
    MatrixXd reduced = MatrixXd::Zero(shape_size, shape_size);
    VectorXd side = VectorXd::Zero(shape_size);
    shape_.linearise(values, reduced, side);
    std::vector<MatrixXd> mixed(poses.size());  // [D, G], later L^-1 of it
    std::vector<MatrixXd> factors(poses.size());
    std::vector<VectorXd> sides(poses.size());
    MatrixXd own(pose_size, pose_size), derivatives;
    VectorXd gradient(pose_size), residuals;
    for (size_t f = 0; f < poses.size(); ++f) {
      own.setZero();
      gradient.setZero();
      problem_.linearise(poses[f], f, own, gradient);
      problem_.rows(poses[f], f, residuals, derivatives);
      mixed[f].setZero(pose_size, shape_size);
      const PoseFrame world(poses[f], problem_.offsets);
      Eigen::Index row = 0;
      std::vector<std::pair<int, Vector3d>> terms;
      for (size_t p = 0; p < count; ++p) {
        const Observation& seen = problem_.observed[f * count + p];
        if (seen.weight <= 0) continue;
        const Vector3d residual = residuals.segment<3>(row);
        // rows() has the loss multiplied in; so must these.
        const auto joint = static_cast<size_t>(problem_.points[p].joint);
        const Vector3d at = world.positions[joint] +
                            world.rotations[joint] * problem_.points[p].offset - seen.position;
        const double scale =
            seen.weight * std::sqrt(cauchy_weight(seen.weight * seen.weight * at.squaredNorm()));
        terms.clear();
        shape_.derivatives(p, problem_.points[p], world, [&](int column, const Vector3d& d) {
          terms.emplace_back(column, scale * d);
        });
        for (const auto& [column, d] : terms) {
          side[column] += d.dot(residual);
          mixed[f].col(column).noalias() += derivatives.middleRows<3>(row).transpose() * d;
          for (const auto& [other, e] : terms)
            if (other <= column) reduced(column, other) += d.dot(e);
        }
        row += 3;
      }
      own.diagonal() += damping * own.diagonal() + VectorXd::Constant(pose_size, 1e-9);
      const Eigen::LLT<Eigen::Ref<MatrixXd>> factor(own);
      if (factor.info() != Eigen::Success) return false;
      factors[f] = own;
      const auto lower = factors[f].triangularView<Eigen::Lower>();
      lower.solveInPlace(mixed[f]);
      lower.solveInPlace(gradient);
      sides[f] = gradient;
      reduced.selfadjointView<Eigen::Lower>().rankUpdate(mixed[f].transpose(), -1);
      side.noalias() -= mixed[f].transpose() * gradient;
    }
    reduced.diagonal() += damping * reduced.diagonal().cwiseAbs();
    const Eigen::LLT<Eigen::Ref<MatrixXd>> factor(reduced);
    if (factor.info() != Eigen::Success) return false;
    const VectorXd change = -factor.solve(side);
    for (size_t f = 0; f < poses.size(); ++f) {
      VectorXd own_change = -(sides[f] + mixed[f] * change);
      factors[f].triangularView<Eigen::Lower>().transpose().solveInPlace(own_change);
      problem_.model.step(poses[f], own_change.data());
    }
    values += change;
    return values.allFinite();
  }

  void measure_misfit() {
    const size_t count = problem_.points.size();
    shape_.put(shape_.values, problem_);
    std::vector<std::vector<double>> distances(count);
    for (size_t f = 0; f < poses_.size(); ++f) {
      const PoseFrame world(poses_[f], problem_.offsets);
      for (size_t p = 0; p < count; ++p) {
        const Observation& seen = problem_.observed[f * count + p];
        if (seen.weight <= 0) continue;
        const auto joint = static_cast<size_t>(problem_.points[p].joint);
        distances[p].push_back((world.positions[joint] +
                                world.rotations[joint] * problem_.points[p].offset - seen.position)
                                   .norm());
      }
    }
    // Poses bend to meet their points: what is left over has fewer degrees of freedom than there
    // are coordinates. No point gets better than this says, or levers would grow to meet noise.
    double squares = 0, seen = 0;
    for (size_t p = 0; p < count; ++p) {
      misfit_[p] = distances[p].empty() ? 0 : median(distances[p]) / kMedianOfNormal3;
      const double times = static_cast<double>(distances[p].size());
      squares += times * misfit_[p] * misfit_[p] / (noise_[p] * noise_[p]);
      seen += times;
    }
    const double unknowns =
        static_cast<double>(poses_.size()) * problem_.model.size() + shape_.size();
    const double left = std::max(3 * seen - unknowns, 0.2 * 3 * seen);
    const double least = std::sqrt(3 * squares / left);
    for (size_t p = 0; p < count; ++p) misfit_[p] = std::max(misfit_[p], noise_[p] * least);
  }

  PoseProblem problem_;
  Shape shape_;
  std::vector<double> noise_;       ///< [P] of the set
  std::vector<double> jitter_;      ///< [P] metres
  std::vector<double> confidence_;  ///< [F * P]
  std::vector<double> misfit_;      ///< [P]
  std::vector<Pose> poses_;
};

}  // namespace

BodyFit fit_body(const std::vector<const PointRecording*>& recordings, const PointSet& set,
                 const BodyFitOptions& options) {
  PANTOMIME_CHECK(!recordings.empty() && options.frames > 0, "pose: nothing to fit a body to");
  std::vector<PointTracks> tracks;
  for (const PointRecording* recording : recordings) {
    tracks.push_back(point_tracks(*recording, set));
    PANTOMIME_CHECK(tracks.back().points == tracks.front().points,
                    "pose: recordings of one body have different points");
  }
  const double scale = body_scale(tracks, set);
  constexpr double kSmallest = 0.25, kLargest = 2.5;
  PANTOMIME_CHECK(
      scale >= kSmallest && scale <= kLargest,
      "pose: the body is {:.3g} times as large as an adult; are the positions in metres?", scale);
  PoseProblem problem = key_frames(tracks, set, scale, options.frames);
  PANTOMIME_CHECK(!problem.observed.empty(), "pose: no point is seen in any frame");
  std::vector<double> noise;
  for (const size_t p : tracks.front().points) noise.push_back(set.points[p].noise);
  std::vector<double> jitter(noise.size());
  for (const PointTracks& track : tracks) {
    const std::vector<double> own = jitter_of(track);
    for (size_t p = 0; p < own.size(); ++p) jitter[p] = std::max(jitter[p], own[p]);
  }
  Fitter fitter(std::move(problem), Shape(set, tracks.front().points, scale), noise, jitter);
  fitter.fit(options.iterations);

  BodyFit out;
  out.scale = static_cast<float>(scale);
  out.frames = fitter.problem().frame_count();
  out.point_offsets.resize(set.points.size());
  out.misfit.resize(set.points.size());
  for (size_t j = 0; j < kJointCount; ++j) out.offsets[j] = narrow(fitter.problem().offsets[j]);
  for (size_t p = 0; p < set.points.size(); ++p)
    out.point_offsets[p] = out.scale * set.points[p].offset;
  for (size_t p = 0; p < tracks.front().points.size(); ++p) {
    const size_t point = tracks.front().points[p];
    out.point_offsets[point] = narrow(fitter.problem().points[p].offset);
    out.misfit[point] = static_cast<float>(fitter.misfit()[p]);
  }
  return out;
}

}  // namespace pantomime::motion
