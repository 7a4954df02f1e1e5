#include "pantomime/library/caption_words.h"

#include <toml++/toml.h>
#include <algorithm>
#include <set>

#include "pantomime/base/error.h"

namespace pantomime::library {
namespace {

/// Slots that the program fills.
const std::set<std::string, std::less<>> kSlots = {
    "verb", "verbing", "way",     "pace",   "where",   "side",    "arm",       "hand",
    "foot", "knee",    "elbow",   "times",  "count",   "with",    "withfoot",  "height",
    "the",  "it",      "degrees", "squats", "punches", "circles", "themselves"};

int line_of(const toml::node& node) {
  return static_cast<int>(node.source().begin.line);
}

/// Slots are known and brackets closed, so that no sentence shows its machinery.
void check_phrase(const std::string& phrase, const std::string& name, int line) {
  for (size_t i = 0; i < phrase.size(); ++i) {
    const char c = phrase[i];
    if (c == '}' || c == ']')
      fail_at_line(name, line, "\"{}\": a closing {} without an opening one", phrase, c);
    if (c == '[') {
      const size_t end = phrase.find(']', i);
      if (end == std::string::npos || end == i + 1)
        fail_at_line(name, line, "\"{}\": expected [verb]", phrase);
      const std::string verb = phrase.substr(i + 1, end - i - 1);
      if (verb.find('[') != std::string::npos ||
          (verb.find('{') != std::string::npos && verb != "{verb}"))
        fail_at_line(name, line, "\"{}\": expected [verb] or [{{verb}}]", phrase);
      i = end;
    } else if (c == '{') {
      const size_t end = phrase.find('}', i);
      const std::string slot =
          end == std::string::npos ? phrase.substr(i) : phrase.substr(i + 1, end - i - 1);
      if (end == std::string::npos || !kSlots.contains(slot))
        fail_at_line(name, line, "\"{}\": unknown slot \"{}\"", phrase, slot);
      i = end;
    }
  }
}

Wordings wordings(const toml::node& node, const std::string& key, const std::string& name) {
  const toml::array* array = node.as_array();
  if (array == nullptr || array->empty())
    fail_at_line(name, line_of(node), "\"{}\": expected a list of texts, not empty", key);
  Wordings result;
  for (const toml::node& element : *array) {
    if (!element.is_string())
      fail_at_line(name, line_of(element), "\"{}\": expected a list of texts", key);
    result.push_back(**element.as_string());
    for (const char c : result.back())
      if (static_cast<unsigned char>(c) < 0x20)
        fail_at_line(name, line_of(element), "\"{}\": a control character in a text", key);
    check_phrase(result.back(), name, line_of(element));
  }
  return result;
}

const toml::table& table_at(const toml::node& node, const std::string& key,
                            const std::string& name) {
  const toml::table* table = node.as_table();
  if (table == nullptr) fail_at_line(name, line_of(node), "\"{}\": expected a table", key);
  return *table;
}

std::map<std::string, Wordings> lists(const toml::node& node, const std::string& key,
                                      const std::string& name) {
  std::map<std::string, Wordings> result;
  for (const auto& [inner, value] : table_at(node, key, name))
    result.emplace(inner.str(), wordings(value, std::string(inner.str()), name));
  return result;
}

const Wordings& needed(const std::map<std::string, Wordings>& map, const std::string& key,
                       const char* what) {
  const auto found = map.find(key);
  if (found == map.end()) fail("captions: no {} \"{}\" in the table of words", what, key);
  return found->second;
}

const Wordings* maybe(const std::map<std::string, Wordings>& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

bool is_vowel(char c) {
  return std::string_view("aeiou").find(c) != std::string_view::npos;
}

std::string third_person(const std::string& verb) {
  const auto ends = [&](std::string_view end) { return verb.ends_with(end); };
  if (ends("s") || ends("sh") || ends("ch") || ends("x") || ends("z") || ends("o"))
    return verb + "es";
  if (ends("y") && verb.size() > 1 && !is_vowel(verb[verb.size() - 2]))
    return verb.substr(0, verb.size() - 1) + "ies";
  return verb + "s";
}

std::string ing_form(const std::string& verb) {
  if (verb.ends_with("e") && !verb.ends_with("ee")) return verb.substr(0, verb.size() - 1) + "ing";
  return verb + "ing";
}

/// "a" or "an" before a word.
const char* article(const std::string& word) {
  return !word.empty() && is_vowel(word[0]) ? "an" : "a";
}

}  // namespace

const std::string& drawn(const Wordings& alternatives, Random& random) {
  return alternatives[random.below(static_cast<uint32_t>(alternatives.size()))];
}

CaptionWords CaptionWords::parse(std::string_view text, const std::string& name) {
  toml::table file;
  try {
    file = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    fail_at_line(name, error.source().begin.line, "{}", error.description());
  }
  CaptionWords words;
  const std::map<std::string, Wordings*> texts = {{"people", &words.people_},
                                                  {"person", &words.person_},
                                                  {"joints", &words.joints_},
                                                  {"last_joints", &words.last_joints_}};
  const std::map<std::string, std::map<std::string, Wordings>*> tables = {
      {"verbs", &words.verbs_},     {"ways", &words.ways_},    {"paces", &words.paces_},
      {"heights", &words.heights_}, {"gaits", &words.gaits_},  {"where", &words.where_},
      {"phrases", &words.phrases_}, {"labels", &words.labels_}};
  for (const auto& [key_node, node] : file) {
    const std::string key(key_node.str());
    if (const auto text_list = texts.find(key); text_list != texts.end()) {
      *text_list->second = wordings(node, key, name);
    } else if (const auto table = tables.find(key); table != tables.end()) {
      *table->second = lists(node, key, name);
    } else if (key == "numbers") {
      for (const auto& [inner, value] : lists(node, key, name)) {
        if (inner != "times" && inner != "count")
          fail_at_line(name, line_of(node), "\"{}\": unknown key", inner);
        (inner == "times" ? words.times_ : words.count_) = value;
      }
    } else if (key == "styles") {
      for (const auto& [style, value] : table_at(node, key, name))
        for (const auto& [inner, list] : table_at(value, std::string(style.str()), name)) {
          if (inner.str() != "person" && inner.str() != "manner")
            fail_at_line(name, line_of(list), "\"{}\": unknown key", inner.str());
          StyleWords& said = words.styles_[std::string(style.str())];
          (inner.str() == "person" ? said.person : said.manner) =
              wordings(list, std::string(inner.str()), name);
        }
      for (const auto& [style, value] : *node.as_table())
        words.styles_[std::string(style.str())];  // one without words says nothing
    } else {
      fail_at_line(name, line_of(node), "\"{}\": unknown key", key);
    }
  }
  for (const auto& [key, list] : texts)
    if (list->empty()) fail_at_line(name, 1, "no \"{}\"", key);
  for (const auto& [verb, forms] : words.verbs_)
    if (forms.size() != 2)
      fail_at_line(name, 1, "verb \"{}\": {} forms, expected 2 (walks, walking)", verb,
                   forms.size());
  return words;
}

const Wordings& CaptionWords::phrase(const std::string& key) const {
  return needed(phrases_, key, "phrase");
}
const Wordings& CaptionWords::way(const std::string& key) const {
  return needed(ways_, key, "way");
}
const Wordings& CaptionWords::pace(const std::string& key) const {
  return needed(paces_, key, "pace");
}
const Wordings& CaptionWords::height(const std::string& key) const {
  return needed(heights_, key, "height");
}
const Wordings* CaptionWords::gait(const std::string& key) const {
  return maybe(gaits_, key);
}
const Wordings* CaptionWords::where(const std::string& key) const {
  return maybe(where_, key);
}

const Wordings* CaptionWords::label(const std::string& label, const std::string& detail) const {
  const Wordings* exact = maybe(labels_, label + "|" + detail);
  return exact != nullptr ? exact : maybe(labels_, label);
}

StyleWords CaptionWords::style(const std::string& style) const {
  if (style.empty()) return {};
  const auto found = styles_.find(style);
  if (found != styles_.end()) return found->second;
  return {{}, {fmt::format(" in {} {} style", article(style), style)}};
}

std::string CaptionWords::times(int count) const {
  const auto at = static_cast<size_t>(std::max(count, 1) - 1);
  return at < times_.size() ? times_[at] : fmt::format(" {} times", count);
}

std::string CaptionWords::number(int count) const {
  const auto at = static_cast<size_t>(std::max(count, 1) - 1);
  return at < count_.size() ? count_[at] : std::to_string(count);
}

std::string CaptionWords::conjugated(const std::string& verb, Tense tense) const {
  const size_t space = verb.find(' ');
  const std::string head = verb.substr(0, space);
  const std::string rest = space == std::string::npos ? "" : verb.substr(space);
  const auto irregular = verbs_.find(head);
  const bool present = tense == Tense::kPresent;
  if (irregular != verbs_.end()) return irregular->second[present ? 0 : 1] + rest;
  return (present ? third_person(head) : ing_form(head)) + rest;
}

std::string CaptionWords::with_verbs(const std::string& text, Tense tense) const {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t end = text[i] == '[' ? text.find(']', i) : std::string::npos;
    if (end == std::string::npos) {
      result += text[i];
      continue;
    }
    result += conjugated(text.substr(i + 1, end - i - 1), tense);
    i = end;
  }
  return result;
}

std::string CaptionWords::text(const Clause& clause, Tense tense, const std::string& the,
                               Random& random) const {
  std::string text = drawn(clause.phrases, random);
  // Fillings may have slots themselves ({the}), but never one that is filled with slots again.
  constexpr int kDepth = 3;
  std::string verb;
  for (int depth = 0; depth < kDepth && text.find('{') != std::string::npos; ++depth) {
    std::string filled;
    for (size_t i = 0; i < text.size(); ++i) {
      const size_t end = text[i] == '{' ? text.find('}', i) : std::string::npos;
      if (end == std::string::npos) {
        filled += text[i];
        continue;
      }
      const std::string slot = text.substr(i + 1, end - i - 1);
      i = end;
      if (slot == "the") {
        filled += the;
      } else if (slot == "themselves") {
        filled += "themselves";
      } else if (slot == "verb" || slot == "verbing") {
        const auto verbs = clause.slots.find("verb");
        if (verb.empty() && verbs != clause.slots.end()) verb = drawn(verbs->second, random);
        filled += slot == "verb" ? verb : conjugated(verb, Tense::kProgressive);
      } else if (const auto found = clause.slots.find(slot); found != clause.slots.end()) {
        filled += drawn(found->second, random);
      }
    }
    // A table in which slots fill slots could grow without end.
    constexpr size_t kLongest = 4000;
    if (filled.size() > kLongest)
      fail("captions: a phrase of {} bytes, expected at most {}", filled.size(), kLongest);
    text = std::move(filled);
  }
  return with_verbs(text, tense);
}

}  // namespace pantomime::library
