#include "pantomime/metrics/variety.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/metrics/rows.h"

namespace pantomime::metrics {
namespace {

TEST(Coverage, AgreesWithScipy) {
  const auto sets = golden().at("sets");
  const at::Tensor a = golden_rows(300, 6, 0.37), b = 1.4 * golden_rows(280, 6, 0.41) + 0.3;
  const Coverage many = coverage(a, b);
  EXPECT_NEAR(many.precision, sets.at("many").at("precision"), 1e-9);
  EXPECT_NEAR(many.recall, sets.at("many").at("recall"), 1e-9);
  const Coverage few = coverage(golden_rows(12, 24, 0.37), 0.5 * golden_rows(15, 24, 0.53));
  EXPECT_NEAR(few.precision, sets.at("few").at("precision"), 1e-9);
  EXPECT_NEAR(few.recall, sets.at("few").at("recall"), 1e-9);
}

TEST(Density, AgreesWithScipy) {
  const auto sets = golden().at("sets");
  const Density many = density(golden_rows(300, 6, 0.37), 1.4 * golden_rows(280, 6, 0.41) + 0.3);
  EXPECT_NEAR(many.density, sets.at("many").at("density"), 1e-9);
  EXPECT_NEAR(many.coverage, sets.at("many").at("coverage"), 1e-9);
  const Density few = density(golden_rows(12, 24, 0.37), 0.5 * golden_rows(15, 24, 0.53));
  EXPECT_NEAR(few.density, sets.at("few").at("density"), 1e-9);
  EXPECT_NEAR(few.coverage, sets.at("few").at("coverage"), 1e-9);
}

TEST(Density, SeesCollapseThatPrecisionMisses) {
  const at::Tensor real = golden_rows(100, 2, 0.37);
  EXPECT_EQ(density(real, real).coverage, 1);
  const at::Tensor collapsed = real.narrow(0, 0, 1).expand({100, 2});
  EXPECT_LT(density(collapsed, real).coverage, 0.2);
  EXPECT_EQ(density(real + 100, real).density, 0);
  EXPECT_THROW(density(real.narrow(0, 0, 5), real), Error);
}

TEST(Coverage, TellsCollapseFromStraying) {
  const at::Tensor real = golden_rows(100, 2, 0.37);
  // Everything at one real point: all good, nothing covered but that point's place.
  const at::Tensor collapsed = real.narrow(0, 0, 1).expand({100, 2});
  EXPECT_EQ(coverage(collapsed, real).precision, 1);
  EXPECT_LE(coverage(collapsed, real).recall, 0.02);
  const at::Tensor strayed = real + 100;
  EXPECT_EQ(coverage(strayed, real).precision, 0);
  EXPECT_EQ(coverage(strayed, real).recall, 0);
  EXPECT_THROW(coverage(real.narrow(0, 0, 3), real), Error);
}

TEST(Diversity, NearsTheMeanOverAllPairs) {
  const at::Tensor rows = golden_rows(40, 8, 0.7);
  const double exact = golden().at("mean_pair_distance");  // each row with itself included
  EXPECT_NEAR(diversity(rows, 40000, Draw::WithReplacement, 3), exact, 0.02);
  EXPECT_EQ(diversity(rows, 20, Draw::WithoutReplacement, 3),
            diversity(rows, 20, Draw::WithoutReplacement, 3));
  EXPECT_NE(diversity(rows, 20, Draw::WithoutReplacement, 3),
            diversity(rows, 20, Draw::WithoutReplacement, 4));
  EXPECT_THROW(diversity(rows, 41, Draw::WithoutReplacement, 3), Error);
  EXPECT_EQ(diversity(at::ones({10, 3}), 20, Draw::WithReplacement, 1), 0);
}

/// Mean over pairs of what SciPy says of each.
double looked_up(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  static const auto table = golden().at("pair_distances").get<std::vector<std::vector<double>>>();
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += table.at(static_cast<size_t>(a[i])).at(static_cast<size_t>(b[i]));
  return sum / static_cast<double>(a.size());
}

TEST(Diversity, AgreesWithScipyPairByPair) {
  const at::Tensor rows = golden_rows(24, 8, 0.7);
  constexpr uint64_t kSeed = 5;
  Random without(derive_seed(kSeed, "diversity")), with(derive_seed(kSeed, "diversity"));
  const auto a = draw_without_replacement(without, 24, 11);
  const auto b = draw_without_replacement(without, 24, 11);
  EXPECT_NEAR(diversity(rows, 11, Draw::WithoutReplacement, kSeed), looked_up(a, b), 1e-9);
  std::vector<int64_t> c, d;
  for (int i = 0; i < 200; ++i) {
    c.push_back(with.below(24));
    d.push_back(with.below(24));
  }
  EXPECT_NEAR(diversity(rows, 200, Draw::WithReplacement, kSeed), looked_up(c, d), 1e-9);
}

TEST(Multimodality, AgreesWithScipyPairByPair) {
  const at::Tensor rows = golden_rows(24, 8, 0.7);
  constexpr uint64_t kSeed = 6;
  // Labels 0, 1, 2 in turn: row 3 k + l is the k-th of label l.
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < 24; ++i) labels.push_back(i % 3);
  double expected = 0;
  for (int64_t label = 0; label < 3; ++label) {
    Random random(derive_seed(kSeed, "multimodality", static_cast<uint64_t>(label)));
    std::vector<int64_t> a, b;
    for (int i = 0; i < 20; ++i) {
      a.push_back(3 * random.below(8) + label);
      b.push_back(3 * random.below(8) + label);
    }
    expected += looked_up(a, b) / 3;
  }
  EXPECT_NEAR(multimodality(rows, labels, 20, kSeed), expected, 1e-9);

  // HumanML3D's: four sentences of six motions each, the same pairs of places for all.
  Random random(derive_seed(kSeed, "multimodality"));
  const auto first = draw_without_replacement(random, 6, 4);
  const auto second = draw_without_replacement(random, 6, 4);
  std::vector<int64_t> a, b;
  for (int64_t s = 0; s < 4; ++s)
    for (size_t i = 0; i < first.size(); ++i) {
      a.push_back(6 * s + first[i]);
      b.push_back(6 * s + second[i]);
    }
  EXPECT_NEAR(multimodality_of_groups(rows, 6, 4, kSeed), looked_up(a, b), 1e-9);
  EXPECT_THROW(multimodality_of_groups(rows, 6, 6, kSeed), Error);
  EXPECT_THROW(multimodality_of_groups(rows, 7, 3, kSeed), Error);
}

TEST(Multimodality, LooksInsideLabelsOnly) {
  // Two labels far apart; inside each, two points 1 and 3 apart: half of the pairs are one with
  // itself.
  const at::Tensor rows =
      at::tensor({0.0, 1.0, 100.0, 103.0, 500.0, 7.0}, at::kDouble).view({6, 1});
  const double value = multimodality(rows, {0, 0, 1, 1, 2, -1}, 20000, 9);
  EXPECT_NEAR(value, (0.5 * 1 + 0.5 * 3) / 2, 0.03);
  EXPECT_TRUE(std::isnan(multimodality(rows, {0, 1, 2, 3, 4, -1}, 20, 9)));
  EXPECT_THROW(multimodality(rows, {0, 0}, 20, 9), Error);
}

}  // namespace
}  // namespace pantomime::metrics
