#include "pantomime/library/import.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/parallel.h"
#include "pantomime/formats/point_table.h"
#include "pantomime/library/mend.h"
#include "pantomime/library/motion_reader.h"
#include "pantomime/library/set_index.h"
#include "pantomime/library/source_files.h"
#include "pantomime/motion/retarget.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecipe = "import 3";  // new number: everything is imported again
constexpr size_t kBatchFiles = 64;
constexpr size_t kBatchBytes = size_t{64} << 20;

/// One file on its way into the library.
struct Job {
  SourceFile file;
  std::string path;                       ///< as the index writes it
  std::optional<std::string> stored;      ///< hash in the library
  std::function<CanonicalMotion()> make;  ///< of what was read already
  std::string fingerprint;                ///< of that
  // Results, each written by one thread.
  std::string hash;
  bool unchanged = false;
  std::string mapping;
  ClipInfo info;
  motion::Clip clip;
  std::set<std::string> unlabelled;
  Mended mended;
  std::vector<motion::Finding> findings;
  std::optional<PointGaps> gaps;
  std::string error;
};

/// Somebody in an array of recordings, whose body is fitted to some of theirs when it is needed.
class Person {
 public:
  void add(size_t recording) { recordings_.push_back(recording); }
  /// Safe from many threads; which one does the work changes nothing.
  const motion::BodyFit& body(const formats::PointTable& table, const motion::PointSet& set) {
    std::call_once(once_, [&] {
      constexpr size_t kEnough = 20;
      std::vector<motion::PointRecording> some;
      const size_t step = std::max<size_t>(1, recordings_.size() / kEnough);
      for (size_t i = 0; i < recordings_.size(); i += step) {
        some.push_back(table.recording(recordings_[i]));
      }
      std::vector<const motion::PointRecording*> views;
      for (const auto& one : some) views.push_back(&one);
      body_ = motion::fit_body(views, set, {.frames = 60, .iterations = 24});
    });
    return body_;
  }

 private:
  std::once_flag once_;
  std::vector<size_t> recordings_;
  motion::BodyFit body_;
};

