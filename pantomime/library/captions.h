// Captions: sentences in plain English for a clip, from its labels, its style and what is measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pantomime/library/caption_words.h"
#include "pantomime/library/library.h"
#include "pantomime/motion/describe.h"

namespace pantomime::library {

struct CaptionOptions {
  int paraphrases = 4;  ///< 1 … 100
  uint64_t seed = 0;
};

/// Different sentences that say the same; fewer than asked for when the words for that few things
/// don't give more. Labels and style come from `info`, whose caption is not looked at; sides,
/// directions, counts, speeds and the order come from the description. Deterministic in seed, name
/// of the clip, and words; the first sentences are the same whatever their number.
std::vector<std::string> captions(const ClipInfo& info, const motion::Description& description,
                                  const CaptionWords& words, const CaptionOptions& options = {});

/// The table of words among Pantomime's own files, configs/captions.toml.
CaptionWords default_caption_words();

}  // namespace pantomime::library
