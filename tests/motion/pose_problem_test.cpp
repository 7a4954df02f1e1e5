#include "pantomime/motion/pose_problem.h"

#include <gtest/gtest.h>

#include <numbers>

#include "pantomime/motion/block_banded.h"
#include "support.h"

namespace pantomime::motion {
namespace {

using Eigen::Matrix3d;
using Eigen::MatrixXd;
using Eigen::Quaterniond;
using Eigen::Vector3d;
using Eigen::VectorXd;

Vector3d random_vector3(Random& random, double size) {
  return {random.uniform(-size, size), random.uniform(-size, size), random.uniform(-size, size)};
}

VectorXd random_vector_of(Random& random, int size, double width) {
  VectorXd out(size);
  for (int i = 0; i < size; ++i) out[i] = random.uniform(-width, width);
  return out;
}

TEST(PoseModel, LogAndExpAreInverse) {
  Random random(test::random_seed());
  for (int i = 0; i < test::random_cases(); ++i) {
    const double size = i % 3 == 0 ? 1e-7 : 1.8;  // angles stay under pi
    const Vector3d v = random_vector3(random, size);
    EXPECT_LT((log_rotation(exp_rotation(v)) - v).norm(), 1e-9);
    Quaterniond other_sign = exp_rotation(v);
    other_sign.coeffs() *= -1;
    EXPECT_LT((log_rotation(other_sign) - v).norm(), 1e-9);
  }
}

TEST(PoseModel, JacobianOfLogMatchesDifferences) {
  Random random(test::random_seed());
  constexpr double kStep = 1e-6;
  for (int i = 0; i < test::random_cases(); ++i) {
    const Vector3d v = random_vector3(random, i % 4 == 0 ? 1e-5 : 1.7);
    const Matrix3d jacobian = inverse_right_jacobian(v);
    for (int k = 0; k < 3; ++k) {
      const Vector3d step = kStep * Vector3d::Unit(k);
      const Vector3d difference = (log_rotation(exp_rotation(v) * exp_rotation(step)) -
                                   log_rotation(exp_rotation(v) * exp_rotation(-step))) /
                                  (2 * kStep);
      EXPECT_LT((jacobian.col(k) - difference).norm(), 1e-6);
    }
  }
}

TEST(PoseModel, HingeAnglesKeepTheirSign) {
  const Vector3d axis(0, -1, 0);
  for (const double angle : {-3.0, -0.2, 0.0, 1.0, 3.1})
    EXPECT_NEAR(hinge_angle(exp_rotation(angle * axis), axis), angle, 1e-12);
}

TEST(PoseModel, RightHabitsMirrorLeftOnes) {
  const auto& habits = joint_habits();
  for (size_t left = 0; left < kJointCount; ++left) {
    const JointHabit& l = habits[left];
    const JointHabit& r = habits[static_cast<size_t>(kMirrorJoint[left])];
    ASSERT_EQ(l.freedom, r.freedom);
    for (int k = 0; k < (l.freedom == JointHabit::kBall ? 3 : l.freedom); ++k) {
      EXPECT_LE(l.low[k], l.high[k]);
      const bool flips = k > 0;
      EXPECT_DOUBLE_EQ(r.low[k], flips ? -l.high[k] : l.low[k]) << kJointNames[left];
      EXPECT_DOUBLE_EQ(r.usual[k], flips ? -l.usual[k] : l.usual[k]) << kJointNames[left];
    }
  }
}

/// A problem with points on every joint, some beside it, some missing, some impossible.
struct Case {
  PoseProblem problem;
  Pose pose;
};

Case random_case(Random& random, double fps = 30) {
  std::array<bool, kJointCount> turns;
  turns.fill(true);
  turns[kRightWrist] = false;
  std::array<Vector3d, kJointCount> offsets;
  const auto bones = offsets_of(default_geometry());
  for (size_t j = 0; j < kJointCount; ++j) offsets[j] = {bones[j].x, bones[j].y, bones[j].z};
  std::vector<AttachedPoint> points;
  for (int j = 0; j < kJointCount; ++j)
    points.push_back({j, j % 3 == 0 ? Vector3d(Vector3d::Zero()) : random_vector3(random, 0.1)});
  Case out{{PoseModel(turns), offsets, points, fps}, {}};
  out.pose.root = random_vector3(random, 2);
  for (size_t j = 0; j < kJointCount; ++j) {
    const JointHabit& habit = joint_habits()[j];
    out.pose.rotations[j] = habit.freedom == JointHabit::kHinge
                                ? exp_rotation(random.uniform(-1, 2) * habit.axis)
                                : Quaterniond(habit.rest * exp_rotation(random_vector3(random, 1)));
  }
  const PoseFrame world(out.pose, offsets);
  for (const AttachedPoint& point : points) {
    const auto joint = static_cast<size_t>(point.joint);
    const bool seen = point.joint % 5 != 4;
    const double noise = point.joint % 7 == 6 ? 1 : 0.02;
    out.problem.observed.push_back({world.positions[joint] + world.rotations[joint] * point.offset +
                                        random_vector3(random, noise),
                                    seen ? random.uniform(20, 100) : 0});
  }
  return out;
}

TEST(PoseProblem, GradientMatchesDifferencesOfTheCost) {
  Random random(test::random_seed());
  constexpr double kStep = 1e-6;
  for (int i = 0; i < 20; ++i) {
    const Case c = random_case(random);
    const int size = c.problem.model.size();
    MatrixXd matrix = MatrixXd::Zero(size, size), rows;
    VectorXd gradient = VectorXd::Zero(size), residuals;
    c.problem.linearise(c.pose, 0, matrix, gradient);
    double largest = 0;
    for (int k = 0; k < size; ++k) {
      Pose more = c.pose, less = c.pose;
      const VectorXd step = kStep * VectorXd::Unit(size, k);
      c.problem.model.step(more, step.data());
      const VectorXd back = -step;
      c.problem.model.step(less, back.data());
      const double difference = (c.problem.cost(more, 0) - c.problem.cost(less, 0)) / (2 * kStep);
      EXPECT_NEAR(gradient[k], difference, 1e-4 * (1 + std::abs(difference))) << k;
      largest = std::max(largest, std::abs(difference));
    }
    EXPECT_GT(largest, 1);
    c.problem.rows(c.pose, 0, residuals, rows);
    EXPECT_LT((rows.transpose() * residuals - gradient).norm(), 1e-9 * (1 + gradient.norm()));
    const MatrixXd product = rows.transpose() * rows;
    const MatrixXd whole = matrix.selfadjointView<Eigen::Lower>();
    EXPECT_LT((product - whole).norm(), 1e-9 * product.norm());
  }
}

TEST(PoseProblem, MotionGradientsMatchDifferences) {
  Random random(test::random_seed());
  constexpr double kStep = 1e-6;
  for (int i = 0; i < 20; ++i) {
    const Case c = random_case(random, i % 2 == 0 ? 30 : 100);
    const int size = c.problem.model.size();
    std::array<Pose, 3> poses = {c.pose, c.pose, c.pose};
    for (Pose& pose : poses) {
      const VectorXd away = random_vector_of(random, size, 0.4);
      c.problem.model.step(pose, away.data());
    }
    std::vector<MotionTerm> terms;
    for (const bool acceleration : {true, false}) {
      const auto cost = [&](const std::array<Pose, 3>& p) {
        return acceleration ? c.problem.acceleration_cost(p[0], p[1], p[2])
                            : c.problem.velocity_cost(p[1], p[2]);
      };
      if (acceleration)
        c.problem.accelerations(poses[0], poses[1], poses[2], terms);
      else
        c.problem.velocities(poses[1], poses[2], terms);
      double squares = 0;
      std::array<VectorXd, 3> gradients;
      for (VectorXd& gradient : gradients) gradient.setZero(size);
      for (const MotionTerm& term : terms) {
        squares += term.residual.head(term.width).squaredNorm();
        for (size_t frame = acceleration ? 0 : 1; frame < 3; ++frame)
          gradients[frame].segment(term.column, term.width) +=
              term.derivatives[frame].topLeftCorner(term.width, term.width).transpose() *
              term.residual.head(term.width);
      }
      EXPECT_NEAR(squares / 2, cost(poses), 1e-9 * squares);
      for (size_t frame = 0; frame < 3; ++frame)
        for (int k = 0; k < size; ++k) {
          auto more = poses, less = poses;
          const VectorXd step = kStep * VectorXd::Unit(size, k), back = -step;
          c.problem.model.step(more[frame], step.data());
          c.problem.model.step(less[frame], back.data());
          const double difference = (cost(more) - cost(less)) / (2 * kStep);
          EXPECT_NEAR(gradients[frame][k], difference, 1e-4 * (1 + std::abs(difference)));
        }
    }
  }
}

TEST(BlockBanded, SolvesLikeADenseMatrix) {
  Random random(test::random_seed());
  for (const size_t frames : {1u, 2u, 3u, 9u}) {
    constexpr int kSize = 7;
    const auto all = static_cast<Eigen::Index>(frames * kSize);
    // J^T J of random rows that touch three frames each.
    MatrixXd dense = MatrixXd::Identity(all, all);
    for (size_t f = 0; f + 1 <= frames; ++f)
      for (int i = 0; i < 5; ++i) {
        VectorXd row = VectorXd::Zero(all);
        for (size_t g = f; g < std::min(f + 3, frames); ++g)
          for (int k = 0; k < kSize; ++k)
            row[static_cast<Eigen::Index>(g) * kSize + k] = random.normal();
        dense += row * row.transpose();
      }
    BlockBanded matrix(frames, kSize);
    std::vector<VectorXd> sides;
    VectorXd side(all);
    for (size_t f = 0; f < frames; ++f) {
      const auto at = static_cast<Eigen::Index>(f) * kSize;
      matrix.diagonal(f) = dense.block(at, at, kSize, kSize).triangularView<Eigen::Lower>();
      if (f >= 1) matrix.below(f) = dense.block(at, at - kSize, kSize, kSize);
      if (f >= 2) matrix.two_below(f) = dense.block(at, at - 2 * kSize, kSize, kSize);
      sides.push_back(random_vector_of(random, kSize, 1));
      side.segment(at, kSize) = sides.back();
    }
    const VectorXd expected = dense.llt().solve(side);
    ASSERT_TRUE(matrix.factorise());
    matrix.solve(sides);
    for (size_t f = 0; f < frames; ++f)
      EXPECT_LT((sides[f] - expected.segment(static_cast<Eigen::Index>(f) * kSize, kSize)).norm(),
                1e-9);
  }
}

TEST(BlockBanded, SaysWhenNotPositiveDefinite) {
  BlockBanded matrix(2, 2);
  matrix.diagonal(0).setIdentity();
  matrix.diagonal(1).setIdentity();
  matrix.below(1) = 2 * MatrixXd::Identity(2, 2);
  EXPECT_FALSE(matrix.factorise());
}

}  // namespace
}  // namespace pantomime::motion
