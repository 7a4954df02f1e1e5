// The manifest and the vocabulary of a sentence encoder.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pantomime/base/error.h"
#include "pantomime/formats/use_lite.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    pantomime::formats::parse_use_lite_manifest(text, "fuzz");
  } catch (const pantomime::Error&) {
  }
  try {
    pantomime::formats::parse_use_lite_vocabulary(text, "fuzz");
  } catch (const pantomime::Error&) {
  }
  return 0;
}
