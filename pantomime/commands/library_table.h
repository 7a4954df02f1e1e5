// A motion library in words and numbers, for import and info.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "pantomime/library/library.h"

namespace pantomime::commands {

/// Clips and minutes by set, split and label, and the licences.
nlohmann::json library_json(const library::Library& library);
/// The same as a table for people.
std::string library_table(const nlohmann::json& summary);

}  // namespace pantomime::commands
