// The pose solver's problem given to Ceres, for bench_pose_solver: same cost, same derivatives.
#pragma once

#include <ceres/ceres.h>

#include <memory>

#include "pantomime/motion/pose_problem.h"

namespace pantomime::bench {

/// A joint's rotation (4 numbers: x y z w) or the root's place; steps as PoseModel's. Derivatives
/// are handed over in the step's coordinates, so the chain rule of Ceres has nothing to do.
class JointManifold : public ceres::Manifold {
 public:
  /// `joint` -1: the root's place.
  explicit JointManifold(int joint) : joint_(joint) {}
  int AmbientSize() const override { return joint_ < 0 ? 3 : 4; }
  int TangentSize() const override {
    return joint_ < 0 ? 3 : motion::joint_habits()[static_cast<size_t>(joint_)].freedom;
  }
  bool Plus(const double* x, const double* step, double* out) const override {
    if (joint_ < 0) {
      for (int k = 0; k < 3; ++k) out[k] = x[k] + step[k];
      return true;
    }
    const Eigen::Map<const Eigen::Quaterniond> q(x);
    const motion::JointHabit& habit = motion::joint_habits()[static_cast<size_t>(joint_)];
    const Eigen::Vector3d turn = TangentSize() == 1 ? Eigen::Vector3d(step[0] * habit.axis)
                                                    : Eigen::Vector3d(step[0], step[1], step[2]);
    Eigen::Map<Eigen::Quaterniond> turned(out);
    turned = (q * motion::exp_rotation(turn)).normalized();
    return true;
  }
  bool PlusJacobian(const double*, double* jacobian) const override {
    Eigen::Map<Eigen::Matrix<double, -1, -1, Eigen::RowMajor>> j(jacobian, AmbientSize(),
                                                                 TangentSize());
    j.setIdentity();
    return true;
  }
  bool Minus(const double*, const double*, double*) const override { return false; }
  bool MinusJacobian(const double*, double*) const override { return false; }

 private:
  int joint_;
};

/// Poses as Ceres has them, and rows of the problem, worked out once for each evaluation.
class CeresPoses : public ceres::EvaluationCallback {
 public:
  CeresPoses(const motion::PoseProblem& of, const std::vector<motion::Pose>& first)
      : problem(of), poses(first), rows(first.size()), residuals(first.size()) {}

  void PrepareForEvaluation(bool, bool new_point) override {
    if (!new_point) return;
    for (size_t f = 0; f < poses.size(); ++f) problem.rows(poses[f], f, residuals[f], rows[f]);
  }

  const motion::PoseProblem& problem;
  std::vector<motion::Pose> poses;
  std::vector<Eigen::MatrixXd> rows;
  std::vector<Eigen::VectorXd> residuals;

  double* block(size_t f, int joint) {
    return joint < 0 ? poses[f].root.data()
                     : poses[f].rotations[static_cast<size_t>(joint)].coeffs().data();
  }
};

inline int tangent(int joint) {
  return joint < 0 ? 3 : motion::joint_habits()[static_cast<size_t>(joint)].freedom;
}

/// Writes derivatives [rows, tangent] into Ceres' row-major [rows, ambient].
template <typename Derivative>
void put_jacobian(int count, int joint, double* out, Derivative&& derivative) {
  const int ambient = joint < 0 ? 3 : 4;
  for (int row = 0; row < count; ++row)
    for (int k = 0; k < ambient; ++k)
      out[row * ambient + k] = k < tangent(joint) ? derivative(row, k) : 0;
}

/// Some rows of a frame: three of a point (loss taken out again: Ceres puts it in), or those of
/// habits and limits.
class FrameCost : public ceres::CostFunction {
 public:
  FrameCost(const CeresPoses& all, size_t frame, int first, int count, bool point,
            std::vector<int> joints)
      : all_(all), frame_(frame), first_(first), count_(count), point_(point), joints_(joints) {
    set_num_residuals(count);
    for (const int joint : joints) mutable_parameter_block_sizes()->push_back(joint < 0 ? 3 : 4);
  }
  bool Evaluate(double const* const*, double* residuals, double** jacobians) const override {
    const auto r = all_.residuals[frame_].segment(first_, count_);
    double back = 1;
    if (point_) {
      constexpr double kScale = motion::PoseProblem::kDoubt * motion::PoseProblem::kDoubt;
      back = 1 / std::sqrt(std::max(1 - r.squaredNorm() / kScale, 1e-12));
    }
    for (int k = 0; k < count_; ++k) residuals[k] = back * r[k];
    if (jacobians == nullptr) return true;
    for (size_t b = 0; b < joints_.size(); ++b) {
      if (jacobians[b] == nullptr) continue;
      const int column =
          joints_[b] < 0 ? 0 : all_.problem.model.column(static_cast<size_t>(joints_[b]));
      put_jacobian(count_, joints_[b], jacobians[b], [&](int row, int k) {
        return back * all_.rows[frame_](first_ + row, column + k);
      });
    }
    return true;
  }

