// HumanML3D's captions and split lists (KIT-ML's copies have the same form).
// Source: Guo et al., "Generating Diverse and Natural 3D Human Motions from Text", CVPR 2022.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pantomime::formats {

/// One sentence about a motion.
struct HumanMl3dCaption {
  std::string text;
  std::vector<std::pair<std::string, std::string>> tokens;  ///< lemma and part of speech
  double first = 0, last = 0;  ///< seconds; both 0: about the whole motion

  bool has_interval() const { return first != 0 || last != 0; }
};

/// Reads texts/NNNNNN.txt: lines `sentence#word/TAG word/TAG#first#last`. "nan" for a time means 0,
/// as HumanML3D's own loader takes it. Throws ParseError `name:line: …` for another number of
/// fields, a token without a tag, an empty sentence, an interval that ends before it begins, or
/// bytes that are not UTF-8.
std::vector<HumanMl3dCaption> parse_humanml3d_captions(std::string_view text,
                                                       const std::string& name);
/// The other way: what parse_humanml3d_captions() reads. Throws Error for "#" or a line's end in a
/// sentence or token, or "/" in a tag.
std::string to_humanml3d_captions(const std::vector<HumanMl3dCaption>& captions);

/// Reads a list of ids (train.txt, val.txt, test.txt): one a line. Throws ParseError for a line of
/// several words or an id twice.
std::vector<std::string> parse_split_list(std::string_view text, const std::string& name);

}  // namespace pantomime::formats
