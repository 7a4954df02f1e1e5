#include "pantomime/features/kinematics.h"

#include <ATen/ATen.h>

#include <array>
#include <vector>

#include "pantomime/base/error.h"
#include "pantomime/features/features.h"

namespace pantomime::features {
namespace {

using motion::kJointCount;
using motion::kJointParents;

/// offsets_of() is linear, so it is a matrix [66, 26].
const at::Tensor& offset_matrix() {
  static const at::Tensor matrix = [] {
    at::Tensor m = at::zeros({3 * kJointCount, motion::kGeometrySize}, at::kDouble);
    auto cell = m.accessor<double, 2>();
    for (int64_t g = 0; g < motion::kGeometrySize; ++g) {
      motion::Geometry unit{};
      unit[static_cast<size_t>(g)] = 1;
      const auto offsets = motion::offsets_of(unit);
      for (int64_t j = 0; j < kJointCount; ++j) {
        const auto o = offsets[static_cast<size_t>(j)];
        cell[3 * j][g] = o.x, cell[3 * j + 1][g] = o.y, cell[3 * j + 2][g] = o.z;
      }
    }
    return m;
  }();
  return matrix;
}

at::Tensor unit(const at::Tensor& v, double smallest) {
  return v / v.norm(2, -1, true).clamp_min(smallest);
}

/// Joints by their distance from the root: each level is one batched product.
const std::vector<std::vector<int64_t>>& levels() {
  static const std::vector<std::vector<int64_t>> result = [] {
    std::vector<std::vector<int64_t>> out;
    std::array<size_t, kJointCount> depth{};
    for (size_t j = 0; j < kJointCount; ++j) {
      depth[j] = j == 0 ? 0 : depth[static_cast<size_t>(kJointParents[j])] + 1;
      out.resize(std::max(out.size(), depth[j] + 1));
      out[depth[j]].push_back(static_cast<int64_t>(j));
    }
    return out;
  }();
  return result;
}

/// Products of 3x3 matrices as nine multiply-adds on whole tensors: batched gemm of tiny matrices
/// is far slower on a CPU.
at::Tensor times(const at::Tensor& a, const at::Tensor& b) {  // [..., 3, 3] x [..., 3, n]
  return a.select(-1, 0).unsqueeze(-1) * b.select(-2, 0).unsqueeze(-2) +
         a.select(-1, 1).unsqueeze(-1) * b.select(-2, 1).unsqueeze(-2) +
         a.select(-1, 2).unsqueeze(-1) * b.select(-2, 2).unsqueeze(-2);
}

}  // namespace

at::Tensor rotation_matrices(const at::Tensor& six, double smallest) {
  const at::Tensor x = unit(six.narrow(-1, 0, 3), smallest);
  const at::Tensor raw = six.narrow(-1, 3, 3);
  const at::Tensor y = unit(raw - (x * raw).sum(-1, true) * x, smallest);
  return at::stack({x, y, at::cross(x, y, -1)}, -1);
}

at::Tensor root_path(const at::Tensor& features) {
  const at::Tensor v = features.narrow(-1, kRootVelocity, 2);
  const at::Tensor steps = v.narrow(-2, 1, v.size(-2) - 1) / motion::kFps;
  return at::cat({at::zeros_like(v.narrow(-2, 0, 1)), steps.cumsum(-2)}, -2);
}

at::Tensor bone_offsets(const at::Tensor& geometry) {
  const at::Tensor matrix = offset_matrix().to(geometry.options());
  return at::matmul(geometry, matrix.t()).view({-1, kJointCount, 3});
}

WorldJoints world_joints(const at::Tensor& six, const at::Tensor& root, const at::Tensor& offsets,
                         double smallest) {
  const int64_t batch = six.size(0), frames = six.size(1);
  const at::Tensor local = rotation_matrices(six.reshape({batch, frames, kJointCount, 6}),
                                             smallest);  // [B, F, 22, 3, 3]

  // One tensor per joint would be 22 x 9 small products; one per level is 8.
  at::Tensor rotations = local.narrow(2, 0, 1), positions = root.unsqueeze(2);  // level so far
  std::vector<int64_t> where(kJointCount, 0);  // place of each joint inside its level
  std::vector<at::Tensor> all = {positions}, turned = {rotations};
  std::vector<int64_t> order = {0};
  for (size_t level = 1; level < levels().size(); ++level) {
    const std::vector<int64_t>& joints = levels()[level];
    std::vector<int64_t> parents;
    for (size_t i = 0; i < joints.size(); ++i) {
      const auto j = static_cast<size_t>(joints[i]);
      parents.push_back(where[static_cast<size_t>(kJointParents[j])]);
    }
    for (size_t i = 0; i < joints.size(); ++i)
      where[static_cast<size_t>(joints[i])] = static_cast<int64_t>(i);
    const auto device = six.device();
    const at::Tensor parent_index = at::tensor(parents, at::kLong).to(device);
    const at::Tensor joint_index = at::tensor(joints, at::kLong).to(device);
    const at::Tensor parent_rotation = rotations.index_select(2, parent_index);
    const at::Tensor offset =
        offsets.index_select(1, joint_index).unsqueeze(1).unsqueeze(-1);  // [B, 1, n, 3, 1]
    positions =
        positions.index_select(2, parent_index) + times(parent_rotation, offset).squeeze(-1);
    rotations = times(parent_rotation, local.index_select(2, joint_index));
    all.push_back(positions);
    turned.push_back(rotations);
    order.insert(order.end(), joints.begin(), joints.end());
  }
  std::vector<int64_t> back(kJointCount);
  for (size_t i = 0; i < order.size(); ++i)
    back[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  const at::Tensor index = at::tensor(back, at::kLong).to(six.device());
  return {at::cat(all, 2).index_select(2, index), at::cat(turned, 2).index_select(2, index)};
}

at::Tensor joint_positions(const at::Tensor& features, double smallest) {
  PANTOMIME_CHECK(features.dim() == 3 && features.size(2) == kFeatureSize,
                  "joint_positions: expected [B, F, {}], got {} dimensions", kFeatureSize,
                  features.dim());
  const at::Tensor offsets =
      bone_offsets(features.narrow(2, kGeometry, motion::kGeometrySize).mean(1));  // [B, 22, 3]
  const at::Tensor path = root_path(features);
  const at::Tensor root =
      at::stack({path.select(-1, 0), features.select(-1, kRootHeight), path.select(-1, 1)}, -1);
  return world_joints(features.narrow(2, kRootRotation, 6 * kJointCount), root, offsets, smallest)
      .positions;
}

}  // namespace pantomime::features
