// Any bytes end in arrays or in one ParseError; what was read is written as the same content.
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/safetensors.h"

namespace formats = pantomime::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  formats::Safetensors content;
  try {
    content = formats::parse_safetensors({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const pantomime::ParseError&) {
    return 0;
  }
  const std::string written = formats::to_safetensors(content);
  const formats::Safetensors back = formats::parse_safetensors(written, "written");
  if (formats::to_safetensors(back) != written || back.metadata != content.metadata) std::abort();
  return 0;
}
