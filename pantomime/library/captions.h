// Captions: sentences in plain English for a clip, from its labels, its style and what is measured.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pantomime/base/progress.h"
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

/// A clip with what was found and said.
struct CaptionedClip {
  ClipInfo info;
  motion::Description description;
  std::vector<std::string> sentences;
};

/// Captions clips of a library and hands them to `each` in their order, on any number of threads
/// (0: all cores). Throws Cancelled when `progress` is stopped.
void caption_clips(const Library& library, const std::vector<ClipInfo>& clips,
                   const CaptionWords& words, const CaptionOptions& options, int threads,
                   Progress& progress, const std::function<void(const CaptionedClip&)>& each);

/// `count` of the clips drawn by a seed, in an order that the seed gives too; all of them when
/// there are not more. Which clips there are beside them changes nothing about the order of two.
std::vector<ClipInfo> sampled(std::vector<ClipInfo> clips, size_t count, uint64_t seed);

/// The table of words among Pantomime's own files, configs/captions.toml.
CaptionWords default_caption_words();

}  // namespace pantomime::library
