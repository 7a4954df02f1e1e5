#include "pantomime/motion/block_banded.h"

namespace pantomime::motion {

BlockBanded::BlockBanded(size_t frames, int size)
    : blocks_(3 * frames, Eigen::MatrixXd::Zero(size, size)), frames_(frames) {}

void BlockBanded::set_zero() {
  for (Eigen::MatrixXd& block : blocks_) block.setZero();
}

bool BlockBanded::factorise() {
  const auto divide = [&](Eigen::MatrixXd& block, size_t f) {  // block <- block L(f,f)^-T
    diagonal(f).triangularView<Eigen::Lower>().transpose().solveInPlace<Eigen::OnTheRight>(block);
  };
  for (size_t f = 0; f < frames_; ++f) {
    Eigen::MatrixXd& a = diagonal(f);
    if (f >= 2) {
      Eigen::MatrixXd& c = two_below(f);
      divide(c, f - 2);
      below(f).noalias() -= c * below(f - 1).transpose();
      a.selfadjointView<Eigen::Lower>().rankUpdate(c, -1);
    }
    if (f >= 1) {
      Eigen::MatrixXd& b = below(f);
      divide(b, f - 1);
      a.selfadjointView<Eigen::Lower>().rankUpdate(b, -1);
    }
    const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> factor(a);
    if (factor.info() != Eigen::Success) return false;
  }
  return true;
}

void BlockBanded::solve(std::vector<Eigen::VectorXd>& sides) const {
  const auto block = [&](size_t f, size_t back) -> const Eigen::MatrixXd& {
    return blocks_[3 * f + back];
  };
  for (size_t f = 0; f < frames_; ++f) {
    if (f >= 1) sides[f].noalias() -= block(f, 1) * sides[f - 1];
    if (f >= 2) sides[f].noalias() -= block(f, 2) * sides[f - 2];
    block(f, 0).triangularView<Eigen::Lower>().solveInPlace(sides[f]);
  }
  for (size_t f = frames_; f-- > 0;) {
    if (f + 1 < frames_) sides[f].noalias() -= block(f + 1, 1).transpose() * sides[f + 1];
    if (f + 2 < frames_) sides[f].noalias() -= block(f + 2, 2).transpose() * sides[f + 2];
    block(f, 0).triangularView<Eigen::Lower>().transpose().solveInPlace(sides[f]);
  }
}

}  // namespace pantomime::motion
