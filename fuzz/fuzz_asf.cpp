// A text holds a skeleton and, after a line "=====", a motion of it. Any bytes end in a valid clip
// or in one ParseError.
#include <cstdint>

#include "pantomime/base/error.h"
#include "pantomime/formats/asf.h"

namespace formats = pantomime::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view kBetween = "=====\n";
  const size_t at = text.find(kBetween);
  const size_t rest = at == std::string_view::npos ? text.size() : at + kBetween.size();
  try {
    const formats::Asf asf = formats::parse_asf(text.substr(0, at), "fuzz.asf");
    asf.skeleton.validate();
    formats::parse_amc(text.substr(rest), "fuzz.amc", asf).validate();
  } catch (const pantomime::ParseError&) {
  }
  return 0;
}
