#include "pantomime/conditions/constraint_solver.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>
#include <optional>

#include "pantomime/base/error.h"
#include "pantomime/features/kinematics.h"

namespace pantomime::conditions {

using features::kGeometry;
using features::kRootHeight;
using features::kRootRotation;
using features::kRootVelocity;
using motion::kGeometrySize;

namespace {

constexpr int64_t kSix = 6 * motion::kJointCount;
/// Gauss-Newton believes its linear model this far: metres, radians.
constexpr double kLongestStep = 0.4;
constexpr std::array<motion::Joint, 4> kFeet = {motion::kLeftAnkle, motion::kLeftFoot,
                                                motion::kRightAnkle, motion::kRightFoot};

at::Tensor doubles(at::IntArrayRef sizes) {
  return at::zeros(sizes, at::kDouble);
}

at::Tensor indices(const std::vector<int64_t>& values) {
  return at::tensor(values, at::kLong);
}

/// s^-1 b for a symmetric, positive definite s.
at::Tensor solve(const at::Tensor& s, const at::Tensor& b) {
  // Rows that say nearly the same leave next to nothing of each other.
  const double jitter = 1e-9 * s.diagonal().mean().item<double>() + 1e-15;
  const at::Tensor l = at::linalg_cholesky(s + jitter * at::eye(s.size(0), s.options()));
  return at::cholesky_solve(b, l);
}

}  // namespace

/// A clip and copies of it: each residual is differentiated in a copy of its own, all at once.
struct ConstraintSolver::Pose {
  at::Tensor six, height, path;  ///< leaves: [N, F, 132], [N, F], [N, F, 2]
  features::WorldJoints joints;  ///< of all copies

