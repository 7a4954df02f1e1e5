// Any text is a person whose own text gives the same person, or one error.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "pantomime/base/error.h"
#include "pantomime/body/person.h"

namespace body = pantomime::body;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text;
  try {
    text = to_text(body::parse_person({reinterpret_cast<const char*>(data), size}));
  } catch (const pantomime::Error&) {
    return 0;
  }
  if (to_text(body::parse_person(text)) != text) std::abort();
  return 0;
}
