// NTU RGB+D's .skeleton files: 25 joints of everybody a Kinect v2 saw, as text.
// Source: Shahroudy et al., "NTU RGB+D: A Large Scale Dataset for 3D Human Activity Analysis", CVPR
// 2016, and its reference reader read_skeleton_file.m.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/clip.h"
#include "pantomime/motion/point_recording.h"

namespace pantomime::formats {

inline constexpr double kNtuFps = 30;

/// One person, from the first to the last frame in which the sensor had them.
struct NtuBody {
  std::string id;    ///< the sensor's number
  size_t first = 0;  ///< frame of the file at which `joints` begins
  /// 25 joints, names as body::kNtuNames, metres in the sensor's axes: right-handed, y up; who
  /// faces the sensor looks along -z and has their left at -x. Confidence 1: tracked, 0.5:
  /// inferred, 0: not tracked, or the person was not there.
  motion::PointRecording joints;
};

struct NtuSkeleton {
  size_t frames = 0;            ///< of the file
  std::vector<NtuBody> bodies;  ///< in the order in which they appear
};

/// Reads a file. Only places and tracking states are kept. Throws ParseError `name:line: …` for
/// other numbers of joints or values, a person twice in a frame, a place that is not finite, a
/// state other than 0, 1, 2, lines after the last frame, or people whose gaps make them too large
/// for the file.
NtuSkeleton parse_ntu_skeleton(std::string_view text, const std::string& name);
NtuSkeleton read_ntu_skeleton(const std::filesystem::path& path);

/// Writes people. States are 2 from confidence 0.75, 1 from 0.25, else 0; joints of people who are
/// not there in any joint are left out. What the format has beside that (pixels, hands, leaning,
/// orientations) is written as zeros, orientation as no turn. Throws Error for other than 25 joints
/// or an id that is not a number.
std::string to_ntu_skeleton(const NtuSkeleton& people);
void write_ntu_skeleton(const std::filesystem::path& path, const NtuSkeleton& people);

/// A canonical clip as a Kinect would give it to 30 frames a second, seen by a sensor that stands
/// `distance` metres before the origin, `height` above the floor, and looks along our -z. Head,
/// hands and thumbs, which a clip does not have, are where an adult has them.
NtuSkeleton ntu_of(const motion::Clip& clip, float distance = 3, float height = 1.2f);

}  // namespace pantomime::formats