  features::WorldJoints copy(int64_t n) const {
    return {joints.positions.narrow(0, n, 1), joints.rotations.narrow(0, n, 1)};
  }
};

/// Where feet were before anything was done for the goals, and when they stood there.
struct ConstraintSolver::Footing {
  std::array<at::Tensor, 4> places;                        ///< [F, 3] of ankles and toes
  std::array<std::vector<int64_t>, 2> standing, swinging;  ///< frames of each foot
  static constexpr int64_t kEvery = 4;  ///< corrections are smooth, so that will do
};

ConstraintSolver::ConstraintSolver(const Constraints& constraints,
                                   const features::Normaliser& normaliser,
                                   std::shared_ptr<const EstimateError> error,
                                   std::shared_ptr<GainCache> cache)
    : constraints_(constraints),
      normaliser_{normaliser.mean.to(at::kCPU, at::kDouble),
                  normaliser.scale.to(at::kCPU, at::kDouble),
                  normaliser.spread,
                  {}},
      error_(std::move(error)),
      cache_(cache ? std::move(cache) : std::make_shared<GainCache>()) {
  PANTOMIME_CHECK(constraints.frames == error_->frames(), "constraints: {} frames, expected {}",
                  constraints.frames, error_->frames());
  for (size_t block = 0; block < kMovingBlockCount; ++block) add_groups(constraints, block);
}

void ConstraintSolver::add_groups(const Constraints& constraints, size_t block) {
  const int64_t frames = constraints.frames;
  const auto [first, count] = moving_block(block);
  // Channels whose known frames are the same share everything but the wanted values.
  std::map<std::string, std::vector<int64_t>> alike;
  const at::Tensor known = constraints.known.contiguous();
  for (int64_t d = first; d < first + count; ++d) {
    std::string key = block == 0 ? std::to_string(d) : "";  // places differ in x and z
    for (int64_t f = 0; f < frames; ++f)
      key += known.data_ptr<bool>()[f * features::kFeatureSize + d] ? '1' : '0';
    alike[key].push_back(d);
  }
  const at::Tensor values = normaliser_.normalise(constraints.value.to(at::kDouble));
  for (const auto& [pattern, channels] : alike) {
    const at::Tensor index = indices(channels);
    std::vector<at::Tensor> rows, wanted;
    std::vector<double> noise;
    const auto add = [&](const at::Tensor& row, const at::Tensor& value, double variance) {
      rows.push_back(row);
      wanted.push_back(value);
      noise.push_back(variance);
    };
    for (int64_t f = 0; f < frames; ++f) {
      if (!known[f][channels[0]].item<bool>()) continue;
      at::Tensor row = doubles({frames});
      row[f] = 1;
      add(row, values[f].index_select(0, index), 0);
    }
    if (constraints.loop)
      for (int64_t k = 0; k < Constraints::kLoopFrames; ++k) {
        const int64_t again = frames - Constraints::kLoopFrames + k;
        if (known[again][channels[0]].item<bool>()) continue;
        at::Tensor row = doubles({frames});
        row[again] = 1;
        row[k] = -1;
        add(row, doubles({static_cast<int64_t>(channels.size())}), 0);
      }
    if (block == 0)
      for (const Constraints::Place& place : constraints.places) {
        const auto& target = channels[0] == kRootVelocity ? place.x : place.z;
        const int64_t steps = place.frame - place.from;
        if (!target || steps == 0) continue;
        PANTOMIME_CHECK(place.from >= 0 && steps > 0 && place.frame < frames,
                        "constraints: a place in frame {} from frame {} on, of {}", place.frame,
                        place.from, frames);
        // The way is the sum of steps.
        const double scale = normaliser_.scale[channels[0]].item<double>() / motion::kFps;
        const double mean = normaliser_.mean[channels[0]].item<double>() / motion::kFps;
        at::Tensor row = doubles({frames});
        row.narrow(0, place.from + 1, steps).fill_(scale);
        add(row, at::full({1}, *target - mean * static_cast<double>(steps), at::kDouble),
            place.tolerance * place.tolerance);
      }
    Group group{block, channels, {}, {}, {}, {}};
    if (!rows.empty()) {
      group.rows = at::stack(rows);
      group.wanted = at::stack(wanted);
      group.noise = at::tensor(noise, at::kDouble);
      group.key.assign(reinterpret_cast<const char*>(group.rows.data_ptr<double>()),
                       static_cast<size_t>(group.rows.numel()) * sizeof(double));
      group.key.append(reinterpret_cast<const char*>(group.noise.data_ptr<double>()),
                       noise.size() * sizeof(double));
    }
    group.key += static_cast<char>(block);
    groups_.push_back(std::move(group));
  }
}

const Gain& ConstraintSolver::gain_of(const Group& group, double t) const {
  Gain& gain = (*cache_)[{group.key, t}];
  if (gain.covariance.defined()) return gain;
  const at::Tensor c = error_->covariance(group.block, t);
  if (!group.rows.defined()) {
    gain.covariance = c;
    return gain;
  }
  const at::Tensor ac = at::matmul(group.rows, c);
  const at::Tensor s = at::matmul(ac, group.rows.t()) + group.noise.diag();
  gain.gain = solve(s, ac).t().contiguous();
  const at::Tensor left = c - at::matmul(gain.gain, ac);
  gain.covariance = 0.5 * (left + left.t());
  return gain;
}

at::Tensor ConstraintSolver::correct(const at::Tensor& x, double t, int rounds) const {
  PANTOMIME_CHECK(x.dim() == 2 && x.size(0) == constraints_.frames,
                  "constraints: an estimate of {} frames, expected {}", x.size(0),
                  constraints_.frames);
  at::Tensor out = x.to(at::kCPU, at::kDouble, /*non_blocking=*/false, /*copy=*/true);
  for (const Group& group : groups_) {
    if (!group.rows.defined()) continue;
    const at::Tensor index = indices(group.channels);
    const at::Tensor is = out.index_select(1, index);
    const at::Tensor missing = group.wanted - at::matmul(group.rows, is);
    out.index_copy_(1, index, is + at::matmul(gain_of(group, t).gain, missing));
  }
  std::optional<Footing> footing;
  for (int round = 0; round < rounds && !constraints_.goals.empty(); ++round)
    if (!step(out, t, footing, round)) break;
  // To the last bit.
  const at::Tensor values = normaliser_.normalise(constraints_.value.to(at::kDouble));
  return at::where(constraints_.known, values, out).to(at::kFloat);
}

ConstraintSolver::Pose ConstraintSolver::pose_of(const at::Tensor& x, int64_t copies) const {
  const at::Tensor raw = normaliser_.restore(x).unsqueeze(0);
  const auto leaf = [&](const at::Tensor& of) {
    std::vector<int64_t> sizes(static_cast<size_t>(of.dim()), -1);
    sizes[0] = copies;
    return of.expand(sizes).clone(at::MemoryFormat::Contiguous).requires_grad_(true);
  };
  Pose pose;
  pose.six = leaf(raw.narrow(2, kRootRotation, kSix));
  pose.height = leaf(raw.select(2, kRootHeight));
  pose.path = leaf(features::root_path(raw));
  at::Tensor offsets;
  if (constraints_.offsets.empty()) {
    offsets = features::bone_offsets(raw.narrow(2, kGeometry, kGeometrySize).mean(1));
  } else {
    offsets = at::empty({1, motion::kJointCount, 3}, at::kDouble);
    double* to = offsets.data_ptr<double>();
    for (const motion::Vec3& o : constraints_.offsets)
      for (const float v : {o.x, o.y, o.z}) *to++ = v;
  }
  const at::Tensor root =
      at::stack({pose.path.select(2, 0), pose.height, pose.path.select(2, 1)}, 2);
  // Means over plausible poses can be short: their directions must not turn wildly.
  pose.joints =
      features::world_joints(pose.six, root, offsets.expand({copies, -1, -1}).contiguous(), 0.1);
  return pose;
}

std::vector<double> ConstraintSolver::misses(const at::Tensor& x) const {
  const at::NoGradGuard no_grad;
  const Pose pose = pose_of(x.to(at::kCPU, at::kDouble), 1);
  std::vector<double> all;
  for (const auto& goal : constraints_.goals) {
    double miss = goal->beyond();
    for (const Ask& ask : goal->ask(pose.joints))
      miss = std::max(miss, ask.residual.abs().max().item<double>());
    all.push_back(miss);
  }
  return all;
}

/// Linearised goals, a row a number: what one ask says of one frame.
struct ConstraintSolver::Rows {
  std::vector<at::Tensor> asked;        ///< a number of each ask, to be differentiated
  std::vector<int64_t> copies, frames;  ///< of each row: the ask's copy of the clip, the frame
  std::vector<double> residuals, variances;

