#include "pantomime/library/source_files.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/archive.h"
#include "pantomime/formats/asf.h"
#include "pantomime/formats/motion_file.h"
#include "pantomime/formats/point_file.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxMotionBytes = uint64_t{256} << 20;
constexpr uint64_t kMaxSkeletonBytes = uint64_t{4} << 20;
constexpr size_t kMaxSkeletons = 4096;  // of one archive
constexpr int kFoldersAround = 6;       // how far above a file its set may begin

constexpr std::string_view kOpenPoseFrame = "_keypoints.json";

bool is_source_name(const fs::path& path, const PointFiles* points) {
  const std::string name = path.generic_string();
  return formats::motion_kind(name) || formats::point_kind(name) ||
         (points != nullptr && name.ends_with(points->ending));
}
bool is_openpose_frame(const fs::path& path) {
  return path.generic_string().ends_with(kOpenPoseFrame);
}

/// Whether the content of a file shows that it is points.
bool has_points(const fs::path& path) {
  const std::string ending = path.extension().string();
  if (ending != ".json" && ending != ".csv" && ending != ".npy") return false;
  std::ifstream file(path, std::ios::binary);
  std::string begin(4096, '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<size_t>(file.gcount()));
  return formats::point_kind(path.generic_string(), begin).has_value();
}

bool is_array_of(const SetDescription& set, const fs::path& folder, const fs::path& path) {
  return std::any_of(set.arrays.begin(), set.arrays.end(), [&](const PointArray& array) {
    return (folder / array.array).lexically_normal() == path.lexically_normal();
  });
}
bool needs_skeleton(const std::string& name) {
  return formats::motion_kind(name) == formats::MotionKind::Amc;
}

/// A folder with a file a frame.
void read_openpose_folder(const fs::path& path, const fs::path& folder,
                          const std::function<bool(SourceFile&&)>& take) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path))
    if (is_openpose_frame(entry.path())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  SourceFile file;
  file.path = path.lexically_relative(folder).generic_string();
  if (file.path.empty() || file.path == ".") file.path = path.filename().string();
  file.where = path.string();
  uint64_t left = kMaxMotionBytes;
  for (const fs::path& frame : files) {
    file.frames.emplace_back(frame.string(), read_file(frame, left));
    left -= file.frames.back().second.size();
  }
  take(std::move(file));
}

void read_motion_file(const fs::path& path, const fs::path& folder,
                      const std::function<bool(SourceFile&&)>& take) {
  SourceFile file;
  file.path = path.lexically_relative(folder).generic_string();
  file.where = path.string();
  file.bytes = read_file(path, kMaxMotionBytes);
  if (needs_skeleton(file.where)) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path.parent_path()))
      if (formats::is_skeleton_name(entry.path().generic_string()) && entry.is_regular_file())
        names.push_back(entry.path().generic_string());
    std::sort(names.begin(), names.end());
    const std::string found = formats::asf_for(path.generic_string(), names);
    if (!found.empty()) {
      file.skeleton = read_file(found, kMaxSkeletonBytes);
      file.skeleton_where = found;
    }
  }
  take(std::move(file));
}

class Finder {
 public:
  Finder(const std::vector<SetDescription>& known, const SetDescription& fallback)
      : known_(known), fallback_(fallback) {}

  void add(const fs::path& input) {
    const fs::path path = fs::absolute(input).lexically_normal();
    if (fs::is_directory(path)) {
      add_folder(path.has_filename() ? path : path.parent_path(), set_around(path), path);
    } else if (!fs::exists(path)) {
      fail("{}: no such file or folder", input.string());
    } else {
      const auto set = set_around(path.parent_path());
      if (!is_wanted(path, set) && !has_points(path))
        fail(
            "{}: expected a folder, motion (.bvh, .amc, .npz, .glb, .pkl), points (.c3d, "
            ".skeleton, JSON, CSV or NumPy), or a .tar.zst, .tar.gz or .zip archive",
            input.string());
      add_container(path, set, path.parent_path());
    }
  }

  std::vector<FoundSet> result() {
    for (FoundSet& set : sets_) {
      std::sort(set.containers.begin(), set.containers.end());
      const auto end = std::unique(set.containers.begin(), set.containers.end());
      set.containers.erase(end, set.containers.end());
    }
    return std::move(sets_);
  }

 private:
  /// A folder that is itself the root of a set.
  std::optional<FoundSet> set_at(const fs::path& folder) const {
    const fs::path own = folder / kOwnDescription;
    if (fs::exists(own))
      return FoundSet{parse_set_description(read_file(own), own.string()), folder, {}};
    for (const SetDescription& set : known_)
      if (folder.filename() == set.name && (set.index.empty() || fs::exists(folder / set.index)) &&
          (set.arrays.empty() || fs::exists(folder / set.arrays[0].recordings)))
        return FoundSet{set, folder, {}};
    return std::nullopt;
  }

