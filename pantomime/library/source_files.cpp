#include "pantomime/library/source_files.h"

#include <algorithm>
#include <map>
#include <optional>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/archive.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxMotionBytes = uint64_t{256} << 20;
constexpr int kFoldersAround = 6;  // how far above a file its set may begin

bool is_motion_name(const fs::path& path) {
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  // AMASS folders hold the recorded people's shapes beside their motion.
  const bool is_shape = name == "shape.npz" || name.ends_with("_stagei.npz");
  return name.ends_with(".bvh") || (name.ends_with(".npz") && !is_shape);
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
    } else if (is_motion_name(path) || formats::is_archive_name(path)) {
      add_container(path, set_around(path.parent_path()), path.parent_path());
    } else {
      fail("{}: expected a folder, a .bvh or .npz file, or a .tar.zst, .tar.gz or .zip archive",
           input.string());
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
      if (folder.filename() == set.name && (set.index.empty() || fs::exists(folder / set.index)))
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

  void add_folder(const fs::path& folder, const std::optional<FoundSet>& set,
                  const fs::path& input) {
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(folder)) entries.push_back(entry.path());
    std::sort(entries.begin(), entries.end());
    for (const fs::path& entry : entries) {
      if (fs::is_directory(entry)) {
        if (fs::is_symlink(entry)) continue;  // it may lead back up
        const auto inner = set_at(entry);
        add_folder(entry, inner ? inner : set, input);
      } else if (is_motion_name(entry) || formats::is_archive_name(entry)) {
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
                       const std::function<bool(SourceFile&&)>& take) {
  if (is_motion_name(container)) {
    take({container.lexically_relative(folder).generic_string(), container.string(),
          read_file(container, kMaxMotionBytes)});
    return;
  }
  formats::read_archive(
      container, [](const std::string& name) { return is_motion_name(name); },
      [&](const std::string& name, std::string&& bytes) {
        return take({name, container.string() + ":" + name, std::move(bytes)});
      },
      {.entry_bytes = kMaxMotionBytes});
}

int64_t count_source_files(const fs::path& container) {
  if (is_motion_name(container)) return 1;
  int64_t count = 0;
  formats::read_archive(
      container,
      [&](const std::string& name) {
        count += is_motion_name(name) ? 1 : 0;
        return false;
      },
      [](const std::string&, std::string&&) { return true; });
  return count;
}

}  // namespace pantomime::library
