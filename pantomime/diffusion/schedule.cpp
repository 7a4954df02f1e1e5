#include "pantomime/diffusion/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pantomime::diffusion {
namespace {

constexpr double kOffset = 0.008;
constexpr double kHalfPi = std::numbers::pi / 2;
const double kAtZero = std::cos(kOffset / (1 + kOffset) * kHalfPi);

}  // namespace

double Schedule::alpha(double t) const {
  return std::clamp(std::cos((t + kOffset) / (1 + kOffset) * kHalfPi) / kAtZero, 1e-5, 1 - 1e-12);
}

double Schedule::sigma(double t) const {
  const double a = alpha(t);
  return std::sqrt(1 - a * a);
}

double Schedule::lambda(double t) const {
  return std::log(alpha(t) / sigma(t));
}

double Schedule::time_of_alpha(double alpha) const {
  return std::acos(std::clamp(alpha * kAtZero, -1.0, 1.0)) / kHalfPi * (1 + kOffset) - kOffset;
}

}  // namespace pantomime::diffusion