 private:
  const CeresPoses& all_;
  size_t frame_;
  int first_, count_;
  bool point_;
  std::vector<int> joints_;
};

/// One joint's (or the root's) acceleration over three frames, or velocity over two.
class MotionCost : public ceres::CostFunction {
 public:
  MotionCost(const CeresPoses& all, size_t frame, int joint, bool acceleration)
      : all_(all), frame_(frame), joint_(joint), acceleration_(acceleration) {
    set_num_residuals(tangent(joint));
    for (int i = 0; i < (acceleration ? 3 : 2); ++i)
      mutable_parameter_block_sizes()->push_back(joint < 0 ? 3 : 4);
  }
  bool Evaluate(double const* const*, double* residuals, double** jacobians) const override {
    std::vector<motion::MotionTerm> terms;
    const auto& poses = all_.poses;
    if (acceleration_)
      all_.problem.accelerations(poses[frame_ - 2], poses[frame_ - 1], poses[frame_], terms,
                                 joint_);
    else
      all_.problem.velocities(poses[frame_ - 1], poses[frame_], terms, joint_);
    const motion::MotionTerm& term = terms[0];
    for (int k = 0; k < term.width; ++k) residuals[k] = term.residual[k];
    if (jacobians == nullptr) return true;
    for (size_t b = 0; b < (acceleration_ ? 3u : 2u); ++b)
      if (jacobians[b] != nullptr)
        put_jacobian(term.width, joint_, jacobians[b], [&](int row, int k) {
          return term.derivatives[b + (acceleration_ ? 0 : 1)](row, k);
        });
    return true;
  }

 private:
  const CeresPoses& all_;
  size_t frame_;
  int joint_;
  bool acceleration_;
};

/// Solves as smooth_poses() does, with sparse normal equations; returns the summary.
inline ceres::Solver::Summary solve_with_ceres(const motion::PoseProblem& problem,
                                               std::vector<motion::Pose>& poses) {
  CeresPoses all(problem, poses);
  ceres::Problem::Options problem_options;
  problem_options.evaluation_callback = &all;
  ceres::Problem task(problem_options);
  std::vector<int> moving = {-1};
  for (int j = 0; j < motion::kJointCount; ++j)
    if (problem.model.column(static_cast<size_t>(j)) >= 0) moving.push_back(j);
  for (size_t f = 0; f < poses.size(); ++f) {
    problem.rows(poses[f], f, all.residuals[f], all.rows[f]);
    for (const int joint : moving)
      task.AddParameterBlock(all.block(f, joint), joint < 0 ? 3 : 4, new JointManifold(joint));
    const auto add = [&](int first, int count, bool point, const std::vector<int>& joints) {
      std::vector<double*> blocks;
      for (const int joint : joints) blocks.push_back(all.block(f, joint));
      task.AddResidualBlock(new FrameCost(all, f, first, count, point, joints),
                            point ? new ceres::CauchyLoss(motion::PoseProblem::kDoubt) : nullptr,
                            blocks);
    };
    int row = 0;
    for (size_t p = 0; p < problem.points.size(); ++p) {
      if (problem.observed[f * problem.points.size() + p].weight <= 0) continue;
      std::vector<int> joints = problem.model.chain(static_cast<size_t>(problem.points[p].joint));
      joints.insert(joints.begin(), -1);
      add(row, 3, true, joints);
      row += 3;
    }
    // Habits and limits; how many limits are touched changes, so all rows that may be used.
    add(row, static_cast<int>(all.residuals[f].size()) - row, false,
        std::vector<int>(moving.begin() + 1, moving.end()));
    for (const int joint : moving) {
      if (f >= 1)
        task.AddResidualBlock(new MotionCost(all, f, joint, false), nullptr,
                              all.block(f - 1, joint), all.block(f, joint));
      if (f >= 2)
        task.AddResidualBlock(new MotionCost(all, f, joint, true), nullptr, all.block(f - 2, joint),
                              all.block(f - 1, joint), all.block(f, joint));
    }
  }
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::SPARSE_NORMAL_CHOLESKY;
  options.num_threads = 1;
  options.max_num_iterations = 12;
  options.function_tolerance = 1e-4;
  options.initial_trust_region_radius = 1e5;
  options.logging_type = ceres::SILENT;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &task, &summary);
  poses = all.poses;
  return summary;
}

}  // namespace pantomime::bench
