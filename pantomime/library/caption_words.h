// The words of captions, from a table (configs/captions.toml), and how they become sentences.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/base/random.h"
#include "pantomime/motion/describe.h"

namespace pantomime::library {

/// Alternatives for a slot, or phrases with slots.
using Wordings = std::vector<std::string>;

/// Part of a sentence that is not worded yet: one of the phrases is drawn, then a filling for each
/// of its slots ("{way}"). Slots without a filling are empty.
struct Clause {
  double first = 0, last = 0;  ///< seconds, the order in the sentence
  Wordings phrases;            ///< verbs in brackets: "[walk]{way}"
  std::map<std::string, Wordings> slots;
  const motion::Movement* source = nullptr;  ///< what it tells, when that is one way gone
};

/// How the verbs of a sentence stand.
enum class Tense { kPresent, kProgressive };  ///< "walks", "walking"

/// A style's words: an adjective with its article ("an exhausted") and a manner (" wearily").
struct StyleWords {
  Wordings person, manner;
};

class CaptionWords {
 public:
  /// TOML text; docs/CAPTIONS.md says what is in it. Throws ParseError naming file and line for
  /// broken TOML, a key that is not known, an empty list, or a phrase with an unknown slot or an
  /// open bracket.
  static CaptionWords parse(std::string_view text, const std::string& name);

  const Wordings& people() const { return people_; }
  const Wordings& person() const { return person_; }
  const Wordings& joints() const { return joints_; }
  const Wordings& last_joints() const { return last_joints_; }
  /// The phrases, ways, paces, … of a key; throws Error when the table has none: the program asks
  /// only for those that the table must have.
  const Wordings& phrase(const std::string& key) const;
  const Wordings& way(const std::string& key) const;
  const Wordings& pace(const std::string& key) const;
  const Wordings& height(const std::string& key) const;
  /// Nothing when the table has none.
  const Wordings* gait(const std::string& key) const;
  const Wordings* where(const std::string& key) const;
  /// "label|detail", else "label", else nothing.
  const Wordings* label(const std::string& label, const std::string& detail) const;
  /// Words of a style; for one that the table doesn't have "in a … style".
  StyleWords style(const std::string& style) const;
  std::string times(int count) const;   ///< " twice"; "" for 1; " 11 times"
  std::string number(int count) const;  ///< "two"; "11"

  /// "walk" to "walks" or "walking"; of several words the first is the verb.
  std::string conjugated(const std::string& verb, Tense tense) const;
  /// Draws the wording of a clause. `the` fills {the}: "the" or "their". Throws Error when the
  /// table's slots fill each other to more than 4000 bytes.
  std::string text(const Clause& clause, Tense tense, const std::string& the, Random& random) const;

 private:
  std::string with_verbs(const std::string& text, Tense tense) const;

  Wordings people_, person_, joints_, last_joints_, times_, count_;
  std::map<std::string, Wordings> verbs_, ways_, paces_, heights_, gaits_, where_, phrases_,
      labels_;
  std::map<std::string, StyleWords> styles_;
};

/// One of the alternatives.
const std::string& drawn(const Wordings& wordings, Random& random);

}  // namespace pantomime::library
