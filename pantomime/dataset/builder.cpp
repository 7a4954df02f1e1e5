#include "pantomime/dataset/builder.h"

#include <condition_variable>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"
#include "pantomime/base/text.h"
#include "pantomime/base/version.h"
#include "pantomime/dataset/tar_file.h"
#include "pantomime/formats/json.h"

namespace pantomime::dataset {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// NTU's names hold a set-up, camera, person, repetition and action of at most three digits each.
std::string ntu_name(const ClipRecord& clip) {
  return fmt::format("S{:03d}C001P{:03d}R{:03d}A{:03d}.skeleton", 1 + clip.index / 1'000'000 % 999,
                     1 + clip.index / 1000 % 999, clip.index % 1000, 1 + clip.number % 999);
}

/// Lets threads hand over what they made in the order of their numbers.
class Turns {
 public:
  /// Waits until it is the turn of `number`. Throws Cancelled when another thread failed.
  std::unique_lock<std::mutex> wait_for(int64_t number) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return failed_ || next_ == number; });
    if (failed_) throw Cancelled();
    return lock;
  }
  /// The turn of `number` is over; call with the lock held.
  void done(int64_t number) {
    next_ = number + 1;
    changed_.notify_all();
  }
  /// Keeps the first failure; the others only follow from it.
  void fail(std::exception_ptr error) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!failed_) error_ = error;
    failed_ = true;
    changed_.notify_all();
  }
  bool failed() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return failed_;
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t next_ = 0;
  bool failed_ = false;
  std::exception_ptr error_;
};

/// The pieces of one shard that shared files are made of.
struct Pieces {
  std::string manifest, images, annotations, labels;
  std::vector<std::string> flat, deep;  // PYSKL
};

/// Strings of any bytes in one file: lengths as 8 bytes, then the bytes.
std::string packed(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) {
    const uint64_t size = item.size();
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out += item;
  }
  return out;
}

std::vector<std::string> unpacked(const std::string& bytes, const fs::path& path) {
  std::vector<std::string> out;
  for (size_t at = 0; at < bytes.size();) {
    uint64_t size = 0;
    if (bytes.size() - at >= sizeof size) std::memcpy(&size, &bytes[at], sizeof size);
    at += sizeof size;
    if (at > bytes.size() || size > bytes.size() - at)
      fail_at_byte(path.string(), at, "ends in the middle of an entry");
    out.push_back(bytes.substr(at, size));
    at += size;
  }
  return out;
}

class Builder {
 public:
  Builder(Studio& studio, const BuildOptions& options, Progress& progress)
      : studio_(studio),
        recipe_(studio.recipe),
        options_(options),
        progress_(progress),
        plan_(plan_actions(studio.recipe, options.clips, options.seed)),
        origin_{recipe_.name, options.seed, studio.actor.model_hash(),
                studio.actor.model_licence()} {}

  BuildResult build() {
    prepare_folder();
    BuildResult result;
    const int64_t shards = (options_.clips + recipe_.clips_per_shard - 1) / recipe_.clips_per_shard;
    std::vector<int64_t> mine;
    int64_t wanted = 0;
    for (int64_t s = options_.part; s < shards; s += options_.parts) {
      const int64_t size = last_of(s) - first_of(s);
      if (fs::exists(part_path(s, "jsonl"))) {
        result.there += size;
      } else {
        mine.push_back(s);
        wanted += size;
      }
    }
    progress_.begin("clips", wanted);
    for (const int64_t s : mine) {
      make_shard(s, result.made);
      result.made += last_of(s) - first_of(s);
    }
    progress_.end();
    for (int64_t s = 0; s < shards; ++s)
      if (!fs::exists(part_path(s, "jsonl"))) return result;
    finish(shards);
    result.complete = true;
    return result;
  }

 private:
  int64_t first_of(int64_t shard) const { return shard * recipe_.clips_per_shard; }
  int64_t last_of(int64_t shard) const {
    return std::min(first_of(shard) + recipe_.clips_per_shard, options_.clips);
  }
  fs::path part_path(int64_t shard, const char* ending) const {
    return options_.out / "parts" /
           fmt::format("{}.{}", numbered_name(recipe_.name, shard), ending);
  }

  void prepare_folder() const {
    const ordered_json info = {{"name", recipe_.name},
                               {"program", fmt::format("pantomime {}", version())},
                               {"seed", options_.seed},
                               {"clips", options_.clips},
                               {"clips_per_shard", recipe_.clips_per_shard},
                               {"prior_sha256", origin_.model_hash},
                               {"prior_licence", origin_.model_licence},
                               {"formats", recipe_.formats},
                               {"layers", recipe_.layers},
                               {"recipe", options_.recipe_text}};
    const std::string text = info.dump(2) + "\n";
    const fs::path path = options_.out / "dataset.json";
    if (fs::exists(path)) {
      if (read_file(path) != text)
        fail(
            "{}: was made from another recipe, seed, number of clips, prior or version; choose "
            "another folder",
            path.string());
      return;
    }
    if (fs::exists(options_.out) && !fs::is_empty(options_.out))
      fail("{}: is not empty and holds no data set", options_.out.string());
    fs::create_directories(options_.out / "parts");
    write_file(path, text);
  }

