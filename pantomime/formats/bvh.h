// BVH: the text format of motion capture (Biovision). A HIERARCHY of joints with OFFSETs and
// CHANNELS, then MOTION: one row of numbers a frame, angles in degrees.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "pantomime/motion/clip.h"

namespace pantomime::formats {

/// Reads a BVH file. Joints keep the file's names and order, so the skeleton is foreign: see
/// motion/retarget.h for the way to the canonical one.
///   - any number, order and mix of rotation channels; the rotation is their product as written
///   - position channels REPLACE the OFFSET (Clip::moving_joints); an axis without a channel keeps
///   it
///   - end sites are kept; a clip of zero frames is refused
///   - lengths are multiplied by `metres_per_unit`; leave it at 1 when a mapping follows, which
///   knows
///     the unit of its rigs
///   - a frame time within 0.04 % of a whole rate gives that rate (0.0333333 s is 30 per second)
/// Throws ParseError `name:line: found, expected` for anything else: a row with too few or too many
/// numbers, a wrong number of rows or channels, a number that is not finite, two roots. Memory
/// stays within a constant times the length of the text.
motion::Clip parse_bvh(std::string_view text, const std::string& name, double metres_per_unit = 1);
motion::Clip read_bvh(const std::filesystem::path& path, double metres_per_unit = 1);

/// How to write BVH.
struct BvhOptions {
  std::string euler_order = "ZXY";  ///< of the rotation channels: X, Y and Z in any order
  double metres_per_unit = 0.01;    ///< centimetres by default, as animation tools expect
  int decimals = 6;                 ///< digits after the point, 0 to 9
};

/// Writes a clip: joints depth first (as the format needs), the root with six channels and OFFSET
/// 0, other joints with three, moving joints with six. Angles are continuous over the frames.
/// Joints of the canonical skeleton without a child get an end site of a plausible size, other
/// leaves one of length zero. Blanks and braces in names become "_". Throws Error for options out
/// of range.
std::string to_bvh(const motion::Clip& clip, const BvhOptions& options = {});
void write_bvh(const std::filesystem::path& path, const motion::Clip& clip,
               const BvhOptions& options = {});

}  // namespace pantomime::formats
