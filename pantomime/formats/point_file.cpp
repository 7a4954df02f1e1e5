#include "pantomime/formats/point_file.h"

#include <algorithm>
#include <charconv>

#include "pantomime/base/error.h"
#include "pantomime/formats/c3d.h"
#include "pantomime/formats/csv.h"
#include "pantomime/formats/humanml3d.h"
#include "pantomime/formats/lines.h"
#include "pantomime/formats/npz.h"
#include "pantomime/formats/ntu.h"
#include "pantomime/formats/point_table.h"
#include "pantomime/formats/points_json.h"

namespace pantomime::formats {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// "x12,y12,z12" in the first line of a table: landmarks by number.
bool has_numbered_columns(std::string_view line) {
  return (line.starts_with("x0,y0,z0") || has(line, ",x0,y0,z0"));
}

/// x0, y0, z0 … of a table become the names of MediaPipe's landmarks.
std::string with_names(std::string_view text, const std::string& name) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string line(text.substr(0, end));
  std::string out;
  for (size_t at = 0; at <= line.size();) {
    const size_t comma = std::min(line.find(',', at), line.size());
    const std::string column = line.substr(at, comma - at);
    size_t number = 0;
    const bool axis = column.size() > 1 && has("xyz", column.substr(0, 1));
    const char* last = column.data() + column.size();
    const bool numbered = axis && std::from_chars(column.data() + 1, last, number).ptr == last;
    if (numbered && number >= kMediaPipeNames.size())
      fail_at_line(name, 1, "column {}: expected MediaPipe's 33 points, 0 to 32", column);
    if (!out.empty() || at > 0) out += ',';
    out += numbered ? fmt::format("{}_{}", kMediaPipeNames[number], column[0]) : column;
    at = comma + 1;
  }
  return out + std::string(text.substr(end));
}

std::vector<PointsOfPerson> of_video(PointsFromVideo video, const std::string& name) {
  if (video.unit == PointUnit::Pixels)
    throw ParseError(name +
                     ": flat keypoints of a picture, expected points in space "
                     "(pose_keypoints_3d, or landmarks with z)");
  std::vector<PointsOfPerson> out;
  out.push_back(
      {{}, std::move(video.points), motion::kCanonicalAxes, video.unit == PointUnit::Metres});
  return out;
}

std::vector<PointsOfPerson> of_csv(std::string_view bytes, const std::string& name,
                                   const PointFileOptions& options) {
  const bool numbered =
      has_numbered_columns(bytes.substr(0, std::min(bytes.find('\n'), bytes.size())));
  PointsOfPerson person;
  person.points = numbered ? parse_points_csv(with_names(bytes, name), name, options.fps)
                           : parse_points_csv(bytes, name, options.fps);
  person.axes = motion::kCanonicalAxes;
  if (options.picture) {
    person.metric = false;
    auto& at = person.points.positions;
    for (size_t i = 0; i + 2 < at.size(); i += 3) {
      at[i + 1] = static_cast<float>(-static_cast<double>(at[i + 1]) / options.aspect);
      at[i + 2] = -at[i + 2];
    }
  }
  std::vector<PointsOfPerson> out;
  out.push_back(std::move(person));
  return out;
}

std::vector<PointsOfPerson> of_ntu(std::string_view bytes, const std::string& name) {
  std::vector<PointsOfPerson> out;
  NtuSkeleton people = parse_ntu_skeleton(bytes, name);
  for (size_t i = 0; i < people.bodies.size(); ++i)
    out.push_back({fmt::format("{}", i + 1), std::move(people.bodies[i].joints), {}, true});
  if (out.empty()) throw ParseError(name + ": nobody in any frame");
  return out;
}

motion::PointRecording of_array(std::string_view bytes, const std::string& name) {
  const NpyArray array = parse_npy(bytes, name);
  if (array.shape.size() == 2) return from_humanml3d(array, name).joints;
  return parse_humanml3d_joints(bytes, name);
}

}  // namespace

std::optional<PointKind> point_kind(std::string_view path) {
  const std::string whole = lower_case(path), name = whole.substr(whole.find_last_of('/') + 1);
  if (name.ends_with(".c3d")) return PointKind::C3d;
  if (name.ends_with(".skeleton")) return PointKind::Ntu;
  if (name.ends_with(".json") && (name.ends_with("_keypoints.json") || has(name, "landmark") ||
                                  has(name, "mediapipe") || has(name, "pose")))
    return PointKind::Video;
  if (name.ends_with(".npy") && (has(whole, "new_joint_vecs/") || has(whole, "new_joints/")) &&
      name != "mean.npy" && name != "std.npy")
    return PointKind::HumanMl3d;
  return std::nullopt;
}

std::optional<PointKind> point_kind(std::string_view path, std::string_view begin) {
  if (const auto kind = point_kind(path)) return kind;
  const std::string name = lower_case(path.substr(path.find_last_of('/') + 1));
  if (name.ends_with(".json") && (has(begin, "andmark") || has(begin, "keypoints") ||
                                  has(begin, "\"visibility\"") || has(begin, "\"presence\"")))
    return PointKind::Video;
  const std::string_view line = begin.substr(0, std::min(begin.find('\n'), begin.size()));
  if (name.ends_with(".csv") &&
      (has_numbered_columns(line) || (has(line, "_x,") && has(line, "_y,") && has(line, "_z"))))
    return PointKind::Csv;
  if (name.ends_with(".npy") && (has(begin, ", 263)") || has(begin, ", 22, 3)")))
    return PointKind::HumanMl3d;
  return std::nullopt;
}

std::vector<PointsOfPerson> parse_point_file(std::string_view bytes, const std::string& name,
                                             PointKind kind, const PointFileOptions& options) {
  const VideoPointOptions video{.fps = options.fps, .aspect = options.aspect};
  std::vector<PointsOfPerson> out;
  switch (kind) {
    case PointKind::C3d:
      out.push_back({{}, parse_c3d(bytes, name).points, motion::kCanonicalAxes, true});
      return out;
    case PointKind::Ntu:
      return of_ntu(bytes, name);
    case PointKind::Video: {
      const bool openpose = has(bytes.substr(0, 65536), "keypoints");
      return of_video(openpose ? parse_openpose({{name, std::string(bytes)}}, video)
                               : parse_mediapipe(bytes, name, video),
                      name);
    }
    case PointKind::Csv:
      return of_csv(bytes, name, options);
    case PointKind::HumanMl3d:
      out.push_back({{}, of_array(bytes, name), motion::kCanonicalAxes, true});
      return out;
  }
  fail("{}: points of an unknown kind", name);
}

}  // namespace pantomime::formats
