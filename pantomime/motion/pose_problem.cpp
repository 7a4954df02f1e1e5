#include "pantomime/motion/pose_problem.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pantomime::motion {
namespace {

using Eigen::Matrix3d;
using Eigen::MatrixXd;
using Eigen::Vector3d;
using Eigen::VectorXd;

/// Standard deviation of one degree past a limit: firm, but noise doesn't fight it.
constexpr double kLimitSoftness = 2 * std::numbers::pi / 180;
/// Of the root, as JointHabit has them for joints: m/s^2 and m/s.
constexpr double kRootLiveliness = 4.0;
constexpr double kRootPace = 5.0;
constexpr double kLivelinessFps = 30;  // rate at which liveliness was stated
constexpr int kMostColumns = 3 + 3 * kJointCount;

/// One residual of up to three rows.
struct Term {
  int rows = 0;
  int count = 0;  ///< columns
  std::array<double, 3> residual{};
  std::array<int, kMostColumns> columns{};
  std::array<std::array<double, 3>, kMostColumns> derivatives{};  ///< by column

  void add(int column, const Vector3d& derivative) {
    columns[static_cast<size_t>(count)] = column;
    derivatives[static_cast<size_t>(count++)] = {derivative.x(), derivative.y(), derivative.z()};
  }
};

/// How far outside of its limits, in standard deviations; 0 inside.
double past_limit(double angle, double low, double high) {
  if (angle < low) return (angle - low) / kLimitSoftness;
  if (angle > high) return (angle - high) / kLimitSoftness;
  return 0;
}

/// Rotation vector of a joint from its rest; a hinge's angle is x.
Vector3d angles_of(const Pose& pose, size_t joint) {
  const JointHabit& habit = joint_habits()[joint];
  if (habit.freedom == JointHabit::kHinge)
    return {hinge_angle(pose.rotations[joint], habit.axis), 0, 0};
  return log_rotation(habit.rest.conjugate() * pose.rotations[joint]);
}

}  // namespace

PoseProblem::PoseProblem(const PoseModel& pose_model,
                         const std::array<Vector3d, kJointCount>& bone_offsets,
                         std::vector<AttachedPoint> body_points, double fps)
    : model(pose_model), offsets(bone_offsets), points(std::move(body_points)), step_(1 / fps) {
  tempo.fill(1);
}

/// Calls sink(term) for the linearised terms of one frame, weights multiplied in.
template <typename Sink>
void PoseProblem::visit(const Pose& pose, size_t frame, Sink&& sink) const {
  const PoseFrame world(pose, offsets);
  Term term;
  for (size_t p = 0; p < points.size(); ++p) {
    const Observation& seen = observed[frame * points.size() + p];
    if (seen.weight <= 0) continue;
    const auto joint = static_cast<size_t>(points[p].joint);
    const Vector3d at = world.positions[joint] + world.rotations[joint] * points[p].offset;
    const Vector3d difference = seen.weight * (at - seen.position);
    const double pull = std::sqrt(cauchy_weight(difference.squaredNorm()));
    const double scale = pull * seen.weight;
    term.rows = 3;
    term.count = 0;
    term.residual = {pull * difference.x(), pull * difference.y(), pull * difference.z()};
    for (int k = 0; k < 3; ++k) term.add(k, scale * Vector3d::Unit(k));
    for (const int j : model.chain(joint)) {
      const auto turning = static_cast<size_t>(j);
      const Vector3d arm = scale * (at - world.positions[turning]);
      const int column = model.column(turning);
      if (model.width(turning) == 1) {
        term.add(column, (world.rotations[turning] * joint_habits()[turning].axis).cross(arm));
      } else {
        for (int k = 0; k < 3; ++k)
          term.add(column + k, Vector3d(world.rotations[turning].col(k)).cross(arm));
      }
    }
    sink(term);
  }
  for (size_t j = 1; j < kJointCount; ++j) {
    if (model.column(j) < 0) continue;
    const JointHabit& habit = joint_habits()[j];
    const int width = model.width(j), column = model.column(j);
    const Vector3d angles = angles_of(pose, j);
    const Matrix3d turn = width == 1 ? Matrix3d::Identity() : inverse_right_jacobian(angles);
    term.rows = width;
    for (const bool limit : {false, true}) {
      Vector3d residual, factor;
      for (int k = 0; k < width; ++k) {
        if (limit) {
          residual[k] = past_limit(angles[k], habit.low[k], habit.high[k]);
          factor[k] = residual[k] == 0 ? 0 : 1 / kLimitSoftness;
        } else {
          residual[k] = (angles[k] - habit.usual[k]) / habit.spread[k];
          factor[k] = 1 / habit.spread[k];
        }
      }
      if (limit && residual.head(width).isZero(0)) continue;
      term.count = 0;
      for (int k = 0; k < width; ++k) {
        term.residual[static_cast<size_t>(k)] = residual[k];
        Vector3d derivative = Vector3d::Zero();
        for (int row = 0; row < width; ++row) derivative[row] = factor[row] * turn(row, k);
        term.add(column + k, derivative);
      }
      sink(term);
    }
  }
}

