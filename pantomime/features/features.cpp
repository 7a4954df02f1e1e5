#include "pantomime/features/features.h"

#include <ATen/ATen.h>

#include <array>

#include "pantomime/base/error.h"

namespace pantomime::features {
namespace {

using motion::kJointCount;
using motion::Vec3;

/// Where each channel goes under mirroring, and its sign.
struct MirrorMap {
  std::array<int64_t, kFeatureSize> from{};
  std::array<float, kFeatureSize> sign{};
};

const MirrorMap& mirror_map() {
  static const MirrorMap map = [] {
    MirrorMap m;
    for (int64_t d = 0; d < kFeatureSize; ++d) {
      m.from[static_cast<size_t>(d)] = d;
      m.sign[static_cast<size_t>(d)] = 1;  // geometry is symmetric
    }
    m.sign[kRootVelocity] = -1;
    // R' = M R M with M = diag(-1, 1, 1): column 0 -> (+, -, -), column 1 -> (-, +, +).
    constexpr std::array<float, 6> kSigns = {1, -1, -1, -1, 1, 1};
    for (size_t j = 0; j < kJointCount; ++j) {
      for (size_t k = 0; k < 6; ++k) {
        const size_t to = kRootRotation + 6 * j + k;
        m.from[to] = kRootRotation + 6 * motion::kMirrorJoint[j] + static_cast<int64_t>(k);
        m.sign[to] = kSigns[k];
      }
    }
    return m;
  }();
  return map;
}

void check_features(const at::Tensor& x, const char* what) {
  PANTOMIME_CHECK(x.dim() == 2 && x.size(1) == kFeatureSize && x.size(0) > 0,
                  "{}: expected [F, {}], got {} dimensions, last {}", what, kFeatureSize, x.dim(),
                  x.dim() > 0 ? x.size(-1) : 0);
}

}  // namespace

at::Tensor encode(const motion::Clip& clip) {
  PANTOMIME_CHECK(clip.frame_count() > 0, "features: no frames");
  return encode_in_place(motion::face_forward(clip));
}

at::Tensor encode_in_place(const motion::Clip& clip) {
  PANTOMIME_CHECK(clip.joint_count() == kJointCount, "features: {} joints, expected {}",
                  clip.joint_count(), kJointCount);
  PANTOMIME_CHECK(clip.frame_count() > 0, "features: no frames");
  PANTOMIME_CHECK(std::abs(clip.fps - motion::kFps) < 1e-6,
                  "features: {} frames per second, expected {}", clip.fps, motion::kFps);
  const auto frames = static_cast<int64_t>(clip.frame_count());
  at::Tensor out = at::empty({frames, kFeatureSize}, at::kFloat);
  const motion::Geometry geometry = motion::geometry_of(clip.skeleton.offsets);
  for (int64_t f = 0; f < frames; ++f) {
    float* row = out.data_ptr<float>() + f * kFeatureSize;
    const auto at = static_cast<size_t>(std::max<int64_t>(f, std::min<int64_t>(1, frames - 1)));
    const Vec3 step = at == 0 ? Vec3{} : clip.root_positions[at] - clip.root_positions[at - 1];
    row[kRootVelocity] = step.x * static_cast<float>(motion::kFps);
    row[kRootVelocity + 1] = step.z * static_cast<float>(motion::kFps);
    row[kRootHeight] = clip.root_positions[static_cast<size_t>(f)].y;
    for (size_t j = 0; j < kJointCount; ++j) {
      const auto six = motion::to_6d(clip.rotation(static_cast<size_t>(f), j));
      std::copy(six.begin(), six.end(), row + kRootRotation + 6 * j);
    }
    std::copy(geometry.begin(), geometry.end(), row + kGeometry);
  }
  return out;
}

motion::Clip decode(const at::Tensor& features) {
  check_features(features, "decode");
  const at::Tensor x = features.to(at::kCPU, at::kFloat).contiguous();
  const int64_t frames = x.size(0);
  motion::Geometry geometry{};
  const at::Tensor mean = x.narrow(1, kGeometry, motion::kGeometrySize).mean(0).contiguous();
  std::copy_n(mean.data_ptr<float>(), geometry.size(), geometry.begin());
  motion::Clip clip;
  clip.skeleton = motion::canonical_skeleton(geometry);
  clip.root_positions.resize(static_cast<size_t>(frames));
  clip.rotations.resize(static_cast<size_t>(frames) * kJointCount);
  double px = 0, pz = 0;
  for (int64_t f = 0; f < frames; ++f) {
    const float* row = x.data_ptr<float>() + f * kFeatureSize;
    if (f > 0) {
      px += row[kRootVelocity] / motion::kFps;
      pz += row[kRootVelocity + 1] / motion::kFps;
    }
    clip.root_positions[static_cast<size_t>(f)] = {static_cast<float>(px), row[kRootHeight],
                                                   static_cast<float>(pz)};
    for (size_t j = 0; j < kJointCount; ++j) {
      std::array<float, 6> six{};
      std::copy_n(row + kRootRotation + 6 * j, 6, six.begin());
      clip.rotation(static_cast<size_t>(f), j) = motion::from_6d(six);
    }
  }
  return clip;
}

void face_forward_(at::Tensor& features) {
  check_features(features, "face_forward");
  const int64_t frames = features.size(0);
  float* data = features.data_ptr<float>();
  // Forward is the third column: column 0 x column 1, of frame 0.
  const float* c = data + kRootRotation;
  const float fx = c[1] * c[5] - c[2] * c[4], fz = c[0] * c[4] - c[1] * c[3];
  const float length = std::hypot(fx, fz);
  if (length < 1e-6f) return;
  const float cosine = fz / length, sine = fx / length;  // turning by -atan2(fx, fz) about +Y
  auto turn = [&](float& x, float& z) {
    const float nx = cosine * x - sine * z;
    z = sine * x + cosine * z;
    x = nx;
  };
  for (int64_t f = 0; f < frames; ++f) {
    float* row = data + f * kFeatureSize;
    turn(row[kRootVelocity], row[kRootVelocity + 1]);
    turn(row[kRootRotation], row[kRootRotation + 2]);
    turn(row[kRootRotation + 3], row[kRootRotation + 5]);
  }
}

at::Tensor mirror(const at::Tensor& features) {
  const MirrorMap& map = mirror_map();
  const at::Tensor from =
      at::tensor(at::ArrayRef<int64_t>(map.from.data(), map.from.size()), at::kLong);
  const at::Tensor sign =
      at::tensor(at::ArrayRef<float>(map.sign.data(), map.sign.size()), at::kFloat);
  return features.index_select(-1, from.to(features.device())) * sign.to(features.device());
}

at::Tensor Normaliser::normalise(const at::Tensor& x) const {
  return (x - mean) / scale;
}
at::Tensor Normaliser::restore(const at::Tensor& z) const {
  return z * scale + mean;
}

Normaliser Normaliser::to(const at::Device& device) const {
  return {mean.to(device), scale.to(device), spread.to(device), spectrum.to(device)};
}

Normaliser fit_normaliser(const at::Tensor& features, const at::Tensor& weights) {
  check_features(features, "normaliser");
  const at::Tensor w = (weights / weights.sum()).to(at::kDouble).unsqueeze(1);  // [N, 1]
  const at::Tensor flipped = mirror(features);
  // In double and in two passes: half a million rows of floats.
  const at::Tensor mean =
      0.5 * ((features.to(at::kDouble) * w).sum(0) + (flipped.to(at::kDouble) * w).sum(0));
  auto second = [&](const at::Tensor& x) {
    const at::Tensor centred = x.to(at::kDouble) - mean;
    return (centred * centred * w).sum(0);
  };
  const at::Tensor variance = 0.5 * (second(features) + second(flipped));  // [D]
  at::Tensor scale = at::empty({kFeatureSize}, at::kDouble);
  auto block = [&](int64_t first, int64_t count) {
    const double v = variance.narrow(0, first, count).mean().item<double>();
    scale.narrow(0, first, count).fill_(std::sqrt(std::max(v, 1e-8)));
  };
  block(kRootVelocity, 2);
  block(kRootHeight, 1);
  block(kRootRotation, 6 * kJointCount);
  block(kGeometry, motion::kGeometrySize);
  const at::Tensor spread = (variance.sqrt() / scale).clamp_min(0.02);
  return {mean.to(at::kFloat), scale.to(at::kFloat), spread.to(at::kFloat), {}};
}

}  // namespace pantomime::features
