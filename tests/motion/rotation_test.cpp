#include "pantomime/motion/rotation.h"

#include <gtest/gtest.h>

#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/motion/axes.h"
#include "support.h"

namespace pantomime::motion {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

using test::expect_near;
void expect_near(const Mat3& a, const Mat3& b, float tolerance = 1e-5f) {
  for (size_t r = 0; r < 3; ++r)
    for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(a.m[r][c], b.m[r][c], tolerance);
}

/// Textbook matrices, written down here so that nothing under test is used.
Mat3 about_axis(int axis, double angle) {
  const auto c = static_cast<float>(std::cos(angle)), s = static_cast<float>(std::sin(angle));
  Mat3 out;
  if (axis == 0) out.m = {{{1, 0, 0}, {0, c, -s}, {0, s, c}}};
  if (axis == 1) out.m = {{{c, 0, s}, {0, 1, 0}, {-s, 0, c}}};
  if (axis == 2) out.m = {{{c, -s, 0}, {s, c, 0}, {0, 0, 1}}};
  return out;
}

/// Runs `body(random)` on seeded cases.
template <typename Body>
void for_random_cases(const char* name, Body body) {
  for (int i = 0; i < test::random_cases(); ++i) {
    Random random(derive_seed(test::random_seed(), name, static_cast<uint64_t>(i)));
    body(random);
    if (testing::Test::HasFailure()) FAIL() << name << ": case " << i;
  }
}

TEST(Rotation, QuaternionsAndMatricesAreTheSameRotations) {
  for_random_cases("matrix", [](Random& random) {
    const Quat a = test::random_rotation(random), b = test::random_rotation(random);
    const Vec3 v = test::random_vector(random, 3);
    expect_near(a * v, to_matrix(a) * v);
    expect_near(to_matrix(a * b), to_matrix(a) * to_matrix(b));
    expect_near(to_matrix(conjugate(a)), transposed(to_matrix(a)));
    expect_near(to_matrix(from_matrix(to_matrix(a))), to_matrix(a));
    EXPECT_NEAR(determinant(to_matrix(a)), 1, 1e-5);
  });
}

TEST(Rotation, MatricesOfHalfTurnsComeBack) {
  for (const Vec3 axis : {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}, Vec3{0.6f, 0, 0.8f}}) {
    const Quat q = from_axis_angle(axis, kPi);
    expect_near(to_matrix(from_matrix(to_matrix(q))), to_matrix(q));
  }
}