double PoseProblem::cost(const Pose& pose, size_t frame) const {
  const PoseFrame world(pose, offsets);
  double sum = 0;
  for (size_t p = 0; p < points.size(); ++p) {
    const Observation& seen = observed[frame * points.size() + p];
    if (seen.weight <= 0) continue;
    const auto joint = static_cast<size_t>(points[p].joint);
    const Vector3d at = world.positions[joint] + world.rotations[joint] * points[p].offset;
    const double squared = seen.weight * seen.weight * (at - seen.position).squaredNorm();
    sum += kDoubt * kDoubt * std::log1p(squared / (kDoubt * kDoubt));
  }
  for (size_t j = 1; j < kJointCount; ++j) {
    const JointHabit& habit = joint_habits()[j];
    if (model.column(j) < 0) continue;
    const Vector3d angles = angles_of(pose, j);
    for (int k = 0; k < model.width(j); ++k) {
      const double usual = (angles[k] - habit.usual[k]) / habit.spread[k];
      const double past = past_limit(angles[k], habit.low[k], habit.high[k]);
      sum += usual * usual + past * past;
    }
  }
  return sum / 2;
}

void PoseProblem::linearise(const Pose& pose, size_t frame, MatrixXd& matrix,
                            VectorXd& gradient) const {
  double* const m = matrix.data();
  const auto stride = matrix.rows();
  visit(pose, frame, [&](const Term& term) {
    for (int b = 0; b < term.count; ++b) {
      const auto& db = term.derivatives[static_cast<size_t>(b)];
      double* const below = m + term.columns[static_cast<size_t>(b)] * stride;
      double down = 0;
      for (int row = 0; row < term.rows; ++row)
        down += db[static_cast<size_t>(row)] * term.residual[static_cast<size_t>(row)];
      gradient[term.columns[static_cast<size_t>(b)]] += down;
      // Columns ascend, so a >= b is the lower triangle.
      if (term.rows == 3) {
        for (int a = b; a < term.count; ++a) {
          const auto& da = term.derivatives[static_cast<size_t>(a)];
          below[term.columns[static_cast<size_t>(a)]] +=
              da[0] * db[0] + da[1] * db[1] + da[2] * db[2];
        }
      } else {
        below[term.columns[static_cast<size_t>(b)]] += db[0] * db[0];
      }
    }
  });
}

void PoseProblem::rows(const Pose& pose, size_t frame, VectorXd& residuals,
                       MatrixXd& derivatives) const {
  // Always the same number of rows: limits and unseen points have rows of zeros.
  const auto count = static_cast<Eigen::Index>(3 * points.size() + 6 * kJointCount);
  residuals.setZero(count);
  derivatives.setZero(count, model.size());
  Eigen::Index row = 0;
  visit(pose, frame, [&](const Term& term) {
    for (int r = 0; r < term.rows; ++r, ++row) {
      residuals[row] = term.residual[static_cast<size_t>(r)];
      for (int c = 0; c < term.count; ++c)
        derivatives(row, term.columns[static_cast<size_t>(c)]) =
            term.derivatives[static_cast<size_t>(c)][static_cast<size_t>(r)];
    }
  });
}

void PoseProblem::accelerations(const Pose& before, const Pose& at, const Pose& after,
                                std::vector<MotionTerm>& terms, int only) const {
  // White acceleration: its standard deviation over a frame goes with the root of the rate.
  const double per_frame =
      std::sqrt(kLivelinessFps * step_) / (step_ * step_) * std::sqrt(smoothness);
  terms.clear();
  MotionTerm root;
  const double pull = per_frame / (root_tempo * kRootLiveliness);
  root.width = 3;
  root.residual = pull * (before.root - 2 * at.root + after.root);
  root.derivatives = {pull * Matrix3d::Identity(), -2 * pull * Matrix3d::Identity(),
                      pull * Matrix3d::Identity()};
  if (only < 0) terms.push_back(root);
  for (size_t j = 0; j < kJointCount; ++j) {
    if (model.column(j) < 0 || (only != kAllJoints && only != static_cast<int>(j))) continue;
    const JointHabit& habit = joint_habits()[j];
    const double weight = per_frame / (tempo[j] * habit.liveliness);
    MotionTerm term;
    term.column = model.column(j);
    term.width = model.width(j);
    const Eigen::Quaterniond back = at.rotations[j].conjugate();
    if (term.width == 1) {
      const double forward = hinge_angle(back * after.rotations[j], habit.axis);
      const double backward = hinge_angle(back * before.rotations[j], habit.axis);
      term.residual[0] = weight * (forward + backward);
      term.derivatives[0](0, 0) = term.derivatives[2](0, 0) = weight;
      term.derivatives[1](0, 0) = -2 * weight;
    } else {
      const Vector3d forward = log_rotation(back * after.rotations[j]);
      const Vector3d backward = log_rotation(back * before.rotations[j]);
      term.residual = weight * (forward + backward);
      term.derivatives = {
          weight * inverse_right_jacobian(backward),
          -weight * (inverse_right_jacobian(-forward) + inverse_right_jacobian(-backward)),
          weight * inverse_right_jacobian(forward)};
    }
    terms.push_back(term);
  }
}

