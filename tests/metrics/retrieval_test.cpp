#include "pantomime/metrics/retrieval.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "pantomime/base/error.h"

namespace pantomime::metrics {
namespace {

TEST(Retrieval, AgreesWithNumpy) {
  const auto expected = golden().at("retrieval");
  const at::Tensor text = golden_rows(70, 8, 0.3);
  const at::Tensor motion = text + 0.9 * golden_rows(70, 8, 0.71);
  const Retrieval r = retrieval(text, motion, 32);
  EXPECT_EQ(r.pools, 2) << "the last six rows fill no pool";
  for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(r.top[k], expected.at("top")[k], 1e-9) << k;
  EXPECT_NEAR(r.distance, expected.at("distance"), 1e-6);
}

TEST(Retrieval, OfItselfIsPerfectAndOfTheNextIsNot) {
  // Row i is far from all others but at i: its own motion; shifted by one: always the wrong one.
  const at::Tensor rows = at::arange(64, at::kDouble).unsqueeze(1) * 10;
  EXPECT_EQ(retrieval(rows, rows).top[0], 1);
  EXPECT_EQ(retrieval(rows, rows).distance, 0);
  const Retrieval shifted = retrieval(rows, rows + 10);
  // The own motion is 10 away, the motion of the row before 0: 31 of 32 have one nearer, the first
  // of a pool has none.
  EXPECT_NEAR(shifted.top[0], 1.0 / 32, 1e-12);
  EXPECT_EQ(shifted.top[1], 1);
  EXPECT_EQ(shifted.distance, 10);
}

TEST(Retrieval, TakesEqualSentencesForNoRivals) {
  const at::Tensor text = at::zeros({4, 1}, at::kDouble);
  const at::Tensor motion = at::tensor({3.0, 1.0, 2.0, 4.0}, at::kDouble).unsqueeze(1);
  EXPECT_NEAR(retrieval(text, motion, 4).top[0], 0.25, 1e-12);
  EXPECT_EQ(retrieval(text, motion, 4, {7, 7, 7, 7}).top[0], 1);
  // Rows 0 and 1 share a sentence: row 0 has only row 2 nearer, row 3 all but itself.
  const Retrieval some = retrieval(text, motion, 4, {7, 7, 8, 9});
  EXPECT_NEAR(some.top[0], 0.25, 1e-12);
  EXPECT_NEAR(some.top[1], 0.75, 1e-12);
}

TEST(Retrieval, RefusesLessThanAPool) {
  const at::Tensor rows = golden_rows(20, 4, 0.3);
  EXPECT_THROW(retrieval(rows, rows), Error);
  EXPECT_THROW(retrieval(rows, rows.narrow(0, 0, 10), 5), Error);
  EXPECT_THROW(retrieval(rows, rows, 10, {1, 2}), Error);
}

TEST(NearerToOwn, CountsTiesHalf) {
  const at::Tensor motion = at::tensor({0.0, 0.0, 0.0, 0.0}, at::kDouble).unsqueeze(1);
  const at::Tensor own = at::tensor({1.0, 1.0, 3.0, 2.0}, at::kDouble).unsqueeze(1);
  const at::Tensor other = at::tensor({2.0, 2.0, 1.0, -2.0}, at::kDouble).unsqueeze(1);
  EXPECT_EQ(nearer_to_own(motion, own, other), 2.5 / 4);
  EXPECT_THROW(nearer_to_own(motion, own, other.narrow(0, 0, 2)), Error);
}

}  // namespace
}  // namespace pantomime::metrics
