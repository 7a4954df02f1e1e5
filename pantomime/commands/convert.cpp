// pantomime convert: any motion in, any format out.
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
#include "pantomime/formats/makehuman.h"
#include "pantomime/library/import.h"
#include "pantomime/library/motion_reader.h"
#include "pantomime/motion/fit_to_body.h"
#include "pantomime/motion/foot_lock.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr size_t kBatchFiles = 32;

struct Options {
  std::vector<fs::path> inputs;
  fs::path out;
  std::vector<std::string> formats;
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
  std::string point_set;
  std::function<library::CanonicalMotion()> canonical;
  std::shared_ptr<library::FoundMotion> found;
  // Results.
  std::string mapping, error;
  double seconds = 0;
  std::optional<library::PointGaps> gaps;
  std::vector<std::string> written;
};

class Converter {
 public:
  Converter(const Options& options, Context& context)
      : options_(options), context_(context), reader_(options.reader) {
    for (const std::string& word : options.formats) formats_.push_back(motion_format(word));
    const std::set<std::string> once(formats_.begin(), formats_.end());
    PANTOMIME_CHECK(once.size() == formats_.size(), "--format: one format twice");
    is_file_ = formats_.size() == 1 && options.out.extension() == ending_of(formats_[0]);
    for (const std::string& format : formats_)
      PANTOMIME_CHECK(!needs_body(format) || options.body != "none",
                      "format {}: meshes need a --body", format);
    folder_ = is_file_ ? options.out.parent_path() : options.out;
    character_ = open_character(options.character, folder_, context);
    PANTOMIME_CHECK(!character_ || formats_ == std::vector<std::string>{"glb"},
                    "--character: only GLB files can be a character of your own (--format glb)");
    if (options.rig != "canonical" && options.rig != "source") read_rig();
    if (options.body != "plain" && options.body != "none")
      assets_.emplace(formats::open_body_assets(formats::body_assets_path()));
  }

  void run() {
    library::SetDescription fallback;
    fallback.name = "own";
    const auto known = library::read_set_descriptions(
        options_.sets.empty() ? resource_path("configs/sets") : options_.sets);
    const auto sets = library::find_sets(options_.inputs, known, fallback);
    int64_t total = 0;
    for (const library::FoundSet& set : sets)
      for (const fs::path& container : set.containers) total += count(set, container);
    PANTOMIME_CHECK(total > 0, "no motion found");
    if (is_file_) refuse_overwrite(options_.out, options_.force);
    context_.terminal.begin("convert", total);
    for (const library::FoundSet& set : sets)
      for (const fs::path& container : set.containers) {
        try {
          add(set, container);
        } catch (const Cancelled&) {
          throw;
        } catch (const Error& error) {
          finish();
          failures_.push_back({container.string(), error.what()});
        }
      }
    finish();
    context_.terminal.end();
    tell();
  }

 private:
  int64_t count(const library::FoundSet& set, const fs::path& container) const {
    const library::PointArray* array = library::array_of(set, container);
    try {
      return array != nullptr
                 ? static_cast<int64_t>(
                       formats::read_csv(set.folder / array->recordings).rows.size())
                 : library::count_source_files(container, library::point_files(set.description));
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
    rig_mapping_ = reader_.mapping_of(*rig_, options_.rig);
  }

  void add(const library::FoundSet& set, const fs::path& container) {
    if (const library::PointArray* array = library::array_of(set, container)) {
      const auto open = std::make_shared<const library::OpenArray>(
          reader_.open_array(set.description, *array, set.folder));
      for (size_t i = 0; i < open->paths.size(); ++i) {
        Item item;
        item.where = container.string() + ":" + open->paths[i];
        item.base = base_of(open->paths[i]);
        item.canonical = [this, open, i] {
          return reader_.solve({{}, open->table->recording(i), motion::kCanonicalAxes, true},
                               open->set);
        };
        push(std::move(item));
      }
      return;
    }
    const library::PointFiles* points = library::point_files(set.description);
    library::read_source_files(
        container, set.folder,
        [&](library::SourceFile&& file) {
          try {
            add_file(set, file, points);
          } catch (const Cancelled&) {
            throw;
          } catch (const Error& error) {
            finish();
            failures_.push_back({file.where, error.what()});
          }
          return true;
        },
        points);
  }

  void add_file(const library::FoundSet& set, const library::SourceFile& file,
                const library::PointFiles* points) {
    auto all = reader_.parse(file, points);
    const fs::path path = fs::path(file.path).replace_extension();
    for (library::FoundMotion& found : all) {
      Item item;
      item.where = file.where + (found.part.empty() ? "" : "/" + found.part);
      item.base = base_of(all.size() > 1 ? path / found.part : path);
      item.found = std::make_shared<library::FoundMotion>(std::move(found));
      item.canonical = [this, its = item.found, where = item.where, wish = set.description.points] {
        return reader_.canonical(*its, where, wish);
      };
      push(std::move(item));
    }
  }

  fs::path base_of(const fs::path& path) {
    if (!is_file_) return folder_ / path;
    PANTOMIME_CHECK(++files_ == 1, "{}: one file for several motions, expected a folder",
                    options_.out.string());
    return fs::path(options_.out).replace_extension();
  }

  void push(Item item) {
    if (!is_file_ && !names_.insert(item.base).second)  // walk.bvh and walk.npz in one folder
      for (int again = 2;; ++again) {
        const fs::path other = item.base.string() + fmt::format("_{}", again);
        if (!names_.insert(other).second) continue;
        item.base = other;
        break;
      }
    batch_.push_back(std::move(item));
    if (batch_.size() >= kBatchFiles) finish();
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
      ++converted_;
      if (item.gaps && item.gaps->longest > 0) ++bridged_;
      item.canonical = {};
      item.found = {};
      written_.push_back({item.where, item.mapping, item.written});
    }
    batch_.clear();
    context_.terminal.step(done_);
  }

