// Any bytes, taken as captions and as a split list, end in content or in one ParseError; captions
// are written as the same captions.
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/humanml3d_text.h"

namespace formats = pantomime::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto captions = formats::parse_humanml3d_captions(text, "fuzz.txt");
    std::string written;
    try {
      written = formats::to_humanml3d_captions(captions);
    } catch (const pantomime::Error&) {
      return 0;  // a carriage return inside a sentence can be read and not written
    }
    const auto back = formats::parse_humanml3d_captions(written, "written.txt");
    if (back.size() != captions.size()) std::abort();
    for (size_t i = 0; i < back.size(); ++i)
      if (back[i].text != captions[i].text || back[i].tokens != captions[i].tokens ||
          back[i].first != captions[i].first)
        std::abort();
  } catch (const pantomime::ParseError&) {
  }
  try {
    formats::parse_split_list(text, "fuzz.txt");
  } catch (const pantomime::ParseError&) {
  }
  return 0;
}
