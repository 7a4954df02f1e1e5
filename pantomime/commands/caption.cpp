#include "pantomime/library/captions.h"

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/commands/commands.h"
#include "pantomime/commands/library_options.h"
#include "pantomime/library/import.h"
#include "pantomime/render/canvas.h"
#include "pantomime/render/image_file.h"
#include "pantomime/render/sheet.h"
#include "pantomime/render/skeleton_strip.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Options {
  std::vector<fs::path> files;
  LibraryOptions library;
  library::CaptionOptions captions;
  fs::path words, sheet;
  std::string label;
  int64_t sample = 0;
  bool dry_run = false, force = false, json = false;
};

/// A new folder that goes away with the object.
class WorkFolder {
 public:
  WorkFolder() {
    std::string pattern = (fs::temp_directory_path() / "pantomime-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) fail("{}: can't make a folder", pattern);
    path_ = pattern;
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

json movement_json(const motion::Movement& movement) {
  json result = {
      {"act", name_of(movement.act)}, {"first", movement.first}, {"last", movement.last}};
  if (movement.side != motion::Side::kNone) result["side"] = name_of(movement.side);
  if (movement.way != motion::Way::kNone) result["way"] = name_of(movement.way);
  if (movement.pace != motion::Pace::kNone) result["pace"] = name_of(movement.pace);
  if (movement.reach != motion::Reach::kNone) result["reach"] = name_of(movement.reach);
  if (movement.count != 1) result["count"] = movement.count;
  if (movement.metres != 0) result["metres"] = movement.metres;
  if (movement.speed != 0) result["metres_per_second"] = movement.speed;
  if (movement.degrees != 0) result["degrees"] = movement.degrees;
  return result;
}

json clip_json(const library::CaptionedClip& clip) {
  json result = {{"name", clip.info.name},
                 {"seconds", clip.description.seconds},
                 {"captions", clip.sentences},
                 {"movements", json::array()},
                 {"postures", json::array()}};
  for (const motion::Movement& movement : clip.description.movements)
    result["movements"].push_back(movement_json(movement));
  for (const motion::PostureSpan& span : clip.description.postures)
    result["postures"].push_back(
        {{"posture", name_of(span.posture)}, {"first", span.first}, {"last", span.last}});
  return result;
}

/// Words in lines of at most `width` pixels.
std::vector<std::string> wrapped(const std::string& text, float width,
                                 const render::TextStyle& style) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = text.size();
    while (render::text_width(text.substr(begin, end - begin), style) > width) {
      const size_t space = text.rfind(' ', end - 1);
      if (space == std::string::npos || space <= begin) break;  // one long word
      end = space;
    }
    lines.push_back(text.substr(begin, end - begin));
    begin = end + (end < text.size() ? 1 : 0);
  }
  return lines;
}

/// Strips with their captions, and under them what the licences ask to be carried along.
void write_sheet(const Options& options, const library::Library& library,
                 const std::vector<library::CaptionedClip>& clips, const std::string& command) {
  const render::StripOptions strip{.figures = 10, .cell_width = 88, .cell_height = 124};
  const auto line_width = static_cast<float>(strip.cell_width * strip.figures + 60);
  std::vector<render::LabelledClip> strips;
  std::set<std::string> sources;
  for (size_t i = 0; i < clips.size(); ++i) {
    const library::ClipInfo& info = clips[i].info;
    const auto lines = wrapped(fmt::format("{}. {}", i + 1, clips[i].sentences.front()), line_width,
                               {.size = 12, .bold = true});
    strips.push_back({fmt::format("{}\n{} ({})", fmt::join(lines, "\n"), info.name, info.licence),
                      library.load(info.id)});
    sources.insert(info.set + ": " + info.source);
  }
  const Image sheet = render::skeleton_sheet(strips, strip, "Captions", 2);
  constexpr int kLine = 16;
  render::PixelCanvas canvas(sheet.width,
                             sheet.height + kLine * (static_cast<int>(sources.size()) + 1));
  canvas.picture(0, 0, sheet);
  float y = static_cast<float>(sheet.height) + 11;
  const auto width = static_cast<float>(sheet.width) - 12;
  for (const std::string& source : sources) {
    canvas.text({6, y}, render::fitted(source, width, {.size = 10}), {.size = 10});
    y += kLine;
  }
  render::write_png(options.sheet, canvas.image(), {{"Comment", command}});
}

library::CaptionWords words_of(const Options& options) {
  if (options.words.empty()) return library::default_caption_words();
  return library::CaptionWords::parse(read_file(options.words), options.words.string());
}

std::vector<library::ClipInfo> clips_of(const Options& options, const library::Library& library,
                                        const library::Filter& filter) {
  auto clips = library.clips(filter);
  if (clips.empty()) fail("{}: no clips that fit", options.library.path.string());
  if (options.sample == 0) return clips;
  return library::sampled(std::move(clips), static_cast<size_t>(options.sample),
                          options.captions.seed);
}

/// Clips and sentences told on the way.
class Report {
 public:
  Report(const Options& options, Context& context) : options_(options), context_(context) {}

