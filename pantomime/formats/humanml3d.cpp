#include "pantomime/formats/humanml3d.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::formats {

using motion::kJointCount;
using motion::PointRecording;
using motion::Quat;
using motion::Vec3;

const std::array<Vec3, kJointCount> kHumanMl3dRest = {
    {{0, 0, 0},  {1, 0, 0},  {-1, 0, 0}, {0, 1, 0},  {0, -1, 0}, {0, -1, 0}, {0, 1, 0},  {0, -1, 0},
     {0, -1, 0}, {0, 1, 0},  {0, 0, 1},  {0, 0, 1},  {0, 1, 0},  {1, 0, 0},  {-1, 0, 0}, {0, 0, 1},
     {0, -1, 0}, {0, -1, 0}, {0, -1, 0}, {0, -1, 0}, {0, -1, 0}, {0, -1, 0}}};

namespace {

constexpr size_t kJoints = kJointCount;
constexpr size_t kWidth = kHumanMl3dWidth;
constexpr size_t kRic = 4, kTurns = 67, kSpeeds = 193, kContacts = 259;
constexpr double kMaxNumber = 1e4;
constexpr std::array<size_t, 4> kFeet = {motion::kLeftAnkle, motion::kLeftFoot, motion::kRightAnkle,
                                         motion::kRightFoot};
/// Joints after which turns count from the heading again: hips, spine, collars.
constexpr std::array<bool, kJoints> kBeginsLimb = {
    true,  true,  true, true, false, false, false, false, false, false, false,
    false, false, true, true, false, false, false, false, false, false, false};

void check_shape(const NpyArray& array, const std::vector<int64_t>& rest, const std::string& name,
                 const char* what) {
  const bool fits = array.type != NpyType::Text && array.shape.size() == rest.size() + 1 &&
                    std::equal(rest.begin(), rest.end(), array.shape.begin() + 1) &&
                    array.shape[0] > 0;
  if (!fits) throw ParseError(fmt::format("{}: expected numbers of shape {}", name, what));
}

/// Finite numbers of a size that motion has.
std::vector<double> sane_numbers(const NpyArray& array, const std::string& name) {
  std::vector<double> out = doubles_of(array, name);
  const auto bad =
      std::find_if_not(out.begin(), out.end(), [](double v) { return std::abs(v) <= kMaxNumber; });
  if (bad != out.end())
    throw ParseError(fmt::format("{}: {} at position {}, expected a size of at most {:g}", name,
                                 *bad, bad - out.begin(), kMaxNumber));
  return out;
}

PointRecording empty_joints(size_t frames, double fps) {
  PointRecording out;
  out.fps = fps;
  out.names.assign(motion::kJointNames.begin(), motion::kJointNames.end());
  out.positions.resize(3 * kJoints * frames);
  out.confidence.assign(kJoints * frames, 1.f);
  return out;
}
Vec3 point(const std::vector<float>& positions, size_t f, size_t j) {
  const float* p = &positions[3 * (f * kJoints + j)];
  return {p[0], p[1], p[2]};
}
void set_point(std::vector<float>& positions, size_t f, size_t j, Vec3 v) {
  float* p = &positions[3 * (f * kJoints + j)];
  p[0] = v.x, p[1] = v.y, p[2] = v.z;
}

/// The heading's turn about +y by twice this angle.
Quat half_turn_about_y(double half) {
  return {static_cast<float>(std::cos(half)), 0, static_cast<float>(std::sin(half)), 0};
}

/// Level direction in which a pose looks, not a unit vector: y x (right - left).
Vec3 looks_along(const std::vector<float>& p, size_t f) {
  const Vec3 hips = point(p, f, motion::kRightHip) - point(p, f, motion::kLeftHip);
  const Vec3 shoulders = point(p, f, motion::kRightShoulder) - point(p, f, motion::kLeftShoulder);
  const Vec3 across = hips + shoulders;
  return motion::cross({0, 1, 0}, motion::normalized(across, {-1, 0, 0}));
}

/// scipy's gaussian_filter1d(…, 20, mode="nearest").
std::vector<Vec3> smoothed(const std::vector<Vec3>& values) {
  constexpr double kSigma = 20;
  constexpr int kReach = 80;  // four sigma
  std::array<double, kReach + 1> weights{};
  double sum = 0;
  for (int k = 0; k <= kReach; ++k) {
    weights[static_cast<size_t>(k)] = std::exp(-0.5 * k * k / (kSigma * kSigma));
    sum += (k == 0 ? 1 : 2) * weights[static_cast<size_t>(k)];
  }
  const auto count = static_cast<int64_t>(values.size());
  std::vector<Vec3> out;
  out.reserve(values.size());
  for (int64_t f = 0; f < count; ++f) {
    double x = 0, y = 0, z = 0;
    for (int k = -kReach; k <= kReach; ++k) {
      const Vec3 v = values[static_cast<size_t>(std::clamp<int64_t>(f + k, 0, count - 1))];
      const double w = weights[static_cast<size_t>(std::abs(k))] / sum;
      x += w * v.x, y += w * v.y, z += w * v.z;
    }
    out.push_back({static_cast<float>(x), static_cast<float>(y), static_cast<float>(z)});
  }
  return out;
}

/// Heading from world, [F]. The first is none, whatever the smoothed direction says.
std::vector<Quat> headings(const std::vector<float>& p, size_t frames) {
  std::vector<Vec3> forward;
  for (size_t f = 0; f < frames; ++f) forward.push_back(looks_along(p, f));
  std::vector<Quat> out;
  for (const Vec3 v : smoothed(forward))
    out.push_back(motion::rotation_between(motion::normalized(v, {0, 0, 1}), {0, 0, 1}));
  out[0] = {};
  return out;
}

/// Everybody's bones get these lengths and keep their directions; the root's path is scaled by the
/// legs.
void use_bone_lengths(std::vector<float>& p, size_t frames,
                      const std::array<float, kJoints>& lengths,
                      const std::array<float, kJoints>& own) {
  const float legs = own[motion::kRightKnee] + own[motion::kRightAnkle];
  const float scale = (lengths[motion::kRightKnee] + lengths[motion::kRightAnkle]) / legs;
  for (size_t f = 0; f < frames; ++f) {
    std::array<Vec3, kJoints> at;
    at[0] = scale * point(p, f, 0);
    for (size_t j = 1; j < kJoints; ++j) {
      const auto parent = static_cast<size_t>(motion::kJointParents[j]);
      const Vec3 bone = point(p, f, j) - point(p, f, parent);
      at[j] = at[parent] + lengths[j] * motion::normalized(bone, kHumanMl3dRest[j]);
    }
    for (size_t j = 0; j < kJoints; ++j) set_point(p, f, j, at[j]);
  }
}

/// On the floor, first root over the origin, first pose looking along +z.
void place(std::vector<float>& p, size_t frames) {
  float lowest = p[1];
  for (size_t i = 1; i < p.size(); i += 3) lowest = std::min(lowest, p[i]);
  const Vec3 first = point(p, 0, 0);
  const Quat turn =
      motion::rotation_between(motion::normalized(looks_along(p, 0), {0, 0, 1}), {0, 0, 1});
  for (size_t f = 0; f < frames; ++f)
    for (size_t j = 0; j < kJoints; ++j)
      set_point(p, f, j, turn * (point(p, f, j) - Vec3{first.x, lowest, first.z}));
}

void put(float* to, Vec3 v) {
  to[0] = v.x, to[1] = v.y, to[2] = v.z;
}

}  // namespace

