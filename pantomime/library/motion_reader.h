// Whatever holds motion, as canonical clips: motion files through their rig's mapping, recordings
// of points through the pose solver. Used by import and convert.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pantomime/formats/motion_file.h"
#include "pantomime/formats/point_file.h"
#include "pantomime/formats/point_table.h"
#include "pantomime/library/source_files.h"
#include "pantomime/motion/pose_solver.h"
#include "pantomime/motion/retarget.h"

namespace pantomime::library {

struct MotionReaderOptions {
  /// Folders of rig mappings and of point sets; defaults: configs/mappings and configs/points among
  /// Pantomime's own files.
  std::filesystem::path mappings, points;
  std::string point_set;  ///< of recordings of points; empty: guessed from the points' names
  formats::MotionFileOptions rates;  ///< of motion files that don't say theirs
  double points_fps = 30;            ///< of JSON and CSV of points that don't say theirs
};

/// What a recording of points lacked, and the solver made up.
struct PointGaps {
  std::string points;                ///< the point set
  double share = 0;                  ///< of all frames of all joints that have points, 0 to 1
  double longest = 0;                ///< seconds
  std::vector<std::string> joints;   ///< lost for 0.2 s or more: "left_wrist 1.2 s", by joint
  std::vector<std::string> unknown;  ///< points of the recording that the set doesn't know
  bool sized = false;  ///< the unit wasn't known: brought to the size of an average adult
};

/// Motion as a file holds it: one of `clip` and `points`.
struct FoundMotion {
  std::string part;  ///< part of a path in files that hold several; empty otherwise
  std::optional<formats::MotionOfFile> clip;
  std::optional<formats::PointsOfPerson> points;
};

/// An array of recordings, opened.
struct OpenArray {
  std::shared_ptr<const formats::PointTable> table;
  motion::PointSet set;            ///< in our axes, to which the table turns its points
  std::vector<std::string> paths;  ///< [recordings] as the set's index has them
  std::string fingerprint;         ///< of everything its clips depend on
};

struct CanonicalMotion {
  motion::Clip clip;              ///< canonical, at its own frame rate, where it was recorded
  std::string mapping;            ///< rig mapping, point set, or the kind of file
  double floor_offset = 0;        ///< of the mapping
  std::optional<PointGaps> gaps;  ///< only of points
};

/// The array of a found set that a container is, or null.
const PointArray* array_of(const FoundSet& set, const std::filesystem::path& container);
/// How many motion files, or recordings of an array, a container of a set holds. Throws Error
/// naming what can't be read.
int64_t count_motions(const FoundSet& set, const std::filesystem::path& container);
/// How a set's loose files of points are, or null.
const PointFiles* point_files(const SetDescription& set);
/// True for files that hold several clips, by their name.
bool holds_several(const std::string& path);

/// Safe to use from many threads.
class MotionReader {
 public:
  /// Throws Error for mappings or point sets that can't be read.
  explicit MotionReader(const MotionReaderOptions& options);

  /// All motion of a file; `set`: how a data set's loose files of points are, or null. Throws
  /// Error naming the file.
  std::vector<FoundMotion> parse(const SourceFile& file, const PointFiles* set = nullptr) const;

  /// On the canonical skeleton. `point_set` (may be empty) comes after that of the options; `body`,
  /// when not null, is the person's, fitted to the same point set.
  CanonicalMotion canonical(const FoundMotion& found, const std::string& where,
                            const std::string& point_set = {},
                            const motion::BodyFit* body = nullptr) const;

  /// Opens one of a data set's arrays; `folder`: the set's. Throws Error naming the file.
  OpenArray open_array(const SetDescription& set, const PointArray& array,
                       const std::filesystem::path& folder) const;

  /// The mapping that knows the rig; its unit is that of the clip (our own BVH is in centimetres).
  motion::Mapping mapping_of(const motion::Clip& clip, const std::string& where) const;
  /// The point set called `name`, or, when it is empty, the one that knows the points' names.
  const motion::PointSet& point_set(const std::string& name, const std::vector<std::string>& names,
                                    const std::string& where) const;

  /// Points by a given set; axes as in PointsOfPerson.
  CanonicalMotion solve(const formats::PointsOfPerson& person, const motion::PointSet& set,
                        const motion::BodyFit* body = nullptr) const;

  const MotionReaderOptions& options() const { return options_; }
  /// Hashes of all mappings, and of all point sets.
  const std::string& mappings_fingerprint() const { return mappings_fingerprint_; }
  const std::string& points_fingerprint() const { return points_fingerprint_; }

 private:
  MotionReaderOptions options_;
  std::vector<motion::Mapping> mappings_;
  std::vector<motion::PointSet> point_sets_;
  std::string mappings_fingerprint_, points_fingerprint_;
};

}  // namespace pantomime::library
