// ASF and AMC: a skeleton and its motions in two text files (Acclaim), as CMU and HDM05 give them.
// Source: M. Schafer, "ASF Skeleton Definition", Acclaim 1994; J. Lander, "Working with motion
// capture file formats", Game Developer, January 1998.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::formats {

/// A skeleton as an ASF file tells it. A bone turns at its BEGIN, which is where its parent ends;
/// so joint "lfemur" is the left hip, and bones that hang on the root begin where the root is.
struct Asf {
  /// How one bone turns: C M C^-1 in its parent's frame, where C is `axis` and M the product of the
  /// turns about `dof`, the first turning first.
  struct Bone {
    motion::Quat axis;
    std::vector<int> dof;  ///< 0, 1, 2 for x, y, z in the order of the motion file; may be empty
    /// Smallest and largest angle of each dof, radians; empty when the file has none. Recordings
    /// do pass them; they bind nothing.
    std::vector<std::array<double, 2>> limits;
  };

  motion::Skeleton skeleton;  ///< joint 0 is "root"; metres; bones without children have end sites
  std::vector<Bone> bones;    ///< [J]; that of the root: its turns
  motion::Vec3 position;      ///< of the root, metres; the motion is added to it
  /// What the root's numbers in the motion file are: 0 to 2 for TX TY TZ, 3 to 5 for RX RY RZ.
  std::vector<int> root_order;
  double radians_per_unit = 1;
  double metres_per_unit = 1;
};

/// Reads a skeleton. Lengths are inches divided by the `length` of :units (CMU's and HDM05's 0.45
/// gives 0.056444 m), as both data sets have it. Sections for other programs (:skin …) are left
/// out. Throws ParseError `name:line: found, expected` for anything else that is not understood, a
/// bone that is not in the hierarchy, twice in it or below itself, stretching bones (dof l), or
/// more than 4096 bones.
Asf parse_asf(std::string_view text, const std::string& name);
Asf read_asf(const std::filesystem::path& path);

struct AmcOptions {
  double fps = 120;  ///< the file doesn't say; CMU's and HDM05's are 120 (a few of CMU's 60)
};

/// Reads a motion of that skeleton. Samples may begin at any number, but must follow each other.
/// Throws ParseError for a sample in which a bone with dofs is missing or twice, a bone the
/// skeleton doesn't have, or a row with too few or too many numbers. Memory stays within a constant
/// times the length of the text.
motion::Clip parse_amc(std::string_view text, const std::string& name, const Asf& skeleton,
                       const AmcOptions& options = {});
motion::Clip read_amc(const std::filesystem::path& path, const Asf& skeleton,
                      const AmcOptions& options = {});

/// Which of these ASF files (by name, any folder) belongs to a motion file: of those in its folder
/// the one whose name begins the motion's (01.asf for 01_07.amc; the longest, in any case), else
/// the only one. Empty when that leaves a choice, or nothing.
std::string asf_for(std::string_view amc, const std::vector<std::string>& asf_names);

}  // namespace pantomime::formats