void PoseProblem::velocities(const Pose& at, const Pose& after, std::vector<MotionTerm>& terms,
                             int only) const {
  const double per_frame = std::sqrt(kLivelinessFps * step_) / step_;
  terms.clear();
  MotionTerm root;
  const double pull = per_frame / (root_tempo * kRootPace);
  root.width = 3;
  root.residual = pull * (after.root - at.root);
  root.derivatives = {Matrix3d::Zero(), -pull * Matrix3d::Identity(), pull * Matrix3d::Identity()};
  if (only < 0) terms.push_back(root);
  for (size_t j = 0; j < kJointCount; ++j) {
    if (model.column(j) < 0 || (only != kAllJoints && only != static_cast<int>(j))) continue;
    const double weight = per_frame / (tempo[j] * joint_habits()[j].pace);
    MotionTerm term;
    term.column = model.column(j);
    term.width = model.width(j);
    const Eigen::Quaterniond between = at.rotations[j].conjugate() * after.rotations[j];
    if (term.width == 1) {
      term.residual[0] = weight * hinge_angle(between, joint_habits()[j].axis);
      term.derivatives[1](0, 0) = -weight;
      term.derivatives[2](0, 0) = weight;
    } else {
      const Vector3d turn = log_rotation(between);
      term.residual = weight * turn;
      term.derivatives = {Matrix3d::Zero(), -weight * inverse_right_jacobian(-turn),
                          weight * inverse_right_jacobian(turn)};
    }
    terms.push_back(term);
  }
}

double PoseProblem::acceleration_cost(const Pose& before, const Pose& at, const Pose& after) const {
  const double per_frame =
      std::sqrt(kLivelinessFps * step_) / (step_ * step_) * std::sqrt(smoothness);
  double sum = (before.root - 2 * at.root + after.root).squaredNorm() /
               (root_tempo * root_tempo * kRootLiveliness * kRootLiveliness);
  for (size_t j = 0; j < kJointCount; ++j) {
    if (model.column(j) < 0) continue;
    const JointHabit& habit = joint_habits()[j];
    const Eigen::Quaterniond back = at.rotations[j].conjugate();
    const Eigen::Quaterniond forward = back * after.rotations[j];
    const Eigen::Quaterniond backward = back * before.rotations[j];
    double squared;
    if (model.width(j) == 1) {
      const double change = hinge_angle(forward, habit.axis) + hinge_angle(backward, habit.axis);
      squared = change * change;
    } else {
      squared = (log_rotation(forward) + log_rotation(backward)).squaredNorm();
    }
    const double liveliness = tempo[j] * habit.liveliness;
    sum += squared / (liveliness * liveliness);
  }
  return per_frame * per_frame * sum / 2;
}

double PoseProblem::velocity_cost(const Pose& at, const Pose& after) const {
  const double per_frame = std::sqrt(kLivelinessFps * step_) / step_;
  double sum =
      (after.root - at.root).squaredNorm() / (root_tempo * root_tempo * kRootPace * kRootPace);
  for (size_t j = 0; j < kJointCount; ++j) {
    if (model.column(j) < 0) continue;
    const double pace = tempo[j] * joint_habits()[j].pace;
    sum += log_rotation(at.rotations[j].conjugate() * after.rotations[j]).squaredNorm() /
           (pace * pace);
  }
  return per_frame * per_frame * sum / 2;
}

void PoseProblem::measure_tempo(const std::vector<Pose>& poses) {
  constexpr double kSlowest = 0.5, kFastest = 3;
  if (poses.size() < 2) return;
  const double times = static_cast<double>(poses.size() - 1);
  // Usual speed from liveliness and pace, with a correlation of about 0.9 from frame to frame.
  const auto factor = [&](double squares, double liveliness, double pace) {
    const double usual = liveliness * pace / (1.9 * kLivelinessFps);
    return std::clamp(std::sqrt(squares / times / usual), kSlowest, kFastest);
  };
  double root = 0;
  for (size_t f = 1; f < poses.size(); ++f)
    root += (poses[f].root - poses[f - 1].root).squaredNorm() / (3 * step_ * step_);
  root_tempo = factor(root, kRootLiveliness, kRootPace);
  for (size_t j = 0; j < kJointCount; ++j) {
    if (model.column(j) < 0) continue;
    double squares = 0;
    for (size_t f = 1; f < poses.size(); ++f)
      squares +=
          log_rotation(poses[f - 1].rotations[j].conjugate() * poses[f].rotations[j]).squaredNorm();
    const JointHabit& habit = joint_habits()[j];
    tempo[j] = factor(squares / (model.width(j) * step_ * step_), habit.liveliness, habit.pace);
  }
}

}  // namespace pantomime::motion