  void convert(Item& item) const {
    try {
      fs::create_directories(item.base.has_parent_path() ? item.base.parent_path() : ".");
      const bool as_source = options_.rig == "source" && item.found && item.found->clip &&
                             item.found->clip->mapping.empty();
      if (as_source && formats_ == std::vector<std::string>{"bvh"}) {
        item.mapping = "source";
        write(item, "bvh", {.clip = at_rate(item.found->clip->clip), .bvh_metres_per_unit = 1});
        item.seconds = item.found->clip->clip.seconds();
        return;
      }
      library::CanonicalMotion read = item.canonical();
      item.mapping = read.mapping;
      item.gaps = read.gaps;
      motion::Clip clip = options_.prepare ? library::prepare_clip(read.clip, read.floor_offset)
                                           : std::move(read.clip);
      clip = at_rate(clip);
      item.seconds = clip.seconds();
      for (const std::string& format : formats_) write_as(item, format, clip, as_source);
    } catch (const Cancelled&) {
      throw;
    } catch (const Error& error) {
      item.error = error.what();
    }
  }

  void write_as(Item& item, const std::string& format, const motion::Clip& clip,
                bool as_source) const {
    const std::string title = item.base.filename().string();
    const std::string settings = json{
        {"program", "pantomime"},
        {"command", context_.command_line},
        {"source", item.where}}.dump();
    if (character_) {
      const motion::Clip own = on_character(clip, *character_, !options_.no_foot_lock);
      write(item, format, {.clip = own, .own = &*character_, .title = title, .settings = settings});
    } else if (format == "bvh" && as_source) {
      write(item, format, {.clip = at_rate(item.found->clip->clip), .bvh_metres_per_unit = 1});
    } else if (format == "bvh" && rig_) {
      write(item, format,
            {.clip = motion::to_rig(clip, *rig_, rig_mapping_), .bvh_metres_per_unit = 1});
    } else if (format == "bvh" || format == "amass" || format == "humanml3d" || format == "ntu" ||
               format == "csv" || options_.body == "none") {
      write(item, format, {.clip = clip, .title = title, .settings = settings});
    } else {
      const body::Character person = body_for(item, clip);
      motion::Clip fitted = clip;
      fitted.skeleton = person.skeleton;
      if (assets_) {
        fitted = motion::on_floor(motion::fit_to_body(clip, person.skeleton));
        if (!options_.no_foot_lock) fitted = motion::lock_feet(fitted);
      }
      write(item, format,
            {.clip = fitted, .character = &person, .title = title, .settings = settings});
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

  void write(Item& item, const std::string& format, const MotionToWrite& motion) const {
    if (!is_file_) {
      const fs::path target = item.base.string() + std::string(ending_of(format));
      refuse_overwrite(target, options_.force);
    }
    item.written.push_back(write_motion(format, item.base, motion).string());
  }

  void tell() {
    if (options_.json) {
      json all = {{"converted", converted_}, {"minutes", seconds_ / 60}, {"bridged", bridged_}};
      all["files"] = json::array();
      for (const auto& [where, mapping, files] : written_)
        all["files"].push_back({{"source", where}, {"mapping", mapping}, {"written", files}});
      all["failures"] = json::array();
      for (const auto& [where, message] : failures_)
        all["failures"].push_back({{"file", where}, {"message", message}});
      context_.terminal.print(all.dump(2));
    } else {
      context_.terminal.print(fmt::format("{}: {} motions ({:.1f} minutes), {} failed",
                                          options_.out.string(), converted_, seconds_ / 60,
                                          failures_.size()));
      if (bridged_ > 0)
        context_.terminal.print(
            fmt::format("in {} recordings of points joints were lost and bridged", bridged_));
    }
    for (const auto& [where, message] : failures_)
      context_.terminal.complain(
          "not converted: " + (message.find(where) == std::string::npos ? where + ": " : "") +
          message);
    if (converted_ == 0) fail("nothing could be converted");
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
  std::vector<std::string> formats_;
  bool is_file_ = false;
  fs::path folder_;
  std::optional<formats::UserCharacter> character_;
  std::optional<body::BodyAssets> assets_;
  std::optional<motion::Clip> rig_;
  motion::Mapping rig_mapping_;
  std::vector<Item> batch_;
  std::set<fs::path> names_;
  std::vector<Written> written_;
  std::vector<Failure> failures_;
  int64_t files_ = 0, done_ = 0, converted_ = 0, bridged_ = 0;
  double seconds_ = 0;
};

}  // namespace

Run add_convert(CLI::App& app, Context& context) {
  const auto o = std::make_shared<Options>();
  app.add_option("inputs", o->inputs, "Motion and point files, folders and archives of them")
      ->required()
      ->type_name("PATH")
      ->default_str("");
  add_out(app, o->out, "A folder; or a file, for one motion in one format")->required();
  app.add_option("--format", o->formats,
                 "bvh, glb, amass, humanml3d, ntu, csv, usd, obj, pc2; several with commas")
      ->delimiter(',')
      ->required();
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
  app.add_option("--points", o->reader.point_set, "Point set of points (default: guessed)");
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
