#include "pantomime/commands/sentence_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <regex>
#include <string_view>

namespace pantomime::commands {

namespace {

using Word = std::pair<std::string_view, int>;
constexpr std::array<Word, 12> kNumbers = {{{"one", 1},
                                            {"two", 2},
                                            {"three", 3},
                                            {"four", 4},
                                            {"five", 5},
                                            {"six", 6},
                                            {"seven", 7},
                                            {"eight", 8},
                                            {"nine", 9},
                                            {"ten", 10},
                                            {"a couple of", 2},
                                            {"a few", 3}}};
constexpr int kMost = 20;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

int number_of(const std::string& word) {
  for (const auto& [name, number] : kNumbers)
    if (word == name) return number;
  if (word == "several") return 3;
  return std::clamp(std::atoi(word.c_str()), 0, kMost);
}

const std::string kNumber =
    "(one|two|three|four|five|six|seven|eight|nine|ten|a couple of|a few|several|\\d{1,2})";

const std::regex& times_words() {
  static const std::regex kTimes("\\b(once|twice|thrice|" + kNumber + " times?)\\b");
  return kTimes;
}

bool has(const std::string& text, const char* words) {
  return std::regex_search(text, std::regex("\\b(" + std::string(words) + ")\\b"));
}

}  // namespace

int times_said(const std::string& sentence) {
  std::smatch found;
  const std::string text = lower(sentence);
  if (!std::regex_search(text, found, times_words())) return 0;
  const std::string word = found[1];
  if (word == "once") return 1;
  if (word == "twice") return 2;
  if (word == "thrice") return 3;
  return number_of(found[2]);
}

double metres_said(const std::string& sentence) {
  static const std::regex kWay("\\b" + kNumber + " (?:\\w+ )?(met(?:re|er)s?|m|steps?)\\b");
  std::smatch found;
  const std::string text = lower(sentence);
  if (!std::regex_search(text, found, kWay)) return 0;
  constexpr double kStep = 0.7;  // metres, of an adult's easy walk
  return number_of(found[1]) * (found[2].str().starts_with("step") ? kStep : 1);
}

motion::Pace pace_said(const std::string& sentence) {
  const std::string text = lower(sentence);
  const bool slow = has(text, "slow|slowly|leisurely|sluggishly|unhurriedly");
  const bool fast = has(text, "quick|quickly|fast|briskly|rapidly|swiftly|hurriedly|hastily");
  return slow == fast ? motion::Pace::kNone : slow ? motion::Pace::kSlow : motion::Pace::kFast;
}

std::string said_once(const std::string& sentence) {
  // Found without regard to case, replaced in the sentence as it is.
  std::smatch found;
  const std::string text = lower(sentence);
  if (!std::regex_search(text, found, times_words())) return sentence;
  return sentence.substr(0, static_cast<size_t>(found.position())) + "once" +
         sentence.substr(static_cast<size_t>(found.position() + found.length()));
}

std::optional<std::pair<std::string, std::string>> said_of_both(const std::string& sentence) {
  static const std::regex kWhile(
      R"(^(.*?\S)[,\s]+(?:while|and at the same time|whilst)\s+((?:(?:he|she|they|it)\s+)?(?:is |are )?\S.*)$)",
      std::regex::icase);
  static const std::regex kSomebody(
      R"(^((?:a|an|the)\s+(?:\S+\s+)*?\S+|someone|somebody|he|she|they)(?=\s+\w+s\b))",
      std::regex::icase);
  static const std::regex kPronoun(R"(^(?:he|she|they|it)\s+)", std::regex::icase);
  std::smatch found, who;
  if (!std::regex_match(sentence, found, kWhile)) return {};
  const std::string first = found[1];
  const std::string somebody =
      std::regex_search(first, who, kSomebody) ? who[1].str() : std::string("a person");
  const std::string rest = std::regex_replace(found[2].str(), kPronoun, "");
  const bool verb = has(lower(rest.substr(0, rest.find(' '))), "is|are|\\w+s");
  return std::pair(first, somebody + (verb ? " " : " is ") + rest);
}

double seconds_suiting(const std::string& sentence) {
  const std::string text = lower(sentence);
  const int times = times_said(text);
  if (const double metres = metres_said(text); metres > 0) {
    const double pace = has(text, "runs?|jogs?|running") ? 2.8 : 1.1;
    return std::clamp(metres / pace + 0.5, 1.5, 120.0);
  }
  if (has(text, "circles?") && has(text, "walks?|walking|goes|strolls?")) return 5.5;
  if (times == 0) return 0;
  // Of one time, seconds, as long as they are in recordings.
  static constexpr std::array<std::pair<const char*, double>, 6> kTimes = {
      {{"squats?|squatting", 2.0},
       {"jumps?|jumping|leaps?", 1.4},
       {"hops?|hopping", 0.9},
       {"bows?|bends?", 2.4},
       {"waves?|waving|claps?", 0.8},
       {"\\w+", 1.5}}};
  for (const auto& [words, seconds] : kTimes)
    if (has(text, words)) return std::max(2.0, times * seconds);
  return 0;
}

bool Looks::anybody() const {
  return !sex && youngest == 0 && oldest == 200 && shortest == 0 && tallest == 1 && lightest == 0 &&
         heaviest == 1 && weakest == 0 && strongest == 1;
}

bool Looks::fit(const body::BodyShape& shape) const {
  const auto between = [](double v, double low, double high) { return v >= low && v <= high; };
  return (!sex || *sex == shape.sex) && between(shape.age, youngest, oldest) &&
         between(shape.height, shortest, tallest) && between(shape.weight, lightest, heaviest) &&
         between(shape.muscle, weakest, strongest);
}

Looks looks_of(const std::string& sentence) {
  // Up to what is done: the first word with an s at its end that is not the first one.
  static const std::regex kWho(R"(^((?:a|an|the)\s+(?:\S+\s+)*?\S+|he|she)(?=\s+\w+s\b))");
  std::smatch found;
  const std::string text = lower(sentence);
  if (!std::regex_search(text, found, kWho)) return {};
  const std::string who = found[1];
  Looks looks;
  const auto ages = [&](double from, double to) {
    looks.youngest = from;
    looks.oldest = to;
  };
  if (has(who, "man|male|gentleman|guy|father|boy|grandfather|he")) looks.sex = 1;
  if (has(who, "woman|female|lady|mother|girl|grandmother|she")) looks.sex = 0;
  if (has(who, "man|woman|gentleman|lady|adult|father|mother|guy")) ages(18, 200);
  if (has(who, "young")) ages(18, 35);
  if (has(who, "child|kid|boy|girl")) ages(4, 11);
  if (has(who, "teenager|teen")) ages(13, 17);
  if (has(who, "old|elderly|aged|grandfather|grandmother|senior")) ages(68, 200);
  // A fifth of all people or so.
  if (has(who, "tall|big|huge")) looks.shortest = 0.53;
  if (has(who, "short|small|little")) looks.tallest = 0.44;
  if (has(who, "heavy|fat|stout|obese|overweight|big")) looks.lightest = 0.68;
  if (has(who, "thin|slim|skinny|lean")) looks.heaviest = 0.38;
  if (has(who, "strong|muscular|athletic")) looks.weakest = 0.6;
  if (has(who, "weak|frail")) looks.strongest = 0.42;
  return looks;
}

}  // namespace pantomime::commands
