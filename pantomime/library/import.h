// From motion capture files to the library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/library/library.h"
#include "pantomime/library/motion_reader.h"

namespace pantomime::library {

struct ImportOptions {
  /// Folder of the descriptions of known sets, and the label map; defaults: configs/sets and
  /// configs/labels.toml among Pantomime's own files.
  std::filesystem::path sets, labels;
  /// For motion that no set description covers: set name (default "own"), licence (default
  /// "unknown"), where it comes from, and texts as in a set description, in which {folder} and
  /// {stem} are the names of the file's folder and of the file.
  std::string set = "own";
  std::string licence = "unknown";
  std::string source = "unknown";
  std::string subject = "own/{folder}";
  std::string label;
  MotionReaderOptions reader;  ///< mappings, point sets, frame rates that files don't say
  bool force = false;          ///< also what has not changed since the last import
  /// Clips with serious findings are refused, and those already in the library taken out.
  bool strict = false;
  int threads = 0;  ///< 0: all cores
};

/// A file that could not be imported, and why, in one line.
struct ImportFailure {
  std::string file;
  std::string message;
};

/// A recording with frames that no body did (see mend.h), and how many source frames that were.
struct ImportRepair {
  std::string clip;
  int64_t redrawn = 0, left_out = 0;
};

/// A clip with findings (motion/quality.h): serious ones and notes, not what was mended.
struct ImportFindings {
  std::string clip;
  std::vector<motion::Finding> findings;
};

/// A clip made of points of which joints were lost for a while (see PointGaps).
struct ImportBridge {
  std::string clip;
  PointGaps gaps;
};

struct ImportReport {
  int64_t files = 0;       ///< motion files seen
  int64_t imported = 0;    ///< written to the library
  int64_t unchanged = 0;   ///< were there already
  int64_t duplicates = 0;  ///< the same file of a set found in a second place (archive and folder)
  int64_t skipped = 0;     ///< left out because their set's description says so
  double seconds = 0;      ///< of motion written
  std::vector<ImportFailure> failures;
  std::vector<ImportRepair> mended;
  int64_t refused = 0;                ///< not in the library because of `strict`
  std::vector<ImportFindings> found;  ///< clips that were written or refused, if anything was found
  int64_t from_points = 0;            ///< of those imported: by the pose solver
  std::vector<ImportBridge> bridged;
  std::map<std::string, int64_t> missing;  ///< set -> files of its index that were nowhere found
  std::vector<std::string> unlabelled;     ///< "set: label" that have no common label
};

/// Imports motion files (formats/motion_file.h), recordings of points (formats/point_file.h,
/// point_table.h), folders and archives of them. Every clip goes through its rig's mapping or the
/// pose solver to the canonical skeleton, is mended (mend.h), goes to 30 frames per
/// second, onto the floor (the 3rd percentile of the lowest foot joint, minus the 2 cm by which a
/// toe joint lies above the sole), and begins over the origin facing +Z. Then it is checked
/// (motion/quality.h), and what was found or mended is stored with it. One transaction a clip, in
/// the order of the files' names whatever the number of threads. A broken file ends up in
/// `failures` and changes nothing. When `progress` is stopped, throws Cancelled; what was written
/// stays, and the next import goes on from there. Throws Error for inputs, descriptions, tables or
/// mappings that can't be read.
ImportReport import_motion(const std::vector<std::filesystem::path>& inputs, Library& library,
                           const ImportOptions& options, Progress& progress);

/// What import does to every clip after its mapping (public for tests and for `generate` from a
/// user's own file).
motion::Clip prepare_clip(const motion::Clip& canonical, double floor_offset);

}  // namespace pantomime::library
