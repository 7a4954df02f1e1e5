// Point-set files: where the points of a sensor or marker system sit on the body, as TOML.
// docs/POSE_SOLVER.md tells how to write one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/point_set.h"

namespace pantomime::formats {

/// Parses one set. `name` is the file's name, for messages. Throws ParseError `name:line: …` for
/// broken TOML, an unknown key or joint, a point named twice, or a value out of range.
motion::PointSet parse_point_set(std::string_view text, const std::string& name);

/// All *.toml of a folder, by file name. Throws Error when there is no such folder or two sets have
/// one name.
std::vector<motion::PointSet> load_point_sets(const std::filesystem::path& folder);

/// The set called `name`; throws Error that lists the names there are.
const motion::PointSet& point_set_named(const std::vector<motion::PointSet>& sets,
                                        std::string_view name);

}  // namespace pantomime::formats
