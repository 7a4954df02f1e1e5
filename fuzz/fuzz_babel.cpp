// Any bytes end in sequences with labels in order or in one ParseError.
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/babel.h"

namespace formats = pantomime::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    formats::AmassNames names;
    size_t count = 0;
    for (const auto& sequence :
         formats::parse_babel({reinterpret_cast<const char*>(data), size}, "fuzz.json")) {
      for (const auto& label : sequence.spans)
        if (!(label.first <= label.last)) std::abort();
      names.add(sequence.file, count++);
      names.find(sequence.file);
    }
  } catch (const pantomime::ParseError&) {
  }
  return 0;
}
