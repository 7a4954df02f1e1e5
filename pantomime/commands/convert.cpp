// pantomime convert: any motion in, any format out.
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"
#include "pantomime/base/random.h"
#include "pantomime/body/person.h"
#include "pantomime/body/plain_body.h"
#include "pantomime/commands/character_option.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/motion_writer.h"
#include "pantomime/commands/output_names.h"
#include "pantomime/formats/makehuman.h"
#include "pantomime/library/import.h"
#include "pantomime/library/motion_reader.h"
#include "pantomime/library/set_index.h"
#include "pantomime/motion/augment.h"
#include "pantomime/motion/fit_to_body.h"
#include "pantomime/motion/retarget.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr size_t kBatchItems = 32;

struct Options {
  std::vector<fs::path> inputs;
  fs::path out;
  std::vector<std::string> formats;
  std::string name = "{path}", label;
  std::string rig = "canonical";
  double fps = 0;
  std::string body = "plain";
  uint64_t seed = 1;
  CharacterOption character;
  library::MotionReaderOptions reader;
  fs::path sets;
  bool prepare = false, no_foot_lock = false, force = false, json = false;
};

/// One motion on its way.
struct Item {
  std::string where;
  fs::path base;  ///< of what is written, without ending
  std::function<library::CanonicalMotion()> canonical;
  std::shared_ptr<library::FoundMotion> found;  ///< null: of an array or a library
  // Results.
  std::string mapping, error;
  double seconds = 0;
  bool bridged = false;
  std::vector<std::string> written;
};

/// A canonical clip on other bones, standing on the floor; `lock`: feet stand still.
motion::Clip on_bones(const motion::Clip& clip, const motion::Skeleton& bones, bool lock) {
  return lock ? motion::on_body(motion::on_floor(clip), bones)
              : motion::on_floor(motion::fit_to_body(clip, bones));
}

class Converter {
 public:
  Converter(const Options& options, Context& context)
      : options_(options), context_(context), reader_(options.reader), names_(options.name) {
    choose_formats();
    PANTOMIME_CHECK(options.character.file.empty() || formats_ == std::vector<std::string>{"glb"},
                    "--character: only GLB files can be a character of your own (--format glb)");
    folder_ = is_file_ ? options.out.parent_path() : options.out;
    character_ =
        open_character(options.character, folder_.empty() ? "." : folder_, options.force, context);
    if (options.rig != "canonical" && options.rig != "source") read_rig();
    if (options.body != "plain" && options.body != "none")
      assets_.emplace(formats::open_body_assets(formats::body_assets_path()));
  }

  void run() {
    std::vector<fs::path> libraries, files;
    for (const fs::path& input : options_.inputs)
      (library::looks_like_library(input) ? libraries : files).push_back(input);
    library::SetDescription fallback;
    fallback.name = fallback.label_map = "own";
    fallback.label = options_.label;
    const auto known = library::read_set_descriptions(
        options_.sets.empty() ? resource_path("configs/sets") : options_.sets);
    const auto sets = library::find_sets(files, known, fallback);
    std::vector<std::unique_ptr<library::Library>> open;
    int64_t total = 0;
    for (const fs::path& file : libraries) {
      open.push_back(std::make_unique<library::Library>(file, library::Library::Mode::Read));
      total += static_cast<int64_t>(open.back()->clips().size());
    }
    for (const library::FoundSet& set : sets)
      for (const fs::path& container : set.containers) total += count(set, container);
    PANTOMIME_CHECK(total > 0, "no motion found");
    PANTOMIME_CHECK(!is_file_ || total == 1, "{}: one file for {} motions, expected a folder",
                    options_.out.string(), total);
    if (is_file_)
      for (const fs::path& file : files_of(formats_[0], base_of({})))
        refuse_overwrite(file, options_.force);
    context_.terminal.begin("convert", total);
    for (size_t i = 0; i < open.size(); ++i) add_library(*open[i], libraries[i]);
    for (const library::FoundSet& set : sets) add_set(set);
    finish();
    context_.terminal.end();
    tell();
  }

 private:
  void choose_formats() {
    const auto by_ending = format_of(options_.out);
    if (options_.formats.empty()) {
      PANTOMIME_CHECK(by_ending,
                      "-o {}: its ending tells no format; choose with --format, e.g. --format bvh",
                      options_.out.string());
      formats_ = {*by_ending};
    }
    for (const std::string& word : options_.formats) formats_.push_back(motion_format(word));
    const std::set<std::string> once(formats_.begin(), formats_.end());
    PANTOMIME_CHECK(once.size() == formats_.size(), "--format: one format twice");
    is_file_ = formats_.size() == 1 && by_ending == formats_[0] && !fs::is_directory(options_.out);
    for (const std::string& format : formats_)
      PANTOMIME_CHECK(!needs_body(format) || options_.body != "none",
                      "format {}: meshes need a --body", format);
  }

