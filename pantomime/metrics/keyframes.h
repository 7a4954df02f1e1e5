// Was what was asked for at key frames and along a path done?
#pragma once

#include <array>
#include <vector>

namespace pantomime::metrics {

/// Errors of controlled generation as GMD and OmniControl report them (Karunratanakul et al. 2023,
/// "Guided Motion Diffusion"; Xie et al. 2024): a sequence fails when any of its key frames is
/// farther off than a threshold, a location when it is itself.
struct KeyframeErrors {
  static constexpr std::array<double, 2> kThresholds = {0.2, 0.5};  ///< metres
  std::array<double, 2> trajectory_fail{};                          ///< share of sequences
  std::array<double, 2> location_fail{};                            ///< share of key frames
  double mean_m = 0;  ///< mean over key frames, metres
  double hit = 0;     ///< share of key frames nearer than 0.10 m (Kimodo's path hit)
};

/// errors[n]: distance of each key frame of sequence n to where it was asked to be, metres. Throws
/// Error when there is no sequence or one without key frames.
KeyframeErrors keyframe_errors(const std::vector<std::vector<double>>& errors);

}  // namespace pantomime::metrics
