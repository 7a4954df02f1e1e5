// Label files of published sets that come apart from the motion: BABEL's and HumanML3D's.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/formats/babel.h"
#include "pantomime/library/set_description.h"

namespace pantomime::library {

/// One act in a motion file.
struct LabelledSpan {
  double first = 0, last = 0;  ///< seconds; last may be infinite
  std::string label;           ///< the source's category
  std::string words;           ///< as somebody said it, or empty
};

/// What label files say about a motion file.
struct FileLabels {
  std::vector<LabelledSpan> spans;
  std::string caption;  ///< sentences about the whole, one a line; may be empty
  std::string split;    ///< "train", "val" or "test", or empty
};

/// The label files of one set, read once. Safe to read from many threads.
class LabelFiles {
 public:
  LabelFiles() = default;
  /// Files are relative to `folder`. Throws Error naming the file for one that is missing (unless
  /// the description says it may be) or broken.
  LabelFiles(const SetDescription& description, const std::filesystem::path& folder);

  FileLabels find(const std::string& path) const;
  /// Hash of all files; empty when there are none.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  void read_babel(const BabelLabels& labels, const std::filesystem::path& folder);
  void read_humanml3d(const HumanMl3dLabels& labels, const std::filesystem::path& folder);

  std::vector<formats::BabelSequence> sequences_;
  std::vector<std::string> sequence_splits_;  ///< [sequences]
  formats::AmassNames names_;
  std::map<std::string, FileLabels> by_stem_;  ///< HumanML3D's ids
  std::string fingerprint_;
};

}  // namespace pantomime::library
