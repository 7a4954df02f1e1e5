#include "pantomime/motion/skeleton.h"

#include <algorithm>
#include <unordered_set>

#include "pantomime/base/error.h"

namespace pantomime::motion {

const std::array<std::string_view, kJointCount> kJointNames = {
    "pelvis",     "left_hip",    "right_hip",    "spine1",     "left_knee",     "right_knee",
    "spine2",     "left_ankle",  "right_ankle",  "spine3",     "left_foot",     "right_foot",
    "neck",       "left_collar", "right_collar", "head",       "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist",   "right_wrist"};

const std::array<int, kJointCount> kJointParents = {-1, 0, 0, 0, 1,  2,  3,  4,  5,  6,  7,
                                                    8,  9, 9, 9, 12, 13, 14, 16, 17, 18, 19};

const std::array<int, kJointCount> kMirrorJoint = {0,  2,  1,  3,  5,  4,  6,  8,  7,  9,  11,
                                                   10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20};

std::optional<int> Skeleton::find(std::string_view name) const {
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) return std::nullopt;
  return static_cast<int>(it - names.begin());
}

void Skeleton::validate() const {
  PANTOMIME_CHECK(!names.empty(), "skeleton: no joints");
  PANTOMIME_CHECK(parents.size() == names.size() && offsets.size() == names.size(),
                  "skeleton: {} names, {} parents, {} offsets; expected the same number",
                  names.size(), parents.size(), offsets.size());
  std::unordered_set<std::string_view> seen;
  for (size_t j = 0; j < names.size(); ++j) {
    PANTOMIME_CHECK(!names[j].empty(), "skeleton: joint {} has no name", j);
    PANTOMIME_CHECK(seen.insert(names[j]).second, "skeleton: two joints are called \"{}\"",
                    names[j]);
    const bool ordered =
        j == 0 ? parents[j] == -1 : parents[j] >= 0 && parents[j] < static_cast<int>(j);
    PANTOMIME_CHECK(ordered, "skeleton: parent {} of joint \"{}\" must come before it", parents[j],
                    names[j]);
    const Vec3 o = offsets[j];
    PANTOMIME_CHECK(std::isfinite(o.x) && std::isfinite(o.y) && std::isfinite(o.z),
                    "skeleton: offset of \"{}\" is not finite", names[j]);
  }
  for (const EndSite& site : end_sites)
    PANTOMIME_CHECK(site.parent >= 0 && site.parent < static_cast<int>(names.size()),
                    "skeleton: end site of joint {}, there are {}", site.parent, names.size());
}

std::optional<int> find_joint(std::string_view name) {
  const auto it = std::find(kJointNames.begin(), kJointNames.end(), name);
  if (it == kJointNames.end()) return std::nullopt;
  return static_cast<int>(it - kJointNames.begin());
}

namespace {

constexpr std::array<Joint, 5> kSpine = {kSpine1, kSpine2, kSpine3, kNeck, kHead};
Vec3 mirrored(Vec3 v) {
  return {-v.x, v.y, v.z};
}

}  // namespace

std::array<Vec3, kJointCount> offsets_of(const Geometry& g) {
  std::array<Vec3, kJointCount> out{};
  for (size_t i = 0; i < kSpine.size(); ++i) out[kSpine[i]] = {0, g[2 * i], g[2 * i + 1]};
  out[kLeftCollar] = {g[10], g[11], g[12]};
  out[kLeftShoulder] = {g[13], g[14], g[15]};
  out[kLeftElbow] = {g[16], 0, 0};
  out[kLeftWrist] = {g[17], 0, 0};
  out[kLeftHip] = {g[18], g[19], g[20]};
  out[kLeftKnee] = {0, -g[21], 0};
  out[kLeftAnkle] = {0, -g[22], 0};
  out[kLeftFoot] = {g[23], g[24], g[25]};
  for (const Joint left : {kLeftCollar, kLeftShoulder, kLeftElbow, kLeftWrist, kLeftHip, kLeftKnee,
                           kLeftAnkle, kLeftFoot})
    out[static_cast<size_t>(kMirrorJoint[left])] = mirrored(out[left]);
  return out;
}

Geometry geometry_of(std::span<const Vec3> offsets) {
  PANTOMIME_CHECK(offsets.size() == kJointCount, "geometry: {} offsets, expected {}",
                  offsets.size(), kJointCount);
  auto both = [&](Joint left) {
    return 0.5f * (offsets[left] + mirrored(offsets[static_cast<size_t>(kMirrorJoint[left])]));
  };
  auto mean_length = [&](Joint left) {
    return 0.5f *
           (length(offsets[left]) + length(offsets[static_cast<size_t>(kMirrorJoint[left])]));
  };
  Geometry g{};
  for (size_t i = 0; i < kSpine.size(); ++i) {
    g[2 * i] = offsets[kSpine[i]].y;
    g[2 * i + 1] = offsets[kSpine[i]].z;
  }
  auto put = [&](size_t at, Vec3 v) { g[at] = v.x, g[at + 1] = v.y, g[at + 2] = v.z; };
  put(10, both(kLeftCollar));
  put(13, both(kLeftShoulder));
  g[16] = mean_length(kLeftElbow);
  g[17] = mean_length(kLeftWrist);
  put(18, both(kLeftHip));
  g[21] = mean_length(kLeftKnee);
  g[22] = mean_length(kLeftAnkle);
  put(23, both(kLeftFoot));
  return g;
}

Skeleton canonical_skeleton(const Geometry& geometry) {
  return canonical_skeleton(offsets_of(geometry));
}

Skeleton canonical_skeleton(std::span<const Vec3> offsets) {
  PANTOMIME_CHECK(offsets.size() == kJointCount, "skeleton: {} offsets, expected {}",
                  offsets.size(), kJointCount);
  Skeleton skeleton;
  skeleton.names.assign(kJointNames.begin(), kJointNames.end());
  skeleton.parents.assign(kJointParents.begin(), kJointParents.end());
  skeleton.offsets.assign(offsets.begin(), offsets.end());
  return skeleton;
}

const Geometry& default_geometry() {
  static const Geometry geometry = {0.11f,  -0.01f, 0.125f, 0.0f,   0.055f, 0.02f,  0.215f,
                                    -0.03f, 0.10f,  0.03f,  0.07f,  0.12f,  -0.01f, 0.11f,
                                    0.03f,  -0.02f, 0.27f,  0.25f,  0.085f, -0.06f, 0.0f,
                                    0.40f,  0.40f,  0.02f,  -0.06f, 0.125f};
  return geometry;
}

float approximate_stature(const Geometry& g) {
  const float spine = g[0] + g[2] + g[4] + g[6] + g[8];
  return spine - g[19] + g[21] + g[22] + 0.17f + 0.07f;
}

}  // namespace pantomime::motion