  void add(const library::CaptionedClip& clip, bool show) {
    ++clips_;
    sentences_ += static_cast<int64_t>(clip.sentences.size());
    if (options_.json) {
      json_.push_back(clip_json(clip));
    } else if (show) {
      std::string text = clip.info.name;
      for (const std::string& sentence : clip.sentences) text += "\n  " + sentence;
      context_.terminal.print(text);
    }
  }
  void finish(bool written) {
    if (options_.json) {
      context_.terminal.print(
          json{{"clips", json_}, {"sentences", sentences_}, {"written", written}}.dump(2));
    } else if (written) {
      context_.terminal.print(fmt::format("{} clips, {} sentences written to {}", clips_,
                                          sentences_, options_.library.path.string()));
    }
  }

 private:
  const Options& options_;
  Context& context_;
  json json_ = json::array();
  int64_t clips_ = 0, sentences_ = 0;
};

void run(const Options& options, Context& context) {
  const library::CaptionWords words = words_of(options);
  if (!options.sheet.empty()) refuse_overwrite(options.sheet, options.force);
  // Files are imported as always, to a library that is thrown away.
  std::unique_ptr<WorkFolder> folder;
  Options with = options;
  if (!options.files.empty()) {
    for (const fs::path& file : options.files)
      if (!fs::exists(file)) fail("{}: no such file or folder", file.string());
    folder = std::make_unique<WorkFolder>();
    with.library = {};
    with.library.path = *folder / "library.db";
    library::Library library(with.library.path, library::Library::Mode::Write);
    library::ImportOptions import;
    import.label = options.label;
    import.threads = context.threads;
    const auto report = library::import_motion(options.files, library, import, context.terminal);
    for (const library::ImportFailure& failure : report.failures)
      context.terminal.complain("not read: " + failure.message);
    if (report.imported == 0) fail("none of the files could be read");
  }
  const bool writes =
      options.files.empty() && !options.dry_run && options.sample == 0 && options.sheet.empty();
  if (!fs::exists(with.library.path)) fail("{}: no such file", with.library.path.string());
  library::Library library(with.library.path,
                           writes ? library::Library::Mode::Write : library::Library::Mode::Read);
  const auto foreign =
      options.force ? library::Library::Foreign::Replace : library::Library::Foreign::Keep;
  Report report(with, context);
  std::vector<library::CaptionedClip> drawn;
  caption_clips(library, clips_of(with, library, library_filter(with.library)), words,
                options.captions, context.threads, context.terminal,
                [&](const library::CaptionedClip& clip) {
                  if (writes) library.write_captions(clip.info.id, clip.sentences, foreign);
                  if (!options.sheet.empty()) drawn.push_back(clip);
                  report.add(clip, !writes);
                });
  if (!options.sheet.empty()) {
    constexpr size_t kMostStrips = 200;
    if (drawn.size() > kMostStrips)
      fail("{} clips are too many for a sheet, expected at most {} (--sample)", drawn.size(),
           kMostStrips);
    write_sheet(options, library, drawn, context.command_line);
  }
  report.finish(writes);
}

}  // namespace

Run add_caption(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  app.add_option("files", options->files,
                 "Motion files, folders and archives: their captions are printed")
      ->type_name("PATH")
      ->default_str("");
  add_library_options(app, options->library);
  app.add_option("--paraphrases", options->captions.paraphrases, "Sentences a clip")
      ->check(CLI::Range(1, 100).description(""))
      ->type_name("N");
  add_seed(app, options->captions.seed);
  app.add_option("--label", options->label, "For files: what is done in them, e.g. \"{folder}\"");
  app.add_option("--words", options->words, "Table of words (default: our own)")->type_name("FILE");
  app.add_option("--sample", options->sample, "Only so many clips, drawn by the seed; only printed")
      ->check(CLI::Range(int64_t{0}, int64_t{1000000}).description(""))
      ->type_name("N");
  app.add_option("--sheet", options->sheet, "Draw the clips with their captions; only printed")
      ->type_name("FILE");
  app.add_flag("--dry-run", options->dry_run, "Print the captions, write nothing");
  add_json(app, options->json);
  add_force(app, options->force, "Replace captions that came with the motion, and the sheet");
  return [options, &context] { run(*options, context); };
}

}  // namespace pantomime::commands
