#include "pantomime/body/rig.h"

#include "pantomime/body/morph.h"

namespace pantomime::body {

using motion::Joint;
using motion::Mat3;
using motion::Quat;

namespace {

constexpr Vec3 kX{1, 0, 0}, kDown{0, -1, 0};

/// Frame of a hand: x along it (canonical sense: towards +x on both sides of a T-pose), z from the
/// little finger's to the index finger's side, y out of its back.
Quat hand_frame(Vec3 along, Vec3 across) {
  const Vec3 x = normalized(along, kX);
  const Vec3 y = normalized(cross(across, x), {0, 1, 0});
  return from_matrix(Mat3::from_columns(x, y, cross(x, y)));
}

}  // namespace

Vec3 locate(const Regressor& regressor, std::span<const Vec3> points) {
  Vec3 sum;
  for (size_t i = 0; i < regressor.points.size(); ++i)
    sum += regressor.weights[i] * points[regressor.points[i]];
  return sum;
}

Binding bind_joints(const BodyAssets& assets, std::span<const Vec3> points) {
  Binding out;
  out.positions.resize(motion::kJointCount);
  out.rotations.assign(motion::kJointCount, Quat{});
  for (size_t j = 0; j < motion::kJointCount; ++j)
    out.positions[j] = locate(assets.joint_regressors()[j], points);

  auto swing = [&](Joint joint, Joint child, Vec3 rest_direction) {
    const auto parent = static_cast<size_t>(motion::kJointParents[joint]);
    const Quat frame = out.rotations[parent];
    const Vec3 bone = out.positions[child] - out.positions[joint];
    out.rotations[joint] =
        normalized(motion::rotation_between(frame * rest_direction, bone) * frame);
  };
  for (const auto& [hip, knee, ankle] :
       {std::array{motion::kLeftHip, motion::kLeftKnee, motion::kLeftAnkle},
        std::array{motion::kRightHip, motion::kRightKnee, motion::kRightAnkle}}) {
    swing(hip, knee, kDown);
    swing(knee, ankle, kDown);
  }
  for (const bool left : {true, false}) {
    const Joint shoulder = left ? motion::kLeftShoulder : motion::kRightShoulder;
    const Joint elbow = left ? motion::kLeftElbow : motion::kRightElbow;
    const Joint wrist = left ? motion::kLeftWrist : motion::kRightWrist;
    const std::string side = left ? "left_" : "right_";
    const float sign = left ? 1.f : -1.f;
    swing(shoulder, elbow, sign * kX);
    swing(elbow, wrist, sign * kX);
    auto knuckle = [&](const std::string& finger) {
      return locate(assets.landmark(side + finger + "_knuckle"), points);
    };
    out.rotations[wrist] = hand_frame(sign * (knuckle("middle") - out.positions[wrist]),
                                      knuckle("index") - knuckle("little"));
    const Quat turn =
        motion::twist_about(conjugate(out.rotations[elbow]) * out.rotations[wrist], kX);
    out.rotations[elbow] = normalized(out.rotations[elbow] * motion::slerp(Quat{}, turn, 0.5f));
  }

  std::vector<Vec3> offsets(motion::kJointCount);
  for (size_t j = 1; j < motion::kJointCount; ++j) {
    const auto p = static_cast<size_t>(motion::kJointParents[j]);
    offsets[j] = conjugate(out.rotations[p]) * (out.positions[j] - out.positions[p]);
  }
  out.skeleton = motion::canonical_skeleton(offsets);
  return out;
}

motion::Geometry geometry_of(const BodyAssets& assets, const BodyShape& shape) {
  return motion::geometry_of(bind_joints(assets, morph(assets, shape)).skeleton.offsets);
}

}  // namespace pantomime::body
