// Measures of a body as somebody with a tape would take them, from a TOML file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "pantomime/motion/skeleton.h"

namespace pantomime::formats {

/// Bones of a body from measures in metres, all optional:
///
///     stature = 1.52         # of the whole body; scales what isn't given
///     upper_arm = 0.26       # shoulder to elbow
///     forearm = 0.23         # elbow to wrist
///     thigh = 0.38           # hip to knee
///     shin = 0.37            # knee to ankle
///     foot = 0.12            # ankle to the ball of the foot
///     shoulder_width = 0.32  # from shoulder joint to shoulder joint
///     hip_width = 0.17       # from hip joint to hip joint
///     trunk = 0.46           # pelvis to neck
///     neck = 0.10            # neck to head joint
///
/// What isn't given has an average adult's proportions; stature alone is then met exactly (as
/// approximate_stature() measures it), beside other measures only by what is left. Throws
/// ParseError naming file and line for broken TOML, a key that is not known, and numbers no human
/// body has.
motion::Geometry parse_geometry(std::string_view text, const std::string& name);
motion::Geometry read_geometry(const std::filesystem::path& path);

}  // namespace pantomime::formats