HumanMl3d parse_humanml3d(std::string_view npy, const std::string& name) {
  return from_humanml3d(parse_npy(npy, name), name);
}

HumanMl3d from_humanml3d(const NpyArray& features, const std::string& name, const NpyArray* mean,
                         const NpyArray* deviation) {
  check_shape(features, {kHumanMl3dWidth}, name, "(frames, 263)");
  std::vector<double> data = sane_numbers(features, name);
  const auto frames = static_cast<size_t>(features.shape[0]);
  if (mean != nullptr && deviation != nullptr) {
    PANTOMIME_CHECK(mean->count() == kHumanMl3dWidth && deviation->count() == kHumanMl3dWidth,
                    "{}: mean and deviation of {} and {} numbers, expected 263", name,
                    mean->count(), deviation->count());
    const std::vector<double> means = sane_numbers(*mean, name),
                              sizes = sane_numbers(*deviation, name);
    for (size_t i = 0; i < data.size(); ++i)
      data[i] = data[i] * sizes[i % kWidth] + means[i % kWidth];
  }

  HumanMl3d out;
  out.joints = empty_joints(frames, kHumanMl3dFps);
  out.bones.resize(frames * kJoints);
  double half = 0, x = 0, z = 0;
  for (size_t f = 0; f < frames; ++f) {
    const double* row = &data[f * kWidth];
    const auto vector = [&](size_t at) {
      return Vec3{static_cast<float>(row[at]), static_cast<float>(row[at + 1]),
                  static_cast<float>(row[at + 2])};
    };
    if (f > 0) half += row[0 - static_cast<std::ptrdiff_t>(kWidth)];
    const Quat world = motion::conjugate(half_turn_about_y(std::remainder(half, 2 * M_PI)));
    if (f > 0) {
      const double* before = row - kWidth;
      const Vec3 step =
          world * Vec3{static_cast<float>(before[1]), 0, static_cast<float>(before[2])};
      x += step.x, z += step.z;
    }
    const Vec3 under{static_cast<float>(x), 0, static_cast<float>(z)};
    set_point(out.joints.positions, f, 0, under + Vec3{0, static_cast<float>(row[3]), 0});
    Quat* bones = &out.bones[f * kJoints];
    bones[0] = world;
    for (size_t j = 1; j < kJoints; ++j) {
      set_point(out.joints.positions, f, j, under + world * vector(kRic + 3 * (j - 1)));
      const double* six = row + kTurns + 6 * (j - 1);
      std::array<float, 6> columns{};
      for (size_t i = 0; i < 6; ++i) columns[i] = static_cast<float>(six[i]);
      const Quat above = kBeginsLimb[j] ? motion::conjugate(world)
                                        : bones[static_cast<size_t>(motion::kJointParents[j])];
      bones[j] = motion::normalized(above * motion::from_6d(columns));
    }
    std::array<bool, 4> contacts{};
    for (size_t i = 0; i < 4; ++i) contacts[i] = row[kContacts + i] > 0.5;
    out.contacts.push_back(contacts);
  }
  return out;
}

