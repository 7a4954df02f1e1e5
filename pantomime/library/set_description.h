// What we know about a data set: where its index is, who moves, what it is called, its licence.
// One TOML file a set, in configs/sets or beside the data; docs/LIBRARY.md says how to write one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pantomime::library {

/// A common label, and what the source called it.
struct CommonLabel {
  std::string label;
  std::string detail;
};

/// Which common label a set's own label stands for (configs/labels.toml). Labels without an entry
/// have no common label: the clip then teaches motion, but no class.
class LabelMap {
 public:
  LabelMap() = default;
  /// TOML text: a table per map, `"source label" = "common label"` or
  /// `"source label" = {label = "…", detail = "…"}`. Throws ParseError naming file and line.
  static LabelMap parse(std::string_view text, const std::string& name);
  std::optional<CommonLabel> find(const std::string& map, const std::string& source) const;
  /// True when there is a table called `map`.
  bool has(const std::string& map) const { return maps_.contains(map); }
  /// All common labels, sorted, each once.
  std::vector<std::string> labels() const;
  /// Hash of the file.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  std::set<std::string> maps_;
  std::string fingerprint_;
  std::map<std::pair<std::string, std::string>, CommonLabel> entries_;
};

/// A table that labels intervals of files.
struct SegmentTable {
  std::string file;                      ///< CSV, relative to the set's folder
  std::string path, label, first, last;  ///< its columns
  double per_second = 30;                ///< first and last count frames at this rate; 1: seconds
  std::map<std::string, std::string> where;  ///< only rows with these values in these columns
  std::string label_map;                     ///< table of the label map; default: the set's
  bool optional = false;                     ///< it may be missing
  /// Source labels of the index and of earlier tables that this table knows better: they are
  /// dropped from a file which it labels.
  std::vector<std::string> replaces;
  /// What people do from the end of one labelled act to the begin of another.
  struct Between {
    std::string after, before, label;
  };
  std::vector<Between> between;
};

/// BABEL's labels of AMASS motion (formats/babel.h).
struct BabelLabels {
  std::vector<std::string> files;   ///< train.json and the like, relative to the set's folder
  std::string label_map = "babel";  ///< table of the label map
  bool splits = false;              ///< train, val or test is what a file's name ends in
  bool optional = false;            ///< they may be missing
};

/// HumanML3D's captions and lists (formats/humanml3d_text.h).
struct HumanMl3dLabels {
  std::string texts;                          ///< folder of the captions
  std::map<std::string, std::string> splits;  ///< "train" … -> file with the ids
  bool optional = false;                      ///< the captions may be missing
};

/// One array of point recordings with its tables (formats/point_table.h).
struct PointArray {
  std::string array;       ///< .npy, or compressed, relative to the set's folder
  std::string recordings;  ///< CSV with columns start, frames, perhaps fps, and the set's `path`
  std::string names;       ///< CSV with a column name: the points in the array's order
  std::string prefix;      ///< clips are called prefix/path; may be empty
  std::string points;      ///< point set (configs/points); empty: the set's, or guessed
  double metres_per_unit = 0.001;
  double confidence_per_unit = 0.001;
  bool benchmark = false;  ///< only these recordings are to be measured on (see the set's)
};

/// Loose files of points.
struct PointFiles {
  std::string ending;         ///< of files that are points beside those known by their names
  double fps = 30;            ///< where files don't say it
  bool picture = false;       ///< CSV: x, z in widths and y in heights of a picture, from the top
  double picture_aspect = 1;  ///< width over height of the picture
};

/// A set as its description file tells it. Texts may hold {column}: the value in the index.
struct SetDescription {
  std::string name;     ///< e.g. "cmu_mocap"; the folder of the data is called the same
  std::string licence;  ///< SPDX-like id
  std::string source;   ///< with the words the licence asks to be carried
  double weight = 1;
  bool recorded = true;   ///< motion capture, which import mends (mend.h); false: made by hand
  std::string label_map;  ///< table of the label map, default: the name
  /// Only to be measured on, by its licence or its noise: all clips get the split "benchmark",
  /// which neither training nor evaluation of priors takes.
  bool benchmark = false;
  std::string points;              ///< point set of its points; empty: guessed from their names
  std::vector<PointArray> arrays;  ///< their tables of recordings stand for an index
  std::optional<PointFiles> point_files;

  std::string index;  ///< CSV relative to the folder, or empty
  std::string path;   ///< its column that names the file, relative to the folder
  std::string subject, label, style, caption;            ///< templates
  std::map<std::string, std::string> renamed_subjects;   ///< template's result -> subject
  std::map<std::string, std::string> subjects_of_files;  ///< path -> subject, before all else
  std::vector<SegmentTable> segments;
  std::optional<BabelLabels> babel;
  std::optional<HumanMl3dLabels> humanml3d;

  std::vector<std::string> val_subjects, test_subjects;
  /// Sets of one actor are split by a number in the index instead: value mod `modulo`.
  std::string split_column;
  int64_t modulo = 0;
  std::vector<int64_t> val_values, test_values;
  std::map<std::string, std::string> splits_of_files;  ///< path -> split, before all else

  std::vector<std::string> skip;  ///< paths of files that import leaves out, e.g. doubles

  std::string text;  ///< the file itself, so that import notices a change
};

/// Parses a description; an unknown key is an error. Throws ParseError naming file and line.
SetDescription parse_set_description(std::string text, const std::string& name);
/// All *.toml of a folder, by name.
std::vector<SetDescription> read_set_descriptions(const std::filesystem::path& folder);

}  // namespace pantomime::library
