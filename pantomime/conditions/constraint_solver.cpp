#include "pantomime/conditions/constraint_solver.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

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

at::Tensor doubles(at::IntArrayRef sizes) {
  return at::zeros(sizes, at::kDouble);
}

at::Tensor indices(const std::vector<int64_t>& values) {
  return at::tensor(values, at::kLong);
}

/// Factorisations and products are shared out to threads, and then last bits depend on their
/// number.
class OneThread {
 public:
  OneThread() { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_ = at::get_num_threads();
};

/// Steps from frame 1 on add up to the way: [F, F].
at::Tensor sums_of_steps(int64_t frames) {
  at::Tensor sums = at::ones({frames, frames}, at::kDouble).tril();
  sums.select(1, 0).zero_();
  return sums;
}

/// s^-1 b for a symmetric, positive definite s.
at::Tensor solve(const at::Tensor& s, const at::Tensor& b) {
  // Rows that say nearly the same leave next to nothing of each other.
  const double jitter = 1e-9 * s.diagonal().mean().item<double>() + 1e-15;
  const at::Tensor l = at::linalg_cholesky(s + jitter * at::eye(s.size(0), s.options()));
  return at::cholesky_solve(b, l);
}

/// Features [first, end) that share a covariance [F, F] in time.
struct SharedCovariance {
  int64_t first, end;
  const double* values;
};

/// Sum over features d of slopes[i][d] * covariance of d between the frames of rows i and j *
/// slopes[j][d], for all pairs of rows: [m, m]. One walk over the pairs: a matrix of all pairs for
/// each block would be many megabytes.
at::Tensor couple(const at::Tensor& slopes, const std::vector<int64_t>& frames,
                  const std::vector<SharedCovariance>& blocks, int64_t total) {
  const int64_t rows = slopes.size(0), width = slopes.size(1);
  at::Tensor out = doubles({rows, rows});
  const double* j = slopes.data_ptr<double>();
  double* s = out.data_ptr<double>();
  for (int64_t a = 0; a < rows; ++a)
    for (int64_t b = 0; b <= a; ++b) {
      const int64_t pair = frames[static_cast<size_t>(a)] * total + frames[static_cast<size_t>(b)];
      double sum = 0;
      for (const SharedCovariance& block : blocks) {
        // Two sums that don't wait for each other.
        double even = 0, odd = 0;
        int64_t d = block.first;
        for (; d + 1 < block.end; d += 2) {
          even += j[a * width + d] * j[b * width + d];
          odd += j[a * width + d + 1] * j[b * width + d + 1];
        }
        if (d < block.end) even += j[a * width + d] * j[b * width + d];
        sum += block.values[pair] * (even + odd);
      }
      s[a * rows + b] = s[b * rows + a] = sum;
    }
  return out;
}

}  // namespace

struct ConstraintSolver::Pose {
  at::Tensor six, root, bones;  ///< [1, F, 132], [1, F, 3] metres, [1, 22, 3]
  features::WorldJoints joints() const {
    // Means over plausible poses can be short: their directions must not turn wildly.
    return features::world_joints(six, root, bones, 0.1);
  }
};

/// Where feet were before anything was done for the goals, and how firmly they stood there.
struct ConstraintSolver::Footing {
  std::array<at::Tensor, 4> places;              ///< [F, 3] of ankles and toes; undefined before
  std::array<std::vector<double>, 2> variances;  ///< of each foot, every kEvery-th frame
  static constexpr int64_t kEvery = 4;           ///< corrections are smooth, so that will do
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
  const OneThread same_bytes;
  at::Tensor out = x.to(at::kCPU, at::kDouble, /*non_blocking=*/false, /*copy=*/true);
  for (const Group& group : groups_) {
    if (!group.rows.defined()) continue;
    const at::Tensor index = indices(group.channels);
    const at::Tensor is = out.index_select(1, index);
    const at::Tensor missing = group.wanted - at::matmul(group.rows, is);
    out.index_copy_(1, index, is + at::matmul(gain_of(group, t).gain, missing));
  }
  lead(out, t);
  Footing footing;
  for (int round = 0; round < rounds && !constraints_.goals.empty(); ++round)
    if (!step(out, t, footing)) break;
  // To the last bit.
  const at::Tensor values = normaliser_.normalise(constraints_.value.to(at::kDouble));
  return at::where(constraints_.known, values, out).to(at::kFloat);
}

ConstraintSolver::Pose ConstraintSolver::pose_of(const at::Tensor& x) const {
  const at::Tensor raw = normaliser_.restore(x).unsqueeze(0);
  const at::Tensor path = features::root_path(raw);
  return {raw.narrow(2, kRootRotation, kSix),
          at::stack({path.select(2, 0), raw.select(2, kRootHeight), path.select(2, 1)}, 2),
          constraints_.bones(raw)};
}

