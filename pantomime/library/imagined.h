// Imagined motion: descriptions and labels that somebody could have, drawn by a seed, for those who
// learn to read. A library has few people who walk backwards quickly; sentences about them cost
// nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pantomime/library/library.h"
#include "pantomime/motion/describe.h"

namespace pantomime::library {

struct Imagined {
  ClipInfo info;  ///< name, frames, style and segments only
  motion::Description description;
};

/// One to three acts one after another in two to four seconds, each with all its sides, ways, paces
/// and numbers equally likely; seven in ten are labelled, where one of `labels` fits. No motion has
/// to exist that is described like that.
Imagined imagine(uint64_t seed, const std::vector<std::string>& labels,
                 const std::vector<std::string>& styles);

}  // namespace pantomime::library