  static int64_t count(const library::FoundSet& set, const fs::path& container) {
    try {
      return library::count_motions(set, container);
    } catch (const Error&) {
      return 1;  // told when its turn comes
    }
  }

  void read_rig() {
    const fs::path file = options_.rig;
    PANTOMIME_CHECK(fs::exists(file), "--rig {}: expected canonical, source, or a motion file",
                    options_.rig);
    library::read_source_files(file, file.parent_path(), [&](library::SourceFile&& source) {
      auto found = reader_.parse(source);
      PANTOMIME_CHECK(!found.empty() && found[0].clip && found[0].clip->mapping.empty(),
                      "--rig {}: has no rig of its own, expected BVH, AMC or glTF", options_.rig);
      rig_ = std::move(found[0].clip->clip);
      return false;
    });
    PANTOMIME_CHECK(rig_, "--rig {}: holds no motion", options_.rig);
    rig_mapping_ = reader_.mapping_of(*rig_, options_.rig);
  }

  void add_library(const library::Library& library, const fs::path& file) {
    for (const library::ClipInfo& info : library.clips()) {
      context_.terminal.check();
      Item item;
      item.where = file.string() + ":" + info.name;
      const size_t slash = info.name.find('/');  // names begin with the set
      item.base = base_of({info.name.substr(slash == std::string::npos ? 0 : slash + 1), info.set,
                           info.subject, label_of(info.segments)});
      item.canonical = [clip = library.load(info.id), mapping = info.mapping] {
        return library::CanonicalMotion{clip, mapping, 0, {}};
      };
      push(std::move(item));
    }
  }

  void add_set(const library::FoundSet& set) {
    std::optional<library::SetIndex> index;  // read only when names need it
    if (names_.tells_labels()) {
      const fs::path labels = resource_path("configs/labels.toml");
      index.emplace(set.description, set.folder,
                    library::LabelMap::parse(read_file(labels), labels.string()));
    }
    for (const fs::path& container : set.containers)
      guard(container.string(), [&] {
        if (const library::PointArray* array = library::array_of(set, container))
          add_array(set, index, container, *array);
        else
          library::read_source_files(
              container, set.folder,
              [&](library::SourceFile&& file) {
                guard(file.where, [&] { add_file(set, index, file); });
                return true;
              },
              library::point_files(set.description));
      });
  }

  /// Failures are told in the order of the files.
  template <typename Work>
  void guard(const std::string& where, const Work& work) {
    try {
      work();
    } catch (const Cancelled&) {
      throw;
    } catch (const Error& error) {
      finish();
      ++done_;
      failures_.push_back({where, error.what()});
    }
  }

  void add_array(const library::FoundSet& set, const std::optional<library::SetIndex>& index,
                 const fs::path& container, const library::PointArray& array) {
    const auto open = std::make_shared<const library::OpenArray>(
        reader_.open_array(set.description, array, set.folder));
    for (size_t i = 0; i < open->paths.size(); ++i) {
      Item item;
      item.where = container.string() + ":" + open->paths[i];
      item.base = base_of(described(set, index, open->paths[i], 1));
      item.canonical = [this, open, i] {
        return reader_.solve({{}, open->table->recording(i), motion::kCanonicalAxes, true},
                             open->set);
      };
      push(std::move(item));
    }
  }

  void add_file(const library::FoundSet& set, const std::optional<library::SetIndex>& index,
                const library::SourceFile& file) {
    auto all = reader_.parse(file, library::point_files(set.description));
    PANTOMIME_CHECK(!is_file_ || all.size() == 1, "{}: {} motions, expected a folder for them",
                    file.where, all.size());
    for (library::FoundMotion& found : all) {
      const bool alone = found.part.empty() || all.size() == 1;
      Item item;
      item.where = alone ? file.where : file.where + "/" + found.part;
      const double seconds = found.clip ? found.clip->clip.seconds()
                                        : static_cast<double>(found.points->points.frame_count()) /
                                              found.points->points.fps;
      OutputName name = described(set, index, alone ? file.path : file.path + "/" + found.part,
                                  static_cast<int64_t>(seconds * motion::kFps) + 1);
      fs::path path = fs::path(file.path).replace_extension();
      name.path = (alone ? path : path / found.part).generic_string();
      item.base = base_of(name);
      item.found = std::make_shared<library::FoundMotion>(std::move(found));
      item.canonical = [this, its = item.found, where = item.where, wish = set.description.points] {
        return reader_.canonical(*its, where, wish);
      };
      push(std::move(item));
    }
  }

