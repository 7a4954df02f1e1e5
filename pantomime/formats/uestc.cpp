#include "pantomime/formats/uestc.h"

#include <algorithm>
#include <charconv>
#include <numbers>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/lines.h"
#include "pantomime/formats/pickle.h"

namespace pantomime::formats {
namespace {

namespace fs = std::filesystem;
using motion::Vec3;

constexpr double kFps = 30;
constexpr int64_t kSubjects = 118, kActions = 40, kViews = 8;
constexpr int64_t kFewest = 45;  // frames of what is trained on: three quarters of 60
constexpr size_t kPelvis = 8;    // of VIBE's 49 joints

constexpr std::array<int64_t, 51> kTraining = {
    1,  2,  6,  12, 13, 16, 21, 24, 28, 29, 30,  31,  33,  35,  39,  41,  42,
    45, 47, 50, 52, 54, 55, 57, 59, 61, 63, 64,  67,  69,  70,  71,  73,  77,
    81, 84, 86, 87, 88, 90, 91, 93, 96, 99, 102, 103, 104, 107, 108, 112, 113};

/// "a12" of a name's parts: the number behind its letter.
bool number_after(std::string_view part, char letter, int64_t& value) {
  if (part.size() < 2 || part[0] != letter) return false;
  const auto [end, error] = std::from_chars(part.data() + 1, part.data() + part.size(), value);
  return error == std::errc() && end == part.data() + part.size();
}

std::vector<int64_t> parse_counts(std::string_view text, const std::string& name) {
  Lines lines(text, name, 0);
  std::vector<int64_t> counts;
  while (lines.next()) {
    lines.expect_words(1, "number of frames");
    counts.push_back(lines.whole(0, "number of frames", 0, 1000000));
  }
  return counts;
}

/// Lines as they are, in small letters.
std::vector<std::string> parse_actions(std::string_view text, const std::string& name) {
  Lines lines(text, name, 0);
  std::vector<std::string> actions;
  while (lines.next()) {
    std::string action;
    for (const std::string_view word : lines.words())
      action += (action.empty() ? "" : " ") + lower_case(word);
    actions.push_back(std::move(action));
  }
  return actions;
}

/// Paths of people [F, 3] in a camera's axes, a list of arrays.
std::vector<std::vector<Vec3>> read_paths(const fs::path& path) {
  const std::string bytes = read_file(path);
  const Pickle parsed(bytes, path.string());
  std::vector<std::vector<Vec3>> paths;
  for (size_t i = 0; i < parsed.root().size(); ++i) {
    const std::string what = fmt::format("{}: [{}]", path.string(), i);
    const NpyArray array = parsed.root().at(i, path.string()).array(what);
    if (array.shape.size() != 2 || array.shape[1] != 3)
      throw ParseError(what + ": expected numbers [frames, 3]");
    const std::vector<double> v = doubles_of(array, what);
    std::vector<Vec3> points;
    for (size_t k = 0; k + 3 <= v.size(); k += 3)
      points.push_back(
          {static_cast<float>(v[k]), static_cast<float>(v[k + 1]), static_cast<float>(v[k + 2])});
    paths.push_back(std::move(points));
  }
  return paths;
}

}  // namespace

std::vector<UestcVideo> parse_uestc_names(std::string_view text, const std::string& name) {
  Lines lines(text, name, 0);
  std::vector<UestcVideo> videos;
  while (lines.next()) {
    lines.expect_words(1, "name of a video");
    std::vector<std::string_view> parts;
    for (std::string_view rest = lines.words()[0];;) {
      const size_t end = rest.find('_');
      parts.push_back(rest.substr(0, end));
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
    UestcVideo v;
    if (parts.size() < 4 || !number_after(parts[0], 'a', v.action) ||
        !number_after(parts[1], 'd', v.view) || !number_after(parts[2], 'p', v.subject) ||
        !number_after(parts[3], 'c', v.side) || v.action < 0 || v.action >= kActions ||
        v.view < 0 || v.view > kViews || v.subject < 1 || v.subject > kSubjects || v.side < 1)
      lines.fail("\"{}\": expected a name like a12_d3_p045_c2_color.avi", shown(lines.words()[0]));
    videos.push_back(v);
  }
  return videos;
}

bool uestc_trains(int64_t subject) {
  return std::binary_search(kTraining.begin(), kTraining.end(), subject);
}

Uestc parse_uestc(std::string_view bytes, const fs::path& pickle) {
  const fs::path folder = pickle.parent_path(), info = folder / "info";
  const auto text_of = [&](const char* file) { return read_file(info / file); };
  const auto name_of = [&](const char* file) { return (info / file).string(); };
  const auto videos = parse_uestc_names(text_of("names.txt"), name_of("names.txt"));
  const auto counts = parse_counts(text_of("num_frames_min.txt"), name_of("num_frames_min.txt"));
  Uestc out;
  out.actions = parse_actions(text_of("action_classes.txt"), name_of("action_classes.txt"));
  std::vector<ActorSequence> all =
      parse_actor(bytes, pickle.string(), {.fps = kFps, .root_joint = kPelvis});
  std::vector<std::vector<Vec3>> paths;
  if (const fs::path file = folder / "globtrans_usez.pkl"; fs::exists(file))
    paths = read_paths(file);
  if (videos.size() != all.size() || counts.size() != all.size() ||
      (!paths.empty() && paths.size() != all.size()))
    throw ParseError(fmt::format("{}: {} sequences, but {} names, {} numbers of frames{}",
                                 pickle.string(), all.size(), videos.size(), counts.size(),
                                 paths.empty() ? "" : fmt::format(", {} paths", paths.size())));
  for (size_t i = 0; i < all.size(); ++i) {
    const UestcVideo& video = videos[i];
    if (static_cast<size_t>(video.action) >= out.actions.size())
      throw ParseError(fmt::format("{}: {} actions, but video {} shows number {}",
                                   name_of("action_classes.txt"), out.actions.size(), i,
                                   video.action));
    const bool front = video.side == 1;
    if (!front && video.view == kViews) continue;
    ActorSequence sequence = std::move(all[i]);
    motion::Clip& clip = sequence.clip;
    if (!paths.empty()) {
      if (paths[i].size() < clip.frame_count())
        throw ParseError(fmt::format("{}: [{}] has {} frames, expected {}",
                                     (folder / "globtrans_usez.pkl").string(), i, paths[i].size(),
                                     clip.frame_count()));
      for (size_t f = 0; f < clip.frame_count(); ++f)
        clip.root_positions[f] =
            clip.root_positions[f] + Vec3{paths[i][f].x, -paths[i][f].y, -paths[i][f].z};
    }
    const auto frames = std::min<size_t>(clip.frame_count(), static_cast<size_t>(counts[i]));
    if (frames == 0 || (uestc_trains(video.subject) && frames < static_cast<size_t>(kFewest)))
      continue;
    clip.root_positions.resize(frames);
    clip.rotations.resize(frames * motion::kJointCount);
    sequence.hands.resize(frames);
    // ACTOR turns by minus an eighth a view about the camera's axis down: the other way about ours.
    if (!front) {
      const auto angle = static_cast<float>(static_cast<double>(video.view) * std::numbers::pi / 4);
      clip = motion::transformed(clip, motion::from_axis_angle({0, 1, 0}, angle), {});
    }
    sequence.action = video.action;
    out.sequences.push_back(std::move(sequence));
    out.subjects.push_back(video.subject);
  }
  if (out.sequences.empty()) throw ParseError(pickle.string() + ": no sequence that can be used");
  return out;
}

Uestc read_uestc(const fs::path& folder) {
  const fs::path pickle = folder / "vibe_cache_refined.pkl";
  return parse_uestc(read_file(pickle), pickle);
}

}  // namespace pantomime::formats
