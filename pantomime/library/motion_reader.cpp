#include "pantomime/library/motion_reader.h"

#include <algorithm>
#include <array>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/mapping_file.h"
#include "pantomime/formats/point_set_file.h"
#include "pantomime/formats/points_json.h"
#include "pantomime/motion/person_scale.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOwnRig = "smpl";
constexpr float kLongestLeg = 5;             // metres; longer ones are in centimetres
constexpr double kWorthTelling = 0.2;        // seconds
constexpr const char* kSolver = "points 1";  // new number: points are solved again

std::string fingerprint_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string all;
  for (const fs::path& file : files) all += sha256_hex(read_file(file));
  return sha256_hex(all);
}

PointGaps gaps_of(const motion::PoseReport& report, const std::string& set,
                  const motion::Clip& clip) {
  PointGaps out;
  out.points = set;
  out.unknown = report.unknown;
  std::array<double, motion::kJointCount> worst{};
  double lost = 0, measured = 0;
  for (const bool has : report.measured) measured += has ? 1 : 0;
  for (const auto& stretch : report.bridged) {
    const double seconds = static_cast<double>(stretch.count) / clip.fps;
    lost += static_cast<double>(stretch.count);
    double& its = worst[static_cast<size_t>(stretch.joint)];
    its = std::max(its, seconds);
    out.longest = std::max(out.longest, seconds);
  }
  out.share = lost / std::max(1.0, measured * static_cast<double>(clip.frame_count()));
  for (size_t j = 0; j < worst.size(); ++j)
    if (worst[j] >= kWorthTelling)
      out.joints.push_back(fmt::format("{} {:.1f} s", motion::kJointNames[j], worst[j]));
  return out;
}

/// What kind of points a file holds; nothing when it holds none.
std::optional<formats::PointKind> kind_of_points(const SourceFile& file, const PointFiles* set) {
  if (const auto kind =
          formats::point_kind(file.path, std::string_view(file.bytes).substr(0, 4096)))
    return kind;
  if (set == nullptr || !file.path.ends_with(set->ending)) return std::nullopt;
  return file.path.ends_with(".json") ? formats::PointKind::Video : formats::PointKind::Csv;
}

}  // namespace

const PointArray* array_of(const FoundSet& set, const fs::path& container) {
  for (const PointArray& array : set.description.arrays)
    if ((set.folder / array.array).lexically_normal() == container.lexically_normal())
      return &array;
  return nullptr;
}

int64_t count_motions(const FoundSet& set, const fs::path& container) {
  const PointArray* array = array_of(set, container);
  return array == nullptr
             ? count_source_files(container, point_files(set.description))
             : static_cast<int64_t>(formats::read_csv(set.folder / array->recordings).rows.size());
}

const PointFiles* point_files(const SetDescription& set) {
  return set.point_files ? &*set.point_files : nullptr;
}

bool holds_several(const std::string& path) {
  const auto kind = formats::motion_kind(path);
  return (kind && formats::has_parts(*kind)) ||
         formats::point_kind(path) == formats::PointKind::Ntu;
}

MotionReader::MotionReader(const MotionReaderOptions& options) : options_(options) {
  const fs::path mappings =
      options.mappings.empty() ? resource_path("configs/mappings") : options.mappings;
  const fs::path points = options.points.empty() ? resource_path("configs/points") : options.points;
  mappings_ = formats::load_mappings(mappings);
  point_sets_ = formats::load_point_sets(points);
  mappings_fingerprint_ = fingerprint_of(mappings);
  points_fingerprint_ = sha256_hex(kSolver + fingerprint_of(points));
  if (!options.point_set.empty()) formats::point_set_named(point_sets_, options.point_set);
}

std::vector<FoundMotion> MotionReader::parse(const SourceFile& file, const PointFiles* set) const {
  std::vector<FoundMotion> out;
  if (!file.frames.empty()) {
    auto video = formats::parse_openpose(file.frames, {.fps = options_.points_fps});
    if (video.unit == formats::PointUnit::Pixels)
      fail("{}: flat keypoints of a picture, expected points in space (pose_keypoints_3d)",
           file.where);
    out.push_back(
        {{},
         {},
         formats::PointsOfPerson{{}, std::move(video.points), motion::kCanonicalAxes, true}});
    return out;
  }
  if (const auto kind = formats::motion_kind(file.where)) {
    const formats::MotionBytes bytes{file.bytes, file.where, file.skeleton, file.skeleton_where};
    if (!formats::has_parts(*kind)) {
      out.push_back({{}, formats::parse_motion(bytes, options_.rates), {}});
    } else {
      for (formats::MotionPart& part : formats::parse_parts(bytes, options_.rates))
        out.push_back({part.name, std::move(part.motion), {}});
    }
    return out;
  }
  const auto kind = kind_of_points(file, set);
  if (!kind) fail("{}: neither motion nor points that Pantomime knows", file.where);
  formats::PointFileOptions options{.fps = options_.points_fps};
  if (set != nullptr)
    options = {.fps = set->fps, .aspect = set->picture_aspect, .picture = set->picture};
  for (auto& person : formats::parse_point_file(file.bytes, file.where, *kind, options)) {
    std::string part = person.name;
    out.push_back({std::move(part), {}, std::move(person)});
  }
  return out;
}