class Importer {
 public:
  Importer(Library& library, const ImportOptions& options, Progress& progress)
      : library_(library), options_(options), progress_(progress), reader_(options.reader) {
    const auto or_own = [](const fs::path& path, const char* own) {
      return path.empty() ? resource_path(own) : path;
    };
    const fs::path labels = or_own(options.labels, "configs/labels.toml");
    recipe_ = kRecipe + reader_.mappings_fingerprint();
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
  int64_t count(const std::vector<FoundSet>& sets) {
    int64_t files = 0;
    for (const FoundSet& set : sets)
      for (const fs::path& container : set.containers) {
        progress_.check();
        try {
          files += count_motions(set, container);
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
        if (const PointArray* array = array_of(set, container)) {
          add_array(index, batch, *array, set.folder);
          continue;
        }
        const auto take = [&](SourceFile&& file) {
          bytes += file.bytes.size();
          if (holds_several(file.path)) {
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
        };
        read_source_files(container, set.folder, take, point_files(set.description));
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
    const std::string fingerprint = fingerprint_of(file);
    std::vector<FoundMotion> parts;
    try {
      parts = reader_.parse(file, point_files(index.description()));
    } catch (const Error& error) {
      finish(index, batch);  // so that failures are told in order
      ++report_.files;
      fail_file(file.where, error.what());
      return;
    }
    for (FoundMotion& part : parts) {
      Job job;
      // One person in a file of points has the file's own name.
      const std::string name = part.points && parts.size() == 1 ? "" : "/" + part.part;
      job.file.path = file.path + name;
      job.file.where = file.where + name;
      job.path = index.listed_path(job.file.path);
      job.fingerprint = fingerprint;
      auto found = std::make_shared<FoundMotion>(std::move(part));
      job.make = [this, found, where = job.file.where, &index] {
        return reader_.canonical(*found, where, index.description().points);
      };
      batch.push_back(std::move(job));
      if (batch.size() >= kBatchFiles) finish(index, batch);
    }
  }

  /// Jobs for all recordings of an array of points. Everybody's body is fitted to more than one.
  void add_array(const SetIndex& index, std::vector<Job>& batch, const PointArray& array,
                 const fs::path& folder) {
    const auto open =
        std::make_shared<const OpenArray>(reader_.open_array(index.description(), array, folder));
    std::map<std::string, std::shared_ptr<Person>> people;
    std::vector<std::shared_ptr<Person>> whose;
    for (size_t i = 0; i < open->paths.size(); ++i) {
      auto& person = people[index.describe(open->paths[i], 0, 1).subject];
      if (!person) person = std::make_shared<Person>();
      if (open->table->frames(i) > 0) person->add(i);
      whose.push_back(person);
    }
    for (size_t i = 0; i < open->paths.size(); ++i) {
      Job job;
      job.path = job.file.path = open->paths[i];
      job.file.where = (folder / array.array).string() + ":" + job.path;
      job.fingerprint = open->fingerprint;
      job.make = [this, open, person = whose[i], i] {
        return reader_.solve({{}, open->table->recording(i), motion::kCanonicalAxes, true},
                             open->set, &person->body(*open->table, open->set));
      };
      batch.push_back(std::move(job));
      if (batch.size() >= kBatchFiles) finish(index, batch);
    }
  }

  /// Of a file's bytes, and of what else its motion depends on beside the mappings.
  std::string fingerprint_of(const SourceFile& file) const {
    const bool points = !formats::motion_kind(file.where);
    std::string all = sha256_hex(file.bytes);
    for (const auto& [name, bytes] : file.frames) all += sha256_hex(bytes);
    if (!file.skeleton.empty())
      all += sha256_hex(file.skeleton) + fmt::format("{}", options_.reader.rates.amc_fps);
    if (holds_several(file.path)) all += fmt::format("{}", options_.reader.rates.actor_fps);
    if (points)
      all += reader_.points_fingerprint() + options_.reader.point_set +
             fmt::format("{}", options_.reader.points_fps);
    return all;
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
  CanonicalMotion read_canonical(const SetIndex& index, Job& job) const {
    if (job.make) return job.make();
    const auto found = reader_.parse(job.file, point_files(index.description()));
    PANTOMIME_CHECK(found.size() == 1, "{}: {} clips, expected one", job.file.where, found.size());
    return reader_.canonical(found[0], job.file.where, index.description().points);
  }

  void convert(const SetIndex& index, Job& job) const {
    try {
      if (!formats::is_text(job.path)) fail("{}: file name is not UTF-8", job.file.where);
      const std::string source = job.make ? job.fingerprint + job.path : fingerprint_of(job.file);
      job.hash = sha256_hex(recipe_ + index.fingerprint() + source);
      job.unchanged = job.stored == job.hash;
      if (job.unchanged) return;
      CanonicalMotion read = read_canonical(index, job);
      job.mapping = read.mapping;
      job.gaps = std::move(read.gaps);
      motion::Clip clip = std::move(read.clip);
      double begin = 0;
      const bool recorded = index.description().recorded;
      if (recorded) {
        job.mended = mend(clip);
        begin = static_cast<double>(job.mended.first) / clip.fps;
      }
      job.clip = prepare_clip(recorded ? job.mended.clip : clip, read.floor_offset);
      job.findings = motion::check_quality(job.clip, {.recorded = recorded});
      if (recorded) {
        const auto mended = on_clip(job.mended, static_cast<int64_t>(job.clip.frame_count()));
        job.findings.insert(job.findings.begin(), mended.begin(), mended.end());
      }
      job.mended.clip = {};
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
    job.file.frames = {};
    job.make = {};
  }

  void store(const SetIndex& index, Job& job) {
    for (const std::string& label : job.unlabelled) {
      const std::string line = index.description().name + ": " + label;
      if (unlabelled_.insert(line).second) report_.unlabelled.push_back(line);
    }
    if (!job.error.empty()) {
      fail_file(job.file.where, job.error);
    } else if (job.unchanged) {
      // An import without `strict` may have let it in.
      const std::string name = index.description().name + "/" + job.path;
      if (!options_.strict || !refuse(name, library_.findings(library_.find(name).value())))
        ++report_.unchanged;
    } else if (!refuse(job.info.name, job.findings)) {
      tell(job.info.name, job.findings);
      library_.put(job.info, job.clip, job.hash, job.findings);
      ++report_.imported;
      if (job.mended.redrawn + job.mended.left_out > 0)
        report_.mended.push_back({job.info.name, static_cast<int64_t>(job.mended.redrawn),
                                  static_cast<int64_t>(job.mended.left_out)});
      report_.seconds += job.clip.seconds();
      if (job.gaps) ++report_.from_points;
      if (job.gaps && job.gaps->longest > 0) report_.bridged.push_back({job.info.name, *job.gaps});
    }
  }

  /// True when `strict` keeps the clip out of the library, or takes it out.
  bool refuse(const std::string& name, const std::vector<motion::Finding>& findings) {
    if (!options_.strict || !motion::any_serious(findings)) return false;
    tell(name, findings);
    library_.remove(name);
    ++report_.refused;
    return true;
  }

  /// What was mended is told elsewhere.
  void tell(const std::string& name, std::vector<motion::Finding> findings) {
    std::erase_if(findings, [](const auto& f) { return f.severity == motion::Severity::kMended; });
    if (!findings.empty()) report_.found.push_back({name, std::move(findings)});
  }

  Library& library_;
  const ImportOptions& options_;
  Progress& progress_;
  MotionReader reader_;
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