PointRecording parse_humanml3d_joints(std::string_view npy, const std::string& name) {
  const NpyArray array = parse_npy(npy, name);
  check_shape(array, {kJointCount, 3}, name, "(frames, 22, 3)");
  PointRecording out = empty_joints(static_cast<size_t>(array.shape[0]), kHumanMl3dFps);
  const std::vector<double> numbers = sane_numbers(array, name);
  std::transform(numbers.begin(), numbers.end(), out.positions.begin(),
                 [](double v) { return static_cast<float>(v); });
  return out;
}

std::array<float, kJointCount> bone_lengths(const PointRecording& joints) {
  PANTOMIME_CHECK(joints.point_count() == kJoints && joints.frame_count() > 0,
                  "HumanML3D: expected 22 joints and a frame");
  std::array<float, kJoints> out{};
  for (size_t j = 1; j < kJoints; ++j) {
    const auto parent = static_cast<size_t>(motion::kJointParents[j]);
    out[j] = motion::length(point(joints.positions, 0, j) - point(joints.positions, 0, parent));
  }
  return out;
}

NpyArray humanml3d_features(const PointRecording& joints, const HumanMl3dOptions& options) {
  joints.validate();
  const size_t frames = joints.frame_count();
  PANTOMIME_CHECK(joints.point_count() == kJoints && frames >= 2,
                  "HumanML3D: {} joints in {} frames, expected 22 in two or more",
                  joints.point_count(), frames);
  PANTOMIME_CHECK(std::abs(joints.fps - kHumanMl3dFps) < 1e-6,
                  "HumanML3D: {} frames per second, expected 20", joints.fps);
  std::vector<float> p = joints.positions;
  const std::array<float, kJoints> own = bone_lengths(joints);
  if (options.bone_lengths) {
    PANTOMIME_CHECK(own[motion::kRightKnee] + own[motion::kRightAnkle] > 1e-3f,
                    "HumanML3D: legs without a length");
    use_bone_lengths(p, frames, *options.bone_lengths, own);
  }
  place(p, frames);

  const std::vector<Quat> heading = headings(p, frames);
  std::vector<float> out((frames - 1) * kWidth);
  for (size_t f = 0; f + 1 < frames; ++f) {
    float* row = &out[f * kWidth];
    const Quat now = heading[f], next = heading[f + 1];
    const Vec3 root = point(p, f, 0);
    const Vec3 step = next * (point(p, f + 1, 0) - root);
    row[0] = std::asin(std::clamp((next * motion::conjugate(now)).y, -1.f, 1.f));
    row[1] = step.x, row[2] = step.z, row[3] = root.y;
    std::array<Quat, kJoints> bones;
    for (size_t j = 1; j < kJoints; ++j) {
      put(row + kRic + 3 * (j - 1), now * (point(p, f, j) - Vec3{root.x, 0, root.z}));
      const auto parent = static_cast<size_t>(motion::kJointParents[j]);
      const Vec3 bone = point(p, f, j) - point(p, f, parent);
      bones[j] = motion::rotation_between(kHumanMl3dRest[j], bone);
      const Quat above = kBeginsLimb[j] ? now : bones[parent];
      const auto six = motion::to_6d(motion::normalized(motion::conjugate(above) * bones[j]));
      std::copy(six.begin(), six.end(), row + kTurns + 6 * (j - 1));
    }
    for (size_t j = 0; j < kJoints; ++j)
      put(row + kSpeeds + 3 * j, now * (point(p, f + 1, j) - point(p, f, j)));
    for (size_t i = 0; i < 4; ++i) {
      const Vec3 moved = point(p, f + 1, kFeet[i]) - point(p, f, kFeet[i]);
      row[kContacts + i] = motion::dot(moved, moved) < 0.002f ? 1.f : 0.f;
    }
  }
  return npy_of({static_cast<int64_t>(frames) - 1, kHumanMl3dWidth}, std::span<const float>(out));
}

PointRecording joints_of(const motion::Clip& clip) {
  PANTOMIME_CHECK(clip.joint_count() == kJoints && clip.moving_joints.empty() &&
                      std::equal(clip.skeleton.names.begin(), clip.skeleton.names.end(),
                                 motion::kJointNames.begin()),
                  "expected the canonical 22 joints");
  return motion::points_of(clip);
}

std::string to_humanml3d(const motion::Clip& clip, const HumanMl3dOptions& options) {
  clip.validate();
  return to_npy(humanml3d_features(joints_of(motion::resample(clip, kHumanMl3dFps)), options));
}

void write_humanml3d(const std::filesystem::path& path, const motion::Clip& clip,
                     const HumanMl3dOptions& options) {
  write_file(path, to_humanml3d(clip, options));
}

}  // namespace pantomime::formats
