// Plain tables of points: a NumPy array of all recordings of a set with CSV files beside it, and
// CSV with one row a frame.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/formats/csv.h"
#include "pantomime/formats/npz.h"
#include "pantomime/motion/axes.h"
#include "pantomime/motion/clip.h"
#include "pantomime/motion/point_recording.h"

namespace pantomime::formats {

/// What the numbers of an array of points mean.
struct PointTableOptions {
  motion::Axes axes{.metres_per_unit = 0.001};  ///< millimetres, y up, looking along +z
  double confidence_per_unit = 0.001;  ///< of the fourth number of a point, if there is one
  bool zeros_are_missing = true;       ///< a point at exactly 0 0 0 was not found
  double fps = 30;                     ///< when the table of recordings has no column fps
};

/// All recordings of a set: array [frames, points, 3 or 4], recordings one after the other.
class PointTable {
 public:
  /// `array`: of a .npy file; .npy.zst and the like must be unpacked (read_point_table does).
  /// `recordings`: columns start and frames, perhaps fps. `points`: column name, in the array's
  /// order. Throws ParseError for another shape, a recording that isn't in the array, a number that
  /// is none, or another number of names than points.
  PointTable(NpyArray array, CsvTable recordings, const CsvTable& points, const std::string& name,
             const PointTableOptions& options = {});

  size_t size() const { return recordings_.rows.size(); }
  /// Row `i` of the table of recordings.
  const CsvTable& recordings() const { return recordings_; }
  /// Frames of recording `i`.
  int64_t frames(size_t i) const { return ranges_.at(i).second; }
  /// In metres and our axes. Throws Error for a recording without frames.
  motion::PointRecording recording(size_t i) const;

 private:
  NpyArray array_;
  CsvTable recordings_;
  std::vector<std::string> names_;
  std::string name_;
  PointTableOptions options_;
  std::vector<std::pair<int64_t, int64_t>> ranges_;  ///< [recordings] first frame, frames
  std::vector<double> fps_;
};

/// Reads an array (.npy, or compressed .npy.zst, .npy.gz …) and its two tables.
PointTable read_point_table(const std::filesystem::path& array,
                            const std::filesystem::path& recordings,
                            const std::filesystem::path& points,
                            const PointTableOptions& options = {});

/// Reads points from CSV with one row a frame: columns NAME_x, NAME_y, NAME_z and perhaps
/// NAME_confidence for every point, and perhaps `time` in seconds (else `fps`). Empty fields mean
/// that the point is missing. Metres, our axes. Throws ParseError naming line and column.
motion::PointRecording parse_points_csv(std::string_view text, const std::string& name,
                                        double fps = 30);
/// The same the other way: columns frame, time, then those of the points. `decimals` after the
/// point of places, 0 to 9. Confidence is written when any is not 1.
std::string to_points_csv(const motion::PointRecording& points, int decimals = 6);
/// Joints of any clip, end sites left out.
std::string to_points_csv(const motion::Clip& clip, int decimals = 6);
void write_points_csv(const std::filesystem::path& path, const motion::Clip& clip,
                      int decimals = 6);

}  // namespace pantomime::formats
