// Symmetric linear systems whose unknowns come frame by frame, each frame coupled to the two
// before.
#pragma once

#include <Eigen/Dense>
#include <vector>

namespace pantomime::motion {

/// A symmetric matrix of F x F blocks of D x D; block (f, g) is zero for |f - g| > 2. Cholesky
/// costs about 6 D^3 products a frame and fills nothing but these blocks.
class BlockBanded {
 public:
  BlockBanded(size_t frames, int size);

  void set_zero();
  /// Blocks (f, f): lower triangle; (f, f-1); (f, f-2).
  Eigen::MatrixXd& diagonal(size_t f) { return blocks_[3 * f]; }
  Eigen::MatrixXd& below(size_t f) { return blocks_[3 * f + 1]; }
  Eigen::MatrixXd& two_below(size_t f) { return blocks_[3 * f + 2]; }

  /// Replaces the blocks by those of the Cholesky factor. False when the matrix isn't positive
  /// definite; the blocks are then lost.
  bool factorise();
  /// After factorise(): right-hand sides [F] become solutions.
  void solve(std::vector<Eigen::VectorXd>& sides) const;

 private:
  std::vector<Eigen::MatrixXd> blocks_;  ///< [F * 3]
  size_t frames_;
};

}  // namespace pantomime::motion
