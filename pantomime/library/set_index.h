// What a set's tables say about each of its files.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "pantomime/formats/csv.h"
#include "pantomime/library/label_files.h"
#include "pantomime/library/library.h"
#include "pantomime/library/set_description.h"

namespace pantomime::library {

/// The index, segment tables and label names of one set, read once. Safe to read from many threads.
class SetIndex {
 public:
  /// `folder`: where the set lies; tables are read from there. Throws Error naming the file for a
  /// missing table or column, a broken number, or a {column} that the index does not have.
  SetIndex(SetDescription description, const std::filesystem::path& folder, const LabelMap& labels);

  /// How the index writes the path of a file found at `path` below the folder: leading folders that
  /// only come from where somebody unpacked it are dropped. `path` itself when it is not listed.
  std::string listed_path(const std::string& path) const;
  bool lists(const std::string& path) const { return rows_.contains(path); }
  /// Paths of all files in the index.
  std::vector<std::string> paths() const;

  /// All that is known of a file, except `mapping`, for a clip of `frames` frames at 30 per second
  /// that begins `begin` seconds into the file. `path` as from listed_path(). Source labels without
  /// a common one go to `unlabelled`.
  ClipInfo describe(const std::string& path, double begin, int64_t frames,
                    std::set<std::string>* unlabelled = nullptr) const;

  /// Hash of everything that describe() depends on.
  const std::string& fingerprint() const { return fingerprint_; }
  const SetDescription& description() const { return description_; }

 private:
  /// An interval as a table gives it.
  struct Interval {
    double first = 0, last = 0;  ///< seconds; last may be infinite
    std::string label;           ///< the source's
    std::string label_map;
    std::string detail;  ///< in somebody's words, or empty
  };
  struct Table {
    SegmentTable description;
    std::map<std::string, std::vector<Interval>> intervals;  ///< by path, ordered by time
  };

  void read_index(const std::filesystem::path& file, const std::string& prefix);
  void read_segments(const SegmentTable& table, const std::filesystem::path& file);
  std::string expand(const std::string& text, const std::string& path) const;
  std::string split_of(const std::string& path, const std::string& subject,
                       const std::string& said) const;
  std::vector<Interval> intervals_of(const std::string& path) const;

  SetDescription description_;
  LabelMap labels_;
  formats::CsvTable index_;
  std::map<std::string, size_t> rows_;  ///< path -> row of the index
  std::vector<Table> tables_;
  LabelFiles label_files_;
  std::string fingerprint_;
};

}  // namespace pantomime::library
