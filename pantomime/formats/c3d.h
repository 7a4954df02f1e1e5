// C3D: markers of optical motion capture, binary (Vicon, Qualisys, OptiTrack …).
// Source: "The C3D File Format: A Technical User Guide", Motion Lab Systems, 2021, www.c3d.org.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/axes.h"
#include "pantomime/motion/point_recording.h"

namespace pantomime::formats {

/// What a C3D file says.
struct C3d {
  /// Markers in metres, y up: turned by the axis that POINT:Y_SCREEN says is up, z when it says
  /// nothing. Which way people look is not in the file. Confidence 1 for markers that were seen or
  /// filled in, 0 for missing ones.
  motion::PointRecording points;
  std::vector<float> residuals;           ///< [F * P] metres; 0: filled in or filtered; -1: missing
  int64_t first_frame = 1;                ///< number of the first frame in the recording
  motion::Axis up = motion::Axis::PlusZ;  ///< in the file
  /// Analogue channels are passed over; only their number is told.
  int analog_channels = 0;
};

/// Reads files of all three processors (Intel, DEC, MIPS) with whole or real numbers. Labels beyond
/// 255 (POINT:LABELS2 …) are read; a prefix that all labels share ("Anna:LASI") is dropped; markers
/// without a label are called "point 7". Throws ParseError `name@byte: …` for a broken structure,
/// more frames than the file holds, a unit of length it doesn't know, a scale or a rate out of
/// range, or a place that is not finite. Memory stays within a constant times the size of the file.
C3d parse_c3d(std::string_view bytes, const std::string& name);
C3d read_c3d(const std::filesystem::path& path);

}  // namespace pantomime::formats
