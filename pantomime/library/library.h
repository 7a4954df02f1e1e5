// The motion library: clips with their labels, subjects and licences in one SQLite file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pantomime/motion/clip.h"
#include "pantomime/motion/quality.h"

namespace pantomime::library {

/// A labelled interval of a clip, frames [first, last).
struct Segment {
  int64_t first = 0, last = 0;
  std::string label;   ///< common label, e.g. "walk"
  std::string detail;  ///< the source's own label, e.g. "walk-turn-left"
};

/// Everything about a clip except its arrays.
struct ClipInfo {
  int64_t id = 0;
  std::string name;     ///< unique: set/path of the file inside its set
  std::string set;      ///< e.g. "cmu_mocap"
  std::string subject;  ///< unique person over all sets, e.g. "cmu/43"
  std::string split;    ///< "train", "val" or "test"; the same for all clips of a subject, except
                        ///< in sets of one actor, whose set description may split by take;
                        ///< "benchmark" in sets that are only measured on
  std::string style;    ///< e.g. "elderly", or empty
  std::string caption;  ///< sentences, one a line, or empty
  std::string licence;  ///< SPDX-like id, e.g. "CC-BY-NC-4.0"
  std::string source;   ///< where it came from, with the words its licence asks to be carried
  std::string mapping;  ///< name of the rig mapping used
  double weight = 1;    ///< how often training should draw it beside other clips, > 0
  int64_t frames = 0;   ///< at 30 frames per second
  std::vector<Segment> segments;
};

/// What to take from a library; empty lists mean "all".
struct Filter {
  std::vector<std::string> sets;
  std::vector<std::string> splits;
  std::vector<std::string> labels;            ///< clips that have at least one such segment
  std::vector<std::string> licences;          ///< exactly these
  std::vector<std::string> without_licences;  ///< none of these
};

/// True for files that begin like a motion library, whatever their name.
bool looks_like_library(const std::filesystem::path& path);

/// One SQLite file; opened for writing, one of an older format is brought up to date. Not for use
/// from two threads at once. All functions throw Error with the file's name for anything that goes
/// wrong.
class Library {
 public:
  enum class Mode { Read, Write };  ///< Write creates the file when it isn't there
  Library(const std::filesystem::path& path, Mode mode);
  ~Library();
  Library(Library&&) noexcept;
  Library& operator=(Library&&) noexcept;

  std::vector<ClipInfo> clips(const Filter& filter = {}) const;  ///< ordered by name
  motion::Clip load(int64_t id) const;                           ///< canonical, 30 fps
  /// Adds or replaces (same name, keeps its id) one clip in one transaction; returns its id. The
  /// clip must be canonical, at 30 frames per second; info.frames is taken from it. `hash` is kept
  /// for source_hash(), `findings` for findings(); both replace what was there.
  int64_t put(const ClipInfo& info, const motion::Clip& clip, const std::string& hash = {},
              const std::vector<motion::Finding>& findings = {});
  /// What is wrong with a clip, as told to put() or set_findings(). Empty for libraries of format
  /// 1, which knew of none.
  std::vector<motion::Finding> findings(int64_t id) const;
  /// In one transaction. Throws Error for findings of a clip that is not there.
  void set_findings(int64_t id, const std::vector<motion::Finding>& findings);
  /// Id of the clip with this name.
  std::optional<int64_t> find(const std::string& name) const;
  /// Hash of everything a clip was imported from; nothing when the clip is not there or was put
  /// without one. Import skips files whose hash is unchanged, so it can be stopped and run again.
  std::optional<std::string> source_hash(const std::string& name) const;
  /// Writes sentences of our own into a clip's caption, one a line: after those that came with the
  /// motion, or instead of them. Our own of an earlier time are replaced.
  enum class Foreign { Keep, Replace };
  void write_captions(int64_t id, const std::vector<std::string>& sentences, Foreign foreign);
  /// Removes a clip; false when there was none of this name.
  bool remove(const std::string& name);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pantomime::library
