// Lists as people type them.
#pragma once

#include <string_view>
#include <vector>

namespace pantomime {

/// `text` without the spaces at its ends.
std::string_view trimmed(std::string_view text);

/// The trimmed parts of `text` between separators. A closing separator ends the list, it does not
/// begin an empty part; empty text is an empty list. Views into `text`.
std::vector<std::string_view> split_list(std::string_view text, char separator);

}  // namespace pantomime
