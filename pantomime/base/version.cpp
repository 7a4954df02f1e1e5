#include "pantomime/base/version.h"

namespace pantomime {

std::string_view version() {
  return PANTOMIME_VERSION;
}

}  // namespace pantomime
