// Degrees of freedom of a human pose: what can turn, how far, how fast; kinematics with
// derivatives. Used by the pose solver.
#pragma once

#include <Eigen/Geometry>
#include <array>
#include <vector>

#include "pantomime/motion/skeleton.h"

namespace pantomime::motion {

/// A pose of the canonical skeleton in double precision.
struct Pose {
  Eigen::Vector3d root = Eigen::Vector3d::Zero();         ///< metres, of the pelvis in the world
  std::array<Eigen::Quaterniond, kJointCount> rotations;  ///< joint in its parent's frame

  Pose() { rotations.fill(Eigen::Quaterniond::Identity()); }
};

/// How people use a joint. Angles in radians, as components of the rotation vector of the joint
/// relative to `rest`; for hinges only x counts: the angle about the axis.
///
/// A joint's angular velocity wanders about zero (Ornstein-Uhlenbeck): with deviation s and
/// correlation r from frame to frame at 30 frames per second, `liveliness` is 30 s sqrt(1 - r^2),
/// the deviation of acceleration in rad/s^2, and `pace` is s sqrt((1 + r) / (1 - r)) in rad/s, how
/// weakly velocities are drawn to zero. Measured on motion capture (bench_pose_solver's clips).
struct JointHabit {
  enum Freedom { kFixed = 0, kHinge = 1, kBall = 3 };
  Freedom freedom = kFixed;
  Eigen::Vector3d axis = Eigen::Vector3d::UnitX();  ///< of a hinge
  Eigen::Quaterniond rest = Eigen::Quaterniond::Identity();
  Eigen::Vector3d usual = Eigen::Vector3d::Zero();   ///< middle of the range of use
  Eigen::Vector3d spread = Eigen::Vector3d::Zero();  ///< standard deviation about it; 0: no habit
  Eigen::Vector3d low = Eigen::Vector3d::Zero();     ///< limits
  Eigen::Vector3d high = Eigen::Vector3d::Zero();
  double liveliness = 0;
  double pace = 0;
};

/// Habits of the 22 joints. Right ones mirror left ones. Knees are hinges about +X, elbows about -Y
/// (left) and +Y (right), as docs/MAPPINGS.md has them; toes are fixed.
const std::array<JointHabit, kJointCount>& joint_habits();

/// Rotation vector (radians, angle in [0, pi]) and back, in double precision.
Eigen::Vector3d log_rotation(const Eigen::Quaterniond& rotation);
Eigen::Quaterniond exp_rotation(const Eigen::Vector3d& vector);
/// Derivative of log(exp(v) exp(d)) with respect to d at 0: the inverse right Jacobian of SO(3).
/// Source: Chirikjian, "Stochastic Models, Information Theory, and Lie Groups", vol. 2, 10.86.
Eigen::Matrix3d inverse_right_jacobian(const Eigen::Vector3d& vector);
/// Angle of a rotation about `axis`, in (-pi, pi].
double hinge_angle(const Eigen::Quaterniond& rotation, const Eigen::Vector3d& axis);

/// Which joints may turn, and where they stand in the vector of unknowns: columns 0 to 2 move the
/// root, then each free joint has one (hinge) or three columns. A step turns joints in their own
/// frame: q <- q exp(step).
class PoseModel {
 public:
  /// `turns` [22]: joints that are free if their habit is not kFixed.
  explicit PoseModel(const std::array<bool, kJointCount>& turns);

  int size() const { return size_; }
  int column(size_t joint) const { return columns_[joint]; }  ///< -1: does not turn
  int width(size_t joint) const { return columns_[joint] < 0 ? 0 : joint_habits()[joint].freedom; }
  /// Joints from the pelvis to `joint` that turn.
  const std::vector<int>& chain(size_t joint) const { return chains_[joint]; }
  void step(Pose& pose, const double* step) const;

 private:
  std::array<int, kJointCount> columns_{};
  std::array<std::vector<int>, kJointCount> chains_;
  int size_ = 3;
};

/// Where the joints of a pose are.
struct PoseFrame {
  std::array<Eigen::Vector3d, kJointCount> positions;
  std::array<Eigen::Matrix3d, kJointCount> rotations;  ///< world_from_joint

  PoseFrame(const Pose& pose, const std::array<Eigen::Vector3d, kJointCount>& offsets);
};

}  // namespace pantomime::motion
