#include "pantomime/motion/pose_start.h"

#include <cmath>
#include <optional>

#include "pantomime/base/error.h"

namespace pantomime::motion {
namespace {

using Eigen::Matrix3d;
using Eigen::Quaterniond;
using Eigen::Vector3d;

/// A thigh and shin, or upper arm and forearm.
struct Limb {
  Joint upper, middle, end;
  Vector3d bone;  ///< direction of both bones in the rest pose
  bool is_leg;
};

const std::array<Limb, 4>& limbs() {
  static const std::array<Limb, 4> all = {{
      {kLeftHip, kLeftKnee, kLeftAnkle, {0, -1, 0}, true},
      {kRightHip, kRightKnee, kRightAnkle, {0, -1, 0}, true},
      {kLeftShoulder, kLeftElbow, kLeftWrist, {1, 0, 0}, false},
      {kRightShoulder, kRightElbow, kRightWrist, {-1, 0, 0}, false},
  }};
  return all;
}

/// How far a point is part of the rigid trunk: where its place hardly depends on the pose.
double trunk_share(const AttachedPoint& point) {
  constexpr double kNear = 0.05;  // metres; limbs' first joints belong to the trunk themselves
  switch (point.joint) {
    case kPelvis:
    case kSpine1:
    case kSpine2:
    case kSpine3:
      return 1;
    case kNeck:
    case kLeftCollar:
    case kRightCollar:
      return 0.7;
    case kLeftHip:
    case kRightHip:
    case kLeftShoulder:
    case kRightShoulder:
      return 1 / (1 + point.offset.squaredNorm() / (kNear * kNear));
    case kHead:
      return 0.1;
    default:
      return 0;
  }
}

/// World frame of an upper limb whose bone points along `upper` and whose hinge is about `hinge`.
Matrix3d limb_frame(const Vector3d& bone, const Vector3d& hinge, const Vector3d& upper,
                    const Vector3d& wanted_hinge) {
  const Vector3d across = (wanted_hinge - wanted_hinge.dot(upper) * upper).normalized();
  Matrix3d rest, world;
  rest << bone, hinge, bone.cross(hinge);
  world << upper, across, upper.cross(across);
  return world * rest.transpose();
}

/// Finds the poses of single frames.
class Starter {
 public:
  explicit Starter(const PoseProblem& problem)
      : problem_(problem), rest_frame_(Pose(), problem.offsets) {
    for (const AttachedPoint& point : problem.points) {
      rest_points_.push_back(rest_frame_.positions[static_cast<size_t>(point.joint)] +
                             point.offset);
      shares_.push_back(trunk_share(point));
    }
  }

  /// Pose of a frame, and which joints' rotations are known; false when the trunk isn't.
  bool start(size_t frame, Pose& pose, std::array<bool, kJointCount>& known) const {
    known.fill(false);
    if (!place_trunk(frame, pose)) return false;
    known[kPelvis] = true;
    const Matrix3d trunk = pose.rotations[kPelvis].toRotationMatrix();
    std::array<std::optional<Vector3d>, kJointCount> centres = joint_centres(frame, trunk);
    for (const Limb& limb : limbs()) place_limb(limb, trunk, centres, pose, known);
    return true;
  }

 private:
  bool place_trunk(size_t frame, Pose& pose) const {
    const Observation* seen = &problem_.observed[frame * problem_.points.size()];
    double sum = 0;
    Vector3d from = Vector3d::Zero(), to = Vector3d::Zero();
    for (size_t p = 0; p < shares_.size(); ++p) {
      const double weight = shares_[p] * seen[p].weight;
      sum += weight;
      from += weight * rest_points_[p];
      to += weight * seen[p].position;
    }
    if (sum <= 0) return false;
    from /= sum, to /= sum;
    Matrix3d spread = Matrix3d::Zero(), shape = Matrix3d::Zero();
    for (size_t p = 0; p < shares_.size(); ++p) {
      const double weight = shares_[p] * seen[p].weight / sum;
      const Vector3d rest = rest_points_[p] - from;
      spread += weight * (seen[p].position - to) * rest.transpose();
      shape += weight * rest * rest.transpose();
    }
    // Points on one line would leave the turn about it open: ask for a width of some centimetres.
    const Eigen::SelfAdjointEigenSolver<Matrix3d> widths(shape, Eigen::EigenvaluesOnly);
    if (widths.eigenvalues()[1] < 0.02 * 0.02) return false;
    // Kabsch 1976; the sign keeps it a rotation.
    const Eigen::JacobiSVD<Matrix3d> svd(spread, Eigen::ComputeFullU | Eigen::ComputeFullV);
    if (svd.singularValues()[1] < 1e-5) return false;
    Vector3d signs(1, 1, 1);
    if ((svd.matrixU() * svd.matrixV().transpose()).determinant() < 0) signs.z() = -1;
    const Matrix3d turn = svd.matrixU() * signs.asDiagonal() * svd.matrixV().transpose();
    pose.rotations[kPelvis] = Quaterniond(turn).normalized();
    pose.root = to - turn * from;
    return true;
  }

