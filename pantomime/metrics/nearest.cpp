#include "pantomime/metrics/nearest.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "pantomime/base/error.h"
#include "pantomime/features/features.h"
#include "pantomime/features/kinematics.h"

namespace pantomime::metrics {
namespace {

constexpr int64_t kNumbers = 3 * motion::kJointCount;  // per frame
constexpr int64_t kBlock = 2048;                       // training windows compared at once

/// A clip's joints, from which any window can be cut without new kinematics.
struct Track {
  at::Tensor joints;   ///< [F, 22, 3]
  at::Tensor heading;  ///< [F, 2] sine and cosine of the pelvis' turn about +Y

  explicit Track(const at::Tensor& clip) {
    const at::Tensor x = clip.to(at::kCPU, at::kFloat);
    joints = features::joint_positions(x.unsqueeze(0)).squeeze(0).contiguous();
    const at::Tensor forward =
        features::rotation_matrices(x.narrow(1, features::kRootRotation, 6)).select(2, 2);
    const at::Tensor flat = at::stack({forward.select(1, 0), forward.select(1, 2)}, 1);  // [F, 2]
    heading = (flat / flat.norm(2, 1, true).clamp_min(1e-6)).contiguous();
  }

  /// Frames first, first + step, … below last, moved so that `first` stands over the origin facing
  /// +Z: [T, 66].
  at::Tensor window(int64_t first, int64_t last, int64_t step) const {
    const float* h = heading.data_ptr<float>() + 2 * first;
    const float* pelvis = joints.data_ptr<float>() + kNumbers * first;
    const float sine = h[0], cosine = h[1], px = pelvis[0], pz = pelvis[2];
    const int64_t count = (last - first + step - 1) / step;
    at::Tensor out = at::empty({count, kNumbers}, at::kFloat);
    float* to = out.data_ptr<float>();
    for (int64_t t = 0; t < count; ++t) {
      const float* from = pelvis + kNumbers * step * t;
      for (int64_t j = 0; j < kNumbers; j += 3, to += 3, from += 3) {
        const float x = from[0] - px, z = from[2] - pz;
        to[0] = cosine * x - sine * z;
        to[1] = from[1];
        to[2] = sine * x + cosine * z;
      }
    }
    return out;
  }
};

/// Windows as rows with zeros behind their end.
struct Rows {
  at::Tensor values;  ///< [N, T * 66]
  at::Tensor mask;    ///< [N, T] 1 = real frame
};

void put(Rows& rows, int64_t n, const at::Tensor& joints) {
  const int64_t count = joints.size(0);
  rows.values[n].narrow(0, 0, count * kNumbers).copy_(joints.reshape({-1}));
  rows.mask[n].narrow(0, 0, count).fill_(1);
}

Rows empty_rows(int64_t n, int64_t frames) {
  return {at::zeros({n, frames * kNumbers}, at::kFloat), at::zeros({n, frames}, at::kFloat)};
}

/// Sum over a row's frames of squares, per frame: [N, T].
at::Tensor squares(const Rows& rows) {
  return rows.values.square().view({rows.mask.size(0), -1, kNumbers}).sum(2);
}

}  // namespace

std::vector<Nearest> nearest_windows(const std::vector<at::Tensor>& samples,
                                     const std::vector<at::Tensor>& training,
                                     const NearestOptions& options) {
  PANTOMIME_CHECK(options.hop >= 1 && options.frame_step >= 1,
                  "nearest: hop {}, frame step {}, expected at least 1", options.hop,
                  options.frame_step);
  const at::NoGradGuard no_grad;
  std::vector<Nearest> result(samples.size(), {std::numeric_limits<double>::infinity()});
  if (samples.empty()) return result;
  const int64_t step = options.frame_step;
  int64_t longest = 0, shortest = std::numeric_limits<int64_t>::max();
  for (const at::Tensor& s : samples) {
    longest = std::max(longest, s.size(0));
    shortest = std::min(shortest, s.size(0));
  }
  const int64_t frames = (longest + step - 1) / step;
  const auto count = static_cast<int64_t>(samples.size());

  Rows asked = empty_rows(2 * count, frames);  // as they are, then mirrored
  for (int64_t i = 0; i < count; ++i) {
    const at::Tensor& clip = samples[static_cast<size_t>(i)];
    put(asked, i, Track(clip).window(0, clip.size(0), step));
    put(asked, count + i, Track(features::mirror(clip)).window(0, clip.size(0), step));
  }
  const at::Tensor asked_squares = squares(asked);
  const at::Tensor asked_frames = asked.mask.sum(1, true);  // [2N, 1]

  Rows block = empty_rows(kBlock, frames);
  std::vector<std::pair<size_t, int64_t>> origin;
  auto compare = [&] {
    if (origin.empty()) return;
    const auto n = static_cast<int64_t>(origin.size());
    const Rows known{block.values.narrow(0, 0, n), block.mask.narrow(0, 0, n)};
    // Sum over shared frames of |a|^2 - 2 ab + |b|^2; padding is zero, so ab needs no mask.
    const at::Tensor shared = at::matmul(asked.mask, known.mask.t());  // [2N, n] frames
    const at::Tensor sum = at::matmul(asked_squares, known.mask.t()) +
                           at::matmul(asked.mask, squares(known).t()) -
                           2 * at::matmul(asked.values, known.values.t());
    at::Tensor mean = sum.clamp_min(0) / (shared.clamp_min(1) * motion::kJointCount);
    mean.masked_fill_(shared < 0.75 * asked_frames, std::numeric_limits<float>::infinity());
    const auto [best, where] = mean.min(1);
    for (int64_t row = 0; row < 2 * count; ++row) {
      const double distance = 1000 * std::sqrt(best[row].item<double>());
      Nearest& nearest = result[static_cast<size_t>(row % count)];
      if (distance >= nearest.distance_mm) continue;
      const auto& [clip, first] = origin[static_cast<size_t>(where[row].item<int64_t>())];
      nearest = {distance, clip, first, row >= count};
    }
    block.values.zero_();
    block.mask.zero_();
    origin.clear();
  };
  for (size_t c = 0; c < training.size(); ++c) {
    const Track track(training[c]);
    const int64_t total = training[c].size(0);
    for (int64_t first = 0; first < total; first += options.hop) {
      if (total - first < 3 * shortest / 4) break;
      put(block, static_cast<int64_t>(origin.size()),
          track.window(first, std::min(total, first + longest), step));
      origin.emplace_back(c, first);
      if (static_cast<int64_t>(origin.size()) == kBlock) compare();
    }
  }
  compare();

  // The products above are float sums of large terms, good to about a millimetre: again, exactly.
  for (int64_t i = 0; i < count; ++i) {
    Nearest& nearest = result[static_cast<size_t>(i)];
    if (!std::isfinite(nearest.distance_mm)) continue;
    const int64_t row = nearest.mirrored ? count + i : i;
    const at::Tensor& clip = training[nearest.clip];
    const at::Tensor known =
        Track(clip).window(nearest.first, std::min(clip.size(0), nearest.first + longest), step);
    const int64_t shared =
        std::min(known.size(0), static_cast<int64_t>(asked_frames[row].item<float>()));
    const at::Tensor difference = asked.values[row].narrow(0, 0, shared * kNumbers) -
                                  known.narrow(0, 0, shared).reshape({-1});
    const double sum = difference.to(at::kDouble).square().sum().item<double>();
    nearest.distance_mm = 1000 * std::sqrt(sum / static_cast<double>(shared * motion::kJointCount));
  }
  return result;
}

}  // namespace pantomime::metrics