std::vector<double> ConstraintSolver::misses(const at::Tensor& x) const {
  const at::NoGradGuard no_grad;
  const features::WorldJoints joints = pose_of(x.to(at::kCPU, at::kDouble)).joints();
  std::vector<double> all;
  for (const auto& goal : constraints_.goals) {
    double miss = goal->beyond();
    for (const Ask& ask : goal->ask(joints))
      miss = std::max(miss, ask.residual.abs().max().item<double>());
    all.push_back(miss);
  }
  return all;
}

/// Linearised goals, a row a number.
struct ConstraintSolver::Rows {
  std::vector<int64_t> frames;
  std::vector<double> residuals, variances;
  std::vector<at::Tensor> by_position, by_rotation;  ///< [m, 22, 3], [m, 22, 3, 3]

  /// Adds rows of an ask about `joints`, whose tensors are leaves, in the frames that are `active`
  /// (indices into the ask).
  void add(const Ask& ask, const std::vector<int64_t>& active,
           const features::WorldJoints& joints) {
    // A frame's residual depends on that frame only, so the gradient of their sum has them all.
    const auto g = torch::autograd::grad({ask.residual.sum()}, {joints.positions, joints.rotations},
                                         {}, true, false, /*allow_unused=*/true);
    const at::Tensor r = ask.residual.detach().contiguous();
    std::vector<int64_t> at;
    for (const int64_t i : active) {
      at.push_back(ask.frames[static_cast<size_t>(i)]);
      residuals.push_back(std::clamp(r.data_ptr<double>()[i], -kLongestStep, kLongestStep));
    }
    frames.insert(frames.end(), at.begin(), at.end());
    const auto rows_of = [&](const at::Tensor& gradient, const at::Tensor& like) {
      const at::Tensor which = indices(at);
      return gradient.defined() ? gradient[0].index_select(0, which)
                                : at::zeros_like(like[0].index_select(0, which));
    };
    by_position.push_back(rows_of(g[0], joints.positions));
    by_rotation.push_back(rows_of(g[1], joints.rotations));
  }

  /// How the rows change with their frames' poses: [m, 132] by 6D, [m, 3] by the root's place. One
  /// pass through the bones for all rows, each with a pose of its own.
  std::array<at::Tensor, 2> gradients(const Pose& pose) const {
    const at::Tensor which = indices(frames);
    const Pose rows{pose.six.detach().index_select(1, which).requires_grad_(true),
                    pose.root.detach().index_select(1, which).requires_grad_(true), pose.bones};
    const features::WorldJoints joints = rows.joints();
    const at::Tensor all = (joints.positions[0] * at::cat(by_position)).sum() +
                           (joints.rotations[0] * at::cat(by_rotation)).sum();
    const auto g = torch::autograd::grad({all}, {rows.six, rows.root});
    return {g[0][0], g[1][0]};
  }
};

void ConstraintSolver::hold_feet(const features::WorldJoints& joints, Footing& footing,
                                 Rows& rows) const {
  constexpr double kLow = 0.07, kSlow = 0.6 / motion::kFps;  // m, m a frame
  constexpr double kStanding = 0.003, kSwinging = 0.2;       // tolerances, m
  constexpr double kLifted = 3e-5;  // nobody leaves the floor for a goal, whatever it is worth
  constexpr std::array<motion::Joint, 4> kFeet = {motion::kLeftAnkle, motion::kLeftFoot,
                                                  motion::kRightAnkle, motion::kRightFoot};
  const at::Tensor positions = joints.positions[0];
  const int64_t frames = positions.size(0);
  std::vector<int64_t> active, all(static_cast<size_t>(frames));
  for (int64_t f = 0; f < frames; f += Footing::kEvery) active.push_back(f);
  std::iota(all.begin(), all.end(), 0);
  if (!footing.places[0].defined()) {
    for (size_t i = 0; i < kFeet.size(); ++i)
      footing.places[i] = positions.select(1, kFeet[i]).detach().contiguous();
    for (size_t foot = 0; foot < 2; ++foot) {
      const double* p = footing.places[2 * foot + 1].data_ptr<double>();
      for (const int64_t f : active) {
        const int64_t a = std::max<int64_t>(f - 1, 0), b = std::min(f + 1, frames - 1);
        const double speed = std::hypot(p[3 * b] - p[3 * a], p[3 * b + 2] - p[3 * a + 2]) / 2;
        const double tolerance = p[3 * f + 1] < kLow && speed < kSlow ? kStanding : kSwinging;
        footing.variances[foot].push_back(tolerance * tolerance);
      }
    }
  }
  for (size_t i = 0; i < kFeet.size(); ++i)
    for (int64_t axis = 0; axis < 3; ++axis) {
      const at::Tensor is = positions.select(1, kFeet[i]).select(1, axis);
      rows.add({all, is - footing.places[i].select(1, axis)}, active, joints);
      for (const double variance : footing.variances[i / 2])
        rows.variances.push_back(axis == 1 && variance < kSwinging * kSwinging ? kLifted * kLifted
                                                                               : variance);
    }
}

