// Trains the judge of metrics/judge.h on real motion, examines it on people it has not seen, and
// keeps it in a file.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/formats/safetensors.h"
#include "pantomime/metrics/judge.h"
#include "pantomime/training/motion_data.h"

namespace pantomime::training {

struct JudgeOptions {
  metrics::JudgeConfig network;
  int64_t steps = 2000;
  int64_t batch = 64;
  double rate = 1e-3;  ///< peak learning rate
  double weight_decay = 0.05;
  double smoothing = 0.1;  ///< share of each label's weight spread over all labels
  /// Weight of a side task: from the features, 8 poses of the motion without its noise. Without it
  /// the features hold the label and little else, and a Fréchet distance would see only the mix of
  /// actions.
  double poses = 1.0;
  int64_t least_windows = 20;  ///< labels with fewer training windows are left out
  int64_t least_subjects = 2;  ///< labels shown by fewer people are left out
  uint64_t seed = 1;
  std::string licence;  ///< of the weights
};

/// A label that was left out, and how much there was of it.
struct DroppedLabel {
  std::string label;
  int64_t windows = 0, subjects = 0;
};

struct JudgeLogRow {
  int64_t step = 0;
  double loss = 0, poses = 0, accuracy = 0;  ///< means since the row before, on augmented windows
};

struct TrainedJudge {
  metrics::Judge judge;
  std::vector<DroppedLabel> dropped;
};

/// Every label is drawn equally often; each window is mirrored, cut, sped up or slowed down,
/// scaled, and disturbed (joint angles, positions, floor height) at random. The same data and
/// options give the same judge on the same machine with the same number of threads. Throws Error
/// when fewer than two labels are left; Cancelled when stopped.
TrainedJudge train_judge(const MotionData& data, const JudgeOptions& options,
                         const std::function<void(const JudgeLogRow&)>& on_log, Progress& progress);

/// How well a judge does on labelled windows of other people.
struct JudgeExam {
  std::vector<std::string> labels;              ///< [K] the judge's
  std::vector<std::vector<int64_t>> confusion;  ///< [K][K] windows: row is the truth
  int64_t unknown = 0;                          ///< windows with a label the judge doesn't know
  double accuracy = 0;                          ///< share of windows
  double balanced_accuracy = 0;                 ///< mean over the labels that occur
  std::string markdown() const;  ///< a table, one label a line, with what it took it for
};
JudgeExam examine_judge(const metrics::Judge& judge, const MotionData& data);

/// Kind "judge"; the same judge gives the same bytes.
void write_judge(const std::filesystem::path& path, const metrics::Judge& judge);
/// Throws ParseError or Error: not a judge, a newer format, other features, a tensor missing or of
/// another shape.
metrics::Judge read_judge(const std::filesystem::path& path);
/// A judge's file of whichever kind, open: what all of them have in common. Their layout has been
/// the same since format 1.
struct JudgeFile {
  formats::Safetensors file;
  std::string where, licence, recipe, hash;
  /// Of the metadata "pantomime.config". Throws Error when it isn't there.
  const std::string& config() const;
  /// The tensors "judge." + name. Throws Error when one is missing or has another shape.
  metrics::JudgeWeights take(
      const std::vector<std::pair<std::string, std::vector<int64_t>>>& shapes) const;
};
/// `kind`: "judge", "text judge". Throws ParseError or Error: another kind, or a newer format.
JudgeFile open_judge_file(const std::filesystem::path& path, const char* kind);

}  // namespace pantomime::training
