#include "pantomime/dataset/check.h"

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"
#include "pantomime/base/text.h"
#include "pantomime/dataset/coco_rle.h"
#include "pantomime/dataset/layers.h"
#include "pantomime/formats/archive.h"
#include "pantomime/formats/exr.h"
#include "pantomime/formats/json.h"
#include "pantomime/formats/npz.h"
#include "pantomime/formats/png.h"

namespace pantomime::dataset {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

template <class Each>
void for_each_line(const std::string& text, const Each& each) {
  int64_t number = 0;
  for (const std::string_view line : split_list(text, '\n')) each(line, ++number);
}

ClipSummary summary_of(const json& line) {
  ClipSummary out;
  out.key = line.at("key").get<std::string>();
  out.action = line.at("action").get<std::string>();
  out.number = line.at("class").get<int>();
  out.room = line.at("room").at("kind").get<std::string>();
  out.light = line.at("room").at("light").get<std::string>();
  out.move = line.at("camera").at("move").get<std::string>();
  out.place = line.at("camera").at("place").get<std::string>();
  out.field_of_view = line.at("camera").at("field_of_view").get<double>();
  out.frames = line.at("frames").get<int64_t>();
  out.fps = line.at("fps").get<double>();
  out.measured = line.at("visible").at("measured").get<double>();
  out.requested = line.at("visible").value("requested", -1.0);
  const json& people = line.at("people");
  out.people = static_cast<int64_t>(people.size());
  out.body = people.at(0).at("body").get<std::string>();
  for (const json& states : people.at(0).at("joint_states")) {
    const auto digits = states.get<std::string>();
    if (digits.size() != render::kTruthJoints) fail("{} joint states", digits.size());
    for (size_t j = 0; j < render::kFirstCoco; ++j) {
      const int state = digits[j] - '0';
      if (state < 0 || state > 4) fail("joint state \"{}\"", digits[j]);
      ++out.states[static_cast<size_t>(state)];
    }
  }
  for (const json& object : line.at("objects"))
    if (object.at("role") == "occluder") out.occluder = true;
  return out;
}

class Checker {
 public:
  Checker(const fs::path& folder, int threads, Progress& progress)
      : folder_(folder), threads_(threads), progress_(progress), info_(read_info(folder)) {}

  CheckResult run() {
    checksums();
    if (fs::exists(folder_ / "manifest.jsonl")) {
      result_.clips = read_manifest(folder_);
      against_plan();
    } else {
      problem("manifest.jsonl: is missing: not all shards are made");
    }
    for (const ClipSummary& clip : result_.clips) frames_[clip.key] = clip.frames;
    if (has("webdataset")) shards();
    if (has("coco")) coco();
    return std::move(result_);
  }

 private:
  bool has(const std::string& format) const {
    return std::find(info_.formats.begin(), info_.formats.end(), format) != info_.formats.end();
  }
  void problem(std::string line) {
    const std::lock_guard<std::mutex> lock(mutex_);
    result_.problems.push_back(std::move(line));
  }

  void checksums() {
    const fs::path path = folder_ / "checksums.txt";
    if (!fs::exists(path)) {
      problem("checksums.txt: is missing: not all shards are made");
      return;
    }
    std::vector<std::pair<std::string, std::string>> files;
    for_each_line(read_file(path), [&](std::string_view line, int64_t number) {
      if (line.size() < 67 || line.substr(64, 2) != "  ")
        problem(fmt::format("checksums.txt:{}: not \"SHA-256  file\"", number));
      else
        files.emplace_back(line.substr(0, 64), line.substr(66));
    });
    result_.files = static_cast<int64_t>(files.size());
    progress_.begin("checksums", result_.files);
    parallel_for(result_.files, threads_, [&](int64_t i) {
      const auto& [sum, name] = files[static_cast<size_t>(i)];
      if (progress_.stopped()) return;
      try {
        if (sha256_hex(read_file(folder_ / name)) != sum)
          problem(name + ": its bytes are not those that were written");
      } catch (const Error& error) {
        problem(error.what());
      }
    });
    progress_.check();
    progress_.end();
  }

  void against_plan() {
    const Recipe recipe = parse_recipe(info_.recipe_text, "dataset.json");
    const std::vector<size_t> plan = plan_actions(recipe, info_.clips, info_.origin.seed);
    if (result_.clips.size() != plan.size()) {
      problem(
          fmt::format("manifest.jsonl: {} clips, expected {}", result_.clips.size(), plan.size()));
      return;
    }
    for (size_t i = 0; i < plan.size(); ++i) {
      const ClipSummary& clip = result_.clips[i];
      const std::string key = numbered_name(info_.name, static_cast<int64_t>(i));
      if (clip.key != key)
        problem(fmt::format("manifest.jsonl:{}: clip {}, expected {}", i + 1, clip.key, key));
      if (clip.action != recipe.actions[plan[i]].name)
        problem(fmt::format("manifest.jsonl:{}: {} where the plan has {}", i + 1, clip.action,
                            recipe.actions[plan[i]].name));
    }
  }

  void shards() {
    progress_.begin("shards", info_.shards());
    std::atomic<int64_t> done{0};
    parallel_for(info_.shards(), threads_, [&](int64_t s) {
      if (progress_.stopped()) return;
      const std::string name = numbered_name(info_.name, s) + ".tar";
      try {
        shard(folder_ / "shards" / name, s);
      } catch (const Error& error) {
        problem(error.what());
      }
      ++done;
    });
    progress_.check();
    progress_.step(done);
    progress_.end();
  }