TEST(Rotation, EulerAnglesAgreeWithProductsOfMatricesInAllOrders) {
  const std::array<std::array<int, 3>, 6> orders = {
      {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};
  for (const auto& order : orders) {
    for_random_cases("euler", [&](Random& random) {
      const std::array<double, 3> angles = {random.uniform(-4, 4), random.uniform(-4, 4),
                                            random.uniform(-4, 4)};
      const Mat3 wanted = about_axis(order[0], angles[0]) * about_axis(order[1], angles[1]) *
                          about_axis(order[2], angles[2]);
      const Quat q = from_euler(order, angles);
      expect_near(to_matrix(q), wanted);
      const auto back = to_euler(order, q);
      expect_near(to_matrix(from_euler(order, back)), wanted, 2e-4f);
      EXPECT_LE(std::abs(back[1]), std::numbers::pi / 2 + 1e-6);
    });
    // Gimbal lock: only the sum or difference of the outer angles means something.
    for (const double middle : {-std::numbers::pi / 2, std::numbers::pi / 2}) {
      const Quat q = from_euler(order, {0.3, middle, 0.5});
      expect_near(to_matrix(from_euler(order, to_euler(order, q))), to_matrix(q), 1e-3f);
    }
  }
}

TEST(Rotation, SixDIsTheFirstTwoColumns) {
  for_random_cases("6d", [](Random& random) {
    const Quat q = test::random_rotation(random);
    const auto six = to_6d(q);
    expect_near({six[0], six[1], six[2]}, q * Vec3{1, 0, 0});
    expect_near({six[3], six[4], six[5]}, q * Vec3{0, 1, 0});
    expect_near(to_matrix(from_6d(six)), to_matrix(q));
    // Any six numbers give a proper rotation that keeps the first column's direction.
    std::array<float, 6> any{};
    for (float& value : any) value = static_cast<float>(random.uniform(-2, 2));
    const Mat3 m = to_matrix(from_6d(any));
    expect_near(m * transposed(m), Mat3{}, 1e-4f);
    EXPECT_NEAR(determinant(m), 1, 1e-4);
    expect_near(m.column(0), normalized(Vec3{any[0], any[1], any[2]}), 1e-4f);
  });
}

TEST(Rotation, DegenerateSixDIsStillARotation) {
  for (const std::array<float, 6>& six :
       {std::array<float, 6>{}, std::array<float, 6>{1, 0, 0, 2, 0, 0},
        std::array<float, 6>{0, 0, 0, 0, 1, 0}, std::array<float, 6>{1e-20f, 0, 0, 0, 0, 1e-20f}}) {
    const Mat3 m = to_matrix(from_6d(six));
    EXPECT_NEAR(determinant(m), 1, 1e-4);
    expect_near(m * transposed(m), Mat3{}, 1e-4f);
  }
}

TEST(Rotation, RotationVectorsComeBack) {
  for_random_cases("vector", [](Random& random) {
    const Vec3 v = static_cast<float>(random.uniform(0, 3.1)) *
                   normalized(test::random_vector(random, 1), {1, 0, 0});
    expect_near(to_rotation_vector(from_rotation_vector(v)), v, 2e-4f);
  });
  expect_near(to_rotation_vector(Quat{}), {0, 0, 0});
  expect_near(to_rotation_vector(-from_axis_angle({0, 1, 0}, 0.5f)), {0, 0.5f, 0});
}

TEST(Rotation, SlerpTurnsEvenlyTheShortWay) {
  for_random_cases("slerp", [](Random& random) {
    const Quat a = test::random_rotation(random), b = test::random_rotation(random);
    const float whole = angle_between(a, b), u = static_cast<float>(random.uniform());
    const Quat at = slerp(a, random.uniform() < 0.5 ? b : -b, u);
    EXPECT_NEAR(angle_between(a, at), u * whole, 2e-3f);
    EXPECT_NEAR(angle_between(at, b), (1 - u) * whole, 2e-3f);
    EXPECT_NEAR(dot(at, at), 1, 1e-5f);
  });
}

TEST(Rotation, BetweenDirectionsIsTheSmallestTurn) {
  for_random_cases("between", [](Random& random) {
    const Vec3 a = test::random_vector(random, 2), b = test::random_vector(random, 2);
    const Quat q = rotation_between(a, b);
    expect_near(normalized(q * a), normalized(b), 1e-4f);
    const float angle = std::atan2(length(cross(a, b)), dot(a, b));
    EXPECT_NEAR(angle_between({}, q), angle, 2e-3f);
  });
  expect_near(rotation_between({0, 1, 0}, {0, -1, 0}) * Vec3{0, 1, 0}, {0, -1, 0});
}

TEST(Rotation, TwistAndSwingMakeTheWhole) {
  for_random_cases("twist", [](Random& random) {
    const Quat q = test::random_rotation(random);
    const Vec3 axis = normalized(test::random_vector(random, 1), {1, 0, 0});
    const Quat twist = twist_about(q, axis);
    expect_near(twist * axis, axis);
    const Quat swing = q * conjugate(twist);
    // The swing's own axis is perpendicular to the twist's.
    EXPECT_NEAR(dot(to_rotation_vector(swing), axis), 0, 2e-3f);
  });
}

TEST(Rotation, HeadingLooksWhereTheForwardAxisLooks) {
  for_random_cases("heading", [](Random& random) {
    const Quat q = test::random_rotation(random);
    const Vec3 forward = q * Vec3{0, 0, 1};
    if (std::hypot(forward.x, forward.z) < 0.05f) return;
    const Quat h = heading(q);
    expect_near(h * Vec3{0, 1, 0}, {0, 1, 0});
    expect_near(h * Vec3{0, 0, 1}, normalized(Vec3{forward.x, 0, forward.z}), 1e-4f);
  });
}

TEST(Axes, EveryPairGivesAProperRotation) {
  int pairs = 0;
  for (int u = 0; u < 6; ++u)
    for (int f = 0; f < 6; ++f) {
      const Axes axes{static_cast<Axis>(u), static_cast<Axis>(f), 1};
      if (u / 2 == f / 2) {
        EXPECT_THROW(canonical_from(axes), Error);
        continue;
      }
      const Quat q = canonical_from(axes);
      EXPECT_NEAR(determinant(to_matrix(q)), 1, 1e-6);  // no mirrored people
      expect_near(q * direction(axes.up), {0, 1, 0});
      expect_near(q * direction(axes.forward), {0, 0, 1});
      ++pairs;
    }
  EXPECT_EQ(pairs, 24);
}

TEST(Axes, ReadsNamesAndRefusesOthers) {
  EXPECT_EQ(parse_axis("+Y"), Axis::PlusY);
  EXPECT_EQ(parse_axis("-z"), Axis::MinusZ);
  EXPECT_EQ(parse_axis("x"), Axis::PlusX);
  for (const char* bad : {"", "+", "W", "XY", "+Yup"}) EXPECT_THROW(parse_axis(bad), Error) << bad;
}

}  // namespace
}  // namespace pantomime::motion