  /// What a killed job left of this shard's files.
  void sweep(int64_t shard) const {
    const std::string name = numbered_name(recipe_.name, shard);
    for (const char* folder : {"shards", "parts"}) {
      std::error_code error;
      for (const fs::directory_entry& entry :
           fs::directory_iterator(options_.out / folder, error)) {
        const std::string file = entry.path().filename().string();
        if (file.starts_with(name) && is_partial(entry.path())) fs::remove(entry.path(), error);
      }
    }
  }

  void make_shard(int64_t shard, int64_t before) {
    sweep(shard);
    Pieces pieces;
    if (recipe_.wants_format("webdataset")) {
      fs::create_directories(options_.out / "shards");
      const fs::path path = options_.out / "shards" / (numbered_name(recipe_.name, shard) + ".tar");
      write_file_with(path, [&](const fs::path& temporary) {
        std::ofstream tar(temporary, std::ios::binary);
        make_clips(shard, before, &tar, pieces);
        std::string end;
        end_tar(end);
        tar << end;
        tar.close();
        if (!tar) fail("{}: can't write: is the disk full?", path.string());
      });
    } else {
      make_clips(shard, before, nullptr, pieces);
    }
    write_file(part_path(shard, "images"), pieces.images);
    write_file(part_path(shard, "annotations"), pieces.annotations);
    write_file(part_path(shard, "labels"), pieces.labels);
    write_file(part_path(shard, "coco17"), packed(pieces.flat));
    write_file(part_path(shard, "ntu25"), packed(pieces.deep));
    write_file(part_path(shard, "jsonl"), pieces.manifest);  // last: now it is finished
  }

  void make_clips(int64_t shard, int64_t before, std::ofstream* tar, Pieces& pieces) {
    const int64_t first = first_of(shard), count = last_of(shard) - first;
    Turns turns;
    parallel_for(count, options_.threads, [&](int64_t i) {
      if (turns.failed()) return;  // nothing more will be written
      try {
        const Action& action = recipe_.actions[plan_[static_cast<size_t>(first + i)]];
        const ClipRecord clip = make_clip(studio_, options_.seed, first + i, action, progress_);
        const auto lock = turns.wait_for(i);
        write_clip(clip, tar, pieces);
        progress_.step(before + i + 1, clip.key);
        turns.done(i);
      } catch (...) {
        turns.fail(std::current_exception());
      }
    });
    turns.rethrow();
  }

  void write_clip(const ClipRecord& clip, std::ofstream* tar, Pieces& pieces) const {
    const std::string line = manifest_line(clip, origin_);
    const std::string motion = amass_file(clip, origin_);
    if (tar != nullptr) {
      std::string bytes;
      const auto add = [&](const std::string& field, const std::string& content) {
        append_tar_member(bytes, clip.key + "." + field, content);
      };
      add("json", line);
      add("cls", fmt::format("{}", clip.number));
      add("joints.npz", joints_npz(clip));
      add("amass.npz", motion);
      if (!clip.video.empty()) add("mp4", clip.video);
      for (const ClipFile& file : clip.files) add(file.field, file.bytes);
      tar->write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      if (!*tar) fail("{}: can't write: is the disk full?", clip.key);
    }
    const auto save = [&](const fs::path& relative, const std::string& content) {
      const fs::path path = options_.out / relative;
      fs::create_directories(path.parent_path());
      write_file(path, content);
    };
    if (recipe_.wants_format("coco")) {
      for (const ClipFile& file : clip.files)
        if (tar == nullptr || file.field.ends_with(".jpg"))
          save(fs::path("images") / clip.key / file.field, file.bytes);
      const CocoLines coco = coco_lines(clip);
      for (const std::string& one : coco.images) pieces.images += one + "\n";
      for (const std::string& one : coco.annotations) pieces.annotations += one + "\n";
    }
    if (recipe_.wants_format("ntu")) save(fs::path("ntu") / ntu_name(clip), ntu_file(clip));
    if (recipe_.wants_format("amass")) save(fs::path("amass") / (clip.key + ".npz"), motion);
    if (recipe_.wants_format("video"))
      save(fs::path("video") / clip.action / (clip.key + ".mp4"), clip.video);
    if (recipe_.wants_format("pyskl")) {
      pieces.flat.push_back(pyskl_piece(clip, PysklKind::Coco2d));
      pieces.deep.push_back(pyskl_piece(clip, PysklKind::Ntu3d));
    }
    pieces.labels +=
        fmt::format("{}/{}.mp4,{},{}\n", clip.action, clip.key, clip.number, clip.action);
    pieces.manifest += line + "\n";
  }

