// What a caption tells: labels and measured movements as clauses in the order of time.
#pragma once

#include <string>
#include <vector>

#include "pantomime/library/caption_words.h"
#include "pantomime/library/library.h"
#include "pantomime/motion/describe.h"

namespace pantomime::library {

/// A clause, and what is done at the same time ("… while waving with the right hand").
struct ToldClause {
  Clause clause;
  std::vector<Clause> meanwhile;
};

/// The clauses of a clip, at least one, by time. A label says what is done; the description says
/// where to, how fast, with which limb, how often, and what comes before and after. What a label
/// says wrongly of sides or directions is left to the measurement; what is unclear is left out.
std::vector<ToldClause> clauses_of(const ClipInfo& info, const motion::Description& description,
                                   const CaptionWords& words);

}  // namespace pantomime::library
