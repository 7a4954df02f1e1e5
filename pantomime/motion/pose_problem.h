// The least-squares problem that a recording poses: how far a pose is from the points that were
// seen, from what joints can do, and from moving as people move. Used by the pose solver.
#pragma once

#include <Eigen/Dense>
#include <array>
#include <vector>

#include "pantomime/motion/pose_model.h"

namespace pantomime::motion {

/// One point in one frame.
struct Observation {
  Eigen::Vector3d position = Eigen::Vector3d::Zero();  ///< metres, our axes
  double weight = 0;                                   ///< 1 / standard deviation, 1/m; 0: not seen
};

/// A point of the body.
struct AttachedPoint {
  int joint = 0;
  Eigen::Vector3d offset = Eigen::Vector3d::Zero();  ///< metres, in the joint's frame
};

/// Derivatives of one term of the motion with respect to a joint's (or the root's) step in three
/// frames that follow each other.
struct MotionTerm {
  int column = 0;
  int width = 0;
  Eigen::Vector3d residual = Eigen::Vector3d::Zero();  ///< [width]
  std::array<Eigen::Matrix3d, 3> derivatives;          ///< [width, width] each; frames f-1, f, f+1
};

/// All sums are half sums of squares, but for points: these count as half of
/// kDoubt^2 log(1 + s / kDoubt^2) (Cauchy), s the squared distance in standard deviations, so that
/// what can't be true hardly pulls.
class PoseProblem {
 public:
  static constexpr double kDoubt = 3;
  static constexpr int kAllJoints = -2;

  PoseProblem(const PoseModel& model, const std::array<Eigen::Vector3d, kJointCount>& offsets,
              std::vector<AttachedPoint> points, double fps);

  const PoseModel model;
  std::array<Eigen::Vector3d, kJointCount> offsets;  ///< bones, metres
  std::vector<AttachedPoint> points;                 ///< [P]
  std::vector<Observation> observed;                 ///< [F * P]
  double smoothness = 1;                             ///< larger: slower accelerations
  /// How many times faster than usual this person moves: factors of liveliness and pace.
  std::array<double, kJointCount> tempo;
  double root_tempo = 1;

  size_t frame_count() const { return observed.size() / points.size(); }

  /// Cost of one frame's pose: points, habits, limits.
  double cost(const Pose& pose, size_t frame) const;
  /// Adds the Gauss-Newton matrix (lower triangle) and gradient of cost().
  void linearise(const Pose& pose, size_t frame, Eigen::MatrixXd& matrix,
                 Eigen::VectorXd& gradient) const;
  /// The same as rows: gradient = rows^T residuals, matrix = rows^T rows. For tests and other
  /// solvers.
  void rows(const Pose& pose, size_t frame, Eigen::VectorXd& residuals,
            Eigen::MatrixXd& derivatives) const;

  /// Change of velocity at `at` between its neighbours; one term a joint that turns and one for the
  /// root. Fills `terms`; `only`: of this joint alone, -1 the root.
  void accelerations(const Pose& before, const Pose& at, const Pose& after,
                     std::vector<MotionTerm>& terms, int only = kAllJoints) const;
  /// Velocity from `at` to `after` (derivatives[1] and [2]).
  void velocities(const Pose& at, const Pose& after, std::vector<MotionTerm>& terms,
                  int only = kAllJoints) const;
  double acceleration_cost(const Pose& before, const Pose& at, const Pose& after) const;
  double velocity_cost(const Pose& at, const Pose& after) const;

  /// Sets the tempos to what poses [F] show (root mean square of velocities), from 0.5 to 3.
  void measure_tempo(const std::vector<Pose>& poses);

 private:
  template <typename Sink>
  void visit(const Pose& pose, size_t frame, Sink&& sink) const;

  double step_;  ///< seconds between frames
};

/// Weight of a squared distance in standard deviations: derivative of the Cauchy loss.
inline double cauchy_weight(double squared) {
  return 1 / (1 + squared / (PoseProblem::kDoubt * PoseProblem::kDoubt));
}

}  // namespace pantomime::motion