  std::optional<FoundSet> set_around(fs::path folder) const {
    for (int i = 0; i < kFoldersAround; ++i) {
      if (auto set = set_at(folder)) return set;
      if (!folder.has_relative_path()) break;
      folder = folder.parent_path();
    }
    return std::nullopt;
  }

  /// What import takes without a look inside.
  static bool is_wanted(const fs::path& path, const std::optional<FoundSet>& set) {
    if (set && path == set->folder / set->description.index) return false;
    const PointFiles* points =
        set && set->description.point_files ? &*set->description.point_files : nullptr;
    return is_source_name(path, points) || formats::is_archive_name(path) ||
           (set && is_array_of(set->description, set->folder, path));
  }

  void add_folder(const fs::path& folder, const std::optional<FoundSet>& set,
                  const fs::path& input) {
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(folder)) entries.push_back(entry.path());
    std::sort(entries.begin(), entries.end());
    if (std::any_of(entries.begin(), entries.end(), is_openpose_frame))
      add_container(folder, set, input);
    for (const fs::path& entry : entries) {
      if (is_openpose_frame(entry)) {
        continue;  // a frame of the folder
      } else if (fs::is_directory(entry)) {
        if (fs::is_symlink(entry)) continue;  // it may lead back up
        const auto inner = set_at(entry);
        add_folder(entry, inner ? inner : set, input);
      } else if (is_wanted(entry, set) || (!set && has_points(entry))) {
        add_container(entry, set, input);
      }
    }
  }

  void add_container(const fs::path& container, const std::optional<FoundSet>& set,
                     const fs::path& input) {
    const FoundSet& found = set ? *set : FoundSet{fallback_, input, {}};
    const auto [at, fresh] = by_folder_.emplace(found.folder, sets_.size());
    if (fresh) sets_.push_back(found);
    sets_[at->second].containers.push_back(container);
  }

  const std::vector<SetDescription>& known_;
  const SetDescription& fallback_;
  std::vector<FoundSet> sets_;
  std::map<fs::path, size_t> by_folder_;
};

}  // namespace

std::vector<FoundSet> find_sets(const std::vector<fs::path>& inputs,
                                const std::vector<SetDescription>& known,
                                const SetDescription& fallback) {
  Finder finder(known, fallback);
  for (const fs::path& input : inputs) finder.add(input);
  return finder.result();
}

void read_source_files(const fs::path& container, const fs::path& folder,
                       const std::function<bool(SourceFile&&)>& take, const PointFiles* points) {
  if (fs::is_directory(container)) return read_openpose_folder(container, folder, take);
  if (!formats::is_archive_name(container)) return read_motion_file(container, folder, take);
  const std::string prefix = container.string() + ":";
  const formats::ArchiveLimits limits{.entry_bytes = kMaxMotionBytes};
  // Skeletons may come after the motions that need them, so such motions wait for a second pass.
  std::map<std::string, std::string> skeletons;
  bool waiting = false, going = true;
  formats::read_archive(
      container,
      [&](const std::string& name) {
        const bool waits = needs_skeleton(name);
        waiting = waiting || waits;
        return !waits && (is_source_name(name, points) || formats::is_skeleton_name(name));
      },
      [&](const std::string& name, std::string&& bytes) {
        if (!formats::is_skeleton_name(name)) {
          going = take({name, prefix + name, std::move(bytes), {}, {}, {}});
        } else if (bytes.size() <= kMaxSkeletonBytes && skeletons.size() < kMaxSkeletons) {
          skeletons[name] = std::move(bytes);
        }
        return going;
      },
      limits);
  if (!waiting || !going) return;
  std::vector<std::string> names;
  for (const auto& [at, bytes] : skeletons) names.push_back(at);
  formats::read_archive(
      container, needs_skeleton,
      [&](const std::string& name, std::string&& bytes) {
        SourceFile file{name, prefix + name, std::move(bytes), {}, {}, {}};
        const std::string found = formats::asf_for(name, names);
        if (!found.empty()) {
          file.skeleton = skeletons.at(found);
          file.skeleton_where = prefix + found;
        }
        return take(std::move(file));
      },
      limits);
}

int64_t count_source_files(const fs::path& container, const PointFiles* points) {
  if (!formats::is_archive_name(container)) return 1;
  int64_t count = 0;
  formats::read_archive(
      container,
      [&](const std::string& name) {
        count += is_source_name(name, points) ? 1 : 0;
        return false;
      },
      [](const std::string&, std::string&&) { return true; });
  return count;
}

}  // namespace pantomime::library
