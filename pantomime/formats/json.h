// JSON from strangers: bounded depth and size, no key twice.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace pantomime::formats {

/// What a JSON text may hold at most.
struct JsonLimits {
  int depth = 32;             ///< nested objects and arrays
  int64_t values = 10000000;  ///< numbers, strings, … and keys in all
};

/// Parses a whole JSON text (UTF-8). `name` is the file, `offset` the byte of the file at which the
/// text begins, both for errors. Throws ParseError for bad JSON, a key used twice in one object, or
/// more than the limits allow.
nlohmann::json parse_json(std::string_view text, const std::string& name, uint64_t offset = 0,
                          const JsonLimits& limits = {});

/// The JSON text of a value; throws Error naming `name` when a string in it is not UTF-8.
std::string to_json_text(const nlohmann::json& value, const std::string& name);

}  // namespace pantomime::formats
