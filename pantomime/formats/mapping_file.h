// Mapping files: how a family of foreign rigs maps to the canonical skeleton, as TOML.
// docs/MAPPINGS.md tells how to write one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/retarget.h"

namespace pantomime::formats {

/// Parses one mapping. `name` is the file's name, for messages. Throws ParseError `name:line: …`
/// for broken TOML, an unknown key or joint, or a value out of range.
motion::Mapping parse_mapping(std::string_view text, const std::string& name);

/// The mapping as a file that parse_mapping() reads back, for people to correct. `comments` [22]
/// stand behind the joints' lines where they aren't empty; `head`: comment lines at the top.
std::string to_mapping_toml(const motion::Mapping& mapping, const std::string& head = {},
                            const std::vector<std::string>& comments = {});

/// All *.toml of a folder, most specific first: longer signatures before shorter ones, then by
/// name. Throws Error when there is no such folder or two mappings have one name.
std::vector<motion::Mapping> load_mappings(const std::filesystem::path& folder);

/// The first mapping whose signature is part of the skeleton. When none fits, throws Error that
/// names `file`, the nearest mapping and the joint it misses.
const motion::Mapping& recognise(const motion::Skeleton& skeleton,
                                 const std::vector<motion::Mapping>& mappings,
                                 const std::string& file);

}  // namespace pantomime::formats
