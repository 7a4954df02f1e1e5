#include "pantomime/motion/pose_model.h"

#include <cmath>
#include <numbers>

namespace pantomime::motion {
namespace {

using Eigen::Matrix3d;
using Eigen::Quaterniond;
using Eigen::Vector3d;

constexpr double kDegree = std::numbers::pi / 180;

Matrix3d cross_matrix(const Vector3d& v) {
  Matrix3d out;
  out << 0, -v.z(), v.y(), v.z(), 0, -v.x(), -v.y(), v.x(), 0;
  return out;
}

JointHabit ball(Vector3d rest, Vector3d usual, Vector3d spread, Vector3d low, Vector3d high,
                double liveliness, double pace) {
  JointHabit habit;
  habit.freedom = JointHabit::kBall;
  habit.rest = exp_rotation(kDegree * rest);
  habit.usual = kDegree * usual;
  habit.spread = kDegree * spread;
  habit.low = kDegree * low;
  habit.high = kDegree * high;
  habit.liveliness = liveliness;
  habit.pace = pace;
  return habit;
}

JointHabit hinge(Vector3d axis, double usual, double spread, double low, double high,
                 double liveliness, double pace) {
  JointHabit habit =
      ball({0, 0, 0}, {usual, 0, 0}, {spread, 0, 0}, {low, 0, 0}, {high, 0, 0}, liveliness, pace);
  habit.freedom = JointHabit::kHinge;
  habit.axis = axis;
  return habit;
}

/// The joint of the other side: turns about Y and Z go the other way.
JointHabit mirrored(const JointHabit& left) {
  JointHabit right = left;
  const Vector3d flip(1, -1, -1);
  right.rest = exp_rotation(flip.cwiseProduct(log_rotation(left.rest)));
  if (left.freedom == JointHabit::kHinge) {
    right.axis = flip.cwiseProduct(left.axis);
    return right;
  }
  right.usual = flip.cwiseProduct(left.usual);
  for (int k = 1; k < 3; ++k) {
    right.low[k] = -left.high[k];
    right.high[k] = -left.low[k];
  }
  return right;
}

/// Degrees. Ranges are those of healthy adults (e.g. Kapandji, "The Physiology of the Joints"),
/// wide enough that none of our motion capture is cut; a bend of the back is shared by three
/// joints. In the T-pose bending a hip forward turns about -X, lifting a leg sideways about +Z
/// (left), lifting a hanging left arm about +Z.
std::array<JointHabit, kJointCount> make_habits() {
  std::array<JointHabit, kJointCount> out;
  out[kPelvis].freedom = JointHabit::kBall;
  out[kPelvis].liveliness = 12;
  out[kPelvis].pace = 8;
  const JointHabit back =
      ball({0, 0, 0}, {3, 0, 0}, {12, 8, 8}, {-30, -25, -25}, {45, 25, 25}, 6, 1.2);
  out[kSpine1] = out[kSpine2] = out[kSpine3] = back;
  out[kNeck] = out[kHead] =
      ball({0, 0, 0}, {0, 0, 0}, {15, 15, 10}, {-50, -50, -40}, {50, 50, 40}, 10, 2);
  out[kLeftHip] = ball({0, 0, 0}, {-20, 5, 5}, {35, 20, 15}, {-140, -60, -45}, {50, 60, 70}, 23, 5);
  out[kLeftKnee] = hinge({1, 0, 0}, 25, 40, -3, 160, 50, 9);
  out[kLeftAnkle] =
      ball({0, 0, 0}, {0, 0, 0}, {20, 12, 12}, {-50, -35, -35}, {65, 35, 35}, 27, 3.5);
  out[kLeftCollar] = ball({0, 0, 0}, {0, 0, 0}, {4, 8, 8}, {-15, -35, -25}, {15, 35, 45}, 5, 0.5);
  // Measured from the hanging arm, so that no usual pose comes near half a turn.
  out[kLeftShoulder] =
      ball({0, 0, -65}, {0, 0, 10}, {40, 45, 40}, {-120, -150, -60}, {120, 100, 165}, 22, 7);
  out[kLeftElbow] = hinge({0, -1, 0}, 30, 40, -3, 160, 27, 10);
  out[kLeftWrist] =
      ball({0, 0, 0}, {0, 0, 0}, {45, 20, 25}, {-130, -50, -90}, {130, 50, 90}, 40, 5);
  for (const Joint left :
       {kLeftHip, kLeftKnee, kLeftAnkle, kLeftCollar, kLeftShoulder, kLeftElbow, kLeftWrist})
    out[static_cast<size_t>(kMirrorJoint[left])] = mirrored(out[left]);
  return out;
}

}  // namespace

const std::array<JointHabit, kJointCount>& joint_habits() {
  static const std::array<JointHabit, kJointCount> habits = make_habits();
  return habits;
}

Vector3d log_rotation(const Quaterniond& q) {
  const double sign = q.w() < 0 ? -1 : 1;
  const double sine = q.vec().norm();  // of half the angle
  if (sine < 1e-9) return 2 * sign * q.vec();
  return (2 * std::atan2(sine, sign * q.w()) * sign / sine) * q.vec();
}

Quaterniond exp_rotation(const Vector3d& v) {
  const double angle = v.norm();
  const double factor = angle < 1e-6 ? 0.5 - angle * angle / 48 : std::sin(angle / 2) / angle;
  Quaterniond out(std::cos(angle / 2), factor * v.x(), factor * v.y(), factor * v.z());
  return out.normalized();
}

Matrix3d inverse_right_jacobian(const Vector3d& v) {
  const double angle2 = v.squaredNorm();
  double factor = 1.0 / 12;  // limit at 0
  if (angle2 > 1e-8) {
    const double angle = std::sqrt(angle2);
    factor = 1 / angle2 - 1 / (2 * angle * std::tan(angle / 2));
  }
  const Matrix3d x = cross_matrix(v);
  return Matrix3d::Identity() + 0.5 * x + factor * (x * x);
}

double hinge_angle(const Quaterniond& q, const Vector3d& axis) {
  const double along = q.vec().dot(axis);
  const double angle = 2 * std::atan2(along, q.w());
  if (angle > std::numbers::pi) return angle - 2 * std::numbers::pi;
  if (angle <= -std::numbers::pi) return angle + 2 * std::numbers::pi;
  return angle;
}

PoseModel::PoseModel(const std::array<bool, kJointCount>& turns) {
  for (size_t j = 0; j < kJointCount; ++j) {
    const bool is_free = turns[j] && joint_habits()[j].freedom != JointHabit::kFixed;
    columns_[j] = is_free ? size_ : -1;
    if (is_free) size_ += joint_habits()[j].freedom;
    if (kJointParents[j] >= 0) chains_[j] = chains_[static_cast<size_t>(kJointParents[j])];
    if (is_free) chains_[j].push_back(static_cast<int>(j));
  }
}

void PoseModel::step(Pose& pose, const double* step) const {
  pose.root += Eigen::Map<const Vector3d>(step);
  for (size_t j = 0; j < kJointCount; ++j) {
    if (columns_[j] < 0) continue;
    const double* s = step + columns_[j];
    const JointHabit& habit = joint_habits()[j];
    const Vector3d turn = habit.freedom == JointHabit::kHinge ? Vector3d(s[0] * habit.axis)
                                                              : Vector3d(s[0], s[1], s[2]);
    pose.rotations[j] = (pose.rotations[j] * exp_rotation(turn)).normalized();
  }
}

PoseFrame::PoseFrame(const Pose& pose, const std::array<Vector3d, kJointCount>& offsets) {
  positions[0] = pose.root;
  rotations[0] = pose.rotations[0].toRotationMatrix();
  for (size_t j = 1; j < kJointCount; ++j) {
    const auto parent = static_cast<size_t>(kJointParents[j]);
    positions[j] = positions[parent] + rotations[parent] * offsets[j];
    rotations[j] = rotations[parent] * pose.rotations[j].toRotationMatrix();
  }
}

}  // namespace pantomime::motion