  /// What names of files can tell of a motion.
  static OutputName described(const library::FoundSet& set,
                              const std::optional<library::SetIndex>& index,
                              const std::string& path, int64_t frames) {
    OutputName out{path, set.description.name, {}, {}};
    if (!index) return out;
    const library::ClipInfo info = index->describe(index->listed_path(path), 0, frames);
    out.subject = info.subject;
    out.label = label_of(info.segments);
    return out;
  }

  /// The label that covers most of a clip; empty without any.
  static std::string label_of(const std::vector<library::Segment>& segments) {
    std::map<std::string, int64_t> frames;
    for (const library::Segment& s : segments) frames[s.label] += s.last - s.first;
    const auto most =
        std::max_element(frames.begin(), frames.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == frames.end() ? std::string() : most->first;
  }

  fs::path base_of(const OutputName& name) {
    if (is_file_) return fs::path(options_.out).replace_extension();
    return folder_ / names_.next(name);
  }

  void push(Item item) {
    batch_.push_back(std::move(item));
    if (batch_.size() >= kBatchItems) finish();
  }

  void finish() {
    parallel_for(static_cast<int64_t>(batch_.size()), context_.threads, [&](int64_t i) {
      if (!context_.terminal.stopped()) convert(batch_[static_cast<size_t>(i)]);
    });
    context_.terminal.check();
    for (Item& item : batch_) {
      ++done_;
      if (!item.error.empty()) {
        failures_.push_back({item.where, item.error});
        continue;
      }
      seconds_ += item.seconds;
      if (item.bridged) ++bridged_;
      written_.push_back({item.where, item.mapping, std::move(item.written)});
    }
    batch_.clear();
    context_.terminal.step(done_);
  }

  void convert(Item& item) const {
    try {
      for (const std::string& format : formats_)
        for (const fs::path& file : files_of(format, item.base))
          refuse_overwrite(file, options_.force);
      std::error_code ignored;  // write_file() tells when there is no such folder
      if (item.base.has_parent_path()) fs::create_directories(item.base.parent_path(), ignored);
      const bool as_source = options_.rig == "source" && item.found && item.found->clip &&
                             item.found->clip->mapping.empty();
      motion::Clip clip;
      if (as_source && formats_ == std::vector<std::string>{"bvh"}) {
        item.mapping = "none";  // any rig will do
        item.seconds = item.found->clip->clip.seconds();
      } else {
        library::CanonicalMotion read = item.canonical();
        item.mapping = read.mapping;
        item.bridged = read.gaps && read.gaps->longest > 0;
        clip = at_rate(options_.prepare ? library::prepare_clip(read.clip, read.floor_offset)
                                        : read.clip);
        item.seconds = clip.seconds();
      }
      for (const std::string& format : formats_) write_as(item, format, clip, as_source);
    } catch (const Cancelled&) {
      throw;
    } catch (const Error& error) {
      item.error = error.what();
    }
    item.canonical = {};
    item.found = {};
  }

  void write_as(Item& item, const std::string& format, const motion::Clip& clip,
                bool as_source) const {
    const std::string title = item.base.filename().string();
    const std::string settings = json{
        {"program", "pantomime"},
        {"command", context_.command_line},
        {"source", item.where}}.dump(-1, ' ', false, json::error_handler_t::replace);
    const auto write = [&](const MotionToWrite& motion) {
      item.written.push_back(write_motion(format, item.base, motion).string());
    };
    if (character_) {
      const motion::Clip own = on_bones(clip, character_->body(), !options_.no_foot_lock);
      write({.clip = own, .own = &*character_, .title = title, .settings = settings});
    } else if (format == "bvh" && as_source) {
      write({.clip = at_rate(item.found->clip->clip), .bvh_metres_per_unit = 1});
    } else if (format == "bvh" && rig_) {
      write({.clip = motion::to_rig(clip, *rig_, rig_mapping_), .bvh_metres_per_unit = 1});
    } else if (!shows_body(format) || options_.body == "none") {
      write({.clip = clip, .title = title, .settings = settings});
    } else {
      const body::Character person = body_for(item, clip);
      motion::Clip fitted = clip;
      if (assets_)
        fitted = on_bones(clip, person.skeleton, !options_.no_foot_lock);
      else
        fitted.skeleton = person.skeleton;
      write({.clip = fitted, .character = &person, .title = title, .settings = settings});
    }
  }

  body::Character body_for(const Item& item, const motion::Clip& clip) const {
    if (!assets_) return body::plain_character(motion::geometry_of(clip.skeleton.offsets));
    return body::make_character(
        *assets_, options_.body == "random"
                      ? body::sample_person(*assets_, derive_seed(options_.seed, item.where))
                      : body::parse_person(options_.body));
  }

  motion::Clip at_rate(const motion::Clip& clip) const {
    return options_.fps > 0 && options_.fps != clip.fps ? motion::resample(clip, options_.fps)
                                                        : clip;
  }

  void tell() {
    const size_t converted = written_.size();
    if (options_.json) {
      json all = {{"converted", converted}, {"minutes", seconds_ / 60}, {"bridged", bridged_}};
      all["files"] = json::array();
      for (const auto& [where, mapping, files] : written_)
        all["files"].push_back({{"source", where}, {"mapping", mapping}, {"written", files}});
      all["failures"] = json::array();
      for (const auto& [where, message] : failures_)
        all["failures"].push_back({{"file", where}, {"message", message}});
      context_.terminal.print(all.dump(2, ' ', false, json::error_handler_t::replace));
    } else if (converted > 0) {
      context_.terminal.print(fmt::format("{}: {} motions ({:.1f} minutes), {} failed",
                                          options_.out.string(), converted, seconds_ / 60,
                                          failures_.size()));
      if (bridged_ > 0)
        context_.terminal.print(
            fmt::format("in {} recordings of points joints were lost and bridged", bridged_));
    }
    if (failures_.empty()) return;
    const auto line = [](const Failure& f) {
      return (f.message.find(f.where) == std::string::npos ? f.where + ": " : "") + f.message;
    };
    if (failures_.size() == 1) fail("{}", line(failures_[0]));
    for (const Failure& failure : failures_)
      context_.terminal.complain("not converted: " + line(failure));
    fail("{} of {} motions could not be converted", failures_.size(), failures_.size() + converted);
  }

  struct Written {
    std::string where, mapping;
    std::vector<std::string> files;
  };
  struct Failure {
    std::string where, message;
  };

  const Options& options_;
  Context& context_;
  library::MotionReader reader_;
  OutputNames names_;
  std::vector<std::string> formats_;
  bool is_file_ = false;  ///< -o is the one file to write
  fs::path folder_;
  std::optional<formats::UserCharacter> character_;
  std::optional<body::BodyAssets> assets_;
  std::optional<motion::Clip> rig_;
  motion::Mapping rig_mapping_;
  std::vector<Item> batch_;
  std::vector<Written> written_;
  std::vector<Failure> failures_;
  int64_t done_ = 0, bridged_ = 0;
  double seconds_ = 0;
};

}  // namespace

