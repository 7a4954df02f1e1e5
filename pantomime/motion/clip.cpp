#include "pantomime/motion/clip.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::motion {
namespace {

bool finite(Vec3 v) {
  return std::isfinite(v.x) && std::isfinite(v.y) && std::isfinite(v.z);
}
bool finite(Quat q) {
  return std::isfinite(q.w) && finite(Vec3{q.x, q.y, q.z});
}

bool is_canonical(const Skeleton& skeleton) {
  return std::equal(skeleton.names.begin(), skeleton.names.end(), kJointNames.begin(),
                    kJointNames.end());
}

}  // namespace

void Clip::validate() const {
  skeleton.validate();
  const size_t frames = frame_count(), joints = joint_count();
  PANTOMIME_CHECK(frames > 0, "clip: no frames");
  PANTOMIME_CHECK(fps >= 1 && fps <= 1000, "clip: {} frames per second, expected 1 to 1000", fps);
  PANTOMIME_CHECK(rotations.size() == frames * joints, "clip: {} rotations, expected {} x {}",
                  rotations.size(), frames, joints);
  PANTOMIME_CHECK(translations.size() == frames * moving_joints.size(),
                  "clip: {} translations, expected {} x {}", translations.size(), frames,
                  moving_joints.size());
  for (const int j : moving_joints)
    PANTOMIME_CHECK(j > 0 && j < static_cast<int>(joints),
                    "clip: moving joint {}, expected 1 to {}", j, joints - 1);
  for (size_t f = 0; f < frames; ++f)
    PANTOMIME_CHECK(finite(root_positions[f]), "clip: root position of frame {} is not finite", f);
  for (size_t i = 0; i < rotations.size(); ++i)
    PANTOMIME_CHECK(finite(rotations[i]), "clip: frame {}, joint \"{}\": rotation is not finite",
                    i / joints, skeleton.names[i % joints]);
  for (size_t i = 0; i < translations.size(); ++i)
    PANTOMIME_CHECK(finite(translations[i]), "clip: frame {}: translation is not finite",
                    i / moving_joints.size());
}

WorldPose forward_kinematics(const Clip& clip) {
  const size_t frames = clip.frame_count(), joints = clip.joint_count();
  const size_t moving = clip.moving_joints.size();
  WorldPose world;
  world.positions.resize(frames * joints);
  world.rotations.resize(frames * joints);
  std::vector<Vec3> offsets = clip.skeleton.offsets;
  for (size_t f = 0; f < frames; ++f) {
    for (size_t m = 0; m < moving; ++m)
      offsets[static_cast<size_t>(clip.moving_joints[m])] = clip.translations[f * moving + m];
    Vec3* positions = &world.positions[f * joints];
    Quat* rotations = &world.rotations[f * joints];
    positions[0] = clip.root_positions[f];
    rotations[0] = clip.rotation(f, 0);
    for (size_t j = 1; j < joints; ++j) {
      const auto parent = static_cast<size_t>(clip.skeleton.parents[j]);
      positions[j] = positions[parent] + rotations[parent] * offsets[j];
      rotations[j] = normalized(rotations[parent] * clip.rotation(f, j));
    }
  }
  return world;
}

std::vector<Quat> local_rotations(const Skeleton& skeleton, const std::vector<Quat>& world) {
  const size_t joints = skeleton.joint_count();
  std::vector<Quat> local(world.size());
  for (size_t i = 0; i < world.size(); ++i) {
    const int parent = skeleton.parents[i % joints];
    local[i] =
        parent < 0
            ? world[i]
            : normalized(conjugate(world[i - i % joints + static_cast<size_t>(parent)]) * world[i]);
  }
  return local;
}

Clip resample(const Clip& clip, double fps) {
  PANTOMIME_CHECK(fps >= 1 && fps <= 1000, "resample: {} frames per second, expected 1 to 1000",
                  fps);
  const size_t joints = clip.joint_count(), moving = clip.moving_joints.size();
  const double last = static_cast<double>(clip.frame_count() - 1);
  const auto frames = static_cast<size_t>(std::floor(last * fps / clip.fps + 1e-6)) + 1;
  Clip out;
  out.skeleton = clip.skeleton;
  out.fps = fps;
  out.moving_joints = clip.moving_joints;
  out.root_positions.reserve(frames);
  out.rotations.reserve(frames * joints);
  for (size_t f = 0; f < frames; ++f) {
    const double at = std::min(static_cast<double>(f) * clip.fps / fps, last);
    const auto a = static_cast<size_t>(at);
    const size_t b = std::min(a + 1, clip.frame_count() - 1);
    const auto u = static_cast<float>(at - static_cast<double>(a));
    out.root_positions.push_back(lerp(clip.root_positions[a], clip.root_positions[b], u));
    for (size_t j = 0; j < joints; ++j)
      out.rotations.push_back(u == 0 ? clip.rotation(a, j)
                                     : slerp(clip.rotation(a, j), clip.rotation(b, j), u));
    for (size_t m = 0; m < moving; ++m)
      out.translations.push_back(
          lerp(clip.translations[a * moving + m], clip.translations[b * moving + m], u));
  }
  return out;
}

Clip cut(const Clip& clip, size_t first, size_t count) {
  PANTOMIME_CHECK(count > 0 && first + count <= clip.frame_count(),
                  "cut: frames {} to {}, the clip has {}", first, first + count,
                  clip.frame_count());
  auto slice = [&](const auto& values, size_t stride) {
    using Values = std::decay_t<decltype(values)>;
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first * stride);
    return Values(begin, begin + static_cast<std::ptrdiff_t>(count * stride));
  };
  Clip out;
  out.skeleton = clip.skeleton;
  out.fps = clip.fps;
  out.moving_joints = clip.moving_joints;
  out.root_positions = slice(clip.root_positions, 1);
  out.rotations = slice(clip.rotations, clip.joint_count());
  out.translations = slice(clip.translations, clip.moving_joints.size());
  return out;
}

Clip mirror(const Clip& clip) {
  PANTOMIME_CHECK(is_canonical(clip.skeleton), "mirror: expected the canonical 22 joints");
  Clip out = clip;
  for (size_t j = 0; j < kJointCount; ++j) {
    const Vec3 o = clip.skeleton.offsets[static_cast<size_t>(kMirrorJoint[j])];
    out.skeleton.offsets[j] = {-o.x, o.y, o.z};
  }
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    out.root_positions[f].x = -clip.root_positions[f].x;
    for (size_t j = 0; j < kJointCount; ++j) {
      // A rotation seen in a mirror turns the other way about y and z: (w, x, -y, -z).
      const Quat q = clip.rotation(f, static_cast<size_t>(kMirrorJoint[j]));
      out.rotation(f, j) = {q.w, q.x, -q.y, -q.z};
    }
  }
  return out;
}

Clip face_forward(const Clip& clip, size_t frame) {
  PANTOMIME_CHECK(frame < clip.frame_count(), "face_forward: frame {}, the clip has {}", frame,
                  clip.frame_count());
  const Quat turn = conjugate(heading(clip.rotation(frame, 0)));
  const Vec3 at = turn * clip.root_positions[frame];
  return transformed(clip, turn, {-at.x, 0, -at.z});
}

Clip transformed(const Clip& clip, Quat turn, Vec3 shift) {
  Clip out = clip;
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    out.root_positions[f] = turn * clip.root_positions[f] + shift;
    out.rotation(f, 0) = normalized(turn * clip.rotation(f, 0));
  }
  return out;
}

}  // namespace pantomime::motion
