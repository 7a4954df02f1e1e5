// Is a sample a copy of a training clip?
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace pantomime::metrics {

struct NearestOptions {
  int64_t hop = 8;         ///< training windows start at every hop-th frame
  int64_t frame_step = 4;  ///< joints are compared in every frame_step-th frame
};

/// The training window that is most like a sample.
struct Nearest {
  double distance_mm = 0;  ///< root mean square distance of joints over frames, millimetres
  size_t clip = 0;         ///< index of the training clip
  int64_t first = 0;       ///< frame at which its window starts
  bool mirrored = false;   ///< the sample's mirror image was the nearer one
};

/// Nearest window of `training` (clips [F, D], real units) for each of `samples` (clips [F, D]).
/// Both start over the origin facing +Z; heights stay, and so do sizes of bodies. A training clip
/// shorter than a sample is compared over its own length when it has at least three quarters of the
/// sample's; shorter ones are left out. Windows that both clips share are at distance 0, one that
/// starts between two hops is at most half a hop away. A sample that no training clip is long
/// enough for gets an infinite distance.
std::vector<Nearest> nearest_windows(const std::vector<at::Tensor>& samples,
                                     const std::vector<at::Tensor>& training,
                                     const NearestOptions& options = {});

}  // namespace pantomime::metrics
