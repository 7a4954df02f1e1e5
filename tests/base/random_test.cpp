#include "pantomime/base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "support.h"

namespace pantomime {
namespace {

TEST(Random, OneSeedGivesOneStream) {
  Random a(5), b(5), c(6);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint32_t bits = a.bits();
    EXPECT_EQ(bits, b.bits());
    differs |= bits != c.bits();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, UniformFillsItsRangeEvenly) {
  Random random(test::random_seed());
  std::vector<int> bins(10);
  for (int i = 0; i < 20000; ++i) {
    const double u = random.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    ++bins[static_cast<size_t>(u * 10)];
  }
  for (const int count : bins) EXPECT_NEAR(count, 2000, 200);  // 4.7 sigma
  for (int i = 0; i < 1000; ++i) {
    const double u = random.uniform(-3, 2);
    ASSERT_TRUE(u >= -3 && u < 2);
  }
}

TEST(Random, BelowIsUnbiased) {
  Random random(test::random_seed());
  std::vector<int> counts(3);
  for (int i = 0; i < 30000; ++i) ++counts[random.below(3)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 400);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0u);
}

TEST(Random, NormalHasMeanZeroAndVarianceOne) {
  Random random(test::random_seed());
  double sum = 0, squares = 0, fourth = 0;
  constexpr int kCount = 50000;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.normal();
    ASSERT_TRUE(std::isfinite(x));
    sum += x, squares += x * x, fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / kCount, 0, 0.025);
  EXPECT_NEAR(squares / kCount, 1, 0.035);
  EXPECT_NEAR(fourth / kCount, 3, 0.25);
}

TEST(Random, ChildSeedsDiffer) {
  std::set<uint64_t> seeds;
  for (uint64_t seed = 0; seed < 10; ++seed)
    for (const char* name : {"", "a", "b", "ab", "ba"})
      for (uint64_t index = 0; index < 10; ++index) seeds.insert(derive_seed(seed, name, index));
  EXPECT_EQ(seeds.size(), 500u);
  EXPECT_EQ(derive_seed(1, "x", 2), derive_seed(1, "x", 2));
}

}  // namespace
}  // namespace pantomime
