#include "pantomime/base/text.h"

#include <algorithm>

namespace pantomime {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split_list(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::string_view rest = trimmed(text); !rest.empty();) {
    const size_t end = std::min(rest.find(separator), rest.size());
    parts.push_back(trimmed(rest.substr(0, end)));
    rest = trimmed(rest.substr(std::min(end + 1, rest.size())));
  }
  return parts;
}

}  // namespace pantomime
