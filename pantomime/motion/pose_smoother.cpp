#include "pantomime/motion/pose_smoother.h"

#include <algorithm>
#include <numbers>

#include "pantomime/motion/block_banded.h"

namespace pantomime::motion {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Solves one frame after the other. Joints that nothing is seen of stay as in the first guess.
void settle(const PoseProblem& problem, std::vector<Pose>& poses, int iterations) {
  constexpr double kHold = 20 * std::numbers::pi / 180;  // standard deviation, radians
  const int size = problem.model.size();
  MatrixXd matrix(size, size);
  VectorXd gradient(size);
  for (size_t f = 0; f < poses.size(); ++f) {
    double damping = 1e-2, cost = problem.cost(poses[f], f);
    for (int i = 0; i < iterations; ++i) {
      matrix.setZero();
      gradient.setZero();
      problem.linearise(poses[f], f, matrix, gradient);
      matrix.diagonal() += damping * matrix.diagonal();
      matrix.diagonal().array() += 1 / (kHold * kHold);
      const Eigen::LLT<Eigen::Ref<MatrixXd>> factor(matrix);
      if (factor.info() != Eigen::Success) break;
      const VectorXd change = -factor.solve(gradient);
      Pose next = poses[f];
      problem.model.step(next, change.data());
      const double next_cost = problem.cost(next, f);
      if (next_cost >= cost) {
        damping *= 10;
        continue;
      }
      const bool done = cost - next_cost < 1e-3 * cost;
      poses[f] = next;
      cost = next_cost;
      damping /= 5;
      if (done) break;
    }
  }
}

/// Adds terms between frames to the blocks. `frames` are f-1, f, f+1 relative to the window;
/// negative ones are fixed.
void add_terms(const std::vector<MotionTerm>& terms, const std::array<std::ptrdiff_t, 3>& frames,
               BlockBanded& matrix, std::vector<VectorXd>& sides) {
  for (const MotionTerm& term : terms)
    for (size_t a = 0; a < 3; ++a) {
      if (frames[a] < 0) continue;
      const auto fa = static_cast<size_t>(frames[a]);
      for (int k = 0; k < term.width; ++k)
        for (int row = 0; row < term.width; ++row)
          sides[fa][term.column + k] -= term.derivatives[a](row, k) * term.residual[row];
      for (size_t b = 0; b <= a; ++b) {
        if (frames[b] < 0) continue;
        MatrixXd& block = a == b       ? matrix.diagonal(fa)
                          : a == b + 1 ? matrix.below(fa)
                                       : matrix.two_below(fa);
        for (int i = 0; i < term.width; ++i)
          for (int j = 0; j < (a == b ? i + 1 : term.width); ++j) {
            double sum = 0;
            for (int row = 0; row < term.width; ++row)
              sum += term.derivatives[a](row, i) * term.derivatives[b](row, j);
            block(term.column + i, term.column + j) += sum;
          }
      }
    }
}

/// Frames [first, last) together, those before `first` fixed. Returns the iterations it took.
int smooth_window(const PoseProblem& problem, std::vector<Pose>& poses, size_t first, size_t last,
                  const SmootherOptions& options, BlockBanded& matrix) {
  const size_t count = last - first;
  const int size = problem.model.size();
  std::vector<VectorXd> sides(count);
  std::vector<MotionTerm> terms;
  double damping = 1e-5, cost = motion_cost(problem, poses, first, last);
  int iteration = 0;
  while (iteration < options.together) {
    ++iteration;
    matrix.set_zero();
    for (size_t f = 0; f < count; ++f) {
      sides[f].setZero(size);
      problem.linearise(poses[first + f], first + f, matrix.diagonal(f), sides[f]);
      sides[f] = -sides[f];
    }
    const auto local = [&](size_t f) {
      return static_cast<std::ptrdiff_t>(f) - static_cast<std::ptrdiff_t>(first);
    };
    for (size_t f = first; f < last; ++f) {
      if (f >= 1) {
        problem.velocities(poses[f - 1], poses[f], terms);
        add_terms(terms, {-1, local(f - 1), local(f)}, matrix, sides);
      }
      if (f >= 2) {
        problem.accelerations(poses[f - 2], poses[f - 1], poses[f], terms);
        add_terms(terms, {local(f - 2), local(f - 1), local(f)}, matrix, sides);
      }
    }
    for (size_t f = 0; f < count; ++f) {
      matrix.diagonal(f).diagonal() *= 1 + damping;
      matrix.diagonal(f).diagonal().array() += 1e-9;
    }
    double next_cost = cost;
    if (matrix.factorise()) {
      matrix.solve(sides);
      std::vector<Pose> before(poses.begin() + static_cast<std::ptrdiff_t>(first),
                               poses.begin() + static_cast<std::ptrdiff_t>(last));
      for (size_t f = 0; f < count; ++f) problem.model.step(poses[first + f], sides[f].data());
      next_cost = motion_cost(problem, poses, first, last);
      if (!(next_cost < cost))
        std::copy(before.begin(), before.end(), poses.begin() + static_cast<std::ptrdiff_t>(first));
    }
    if (!(next_cost < cost)) {
      damping = std::max(10 * damping, 1e-4);
      if (damping > 1e3) break;
      continue;
    }
    const bool done = cost - next_cost <
                      std::max(options.enough * cost, options.nothing * static_cast<double>(count));
    cost = next_cost;
    damping = std::max(damping / 5, 1e-9);
    if (done) break;
  }
  return iteration;
}

}  // namespace

double motion_cost(const PoseProblem& problem, const std::vector<Pose>& poses, size_t first,
                   size_t last) {
  double sum = 0;
  for (size_t f = first; f < last; ++f) {
    sum += problem.cost(poses[f], f);
    if (f >= 1) sum += problem.velocity_cost(poses[f - 1], poses[f]);
    if (f >= 2) sum += problem.acceleration_cost(poses[f - 2], poses[f - 1], poses[f]);
  }
  return sum;
}

int smooth_poses(const PoseProblem& problem, std::vector<Pose>& poses,
                 const SmootherOptions& options) {
  settle(problem, poses, options.alone);
  const size_t frames = poses.size();
  BlockBanded whole(std::min(frames, options.window), problem.model.size());
  int most = 0;
  for (size_t first = 0; first < frames;) {
    const size_t last = std::min(frames, first + options.window);
    if (last - first == std::min(frames, options.window)) {
      most = std::max(most, smooth_window(problem, poses, first, last, options, whole));
    } else {
      BlockBanded rest(last - first, problem.model.size());
      most = std::max(most, smooth_window(problem, poses, first, last, options, rest));
    }
    if (last == frames) break;
    first = last - options.overlap;
  }
  return most;
}

}  // namespace pantomime::motion