OpenArray MotionReader::open_array(const SetDescription& set, const PointArray& array,
                                   const fs::path& folder) const {
  const fs::path file = folder / array.array, names = folder / array.names;
  const formats::CsvTable points = formats::read_csv(names);
  std::vector<std::string> columns;
  for (const auto& row : points.rows) columns.push_back(row[points.column("name")]);
  const std::string& wish = !options_.point_set.empty() ? options_.point_set
                            : !array.points.empty()     ? array.points
                                                        : set.points;
  OpenArray out;
  out.set = point_set(wish, columns, file.string());
  formats::PointTableOptions how{.axes = out.set.axes,
                                 .confidence_per_unit = array.confidence_per_unit,
                                 .fps = options_.points_fps};
  how.axes.metres_per_unit = array.metres_per_unit;
  out.table = std::make_shared<const formats::PointTable>(
      formats::read_point_table(file, folder / array.recordings, names, how));
  out.set.axes = motion::kCanonicalAxes;
  const formats::CsvTable& recordings = out.table->recordings();
  const size_t column = recordings.column(set.path);
  for (const auto& row : recordings.rows)
    out.paths.push_back(array.prefix.empty() ? row[column] : array.prefix + "/" + row[column]);
  out.fingerprint = sha256_hex(read_file(file)) + sha256_hex(read_file(names)) +
                    points_fingerprint_ + out.set.name;
  return out;
}

motion::Mapping MotionReader::mapping_of(const motion::Clip& clip, const std::string& where) const {
  motion::Mapping mapping = formats::recognise(clip.skeleton, mappings_, where);
  if (mapping.name != kOwnRig) return mapping;
  float leg = 0;
  for (const motion::Joint joint : {motion::kLeftKnee, motion::kLeftAnkle})
    leg +=
        length(clip.skeleton
                   .offsets[static_cast<size_t>(*clip.skeleton.find(motion::kJointNames[joint]))]);
  if (leg > kLongestLeg) mapping.axes.metres_per_unit = 0.01;
  return mapping;
}

const motion::PointSet& MotionReader::point_set(const std::string& name,
                                                const std::vector<std::string>& names,
                                                const std::string& where) const {
  return name.empty() ? motion::recognise(names, point_sets_, where)
                      : formats::point_set_named(point_sets_, name);
}

CanonicalMotion MotionReader::canonical(const FoundMotion& found, const std::string& where,
                                        const std::string& point_set,
                                        const motion::BodyFit* body) const {
  if (found.points) {
    const std::string& wish = options_.point_set.empty() ? point_set : options_.point_set;
    return solve(*found.points, this->point_set(wish, found.points->points.names, where), body);
  }
  const formats::MotionOfFile& motion = *found.clip;
  if (motion.clip.frame_count() == 0) fail("{}: no frames", where);
  if (!motion.mapping.empty()) return {motion.clip, motion.mapping, 0, {}};
  const motion::Mapping mapping = mapping_of(motion.clip, where);
  return {motion::to_canonical(motion.clip, mapping), mapping.name, mapping.floor_offset, {}};
}

CanonicalMotion MotionReader::solve(const formats::PointsOfPerson& person,
                                    const motion::PointSet& set,
                                    const motion::BodyFit* body) const {
  motion::PoseOptions options;
  options.axes = person.axes;
  if (body != nullptr) options.body = *body;
  const motion::PoseSolution solution =
      person.metric
          ? motion::solve_pose(person.points, set, options)
          : motion::solve_pose(
                motion::scaled(person.points, motion::metres_per_unit(person.points, set)), set,
                options);
  CanonicalMotion out{solution.clip, set.name, 0,
                      gaps_of(solution.report, set.name, solution.clip)};
  out.gaps->sized = !person.metric;
  return out;
}

}  // namespace pantomime::library
