// Forward kinematics on tensors, differentiable.
#pragma once

#include <ATen/core/Tensor.h>

namespace pantomime::features {

/// Joint positions in metres of features [B, F, D] in real units (not normalised): [B, F, 22, 3].
/// The root path starts at the origin. Works in float and double, on any device, and is
/// differentiable. 6D columns are made orthonormal by Gram-Schmidt; lengths are clamped from below
/// at `smallest`, because a mean over plausible poses can be near zero and 1/length would make the
/// gradient explode (early in training a 10 to 20 times too large gradient was seen).
at::Tensor joint_positions(const at::Tensor& features, double smallest = 1e-6);

/// Joints in the world: positions [B, F, 22, 3] metres, rotations [B, F, 22, 3, 3].
struct WorldJoints {
  at::Tensor positions, rotations;
};
/// The same from its parts: rotations 6D [B, F, 132] (root first), root positions [B, F, 3] and
/// bone offsets [B, 22, 3].
WorldJoints world_joints(const at::Tensor& six, const at::Tensor& root, const at::Tensor& offsets,
                         double smallest = 1e-6);

/// Rotation matrices [..., 3, 3] from 6D [..., 6].
at::Tensor rotation_matrices(const at::Tensor& six, double smallest = 1e-6);

/// Root path [B, F, 2] (x, z) in metres from velocities, starting at the origin.
at::Tensor root_path(const at::Tensor& features);

/// Bone offsets [B, 22, 3] of geometry channels [B, 26].
at::Tensor bone_offsets(const at::Tensor& geometry);

}  // namespace pantomime::features
