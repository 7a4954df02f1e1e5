#include "pantomime/formats/points_json.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/json.h"

namespace pantomime::formats {

using nlohmann::json;

const std::array<std::string_view, 33> kMediaPipeNames = {
    "nose",        "left_eye_inner",  "left_eye",        "left_eye_outer", "right_eye_inner",
    "right_eye",   "right_eye_outer", "left_ear",        "right_ear",      "mouth_left",
    "mouth_right", "left_shoulder",   "right_shoulder",  "left_elbow",     "right_elbow",
    "left_wrist",  "right_wrist",     "left_pinky",      "right_pinky",    "left_index",
    "right_index", "left_thumb",      "right_thumb",     "left_hip",       "right_hip",
    "left_knee",   "right_knee",      "left_ankle",      "right_ankle",    "left_heel",
    "right_heel",  "left_foot_index", "right_foot_index"};

const std::array<std::string_view, 25> kBody25Names = {
    "nose",           "neck",        "right_shoulder", "right_elbow",     "right_wrist",
    "left_shoulder",  "left_elbow",  "left_wrist",     "mid_hip",         "right_hip",
    "right_knee",     "right_ankle", "left_hip",       "left_knee",       "left_ankle",
    "right_eye",      "left_eye",    "right_ear",      "left_ear",        "left_big_toe",
    "left_small_toe", "left_heel",   "right_big_toe",  "right_small_toe", "right_heel"};

const std::array<std::string_view, 18> kOpenPoseCocoNames = {
    "nose",       "neck",       "right_shoulder", "right_elbow", "right_wrist", "left_shoulder",
    "left_elbow", "left_wrist", "right_hip",      "right_knee",  "right_ankle", "left_hip",
    "left_knee",  "left_ankle", "right_eye",      "left_eye",    "right_ear",   "left_ear"};

namespace {

constexpr double kMaxPlace = 1e5;
constexpr size_t kMaxFrames = 1'000'000;

/// Appends one frame of points; nobody: all missing.
void append_missing(motion::PointRecording& points) {
  points.positions.resize(points.positions.size() + 3 * points.point_count(), 0.f);
  points.confidence.resize(points.confidence.size() + points.point_count(), 0.f);
}

void check_options(const VideoPointOptions& options) {
  PANTOMIME_CHECK(options.fps >= 1 && options.fps <= 1000,
                  "{} frames per second, expected 1 to 1000", options.fps);
  PANTOMIME_CHECK(options.aspect >= 0.01 && options.aspect <= 100,
                  "picture {} times as wide as high, expected 0.01 to 100", options.aspect);
}

class MediaPipe {
 public:
  MediaPipe(const std::string& name, const VideoPointOptions& options)
      : name_(name), options_(options) {
    check_options(options);
    out_.points.fps = options.fps;
    out_.points.names.assign(kMediaPipeNames.begin(), kMediaPipeNames.end());
  }

  PointsFromVideo read(const json& root) {
    const json* frames = &root;
    if (root.is_object()) {
      const auto its = root.find("frames");
      if (its == root.end()) bad("an object without \"frames\"");
      frames = &*its;
      if (const auto fps = root.find("fps"); fps != root.end()) {
        const double value = fps->is_number() ? fps->get<double>() : 0;
        if (!(value >= 1 && value <= 1000)) bad("\"fps\": expected 1 to 1000");
        out_.points.fps = value;
      }
    }
    if (!frames->is_array() || frames->empty()) bad("expected a list of frames");
    if (frames->size() > kMaxFrames) bad("too many frames");
    for (const json& frame : *frames) {
      read_frame(frame);
      ++frame_;
    }
    return std::move(out_);
  }

 private:
  [[noreturn]] void bad(const std::string& what) const {
    throw ParseError(fmt::format("{}: frame {}: {}", name_, frame_, what));
  }

  void read_frame(const json& frame) {
    std::optional<PointUnit> unit;
    const json* landmarks = find_landmarks(frame, unit);
    if (landmarks == nullptr) return append_missing(out_.points);
    // A bare list doesn't say what it is in: then as the other frames, or metres.
    const PointUnit its = unit ? *unit : unit_.value_or(PointUnit::Metres);
    if (unit_ && *unit_ != its) bad("landmarks in another unit than before");
    unit_ = its;
    out_.unit = its;
    if (landmarks->size() != kMediaPipeNames.size())
      bad(fmt::format("{} landmarks, expected {}", landmarks->size(), kMediaPipeNames.size()));
    for (const json& landmark : *landmarks) read_landmark(landmark, its);
  }