/// Moves the root over the floor so that joints that lead are about where they should be.
void ConstraintSolver::lead(at::Tensor& x, double t) const {
  std::vector<Aim> aims;
  for (const auto& goal : constraints_.goals)
    if (goal->leads()) std::ranges::copy(goal->aims(), std::back_inserter(aims));
  if (aims.empty()) return;
  const at::NoGradGuard no_grad;
  constexpr double kAbout = 0.15;  // metres
  const at::Tensor positions = pose_of(x).joints().positions[0];
  std::vector<int64_t> frames;
  for (const Aim& aim : aims) frames.push_back(aim.frame);
  const at::Tensor ways = sums_of_steps(x.size(0)).index_select(0, indices(frames));
  for (const Group& group : groups_) {
    if (group.block != 0) continue;
    for (const int64_t channel : group.channels) {
      const bool along_x = channel == kRootVelocity;
      std::vector<double> missing;
      for (const Aim& aim : aims)
        missing.push_back((along_x ? aim.point.x : aim.point.z) -
                          positions[aim.frame][aim.joint][along_x ? 0 : 2].item<double>());
      const double step = normaliser_.scale[channel].item<double>() / motion::kFps;
      const at::Tensor& c = gain_of(group, t).covariance;
      const at::Tensor rows = step * ways;
      const at::Tensor reach = at::matmul(c, rows.t());
      const at::Tensor noise = at::eye(rows.size(0), at::kDouble) * (kAbout * kAbout);
      const at::Tensor weights =
          solve(at::matmul(rows, reach) + noise, at::tensor(missing, at::kDouble).unsqueeze(1));
      x.index_add_(1, indices({channel}), at::matmul(reach, weights));
    }
  }
}

bool ConstraintSolver::step(at::Tensor& x, double t, Footing& footing) const {
  const at::AutoGradMode grad(true);
  const Pose pose = pose_of(x);
  features::WorldJoints joints = pose.joints();
  joints.positions = joints.positions.detach().requires_grad_(true);
  joints.rotations = joints.rotations.detach().requires_grad_(true);
  Rows rows;
  bool missed = false;
  for (const auto& goal : constraints_.goals)
    for (const Ask& ask : goal->ask(joints)) {
      const at::Tensor r = ask.residual.detach().contiguous();
      std::vector<int64_t> active;
      for (int64_t i = 0; i < r.numel(); ++i) {
        const double miss = r.data_ptr<double>()[i];
        if (miss == 0) continue;
        missed = missed || std::abs(miss) > goal->tolerance();
        active.push_back(i);
        rows.variances.push_back(0.1 * goal->tolerance() * goal->tolerance());
      }
      if (!active.empty()) rows.add(ask, active, joints);
    }
  if (!missed) return false;
  hold_feet(joints, footing, rows);
  const auto [by_six, by_root] = rows.gradients(pose);
  const at::NoGradGuard no_grad;
  const at::Tensor at_frames = indices(rows.frames);
  const int64_t total = x.size(0);
  const at::Tensor sums = sums_of_steps(total);
  struct Part {
    const Group* group;
    int64_t first;     // of its columns among all slopes
    at::Tensor reach;  // [F, F]: how frames move with what the rows see of each
    at::Tensor seen;   // [F, F]: covariance of that
  };
  std::vector<Part> parts;
  std::vector<at::Tensor> by_group;
  std::vector<SharedCovariance> blocks;
  int64_t width = 0;
  for (const Group& group : groups_) {
    const at::Tensor& c = gain_of(group, t).covariance;
    const at::Tensor index = indices(group.channels);
    const auto channels = static_cast<int64_t>(group.channels.size());
    const at::Tensor scale = normaliser_.scale.index_select(0, index);
    Part part{&group, width, c, c};
    if (group.block == 0) {
      const int64_t axis = group.channels[0] - kRootVelocity;
      by_group.push_back(by_root.narrow(1, 2 * axis, 1) * (scale / motion::kFps));
      part.reach = at::matmul(c, sums.t());
      part.seen = at::matmul(sums, part.reach);
    } else if (group.block == 1) {
      by_group.push_back(by_root.narrow(1, 1, 1) * scale);
    } else {
      by_group.push_back(by_six.index_select(1, index - kRootRotation) * scale);
    }
    part.seen = part.seen.contiguous();
    blocks.push_back({width, width + channels, part.seen.data_ptr<double>()});
    width += channels;
    parts.push_back(std::move(part));
  }
  const at::Tensor slopes = at::cat(by_group, 1);  // [m, width]
  const at::Tensor s =
      couple(slopes, rows.frames, blocks, total) + at::tensor(rows.variances, at::kDouble).diag();
  const at::Tensor weights =
      solve(s, at::tensor(rows.residuals, at::kDouble).unsqueeze(1));  // [m, 1]
  // What the rows of each frame ask for together.
  at::Tensor asked = doubles({total, width});
  asked.index_add_(0, at_frames, slopes * weights);
  for (const Part& part : parts) {
    const auto channels = static_cast<int64_t>(part.group->channels.size());
    const at::Tensor change = at::matmul(part.reach, asked.narrow(1, part.first, channels));
    x.index_add_(1, indices(part.group->channels), change, -1);
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
