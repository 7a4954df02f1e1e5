// Training data: windows of clips, drawn so that rare actions are seen too.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/features/features.h"
#include "pantomime/library/library.h"

namespace pantomime::training {

/// B windows, padded to the same number of frames.
struct Batch {
  at::Tensor x;       ///< [B, F, D] normalised features, zero where padded
  at::Tensor mask;    ///< [B, F] bool, true = real frame
  at::Tensor labels;  ///< [B] int64, index into MotionData::labels(), -1 = none
};

/// All clips of a library that pass a filter, as features in memory.
class MotionData {
 public:
  /// A window that may be drawn: some frames of a clip that carry one label.
  struct Window {
    size_t clip;
    int64_t first, count;  ///< frames
    int64_t label;         ///< -1: none
    double weight;         ///< relative chance to be drawn
  };

  /// `window` is the longest window in frames (a multiple of 4).
  static MotionData load(const library::Library& library, const library::Filter& filter,
                         int64_t window, Progress& progress);

  /// Names of the labels that occur, sorted.
  const std::vector<std::string>& labels() const { return labels_; }
  /// Windows with each label, and their seconds of motion (without overlap).
  std::map<std::string, std::pair<int64_t, double>> label_counts() const;
  const std::vector<Window>& windows() const { return windows_; }
  const at::Tensor& clip(size_t index) const { return clips_[index]; }  ///< [F, D], real units
  const library::ClipInfo& info(size_t index) const { return infos_[index]; }
  size_t clip_count() const { return clips_.size(); }
  int64_t frame_count() const { return frames_; }
  int64_t window_frames() const { return window_; }

  /// With the spectrum of its windows, half of them mirrored.
  features::Normaliser fit_normaliser() const;

  /// Batch number `step` of a run with this seed: the same for the same numbers, whatever was drawn
  /// before. Windows are drawn with chance w / sqrt(sum of w over the label), where w is the weight
  /// of their clip (ClipInfo::weight); half of them are
  /// mirrored; starts are jittered; three in ten are cut to a random shorter length; a share of
  /// `vary` is played up to 16 % faster or slower, by bodies up to 6 % bigger or smaller.
  Batch draw(uint64_t seed, int64_t step, int64_t size, const features::Normaliser& normaliser,
             double vary = kVary) const;
  static constexpr double kVary = 0.5;
  /// The windows with these indices as they are (no jitter); mirrored where a flag says so.
  Batch collect(const std::vector<size_t>& windows, const features::Normaliser& normaliser,
                const std::vector<char>& mirrored = {}) const;
  /// Features [F, D] of a window, facing forward.
  at::Tensor window_features(size_t window, bool mirrored) const;

 private:
  at::Tensor cut(const Window& window, int64_t first, int64_t count, bool mirrored) const;
  Batch pack(const std::vector<at::Tensor>& parts, const std::vector<int64_t>& labels,
             const features::Normaliser& normaliser) const;

  int64_t window_ = 0, frames_ = 0;
  std::vector<at::Tensor> clips_;
  std::vector<library::ClipInfo> infos_;
  std::vector<std::string> labels_;
  std::vector<Window> windows_;
  std::vector<double> cumulative_;
};

}  // namespace pantomime::training