  /// The files that all shards share.
  void finish(int64_t shards) const {
    std::string manifest, labels = "file,class,action\n";
    std::vector<std::string> images, annotations, flat, deep, keys;
    for (int64_t s = 0; s < shards; ++s) {
      manifest += read_file(part_path(s, "jsonl"));
      labels += read_file(part_path(s, "labels"));
      for (const auto& [list, ending] :
           {std::pair{&images, "images"}, {&annotations, "annotations"}}) {
        const std::string text = read_file(part_path(s, ending));
        for (const std::string_view line : split_list(text, '\n')) list->emplace_back(line);
      }
      for (const auto& [list, ending] : {std::pair{&flat, "coco17"}, {&deep, "ntu25"}})
        for (std::string& piece : unpacked(read_file(part_path(s, ending)), part_path(s, ending)))
          list->push_back(std::move(piece));
    }
    for (int64_t i = 0; i < options_.clips; ++i) keys.push_back(numbered_name(recipe_.name, i));
    const fs::path& out = options_.out;
    write_file(out / "manifest.jsonl", manifest);
    if (recipe_.wants_format("coco")) {
      fs::create_directories(out / "coco");
      write_file(out / "coco" / "annotations.json", coco_file(images, annotations, origin_));
    }
    if (recipe_.wants_format("pyskl")) {
      fs::create_directories(out / "pyskl");
      write_file(out / "pyskl" / (recipe_.name + "-coco17.pkl"), pyskl_file(keys, flat));
      write_file(out / "pyskl" / (recipe_.name + "-ntu25.pkl"), pyskl_file(keys, deep));
    }
    if (recipe_.wants_format("video")) write_file(out / "video" / "labels.csv", labels);
    write_checksums();
  }

  /// As sha256sum -c reads them. What killed jobs left of clips' files goes: all shards are
  /// finished. Files that shards share may just be written by another job.
  void write_checksums() const {
    std::vector<std::string> files;
    std::vector<fs::path> left;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(options_.out)) {
      const std::string name = fs::relative(entry.path(), options_.out).generic_string();
      const auto in = [&](std::string_view folder) { return name.starts_with(folder); };
      if (!entry.is_regular_file() || in("parts/") || name == "checksums.txt" || in("preview/") ||
          in("statistics."))
        continue;
      if (!is_partial(entry.path()))
        files.push_back(name);
      else if (in("images/") || in("ntu/") || in("amass/") ||
               (in("video/") && !in("video/labels.")))
        left.push_back(entry.path());
    }
    std::error_code error;
    for (const fs::path& path : left) fs::remove(path, error);
    std::sort(files.begin(), files.end());
    std::vector<std::string> lines(files.size());
    parallel_for(static_cast<int64_t>(files.size()), options_.threads, [&](int64_t i) {
      const auto k = static_cast<size_t>(i);
      lines[k] = sha256_hex(read_file(options_.out / files[k])) + "  " + files[k] + "\n";
    });
    std::string all;
    for (const std::string& line : lines) all += line;
    write_file(options_.out / "checksums.txt", all);
  }

  Studio& studio_;
  const Recipe& recipe_;
  const BuildOptions& options_;
  Progress& progress_;
  std::vector<size_t> plan_;
  Origin origin_;
};

}  // namespace

BuildResult build(Studio& studio, const BuildOptions& options, Progress& progress) {
  PANTOMIME_CHECK(options.parts >= 1 && options.part >= 0 && options.part < options.parts,
                  "data set: job {} of {}", options.part, options.parts);
  return Builder(studio, options, progress).build();
}

DatasetInfo read_info(const fs::path& folder) {
  const fs::path path = folder / "dataset.json";
  if (!fs::exists(path)) fail("{}: no data set: there is no dataset.json", folder.string());
  const nlohmann::json json = formats::parse_json(read_file(path), path.string());
  DatasetInfo info;
  try {
    info.name = json.at("name").get<std::string>();
    info.program = json.at("program").get<std::string>();
    info.recipe_text = json.at("recipe").get<std::string>();
    info.clips = json.at("clips").get<int64_t>();
    info.clips_per_shard = json.at("clips_per_shard").get<int64_t>();
    info.formats = json.at("formats").get<std::vector<std::string>>();
    info.layers = json.at("layers").get<std::vector<std::string>>();
    info.origin = {info.name, json.at("seed").get<uint64_t>(),
                   json.at("prior_sha256").get<std::string>(),
                   json.at("prior_licence").get<std::string>()};
  } catch (const nlohmann::json::exception& error) {
    fail("{}: {}", path.string(), error.what());
  }
  if (info.clips < 1 || info.clips_per_shard < 1)
    fail("{}: {} clips in shards of {}", path.string(), info.clips, info.clips_per_shard);
  return info;
}

}  // namespace pantomime::dataset