  /// The list of landmarks of the wanted person, or nothing.
  const json* find_landmarks(const json& frame, std::optional<PointUnit>& unit) const {
    const json* found = &frame;
    if (frame.is_object()) {
      found = nullptr;
      for (const char* key :
           {"pose_world_landmarks", "poseWorldLandmarks", "world_landmarks", "worldLandmarks"})
        if (const auto it = frame.find(key); found == nullptr && it != frame.end()) {
          found = &*it;
          unit = PointUnit::Metres;
        }
      for (const char* key : {"pose_landmarks", "poseLandmarks", "landmarks"})
        if (const auto it = frame.find(key); found == nullptr && it != frame.end()) {
          found = &*it;
          unit = PointUnit::ImageWidths;
        }
      if (found == nullptr) {
        if (frame.contains("landmark")) {
          found = &frame;
        } else {
          bad("no landmarks, expected pose_world_landmarks or pose_landmarks");
        }
      }
    }
    const auto unwrapped = [&](const json* value) -> const json* {
      if (value->is_object() && value->contains("landmark")) value = &value->at("landmark");
      if (value->is_null()) return nullptr;
      if (!value->is_array()) bad("landmarks are no list");
      return value->empty() ? nullptr : value;
    };
    const json* list = unwrapped(found);
    if (list == nullptr) return nullptr;
    // A list of people has lists, or objects with lists, in it.
    const json& first = list->front();
    const bool people = (first.is_array() && !first.empty() && !first.front().is_number()) ||
                        (first.is_array() && first.empty()) ||
                        (first.is_object() && first.contains("landmark")) || first.is_null();
    if (!people) return list;
    return options_.person < list->size() ? unwrapped(&list->at(options_.person)) : nullptr;
  }

  double number(const json& value, double most) const {
    if (!value.is_number() || !(std::abs(value.get<double>()) <= most))
      bad(fmt::format("a landmark has {}, expected a number of at most {:g}",
                      value.is_number() ? fmt::format("{}", value.get<double>()) : "no number",
                      most));
    return value.get<double>();
  }

  void read_landmark(const json& landmark, PointUnit unit) {
    std::array<double, 4> v = {0, 0, 0, 1};
    if (landmark.is_array()) {
      if (landmark.size() != 3 && landmark.size() != 4)
        bad(fmt::format("a landmark of {} numbers, expected 3 or 4", landmark.size()));
      for (size_t i = 0; i < landmark.size(); ++i) v[i] = number(landmark[i], kMaxPlace);
    } else if (landmark.is_object()) {
      constexpr std::array<const char*, 3> kAxes = {"x", "y", "z"};
      for (size_t i = 0; i < 3; ++i) {
        const auto it = landmark.find(kAxes[i]);
        if (it == landmark.end()) bad(fmt::format("a landmark without {}", kAxes[i]));
        v[i] = number(*it, kMaxPlace);
      }
      // Both are chances; a landmark out of the picture is not present, a hidden one not visible.
      for (const char* key : {"visibility", "presence"})
        if (const auto it = landmark.find(key); it != landmark.end() && !it->is_null())
          v[3] = std::min(v[3], number(*it, kMaxPlace));
    } else {
      bad("a landmark is neither an object nor a list");
    }
    const double down = unit == PointUnit::ImageWidths ? v[1] / options_.aspect : v[1];
    out_.points.positions.push_back(static_cast<float>(v[0]));
    out_.points.positions.push_back(static_cast<float>(-down));
    out_.points.positions.push_back(static_cast<float>(-v[2]));
    out_.points.confidence.push_back(static_cast<float>(std::clamp(v[3], 0.0, 1.0)));
  }

  const std::string& name_;
  const VideoPointOptions& options_;
  PointsFromVideo out_;
  std::optional<PointUnit> unit_;
  size_t frame_ = 0;
};

/// Frames of OpenPose; the points are known from the first frame in which somebody is.
class OpenPose {
 public:
  explicit OpenPose(const VideoPointOptions& options) : options_(options) {
    check_options(options);
    out_.points.fps = options.fps;
  }

