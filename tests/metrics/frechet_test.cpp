#include "pantomime/metrics/frechet.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"

namespace pantomime::metrics {
namespace {

struct Pair {
  at::Tensor a, b;
};

Pair golden_pair(const std::string& name) {
  if (name == "many") return {golden_rows(300, 6, 0.37), 1.4 * golden_rows(280, 6, 0.41) + 0.3};
  if (name == "few") return {golden_rows(12, 24, 0.37), 0.5 * golden_rows(15, 24, 0.53)};
  return {golden_rows(50, 8, 0.2), golden_rows(50, 8, 0.2)};
}

TEST(Frechet, AgreesWithScipy) {
  const auto sets = golden().at("sets");
  for (const std::string name : {"many", "few"}) {
    const auto [a, b] = golden_pair(name);
    const double expected = sets.at(name).at("frechet");
    EXPECT_NEAR(frechet_distance(a, b), expected, 1e-4 * expected) << name;
    EXPECT_NEAR(frechet_distance(b, a), expected, 1e-4 * expected) << name;
    EXPECT_NEAR(frechet_distance(a.to(at::kFloat), b.to(at::kFloat)), expected, 1e-4 * expected);
  }
}

TEST(Frechet, OfTwoNormalsHasItsClosedForm) {
  // Columns +-s have variance s^2 N / (N - 1) and no covariance: sum of (s1 - s2)^2 N/(N-1) +
  // shift^2.
  at::Tensor corners = at::empty({8, 3}, at::kDouble);
  for (int64_t i = 0; i < 8; ++i)
    for (int64_t k = 0; k < 3; ++k) corners[i][k] = (i >> k) & 1 ? 1.0 : -1.0;
  const at::Tensor a = corners * at::tensor({1.0, 2.0, 0.0}, at::kDouble);
  const at::Tensor b = corners * at::tensor({3.0, 2.0, 0.5}, at::kDouble) + 10;
  EXPECT_NEAR(frechet_distance(a, b), (4 + 0 + 0.25) * 8 / 7 + 300, 1e-9);
}

TEST(Frechet, IsExactForFewerSamplesThanDimensions) {
  // b = 2 a + 1: the root of C1 C2 is 2 C1, so the traces leave that of C1 (1 + 4 - 2 * 2).
  const at::Tensor a = golden_rows(8, 300, 0.3), b = 2 * a + 1;
  const double shift = (b.mean(0) - a.mean(0)).square().sum().item<double>();
  const double expected = shift + a.var(0, true).sum().item<double>();
  EXPECT_NEAR(frechet_distance(a, b), expected, 1e-8 * expected);
}

TEST(Frechet, IsZeroForTheSameRowsInAnyOrder) {
  const at::Tensor a = golden_rows(20, 40, 0.3);
  EXPECT_NEAR(frechet_distance(a, a.flip(0)), 0, 1e-6);
}

TEST(Frechet, RefusesWhatItCannotJudge) {
  const at::Tensor a = golden_rows(5, 4, 0.3);
  EXPECT_THROW(frechet_distance(a.narrow(0, 0, 1), a), Error);
  EXPECT_THROW(frechet_distance(a, golden_rows(5, 3, 0.3)), Error);
  EXPECT_THROW(frechet_distance(a, a / 0.0), Error);
  EXPECT_THROW(frechet_distance(a[0], a), Error);
}

TEST(FrechetAtInfinity, FollowsTheLineOfNumpysPolyfit) {
  const auto line = golden().at("infinity");
  const double expected = line.at("intercept");
  EXPECT_NEAR(value_at_infinity(line.at("sizes"), line.at("values")), expected,
              1e-4 * std::abs(expected));
  EXPECT_THROW(value_at_infinity({5, 5}, {1, 2}), Error);
  EXPECT_THROW(value_at_infinity({5}, {1}), Error);
}

TEST(FrechetAtInfinity, TakesMostOfTheBiasAway) {
  // Both sets from one normal distribution: the truth is 0, and FID is far from it.
  Random random(derive_seed(1, "infinity"));
  at::Tensor a = at::empty({400, 24}, at::kDouble), b = at::empty({400, 24}, at::kDouble);
  for (at::Tensor* rows : {&a, &b})
    for (int64_t i = 0; i < rows->numel(); ++i) rows->data_ptr<double>()[i] = random.normal();
  const double plain = frechet_distance(a, b);
  const double beyond = frechet_distance_at_infinity(a, b);
  EXPECT_GT(plain, 0.5);
  EXPECT_LT(std::abs(beyond), 0.25 * plain);
  EXPECT_EQ(beyond, frechet_distance_at_infinity(a, b));
  EXPECT_NE(beyond, frechet_distance_at_infinity(a, b, {.seed = 2}));
  // A true difference stays: a shift of 1 in every dimension is 24.
  EXPECT_NEAR(frechet_distance_at_infinity(a, b + 1), 24, 3);
  EXPECT_THROW(frechet_distance_at_infinity(a.narrow(0, 0, 7), b), Error);
}

TEST(KernelDistance, AgreesWithNumpy) {
  const auto sets = golden().at("sets");
  for (const std::string name : {"many", "few", "same"}) {
    const auto [a, b] = golden_pair(name);
    const double expected = sets.at(name).at("kernel");
    EXPECT_NEAR(kernel_distance(a, b), expected, 1e-4 * std::abs(expected)) << name;
  }
}

TEST(KernelDistance, OfSubsetsIsTheWholeWhenTheyAreTheWhole) {
  const auto [a, b] = golden_pair("same");
  const KernelDistance whole = kernel_distance_of_subsets(a, b, 3, 1000, 5);
  EXPECT_NEAR(whole.mean, kernel_distance(a, b), 1e-9);
  EXPECT_NEAR(whole.deviation, 0, 1e-6);
  const auto [c, d] = golden_pair("many");
  const KernelDistance part = kernel_distance_of_subsets(c, d, 50, 100, 5);
  EXPECT_GT(part.deviation, 0);
  EXPECT_NEAR(part.mean, kernel_distance(c, d), 4 * part.deviation / std::sqrt(50.0));
  EXPECT_EQ(part.mean, kernel_distance_of_subsets(c, d, 50, 100, 5).mean);
  EXPECT_NE(part.mean, kernel_distance_of_subsets(c, d, 50, 100, 6).mean);
}

}  // namespace
}  // namespace pantomime::metrics