  /// As webdataset reads it: the members of a sample follow each other, no field comes twice.
  void shard(const fs::path& path, int64_t number) {
    std::string current;
    std::set<std::string> fields, keys;
    const auto finish = [&] {
      if (current.empty()) return;
      for (const char* field : {"json", "cls", "joints.npz", "amass.npz"})
        if (!fields.contains(field))
          problem(fmt::format("{}: {} has no {}", path.string(), current, field));
      std::vector<std::string> endings = {"jpg"};
      for (const std::string& layer : info_.layers) endings.push_back(layer_ending(layer));
      for (int64_t f = 0; f < frames_[current]; ++f)
        for (const std::string& ending : endings)
          if (!fields.contains(fmt::format("{:04d}.{}", f, ending)))
            problem(fmt::format("{}: {} has no {:04d}.{}", path.string(), current, f, ending));
    };
    formats::read_archive(
        path, [](const std::string&) { return true; },
        [&](const std::string& name, std::string&& content) {
          const size_t dot = name.find('.');
          const std::string key = name.substr(0, dot);
          if (key != current) {
            finish();
            if (!keys.insert(key).second)
              problem(fmt::format("{}: the files of {} are apart", path.string(), key));
            current = key;
            fields.clear();
          }
          if (!fields.insert(dot == std::string::npos ? "" : name.substr(dot + 1)).second)
            problem(fmt::format("{}: {} is there twice", path.string(), name));
          member(path.string() + ": " + name, name, content);
          return !progress_.stopped();
        });
    finish();
    const int64_t wanted =
        std::min(info_.clips_per_shard, info_.clips - number * info_.clips_per_shard);
    if (static_cast<int64_t>(keys.size()) != wanted)
      problem(fmt::format("{}: {} samples, expected {}", path.string(), keys.size(), wanted));
    const std::lock_guard<std::mutex> lock(mutex_);
    result_.samples += static_cast<int64_t>(keys.size());
  }

  void member(const std::string& where, const std::string& name, const std::string& content) {
    try {
      if (name.ends_with(".depth.png") || name.ends_with(".flow.png") ||
          name.ends_with(".instances.png"))
        formats::parse_png16(content, where);
      else if (name.ends_with(".png") || name.ends_with(".jpg"))
        formats::parse_image(content, where);
      else if (name.ends_with(".exr"))
        formats::parse_exr(content, where);
      else if (name.ends_with(".npz"))
        formats::parse_npz(content, where);
      else if (name.ends_with(".json"))
        formats::parse_json(content, where);
    } catch (const Error& error) {
      problem(error.what());
    }
  }

  void coco() {
    const fs::path path = folder_ / "coco" / "annotations.json";
    if (!fs::exists(path)) {
      problem(path.string() + ": is missing");
      return;
    }
    std::set<int64_t> images, ids;
    for_each_line(read_file(path), [&](std::string_view line, int64_t number) {
      if (!line.starts_with("{\"id\"")) return;
      if (line.ends_with(',')) line.remove_suffix(1);
      const std::string where = fmt::format("{}:{}", path.string(), number);
      try {
        const json one = formats::parse_json(line, where);
        if (one.contains("file_name")) {
          images.insert(one.at("id").get<int64_t>());
          if (!fs::exists(folder_ / "images" / one.at("file_name").get<std::string>()))
            problem(where + ": there is no picture " + one.at("file_name").get<std::string>());
          return;
        }
        if (!ids.insert(one.at("id").get<int64_t>()).second) problem(where + ": an id twice");
        if (!images.contains(one.at("image_id").get<int64_t>()))
          problem(where + ": of a picture that there is not");
        const json& mask = one.at("segmentation");
        const auto pixels =
            parse_rle(mask.at("counts").get<std::string>(), mask.at("size").at(1).get<int>(),
                      mask.at("size").at(0).get<int>(), where);
        const auto inside = std::count(pixels.begin(), pixels.end(), 1);
        if (inside != one.at("area").get<int64_t>())
          problem(fmt::format("{}: a mask of {} pixels, area {}", where, inside,
                              one.at("area").get<int64_t>()));
      } catch (const json::exception& error) {
        problem(where + ": " + error.what());
      } catch (const Error& error) {
        problem(error.what());
      }
    });
    if (images.empty()) problem(path.string() + ": no pictures");
  }

  const fs::path& folder_;
  int threads_;
  Progress& progress_;
  DatasetInfo info_;
  CheckResult result_;
  std::map<std::string, int64_t> frames_;
  std::mutex mutex_;
};

}  // namespace

std::vector<ClipSummary> read_manifest(const fs::path& folder) {
  const fs::path path = folder / "manifest.jsonl";
  std::vector<ClipSummary> clips;
  for_each_line(read_file(path), [&](std::string_view line, int64_t number) {
    const std::string where = fmt::format("{}:{}", path.string(), number);
    const json one = formats::parse_json(line, where);
    try {
      clips.push_back(summary_of(one));
    } catch (const json::exception& error) {
      fail("{}: {}", where, error.what());
    } catch (const Error& error) {
      fail("{}: {}", where, error.what());
    }
  });
  return clips;
}

CheckResult check(const fs::path& folder, int threads, Progress& progress) {
  return Checker(folder, threads, progress).run();
}

}  // namespace pantomime::dataset
