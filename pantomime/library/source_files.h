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
  std::vector<std::filesystem::path> containers;  ///< motion files and archives, sorted
};

/// Looks at and below `inputs`. A folder belongs to a known set when it is called like the set and
/// has its index, or holds a pantomime-set.toml; a file belongs to the set of the folders around
/// it. Motion outside any such folder goes to `fallback` (with the input as folder). Throws Error
/// for an input that is not there, or a file that is neither motion (formats/motion_file.h) nor an
/// archive.
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
};

/// Hands over the motion files of a container (a motion file or an archive) one by one; `take`
/// returns false to stop. Throws Error naming the container when it can't be read.
void read_source_files(const std::filesystem::path& container, const std::filesystem::path& folder,
                       const std::function<bool(SourceFile&&)>& take);
/// How many there are.
int64_t count_source_files(const std::filesystem::path& container);

}  // namespace pantomime::library
