// Names of the files that a command writes for many motions, from a template.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace pantomime::commands {

/// What a name can be made of.
struct OutputName {
  std::string path;  ///< where it lay, "/" between folders, without an ending
  std::string set, subject, label;
};

class OutputNames {
 public:
  /// `pattern`: text with {path}, {folder} (the last folder of path), {stem} (its file), {set},
  /// {subject}, {label} and {number} (00001 …), "/" between folders. Throws Error for anything else
  /// in braces and for a pattern that can only give empty names.
  explicit OutputNames(std::string pattern);

  /// True when names tell subjects or labels, which then must be known.
  bool tells_labels() const;

  /// The next motion's name, relative and below the folder it is meant for, whatever is in `of`:
  /// parts ".." are left out, and in all but {path} blanks become "-" and what separates folders
  /// "_". What has no label is "unlabelled". A name that was given already gets _2, _3 ….
  std::filesystem::path next(const OutputName& of);

 private:
  std::string pattern_;
  int64_t number_ = 0;
  std::set<std::filesystem::path> given_;
};

}  // namespace pantomime::commands