  /// Adds rows of an ask for its `active` frames (indices into the ask), all of one variance.
  void add(const Ask& ask, const std::vector<int64_t>& active, double variance) {
    const at::Tensor r = ask.residual.detach().contiguous();
    for (const int64_t i : active) {
      copies.push_back(std::ssize(asked));
      frames.push_back(ask.frames[static_cast<size_t>(i)]);
      residuals.push_back(std::clamp(r.data_ptr<double>()[i], -kLongestStep, kLongestStep));
      variances.push_back(variance);
    }
    // A frame's residual depends on that frame only, so the gradient of their sum has them all.
    asked.push_back(ask.residual.sum());
  }
};

ConstraintSolver::Footing ConstraintSolver::footing_of(const at::Tensor& positions) {
  constexpr double kLow = 0.07, kSlow = 0.6 / motion::kFps;  // m, m a frame
  Footing footing;
  const int64_t frames = positions.size(0);
  for (size_t i = 0; i < kFeet.size(); ++i)
    footing.places[i] = positions.select(1, kFeet[i]).detach().contiguous();
  for (size_t foot = 0; foot < 2; ++foot) {
    const double* p = footing.places[2 * foot + 1].data_ptr<double>();
    for (int64_t f = 0; f < frames; f += Footing::kEvery) {
      const int64_t a = std::max<int64_t>(f - 1, 0), b = std::min(f + 1, frames - 1);
      const double speed = std::hypot(p[3 * b] - p[3 * a], p[3 * b + 2] - p[3 * a + 2]) / 2;
      (p[3 * f + 1] < kLow && speed < kSlow ? footing.standing : footing.swinging)[foot].push_back(
          f);
    }
  }
  return footing;
}

void ConstraintSolver::hold_feet(const Pose& pose, const Footing& footing, Rows& rows) {
  constexpr double kStanding = 0.003, kSwinging = 0.2;  // tolerances, m
  constexpr double kLifted = 3e-5;  // nobody leaves the floor for a goal, whatever it is worth
  std::vector<int64_t> all(static_cast<size_t>(pose.six.size(1)));
  std::iota(all.begin(), all.end(), 0);
  for (size_t i = 0; i < kFeet.size(); ++i)
    for (int64_t axis = 0; axis < 3; ++axis)
      for (const bool stands : {true, false}) {
        const auto& active = (stands ? footing.standing : footing.swinging)[i / 2];
        if (active.empty()) continue;
        const at::Tensor is =
            pose.copy(std::ssize(rows.asked)).positions[0].select(1, kFeet[i]).select(1, axis);
        const double tolerance = !stands ? kSwinging : axis == 1 ? kLifted : kStanding;
        rows.add({all, is - footing.places[i].select(1, axis)}, active, tolerance * tolerance);
      }
}

namespace {

/// Adds (slopes slopes^T) times c of the rows' frames, entry by entry, to the lower half of
/// s [m, m]. `which`: the rows, growing; slopes [which, n]; c [total, total].
void add_products(const std::vector<int64_t>& which, const std::vector<int64_t>& frames,
                  const std::vector<double>& slopes, int64_t n, const at::Tensor& c,
                  at::Tensor& s) {
  const int64_t m = s.size(0), total = c.size(0);
  double* out = s.data_ptr<double>();
  const double* values = c.data_ptr<double>();
  for (size_t a = 0; a < which.size(); ++a) {
    const double* of_a = slopes.data() + static_cast<int64_t>(a) * n;
    const double* row = values + frames[static_cast<size_t>(which[a])] * total;
    for (size_t b = 0; b <= a; ++b) {
      const double* of_b = slopes.data() + static_cast<int64_t>(b) * n;
      double dot = 0;
      for (int64_t d = 0; d < n; ++d) dot += of_a[d] * of_b[d];
      out[which[a] * m + which[b]] += dot * row[frames[static_cast<size_t>(which[b])]];
    }
  }
}

/// Of the frames (indices into the ask) in which something is missed, those that are looked at in
/// this round: when there are many, every third. Corrections are smooth, so the others are
/// corrected with them; the rounds take turns.
std::vector<int64_t> due(const Ask& ask, int round) {
  constexpr size_t kMany = 24;
  constexpr int64_t kEvery = 3;
  const at::Tensor r = ask.residual.detach().contiguous();
  std::vector<int64_t> missed, some;
  for (int64_t i = 0; i < r.numel(); ++i) {
    if (r.data_ptr<double>()[i] == 0) continue;
    missed.push_back(i);
    if ((ask.frames[static_cast<size_t>(i)] + round) % kEvery == 0) some.push_back(i);
  }
  return missed.size() < kMany ? missed : some;
}

}  // namespace

ConstraintSolver::Rows ConstraintSolver::linearised(const at::Tensor& x, const Footing& footing,
                                                    int64_t asks, Pose& pose, int round) const {
  constexpr int64_t kOfFeet = 2 * 3 * std::ssize(kFeet);  // that stand or swing, x, y, z
  pose = pose_of(x, asks + kOfFeet);
  Rows rows;
  for (const auto& goal : constraints_.goals)
    for (size_t k = 0;; ++k) {
      if (std::ssize(rows.asked) >= asks) break;
      const std::vector<Ask> all = goal->ask(pose.copy(std::ssize(rows.asked)));
      if (k >= all.size()) break;
      rows.add(all[k], due(all[k], round), 0.1 * goal->tolerance() * goal->tolerance());
    }
  hold_feet(pose, footing, rows);
  return rows;
}

bool ConstraintSolver::step(at::Tensor& x, double t, std::optional<Footing>& footing,
                            int round) const {
  int64_t asks = 0;
  {
    const at::NoGradGuard no_grad;
    const Pose now = pose_of(x, 1);
    bool missed = false;
    for (const auto& goal : constraints_.goals)
      for (const Ask& ask : goal->ask(now.joints)) {
        ++asks;
        missed = missed || (ask.residual.numel() > 0 &&
                            ask.residual.abs().max().item<double>() > goal->tolerance());
      }
    if (!missed) return false;
    if (!footing) footing = footing_of(now.joints.positions[0]);
  }
  const at::AutoGradMode grad(true);
  Pose pose;
  const Rows rows = linearised(x, *footing, asks, pose, round);
  const auto gradients = torch::autograd::grad({at::stack(rows.asked).sum()},
                                               {pose.six, pose.height, pose.path}, {}, false, false,
                                               /*allow_unused=*/true);
  const at::NoGradGuard no_grad;
  // [copies, F, D] in the solver's units, and the way in x and z.
  at::Tensor slopes = at::zeros({pose.six.size(0), x.size(0), features::kFeatureSize}, at::kDouble);
  if (gradients[0].defined()) slopes.narrow(2, kRootRotation, kSix).copy_(gradients[0]);
  if (gradients[1].defined()) slopes.select(2, kRootHeight).copy_(gradients[1]);
  if (gradients[2].defined()) slopes.narrow(2, kRootVelocity, 2).copy_(gradients[2] / motion::kFps);
  slopes.mul_(normaliser_.scale);
  const double* all = slopes.data_ptr<double>();

  const int64_t total = x.size(0), m = std::ssize(rows.frames);
  // Steps from frame 1 on add up to the way.
  at::Tensor sums = at::ones({total, total}, at::kDouble).tril();
  sums.select(1, 0).zero_();
  struct Part {
    const Group* group;
    std::vector<int64_t> rows;   // those that the group moves
    std::vector<double> slopes;  // [rows, features of the group]
    at::Tensor spread;           // [F, F]: how a pull in one frame moves all frames
  };
  std::vector<Part> parts;
  at::Tensor s = at::tensor(rows.variances, at::kDouble).diag();
  for (const Group& group : groups_) {
    Part part{&group, {}, {}, gain_of(group, t).covariance};
    for (int64_t i = 0; i < m; ++i) {
      const double* of = all + (rows.copies[static_cast<size_t>(i)] * total +
                                rows.frames[static_cast<size_t>(i)]) *
                                   features::kFeatureSize;
      const size_t before = part.slopes.size();
      bool moves = false;
      for (const int64_t channel : group.channels) {
        part.slopes.push_back(of[channel]);
        moves = moves || of[channel] != 0;
      }
      if (moves)
        part.rows.push_back(i);
      else
        part.slopes.resize(before);
    }
    at::Tensor seen = part.spread;
    if (group.block == 0) {
      part.spread = at::matmul(part.spread, sums.t());
      seen = at::matmul(sums, part.spread);
    }
    add_products(part.rows, rows.frames, part.slopes, std::ssize(group.channels), seen.contiguous(),
                 s);
    parts.push_back(std::move(part));
  }
  const at::Tensor weights =
      solve(s, at::tensor(rows.residuals, at::kDouble).unsqueeze(1)).contiguous();  // [m, 1]
  for (const Part& part : parts) {
    const int64_t n = std::ssize(part.group->channels);
    at::Tensor pull = doubles({total, n});
    for (size_t k = 0; k < part.rows.size(); ++k) {
      double* to = pull.data_ptr<double>() + rows.frames[static_cast<size_t>(part.rows[k])] * n;
      for (int64_t d = 0; d < n; ++d)
        to[d] += part.slopes[k * static_cast<size_t>(n) + static_cast<size_t>(d)] *
                 weights.data_ptr<double>()[part.rows[k]];
    }
    x.index_add_(1, indices(part.group->channels), at::matmul(part.spread, pull), -1);
  }
  return true;
}

Settled settle(const motion::Clip& clip, const Constraints& constraints,
               const features::Normaliser& normaliser, int rounds) {
  Constraints own = constraints;
  own.offsets = clip.skeleton.offsets;
  const ConstraintSolver solver(
      own, normaliser, std::make_shared<EstimateError>(normaliser.spectrum, constraints.frames));
  const at::Tensor x = normaliser.normalise(features::encode_in_place(clip));
  const at::Tensor corrected = solver.correct(x, 0, rounds);
  Settled settled;
  settled.misses = solver.misses(corrected);
  settled.clip = features::decode(normaliser.restore(corrected));
  settled.clip.skeleton = clip.skeleton;
  return settled;
}

}  // namespace pantomime::conditions
