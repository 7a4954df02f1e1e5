// Is a finished data set what it says it is, and what is in it?
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/dataset/builder.h"

namespace pantomime::dataset {

/// One clip of the manifest, as far as statistics need it.
struct ClipSummary {
  std::string key, action, room, light, move, place, body;
  int number = 0;
  int64_t frames = 0, people = 0;
  double fps = 10, field_of_view = 0, measured = 0, requested = -1;
  bool occluder = false;
  std::array<int64_t, 5> states{};  ///< canonical joints of the acting person by render::JointState
};

struct CheckResult {
  std::vector<std::string> problems;  ///< one line each; empty: all is well
  int64_t files = 0, samples = 0;
  std::vector<ClipSummary> clips;
};

/// Reads everything: checksums, tar order, every picture and table, COCO's lines (masks fill their
/// area, ids meet), the manifest against the plan. Throws Error when there is no data set.
CheckResult check(const std::filesystem::path& folder, int threads, Progress& progress);

/// The manifest alone.
std::vector<ClipSummary> read_manifest(const std::filesystem::path& folder);

/// Class shares, visible fractions (wanted and found), bodies, cameras, rooms: as JSON and as one
/// picture.
std::string statistics_json(const std::vector<ClipSummary>& clips);
Image statistics_picture(const std::vector<ClipSummary>& clips, const std::string& title);

/// Mean absolute difference of wanted and found visible fraction; -1 when none was wanted.
double visible_error(const std::vector<ClipSummary>& clips);

}  // namespace pantomime::dataset
