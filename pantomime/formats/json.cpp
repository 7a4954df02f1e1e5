#include "pantomime/formats/json.h"

#include <set>
#include <vector>

#include "pantomime/base/error.h"

namespace pantomime::formats {

using nlohmann::json;

json parse_json(std::string_view text, const std::string& name, uint64_t offset,
                const JsonLimits& limits) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  int depth = 0;
  int64_t values = 0;
  const auto guard = [&](int, json::parse_event_t event, json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        if (++depth > limits.depth)
          fail_at_byte(name, offset, "JSON nested deeper than {} levels", limits.depth);
        if (event == json::parse_event_t::object_start) keys.emplace_back();
        break;
      case json::parse_event_t::object_end:
        keys.pop_back();
        --depth;
        break;
      case json::parse_event_t::array_end:
        --depth;
        break;
      case json::parse_event_t::key:
        if (!keys.back().insert(parsed.get<std::string>()).second)
          fail_at_byte(name, offset, "JSON key \"{}\" is there twice", parsed.get<std::string>());
        [[fallthrough]];
      case json::parse_event_t::value:
        if (++values > limits.values)
          fail_at_byte(name, offset, "JSON with more than {} values", limits.values);
        break;
    }
    return true;
  };
  try {
    return json::parse(text.begin(), text.end(), guard);
  } catch (const json::parse_error& error) {
    fail_at_byte(name, offset + (error.byte > 0 ? error.byte - 1 : 0), "bad JSON");
  } catch (const json::exception&) {  // a number too large for a double
    fail_at_byte(name, offset, "bad JSON: a number is out of range");
  }
}

std::string to_json_text(const json& value, const std::string& name) {
  try {
    return value.dump();
  } catch (const json::exception&) {
    fail("{}: text that is not UTF-8", name);
  }
}

}  // namespace pantomime::formats
