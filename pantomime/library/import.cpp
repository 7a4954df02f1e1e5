#include "pantomime/library/import.h"

#include <algorithm>
#include <optional>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/parallel.h"
#include "pantomime/formats/csv.h"
#include "pantomime/formats/mapping_file.h"
#include "pantomime/library/mend.h"
#include "pantomime/library/set_index.h"
#include "pantomime/library/source_files.h"
#include "pantomime/motion/retarget.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecipe = "import 2";  // new number: everything is imported again
constexpr size_t kBatchFiles = 64;
constexpr size_t kBatchBytes = size_t{64} << 20;

/// One file on its way into the library.
struct Job {
  SourceFile file;
  std::string path;                             ///< as the index writes it
  std::optional<std::string> stored;            ///< hash in the library
  std::optional<formats::MotionOfFile> motion;  ///< of a file that holds several: read already
  std::string fingerprint;                      ///< of the file, then
  // Results, each written by one thread.
  std::string hash;
  bool unchanged = false;
  std::string mapping;
  ClipInfo info;
  motion::Clip clip;
  std::set<std::string> unlabelled;
  Mended mended;
  std::string error;
};

class Importer {
 public:
  Importer(Library& library, const ImportOptions& options, Progress& progress)
      : library_(library), options_(options), progress_(progress) {
    const auto or_own = [](const fs::path& path, const char* own) {
      return path.empty() ? resource_path(own) : path;
    };
    const fs::path mappings = or_own(options.mappings, "configs/mappings");
    const fs::path labels = or_own(options.labels, "configs/labels.toml");
    mappings_ = formats::load_mappings(mappings);
    recipe_ = kRecipe + mappings_fingerprint(mappings);
    labels_ = LabelMap::parse(read_file(labels), labels.string());
    known_ = read_set_descriptions(or_own(options.sets, "configs/sets"));
  }

  ImportReport run(const std::vector<fs::path>& inputs) {
    SetDescription fallback;
    fallback.name = options_.set;
    fallback.label_map = options_.set;
    fallback.licence = options_.licence;
    fallback.source = options_.source;
    fallback.subject = options_.subject;
    fallback.label = options_.label;
    fallback.text = options_.set + "\n" + options_.licence + "\n" + options_.source + "\n" +
                    options_.subject + "\n" + options_.label;
    const std::vector<FoundSet> sets = find_sets(inputs, known_, fallback);

    total_ = count(sets);
    progress_.begin("import", total_);
    for (const FoundSet& set : sets) import_set(set);
    progress_.end();
    return std::move(report_);
  }

