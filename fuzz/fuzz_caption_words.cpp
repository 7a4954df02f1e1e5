// Any bytes, taken as a table of words, end in words or in one ParseError; sentences from words
// that were read end too, with a text or one Error.
#include <cstdint>

#include "pantomime/base/error.h"
#include "pantomime/library/caption_words.h"

namespace library = pantomime::library;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto words =
        library::CaptionWords::parse({reinterpret_cast<const char*>(data), size}, "fuzz");
    const library::Clause clause{
        .phrases = words.phrase("travel"),
        .slots = {
            {"verb", {"walk"}}, {"way", words.way("forward")}, {"pace", words.pace("walk slow")}}};
    for (uint64_t seed = 0; seed < 4; ++seed) {
      pantomime::Random random(seed);
      words.text(clause, library::Tense::kPresent, "the", random);
    }
  } catch (const pantomime::Error&) {
  }
  return 0;
}