  void add(const json& frame, const std::string& name) {
    const json* people = nullptr;
    if (frame.is_object())
      if (const auto it = frame.find("people"); it != frame.end()) people = &*it;
    if (people == nullptr || !people->is_array())
      throw ParseError(name + ": no list of \"people\", expected OpenPose keypoints");
    if (options_.person >= people->size()) return add_missing();
    const json& person = people->at(options_.person);
    if (!person.is_object()) throw ParseError(name + ": a person is no object");
    const auto list = [&](const char* key) -> const json* {
      const auto it = person.find(key);
      return it == person.end() || !it->is_array() || it->empty() ? nullptr : &*it;
    };
    const json* space = list("pose_keypoints_3d");
    const json* flat = list("pose_keypoints_2d");
    if (flat == nullptr) flat = list("pose_keypoints");  // OpenPose before 1.2
    if (space == nullptr && flat == nullptr) return add_missing();
    add_points(space != nullptr ? *space : *flat, space != nullptr, name);
  }

  PointsFromVideo finish(const std::string& name) {
    if (frames_ == 0) throw ParseError(name + ": no frames");
    if (out_.points.names.empty()) throw ParseError(name + ": nobody in any frame");
    out_.points.validate();
    return std::move(out_);
  }

 private:
  void add_missing() {
    ++frames_;
    if (out_.points.names.empty()) {
      ++before_;
    } else {
      append_missing(out_.points);
    }
  }

  void add_points(const json& values, bool space, const std::string& name) {
    const size_t width = space ? 4 : 3, count = values.size() / width;
    if (values.size() % width != 0 ||
        (count != kBody25Names.size() && count != kOpenPoseCocoNames.size()))
      throw ParseError(fmt::format("{}: {} numbers, expected {} for each of 25 or 18 points", name,
                                   values.size(), width));
    const PointUnit unit = space ? PointUnit::Metres : PointUnit::Pixels;
    motion::PointRecording& points = out_.points;
    if (points.names.empty()) {
      if (count == kBody25Names.size())
        points.names.assign(kBody25Names.begin(), kBody25Names.end());
      else
        points.names.assign(kOpenPoseCocoNames.begin(), kOpenPoseCocoNames.end());
      out_.unit = unit;
      for (size_t f = 0; f < before_; ++f) append_missing(points);
    } else if (points.names.size() != count || out_.unit != unit) {
      throw ParseError(name + ": other points than in the frames before");
    }
    ++frames_;
    for (size_t p = 0; p < count; ++p) {
      std::array<double, 4> v{};
      for (size_t i = 0; i < width; ++i) {
        const json& value = values[p * width + i];
        if (!value.is_number() || !(std::abs(value.get<double>()) <= kMaxPlace))
          throw ParseError(
              fmt::format("{}: point {}: expected a number of at most {:g}", name, p, kMaxPlace));
        v[i] = value.get<double>();
      }
      const double confidence = std::clamp(v[width - 1], 0.0, 1.0);
      if (!space) v[2] = 0;
      const bool seen = confidence > 0;
      points.positions.push_back(seen ? static_cast<float>(v[0]) : 0.f);
      points.positions.push_back(seen ? static_cast<float>(-v[1]) : 0.f);
      points.positions.push_back(seen ? static_cast<float>(-v[2]) : 0.f);
      points.confidence.push_back(static_cast<float>(confidence));
    }
  }

  const VideoPointOptions& options_;
  PointsFromVideo out_;
  size_t frames_ = 0, before_ = 0;
};

}  // namespace

PointsFromVideo parse_mediapipe(std::string_view text, const std::string& name,
                                const VideoPointOptions& options) {
  return MediaPipe(name, options).read(parse_json(text, name));
}

PointsFromVideo parse_openpose(const std::vector<std::pair<std::string, std::string>>& frames,
                               const VideoPointOptions& options) {
  OpenPose reader(options);
  for (const auto& [name, text] : frames) {
    const json root = parse_json(text, name);
    if (root.is_array()) {
      for (const json& frame : root) reader.add(frame, name);
    } else {
      reader.add(root, name);
    }
  }
  return reader.finish(frames.empty() ? std::string("OpenPose") : frames[0].first);
}

PointsFromVideo read_openpose(const std::filesystem::path& path, const VideoPointOptions& options) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.path().filename().string().ends_with("_keypoints.json"))
        files.push_back(entry.path());
    if (files.empty()) fail("{}: no *_keypoints.json", path.string());
    std::sort(files.begin(), files.end());
  } else {
    files = {path};
  }
  std::vector<std::pair<std::string, std::string>> frames;
  for (const fs::path& file : files)
    frames.emplace_back(file.string(), read_file(file, uint64_t{256} << 20));
  return parse_openpose(frames, options);
}

}  // namespace pantomime::formats
