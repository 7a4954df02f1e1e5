// Finding the motion files of data sets in folders and archives.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pantomime/library/set_description.h"

namespace pantomime::library {

/// Name of a set description that lies beside the data it describes.
inline constexpr const char* kOwnDescription = "pantomime-set.toml";

/// A set found on the disk.
struct FoundSet {
  SetDescription description;
  std::filesystem::path folder;  ///< its tables lie here, and paths of files are relative to it
  /// Motion files, archives, arrays of points, folders of OpenPose's files; sorted.
  std::vector<std::filesystem::path> containers;
};

/// Looks at and below `inputs`. A folder belongs to a known set when it is called like the set and
/// has its index (or arrays), or holds a pantomime-set.toml; a file belongs to the set of the
/// folders around it. Motion outside any such folder goes to `fallback` (with the input as folder).
/// Outside of known sets JSON, CSV and NumPy files are looked into, whether they are points. Throws
/// Error for an input that is not there, or a file that is neither motion (formats/motion_file.h),
/// nor points (formats/point_file.h), nor an archive.
std::vector<FoundSet> find_sets(const std::vector<std::filesystem::path>& inputs,
                                const std::vector<SetDescription>& known,
                                const SetDescription& fallback);

/// One motion file.
struct SourceFile {
  std::string path;   ///< in its set, "/" between folders
  std::string where;  ///< for messages: the file, or "archive:entry"
  std::string bytes;
  std::string skeleton;        ///< of an AMC file: bytes of its ASF file, see formats::asf_for()
  std::string skeleton_where;  ///< empty: none was found
  /// Of a folder of OpenPose's files, which are one recording: their names and contents, in order.
  std::vector<std::pair<std::string, std::string>> frames;
};

/// Hands over the motion files of a container (a motion file, a folder of OpenPose's files, or an
/// archive) one by one; `take` returns false to stop. `points`: which other files of the set are
/// points, or null. Throws Error naming the container when it can't be read.
void read_source_files(const std::filesystem::path& container, const std::filesystem::path& folder,
                       const std::function<bool(SourceFile&&)>& take,
                       const PointFiles* points = nullptr);
/// How many there are.
int64_t count_source_files(const std::filesystem::path& container,
                           const PointFiles* points = nullptr);

}  // namespace pantomime::library
