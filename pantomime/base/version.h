// Which Pantomime this is.
#pragma once

#include <string_view>

namespace pantomime {

/// "0.1.0", as in CMakeLists.txt.
std::string_view version();

}  // namespace pantomime
