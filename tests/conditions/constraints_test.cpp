#include "pantomime/conditions/constraints.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/conditions/constraint_condition.h"
#include "pantomime/conditions/constraint_solver.h"
#include "pantomime/features/kinematics.h"
#include "support.h"
#include "tests/motion/synthetic_walk.h"

namespace pantomime::conditions {
namespace {

using features::kFeatureSize;
using motion::Clip;
using motion::Vec3;

constexpr int64_t kFrames = 60;

/// Features of smooth motion: variance falls with frequency.
features::Normaliser normaliser() {
  const at::Tensor k = torch::arange(features::Spectrum::kBins, torch::kFloat).unsqueeze(1);
  const at::Tensor variance = (20 / (1 + (k / 3).pow(4))).expand({-1, kFeatureSize}).contiguous();
  const at::Tensor mean = features::encode(test::synthetic_walk({.seconds = 2})).mean(0);
  return {mean, torch::full({kFeatureSize}, 0.3), torch::ones({kFeatureSize}),
          features::Spectrum(variance)};
}

Clip walk(double seconds = 2) {
  return motion::face_forward(test::synthetic_walk({.seconds = seconds}));
}

std::shared_ptr<const EstimateError> error_of(const features::Normaliser& n) {
  return std::make_shared<EstimateError>(n.spectrum, kFrames);
}

/// A smooth clip that has nothing to do with the walk.
at::Tensor other_motion() {
  torch::manual_seed(3);
  return 0.2 * torch::randn({1, kFeatureSize}) +
         0.1 * torch::sin(torch::arange(kFrames).unsqueeze(1) * 0.2 + torch::randn({kFeatureSize}));
}

TEST(EstimateError, IsTheDatasCovarianceWithoutSignalAndNarrowsWithIt) {
  const auto n = normaliser();
  const EstimateError error(n.spectrum, kFrames, {.least_time = 0, .shake = 0});
  const auto length = n.spectrum.of_length(kFrames);
  const at::Tensor basis = length.basis.to(torch::kDouble);
  const at::Tensor prior =
      at::matmul(basis * length.variance.select(1, 0).to(torch::kDouble), basis.t());
  EXPECT_TRUE(at::allclose(error.covariance(0, 1.0), prior, 1e-3, 1e-6));
  double before = 1e9;
  for (const double t : {0.9, 0.6, 0.3, 0.1}) {
    const at::Tensor c = error.covariance(0, t);
    const double size = c.diagonal().mean().item<double>();
    EXPECT_LT(size, before);
    before = size;
    EXPECT_GT(std::get<0>(at::linalg_eigh(c)).min().item<double>(), 0);
  }
}

TEST(Constraints, LinearOnesAreWhatBayesSays) {
  // The textbook's mean and covariance of a Gaussian, given some of its values.
  const auto n = normaliser();
  Constraints constraints(kFrames);
  const at::Tensor value = torch::linspace(-1, 1, 5);
  const std::vector<int64_t> at = {3, 4, 20, 21, 50};
  const int64_t channel = features::kJointRotations + 17;
  for (size_t i = 0; i < at.size(); ++i) {
    constraints.known[at[i]][channel] = true;
    constraints.value[at[i]][channel] = value[static_cast<int64_t>(i)];
  }
  const auto error = error_of(n);
  const ConstraintSolver solver(constraints, n, error);
  const at::Tensor x = other_motion();
  const double t = 0.8;
  const at::Tensor out = solver.correct(x, t, 0);
  const at::Tensor c = error->covariance(4, t);
  const at::Tensor index = torch::tensor(at);
  const at::Tensor ca = c.index_select(1, index), aca = ca.index_select(0, index);
  const at::Tensor wanted = ((value - n.mean[channel]) / n.scale[channel]).to(torch::kDouble);
  const at::Tensor column = x.select(1, channel).to(torch::kDouble);
  const at::Tensor expected = column + at::matmul(at::matmul(ca, at::linalg_inv(aca)),
                                                  wanted - column.index_select(0, index));
  EXPECT_LT((out.select(1, channel) - expected).abs().max().item<double>(), 1e-4);
  EXPECT_LT((out.select(1, channel).index_select(0, index) - wanted).abs().max().item<double>(),
            1e-6);
  // Nothing else moves.
  at::Tensor rest = (out - x).abs();
  rest.select(1, channel).zero_();
  EXPECT_EQ(rest.max().item<double>(), 0);
}

TEST(Constraints, KeptFramesAndPlacesAreExactAndWithoutSeam) {
  const auto n = normaliser();
  const Clip clip = walk();
  Constraints constraints(kFrames);
  keep(constraints, clip, 0, 15, 0, parse_joints("all"));
  keep(constraints, clip, 40, 10, 40, parse_joints("all"));
  constraints.places.push_back({25, 0.4, std::nullopt, 0});
  const ConstraintSolver solver(constraints, n, error_of(n));
  const at::Tensor x = other_motion();
  for (const double t : {0.95, 0.5, 0.02}) {
    const Clip made = features::decode(n.restore(solver.correct(x, t, 0)));
    for (const int64_t f : {0, 7, 14, 40, 45, 49}) {
      const auto i = static_cast<size_t>(f);
      EXPECT_LT(motion::length(made.root_positions[i] - clip.root_positions[i]), 1e-4f) << f;
      for (size_t j = 0; j < motion::kJointCount; ++j)
        EXPECT_LT(motion::angle_between(made.rotation(i, j), clip.rotation(i, j)), 2e-3f) << f;
    }
    EXPECT_NEAR(made.root_positions[25].x, 0.4, 1e-4);
    // From frame to frame nothing jumps, though the estimate was far away.
    for (size_t f = 1; f < kFrames; ++f)
      for (size_t j = 0; j < motion::kJointCount; ++j)
        EXPECT_LT(motion::angle_between(made.rotation(f, j), made.rotation(f - 1, j)), 0.5f)
            << f << " " << j << " " << t;
  }
}

TEST(Constraints, LoopsEndAsTheyBegin) {
  const auto n = normaliser();
  Constraints constraints(kFrames);
  constraints.loop = true;
  const ConstraintSolver solver(constraints, n, error_of(n));
  const at::Tensor out = solver.correct(other_motion(), 0.5, 0);
  for (int64_t k = 0; k < Constraints::kLoopFrames; ++k) {
    const int64_t again = kFrames - Constraints::kLoopFrames + k;
    EXPECT_TRUE(at::allclose(out[again].narrow(0, 0, features::kGeometry),
                             out[k].narrow(0, 0, features::kGeometry), 1e-5, 1e-5));
  }
}

TEST(Constraints, GoalsAreReachedWhileKeptFramesStay) {
  const auto n = normaliser();
  const Clip clip = walk();
  Constraints constraints(kFrames);
  keep(constraints, clip, 0, 10, 0, parse_joints("all"));
  const Vec3 point = {0.35f, 1.25f, 1.0f};
  constraints.goals.push_back(
      reach({.joint = motion::kRightWrist, .first = 40, .last = 46, .points = {point}}));
  constraints.goals.push_back(face(30, 35, {0.4}));
  const at::Tensor x = n.normalise(features::encode_in_place(clip));
  const ConstraintSolver solver(constraints, n, error_of(n));
  const at::Tensor out = solver.correct(x, 0, 20);
  const auto misses = solver.misses(out);
  EXPECT_LT(misses[0], 2e-3);
  EXPECT_LT(misses[1], 1e-2);
  const Clip made = features::decode(n.restore(out));
  const auto pose = motion::forward_kinematics(made);
  for (size_t f = 40; f < 46; ++f)
    EXPECT_LT(motion::length(pose.positions[f * motion::kJointCount + motion::kRightWrist] - point),
              3e-3f);
  for (size_t f = 0; f < 10; ++f)
    EXPECT_LT(motion::length(made.root_positions[f] - clip.root_positions[f]), 1e-4f);
}

TEST(Constraints, UnreachableGoalsSayByHowMuch) {
  const auto n = normaliser();
  const Clip clip = walk();
  Constraints constraints(kFrames);
  keep(constraints, clip, 0, kFrames, 0, parse_joints("root"));
  constraints.goals.push_back(
      reach({.joint = motion::kLeftWrist, .first = 30, .last = 31, .points = {{0, 4, 0.5f}}}));
  const Settled settled = settle(clip, constraints, n);
  ASSERT_EQ(settled.misses.size(), 1u);
  EXPECT_GT(settled.misses[0], 1);
  settled.clip.validate();
  EXPECT_NE(constraints.goals[0]->describe().find("left wrist"), std::string::npos);
}

/// Gradients of every goal against central differences.
TEST(Goals, HaveTheGradientsOfFiniteDifferences) {
  const Clip clip = walk();
  const Goals goals = {
      reach({.joint = motion::kLeftWrist, .first = 5, .last = 9, .points = {{0.3f, 1, 0.2f}}}),
      face(3, 8, {0.7}),
      hold_apart(motion::kLeftWrist, motion::kRightWrist, 2, 6, 0.4),
      avoid({.x = 0.1, .z = 0.3, .width = 0.5, .depth = 0.4, .height = 1.2, .turn = 0.3}),
      step_over({.x = 0.1, .z = 0.2, .width = 0.6, .depth = 0.5, .height = 0.3, .turn = 0.2}),
      grounded(clip.skeleton, 2, 9, 1e-9),
      stay_inside({{{-0.3, -0.2}, {0.05, -0.2}, {0.05, 0.5}, {-0.3, 0.5}}})};
  const auto pose = motion::forward_kinematics(motion::cut(clip, 0, 12));
  at::Tensor positions = torch::zeros({1, 12, motion::kJointCount, 3}, torch::kDouble);
  at::Tensor rotations = torch::zeros({1, 12, motion::kJointCount, 3, 3}, torch::kDouble);
  torch::manual_seed(1);
  for (int64_t f = 0; f < 12; ++f)
    for (int64_t j = 0; j < motion::kJointCount; ++j) {
      const Vec3 p = pose.positions[static_cast<size_t>(f * motion::kJointCount + j)];
      positions[0][f][j] = torch::tensor({p.x, p.y, p.z}, torch::kDouble);
      rotations[0][f][j] =
          torch::eye(3, torch::kDouble) + 0.1 * torch::randn({3, 3}, torch::kDouble);
    }
  // Heel and toe of a foot that stands are equally low, and the lowest has no gradient there.
  positions = positions + 0.01 * torch::randn_like(positions);
  const auto total = [&](const Goal& goal, const at::Tensor& p, const at::Tensor& r) {
    at::Tensor sum = torch::zeros({}, torch::kDouble);
    for (const Ask& ask : goal.ask({p, r}))
      sum =
          sum + (ask.residual * torch::linspace(1, 2, ask.residual.numel(), torch::kDouble)).sum();
    return sum;
  };
  for (const auto& goal : goals) {
    at::Tensor p = positions.clone().requires_grad_(true),
               r = rotations.clone().requires_grad_(true);
    const at::Tensor sum = total(*goal, p, r);
    ASSERT_NE(sum.item<double>(), 0) << goal->describe();
    const auto g = torch::autograd::grad({sum}, {p, r}, {}, false, false, true);
    for (int which = 0; which < 2; ++which) {
      const at::Tensor& base = which == 0 ? positions : rotations;
      const at::Tensor direction = torch::randn_like(base);
      const double step = 1e-6;
      const auto moved = [&](double h) {
        const at::Tensor at = base + h * direction;
        return (which == 0 ? total(*goal, at, rotations) : total(*goal, positions, at))
            .item<double>();
      };
      const double numeric = (moved(step) - moved(-step)) / (2 * step);
      const at::Tensor& gradient = g[static_cast<size_t>(which)];
      const double analytic =
          gradient.defined() ? (gradient * direction).sum().item<double>() : 0.0;
      EXPECT_NEAR(analytic, numeric, 1e-5 * (1 + std::abs(numeric))) << goal->describe();
    }
  }
}

TEST(Constraints, ManyGoalsAreMetInEveryFrame) {
  const auto n = normaliser();
  const Clip clip = walk();
  const auto pose = motion::forward_kinematics(clip);
  Constraints constraints(kFrames);
  for (const motion::Joint joint : {motion::kHead, motion::kLeftWrist, motion::kRightWrist}) {
    ReachOptions where{.joint = joint, .first = 0, .last = kFrames};
    for (size_t f = 0; f < kFrames; ++f) {
      Vec3 p = pose.positions[f * motion::kJointCount + static_cast<size_t>(joint)];
      if (joint != motion::kHead) p.y += 0.1f * std::sin(0.1f * static_cast<float>(f));
      where.points.push_back(p);
    }
    constraints.goals.push_back(reach(where));
  }
  const Settled settled = settle(clip, constraints, n, 20);
  for (const double miss : settled.misses) EXPECT_LT(miss, 5e-3);
}

TEST(Goals, KeepAFootOnTheFloor) {
  // A walk that flies for half a second comes down; where a foot is down nothing changes.
  const auto n = normaliser();
  Clip clip = walk();
  for (size_t f = 20; f < 40; ++f)
    clip.root_positions[f].y +=
        0.15f * std::sin(static_cast<float>(f - 20) / 20 * std::numbers::pi_v<float>);
  Constraints constraints(kFrames);
  constraints.goals.push_back(grounded(clip.skeleton, 0, kFrames, 0.02));
  const Settled settled = settle(clip, constraints, n, 20);
  EXPECT_LT(settled.misses[0], 0.03);
  EXPECT_NEAR(settled.clip.root_positions[2].y, clip.root_positions[2].y, 0.03);
  EXPECT_LT(settled.clip.root_positions[30].y, clip.root_positions[30].y - 0.08f);
}

TEST(Constraints, KnowWhereTheRootIsPlaced) {
  const Clip clip = walk();
  Constraints none(kFrames);
  none.goals.push_back(face(3, 4, {0}));
  none.places.push_back({.frame = 30, .x = 0, .z = 1, .tolerance = 0.01, .firm = false});
  EXPECT_TRUE(none.placed_frames().empty());
  Constraints some(kFrames);
  keep(some, clip, 0, 5, 0, parse_joints("all"));
  keep(some, clip, 40, 3, 40, parse_joints("all"));
  some.places.push_back({.frame = 20, .x = 0.5, .z = 0.5, .tolerance = 0.5});
  const std::vector<char> placed = some.placed_frames();
  for (size_t f = 0; f < placed.size(); ++f)
    EXPECT_EQ(placed[f] != 0, f < 5 || f == 20 || (f >= 40 && f < 43)) << f;
}

TEST(Constraints, TheBodyGoesWhereItsHeadGoes) {
  // Somebody who stands, and trackers of somebody who walks 2 m.
  const auto n = normaliser();
  Clip stands = walk();
  for (size_t f = 1; f < stands.frame_count(); ++f) {
    stands.root_positions[f] = stands.root_positions[0];
    for (size_t j = 0; j < motion::kJointCount; ++j) stands.rotation(f, j) = stands.rotation(0, j);
  }
  const Clip walks = walk();
  const at::Tensor x = n.normalise(features::encode_in_place(stands));
  const auto path_of = [&](const at::Tensor& corrected) {
    return features::decode(n.restore(corrected)).root_positions;
  };
  for (const bool leads : {false, true}) {
    Constraints constraints(kFrames);
    constraints.offsets = walks.skeleton.offsets;
    track(constraints, walks, 0, kFrames, 0, parse_joints("head and hands"));
    ASSERT_EQ(constraints.goals.size(), 3u);
    EXPECT_EQ(constraints.placed_frames(), std::vector<char>(kFrames, 1));
    if (!leads) constraints.goals.erase(constraints.goals.begin());  // hands alone
    EXPECT_EQ(constraints.leads_on(), leads);
    const ConstraintSolver solver(constraints, n, error_of(n));
    const auto path = path_of(solver.correct(x, 0.9, 0));
    for (const size_t f : {20u, 40u, 59u})
      EXPECT_NEAR(path[f].z, leads ? walks.root_positions[f].z : stands.root_positions[f].z, 0.2)
          << f;
  }
  EXPECT_GT(walks.root_positions[59].z, 1.5f);
  Constraints none(kFrames);
  EXPECT_THROW(track(none, walks, 0, kFrames + 1, 0, parse_joints("head")), Error);
}

TEST(Constraints, StandingIsAsHighAsTheLegs) {
  const auto body = motion::canonical_skeleton(motion::default_geometry());
  Constraints constraints(kFrames);
  stand(constraints, body, 0, 10);
  ASSERT_EQ(constraints.goals.size(), 1u);
  const auto aims = constraints.goals[0]->aims();
  ASSERT_EQ(aims.size(), 10u);
  EXPECT_EQ(aims[0].joint, motion::kPelvis);
  EXPECT_FALSE(aims[0].axes[0] || aims[0].axes[2]);
  EXPECT_GT(aims[0].point.y, 0.8f);
  EXPECT_LT(aims[0].point.y, 1.1f);
}

TEST(Constraints, GoWithTheirWorld) {
  // What a clip does in one world, its moved copy does in the moved world.
  const Clip clip = walk();
  Constraints constraints(kFrames);
  keep(constraints, clip, 20, 10, 20, parse_joints("all"));
  const auto pose = motion::forward_kinematics(clip);
  const Vec3 hand = pose.positions[33 * motion::kJointCount + motion::kLeftWrist];
  constraints.goals = {
      reach({.joint = motion::kLeftWrist, .first = 33, .last = 34, .points = {hand}}),
      face(30, 31,
           {std::atan2(2 * (clip.rotation(30, 0).x * clip.rotation(30, 0).z +
                            clip.rotation(30, 0).w * clip.rotation(30, 0).y),
                       1 - 2 * (clip.rotation(30, 0).x * clip.rotation(30, 0).x +
                                clip.rotation(30, 0).y * clip.rotation(30, 0).y))}),
      stay_inside({{{-2, -2}, {2, -2}, {2, 4}, {-2, 4}}}), avoid({.x = 1.5, .z = 1})};
  const Placement placement{.ratio = 1, .turn = 0.8, .shift = {0.5f, 0, -1}};
  const Clip moved =
      motion::transformed(clip, motion::from_axis_angle({0, 1, 0}, 0.8f), {0.5f, 0, -1});
  const Constraints there = constraints.placed(placement);
  Constraints expected(kFrames);
  keep(expected, moved, 20, 10, 20, parse_joints("all"));
  EXPECT_TRUE(at::equal(there.known, expected.known));
  EXPECT_TRUE(at::allclose(there.value, expected.value, 1e-4, 1e-4));
  EXPECT_NEAR(*there.places[0].x, *expected.places[0].x, 1e-5);
  EXPECT_NEAR(*there.places[0].z, *expected.places[0].z, 1e-5);
  const at::Tensor features = features::encode_in_place(moved);
  const at::Tensor six = features.narrow(1, features::kRootRotation, 132).unsqueeze(0);
  at::Tensor root = torch::zeros({1, kFrames, 3});
  for (int64_t f = 0; f < kFrames; ++f) {
    const Vec3 p = moved.root_positions[static_cast<size_t>(f)];
    root[0][f] = torch::tensor({p.x, p.y, p.z});
  }
  at::Tensor offsets = torch::zeros({1, motion::kJointCount, 3});
  for (int64_t j = 0; j < motion::kJointCount; ++j) {
    const Vec3 o = moved.skeleton.offsets[static_cast<size_t>(j)];
    offsets[0][j] = torch::tensor({o.x, o.y, o.z});
  }
  const auto joints = features::world_joints(six, root, offsets);
  for (const auto& goal : there.goals)
    for (const Ask& ask : goal->ask(joints))
      EXPECT_LT(ask.residual.abs().max().item<double>(), 1e-4) << goal->describe();
  // A body half as big.
  const Constraints half = constraints.placed({.ratio = 0.5});
  EXPECT_NEAR(*half.places[0].z, 0.5 * *constraints.places[0].z, 1e-6);
  EXPECT_FLOAT_EQ(half.value[25][features::kRootHeight].item<float>(),
                  0.5f * constraints.value[25][features::kRootHeight].item<float>());
}

TEST(Constraints, ArePartsOfLongerOnes) {
  const Clip clip = walk();
  Constraints constraints(kFrames);
  keep(constraints, clip, 20, 10, 20, parse_joints("all"));
  constraints.goals = {
      reach({.joint = motion::kHead, .first = 24, .last = 40, .points = {{0, 1, 0}}}),
      face(2, 4, {0})};
  const Constraints part = constraints.within(15, 15, 5, 30);
  EXPECT_EQ(part.frames, 30);
  EXPECT_TRUE(at::equal(part.known.narrow(0, 5, 15), constraints.known.narrow(0, 15, 15)));
  EXPECT_FALSE(part.known.narrow(0, 0, 5).any().item<bool>());
  ASSERT_EQ(part.goals.size(), 1u);
  EXPECT_NE(part.goals[0]->describe().find("from 0.47 to 0.63 s"), std::string::npos)
      << part.goals[0]->describe();
  ASSERT_EQ(part.places.size(), 1u);
  EXPECT_EQ(part.places[0].frame, 10);
  EXPECT_THROW(constraints.within(50, 20, 0, 30), Error);
}

TEST(Constraints, SayWhatIsWrong) {
  Constraints constraints(kFrames);
  EXPECT_THROW(keep(constraints, walk(), 0, 70, 0, parse_joints("all")), Error);
  EXPECT_THROW(keep(constraints, walk(), 0, 20, 50, parse_joints("all")), Error);
  EXPECT_NE(test::error_of([] { parse_joints("tail"); }).find("left_wrist"), std::string::npos);
  EXPECT_THROW(reach({.first = 4, .last = 4, .points = {{}}}), Error);
  EXPECT_THROW(stay_inside({{{0, 0}, {1, 1}}}), Error);
}

}  // namespace
}  // namespace pantomime::conditions