  /// Where points put the joints they hang on, as if all offsets turned with the trunk.
  std::array<std::optional<Vector3d>, kJointCount> joint_centres(size_t frame,
                                                                 const Matrix3d& trunk) const {
    std::array<std::optional<Vector3d>, kJointCount> out;
    std::array<double, kJointCount> weights{};
    const Observation* seen = &problem_.observed[frame * problem_.points.size()];
    for (size_t p = 0; p < problem_.points.size(); ++p) {
      const AttachedPoint& point = problem_.points[p];
      if (seen[p].weight <= 0) continue;
      // A point far from its joint says little about where that is.
      constexpr double kNear = 0.02;
      const double offset = point.offset.norm();
      if (offset > 0.08) continue;
      const double weight = seen[p].weight / (kNear * kNear + offset * offset);
      const auto joint = static_cast<size_t>(point.joint);
      const Vector3d at = seen[p].position - trunk * point.offset;
      out[joint] = out[joint].value_or(Vector3d::Zero()) + weight * at;
      weights[joint] += weight;
    }
    for (size_t j = 0; j < kJointCount; ++j)
      if (out[j]) *out[j] /= weights[j];
    return out;
  }

  void place_limb(const Limb& limb, const Matrix3d& trunk,
                  const std::array<std::optional<Vector3d>, kJointCount>& centres, Pose& pose,
                  std::array<bool, kJointCount>& known) const {
    if (!centres[limb.middle]) return;
    const Vector3d root =
        centres[limb.upper].value_or(pose.root + trunk * rest_frame_.positions[limb.upper]);
    const Vector3d upper = (*centres[limb.middle] - root).normalized();
    if (!(upper.norm() > 0.5)) return;
    const Vector3d hinge = joint_habits()[limb.middle].axis;
    // Without a bend to tell: the limb swung by the shortest way from where it hangs.
    const Matrix3d hanging = trunk * joint_habits()[limb.upper].rest.toRotationMatrix();
    const Quaterniond swing = Quaterniond::FromTwoVectors(hanging * limb.bone, upper);
    Vector3d axis = swing * (hanging * hinge);
    double bend = 0;
    if (centres[limb.end]) {
      const Vector3d lower = (*centres[limb.end] - *centres[limb.middle]).normalized();
      const Vector3d plane = upper.cross(lower);  // length: sine of the bend
      bend = std::acos(std::clamp(upper.dot(lower), -1.0, 1.0));
      constexpr double kTrust = 4;
      const double surely_bent = limb.is_leg ? 0.7 : 0.35;
      if (plane.dot(axis) > 0 || plane.norm() > surely_bent) {
        const Vector3d mixed = kTrust * plane + axis;
        if (mixed.cross(upper).norm() > 0.1) axis = mixed;
      }
      known[limb.middle] = true;
    }
    if (axis.cross(upper).norm() < 1e-6) return;
    const Matrix3d frame = limb_frame(limb.bone, hinge, upper, axis);
    // All joints between pelvis and limb are still at rest.
    pose.rotations[limb.upper] = Quaterniond(trunk.transpose() * frame).normalized();
    known[limb.upper] = true;
    pose.rotations[limb.middle] = exp_rotation(bend * hinge);
    if (!limb.is_leg || !known[limb.middle]) return;
    const auto foot = static_cast<size_t>(limb.end == kLeftAnkle ? kLeftFoot : kRightFoot);
    if (!centres[foot]) return;
    const Matrix3d shin = frame * pose.rotations[limb.middle].toRotationMatrix();
    const Vector3d toes = shin.transpose() * (*centres[foot] - *centres[limb.end]);
    if (toes.norm() < 0.02 || problem_.offsets[foot].norm() < 0.02) return;
    pose.rotations[limb.end] = Quaterniond::FromTwoVectors(problem_.offsets[foot], toes);
    known[limb.end] = true;
  }

  const PoseProblem& problem_;
  PoseFrame rest_frame_;
  std::vector<Vector3d> rest_points_;
  std::vector<double> shares_;
};

}  // namespace

std::vector<Pose> first_poses(const PoseProblem& problem, std::vector<bool>* trunk_known) {
  const size_t frames = problem.frame_count();
  std::vector<Pose> poses(frames);
  std::vector<std::array<bool, kJointCount>> known(frames);
  const Starter starter(problem);
  bool any = false;
  for (size_t f = 0; f < frames; ++f) any |= starter.start(f, poses[f], known[f]);
  PANTOMIME_CHECK(any, "pose: the trunk is never seen; expected hips and shoulders, or as much");
  if (trunk_known != nullptr) {
    trunk_known->resize(frames);
    for (size_t f = 0; f < frames; ++f) (*trunk_known)[f] = known[f][kPelvis];
  }
  for (size_t j = 0; j < kJointCount; ++j) {
    if (problem.model.column(j) < 0) continue;
    const JointHabit& habit = joint_habits()[j];
    const Quaterniond usual = habit.freedom == JointHabit::kHinge
                                  ? exp_rotation(habit.usual.x() * habit.axis)
                                  : Quaterniond(habit.rest * exp_rotation(habit.usual));
    std::optional<size_t> last;
    for (size_t f = 0; f < frames; ++f) {
      if (!known[f][j]) continue;
      for (size_t g = last ? *last + 1 : 0; g < f; ++g) {
        const double u = last ? static_cast<double>(g - *last) / static_cast<double>(f - *last) : 1;
        const size_t from = last.value_or(f);
        poses[g].rotations[j] = poses[from].rotations[j].slerp(u, poses[f].rotations[j]);
        if (j == kPelvis) poses[g].root = (1 - u) * poses[from].root + u * poses[f].root;
      }
      last = f;
    }
    for (size_t g = last ? *last + 1 : 0; g < frames; ++g) {
      poses[g].rotations[j] = last ? poses[*last].rotations[j] : usual;
      if (j == kPelvis && last) poses[g].root = poses[*last].root;
    }
  }
  return poses;
}

}  // namespace pantomime::motion