 private:
  static std::string mappings_fingerprint(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".toml") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::string all;
    for (const fs::path& file : files) all += sha256_hex(read_file(file));
    return sha256_hex(all);
  }

  int64_t count(const std::vector<FoundSet>& sets) {
    int64_t files = 0;
    for (const FoundSet& set : sets)
      for (const fs::path& container : set.containers) {
        progress_.check();
        try {
          files += count_source_files(container);
        } catch (const Error&) {
          // Told when its turn comes.
        }
      }
    return files;
  }

  void fail_file(const std::string& file, const std::string& message) {
    report_.failures.push_back({file, message});
    progress_.note(message);
  }

  void import_set(const FoundSet& set) {
    const SetIndex index(set.description, set.folder, labels_);
    std::vector<Job> batch;
    size_t bytes = 0;
    for (const fs::path& container : set.containers) {
      try {
        read_source_files(container, set.folder, [&](SourceFile&& file) {
          bytes += file.bytes.size();
          const auto kind = formats::motion_kind(file.path);
          if (kind && formats::has_parts(*kind)) {
            add_parts(index, batch, file);
            return true;
          }
          Job job;
          job.path = index.listed_path(file.path);
          job.file = std::move(file);
          batch.push_back(std::move(job));
          if (batch.size() >= kBatchFiles || bytes >= kBatchBytes) {
            finish(index, batch);
            bytes = 0;
          }
          return true;
        });
      } catch (const Cancelled&) {
        throw;
      } catch (const Error& error) {
        finish(index, batch);  // so that failures are told in order
        bytes = 0;
        fail_file(container.string(), error.what());
      }
    }
    finish(index, batch);
    int64_t missing = 0;
    for (const std::string& path : index.paths())
      if (!seen_.contains(index.description().name + "/" + path)) ++missing;
    if (missing > 0) report_.missing[index.description().name] += missing;
  }

  /// Jobs for all clips of a file that holds several.
  void add_parts(const SetIndex& index, std::vector<Job>& batch, const SourceFile& file) {
    const std::string fingerprint =
        sha256_hex(file.bytes) + fmt::format("{}", options_.rates.actor_fps);
    std::vector<formats::MotionPart> parts;
    try {
      parts = formats::parse_parts({file.bytes, file.where, {}, {}}, options_.rates);
    } catch (const Error& error) {
      finish(index, batch);  // so that failures are told in order
      ++report_.files;
      fail_file(file.where, error.what());
      return;
    }
    for (formats::MotionPart& part : parts) {
      Job job;
      job.file.path = file.path + "/" + part.name;
      job.file.where = file.where + "/" + part.name;
      job.path = index.listed_path(job.file.path);
      job.motion = std::move(part.motion);
      job.fingerprint = fingerprint;
      batch.push_back(std::move(job));
      if (batch.size() >= kBatchFiles) finish(index, batch);
    }
  }

  /// Converts a batch on all threads, writes it in order, and empties it.
  void finish(const SetIndex& index, std::vector<Job>& batch) {
    std::erase_if(batch, [&](const Job& job) {
      ++report_.files;
      const bool again = !seen_.insert(index.description().name + "/" + job.path).second;
      if (again) ++report_.duplicates;
      return again;
    });
    std::erase_if(batch, [&](const Job& job) {
      const std::vector<std::string>& skip = index.description().skip;
      const bool skipped = std::find(skip.begin(), skip.end(), job.path) != skip.end();
      if (skipped) ++report_.skipped;
      return skipped;
    });
    for (Job& job : batch)
      if (!options_.force)
        job.stored = library_.source_hash(index.description().name + "/" + job.path);
    parallel_for(static_cast<int64_t>(batch.size()), options_.threads, [&](int64_t i) {
      if (!progress_.stopped()) convert(index, batch[static_cast<size_t>(i)]);
    });
    progress_.check();
    for (Job& job : batch) store(index, job);
    batch.clear();
    // A file that holds several clips was counted once.
    progress_.step(std::min(report_.files, total_));
  }

  /// The file's motion on the canonical skeleton, at its own frame rate.
  motion::Clip read_canonical(Job& job, double& floor_offset) const {
    const SourceFile& file = job.file;
    formats::MotionOfFile motion =
        job.motion
            ? std::move(*job.motion)
            : formats::parse_motion({file.bytes, file.where, file.skeleton, file.skeleton_where},
                                    options_.rates);
    if (motion.clip.frame_count() == 0) fail("{}: no frames", file.where);
    job.mapping = motion.mapping;
    if (!motion.mapping.empty()) return std::move(motion.clip);
    const motion::Mapping& mapping =
        formats::recognise(motion.clip.skeleton, mappings_, file.where);
    job.mapping = mapping.name;
    floor_offset = mapping.floor_offset;
    return motion::to_canonical(motion.clip, mapping);
  }

  std::string skeleton_fingerprint(const SourceFile& file) const {
    if (file.skeleton.empty()) return {};
    return sha256_hex(file.skeleton) + fmt::format("{}", options_.rates.amc_fps);
  }

  void convert(const SetIndex& index, Job& job) const {
    try {
      if (!formats::is_text(job.path)) fail("{}: file name is not UTF-8", job.file.where);
      const std::string source = job.motion
                                     ? job.fingerprint + job.path
                                     : sha256_hex(job.file.bytes) + skeleton_fingerprint(job.file);
      job.hash = sha256_hex(recipe_ + index.fingerprint() + source);
      job.unchanged = job.stored == job.hash;
      if (job.unchanged) return;
      double floor_offset = 0;
      motion::Clip clip = read_canonical(job, floor_offset);
      double begin = 0;
      if (index.description().recorded) {
        job.mended = mend(clip);
        clip = std::move(job.mended.clip);
        begin = static_cast<double>(job.mended.first) / clip.fps;
      }
      job.clip = prepare_clip(clip, floor_offset);
      job.info = index.describe(job.path, begin, static_cast<int64_t>(job.clip.frame_count()),
                                &job.unlabelled);
      job.info.mapping = job.mapping;
    } catch (const Error& error) {
      job.error = error.what();
      if (job.error.find(job.file.where) == std::string::npos)
        job.error = job.file.where + ": " + job.error;
    }
    job.file.bytes = {};
    job.file.skeleton = {};
  }

  void store(const SetIndex& index, Job& job) {
    for (const std::string& label : job.unlabelled) {
      const std::string line = index.description().name + ": " + label;
      if (unlabelled_.insert(line).second) report_.unlabelled.push_back(line);
    }
    if (!job.error.empty()) {
      fail_file(job.file.where, job.error);
    } else if (job.unchanged) {
      ++report_.unchanged;
    } else {
      library_.put(job.info, job.clip, job.hash);
      ++report_.imported;
      if (job.mended.redrawn + job.mended.left_out > 0)
        report_.mended.push_back({job.info.name, static_cast<int64_t>(job.mended.redrawn),
                                  static_cast<int64_t>(job.mended.left_out)});
      report_.seconds += job.clip.seconds();
    }
  }

  Library& library_;
  const ImportOptions& options_;
  Progress& progress_;
  std::vector<motion::Mapping> mappings_;
  std::string recipe_;
  LabelMap labels_;
  std::vector<SetDescription> known_;
  int64_t total_ = 0;
  std::set<std::string> seen_, unlabelled_;
  ImportReport report_;
};

}  // namespace

motion::Clip prepare_clip(const motion::Clip& canonical, double floor_offset) {
  motion::Clip clip = motion::resample(canonical, motion::kFps);
  clip.fps = motion::kFps;
  if (clip.frame_count() == 0) fail("no frames");
  return motion::face_forward(motion::on_floor(clip, floor_offset));
}

ImportReport import_motion(const std::vector<fs::path>& inputs, Library& library,
                           const ImportOptions& options, Progress& progress) {
  return Importer(library, options, progress).run(inputs);
}

}  // namespace pantomime::library