Run add_convert(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  app.add_option("inputs", o->inputs,
                 "Motion and point files, folders and archives of them, motion libraries (.db)")
      ->required()
      ->type_name("PATH")
      ->default_str("");
  add_out(app, o->out, "A file, whose ending tells the format; or a folder, with --format")
      ->required();
  app.add_option("--format", o->formats,
                 "bvh, glb, amass, humanml3d, ntu, csv, usd, obj, pc2; several with commas")
      ->delimiter(',');
  app.add_option("--name", o->name,
                 "Of files in a folder, from {path}, {folder}, {stem}, {set}, {subject}, {label} "
                 "and {number}");
  app.add_option("--label", o->label, "What they do, of motion of no known set, e.g. \"{folder}\"");
  app.add_option("--rig", o->rig,
                 "Skeleton of BVH: canonical, source (as it was), or a file whose rig to take");
  app.add_option("--fps", o->fps, "Frames per second; 0: as they are")
      ->check(CLI::Range(0.0, 1000.0));
  app.add_option("--body", o->body,
                 "Of GLB, USD and meshes: plain, none (skeleton), random, or a description");
  add_character_option(app, o->character);
  app.add_flag("--prepare", o->prepare,
               "As import does: 30 per second, on the floor, from the origin towards +Z");
  app.add_flag("--no-foot-lock", o->no_foot_lock, "Let feet slide on other bodies");
  add_seed(app, o->seed);
  app.add_option("--points", o->reader.point_set,
                 "Point set of points, e.g. kinect_v2 (default: by the set, or guessed)");
  app.add_option("--point-sets", o->reader.points, "Folder of point sets (default: our own)")
      ->type_name("DIR");
  app.add_option("--points-fps", o->reader.points_fps, "Frame rate of points that don't say it")
      ->check(CLI::Range(1.0, 1000.0));
  app.add_option("--mappings", o->reader.mappings, "Folder of rig mappings (default: our own)")
      ->type_name("DIR");
  app.add_option("--sets", o->sets, "Folder of set descriptions (default: our own)")
      ->type_name("DIR");
  app.add_option("--amc-fps", o->reader.rates.amc_fps,
                 "Frame rate of AMC files, which don't say it")
      ->check(CLI::Range(1.0, 1000.0));
  app.add_option("--actor-fps", o->reader.rates.actor_fps,
                 "Frame rate of ACTOR's pickles, likewise")
      ->check(CLI::Range(1.0, 1000.0));
  add_json(app, o->json);
  add_force(app, o->force, "Replace files that are there");
  return [o, &context] { Converter(*o, context).run(); };
}

}  // namespace pantomime::commands
