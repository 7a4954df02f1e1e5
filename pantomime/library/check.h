// All clips of a library looked through for what no body did.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "pantomime/base/progress.h"
#include "pantomime/library/library.h"

namespace pantomime::library {

/// A clip and everything that is known against it.
struct CheckedClip {
  ClipInfo info;
  motion::Clip clip;
  std::vector<motion::Finding> findings;  ///< first what import mended
};

/// Checks the clips that pass the filter anew (motion/quality.h) and hands them over in the order
/// of their names. Which sets were made by hand is read from the descriptions in `sets` (empty: our
/// own, configs/sets); a set without a description counts as recorded. Memory: a batch of clips at
/// a time. Throws Error for broken libraries and descriptions; Cancelled when stopped.
void check_library(const Library& library, const Filter& filter, const std::filesystem::path& sets,
                   int threads, Progress& progress,
                   const std::function<void(const CheckedClip&)>& take);

}  // namespace pantomime::library
