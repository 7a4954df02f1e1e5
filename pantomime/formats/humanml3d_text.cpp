#include "pantomime/formats/humanml3d_text.h"

#include <charconv>
#include <cmath>
#include <set>

#include "pantomime/base/error.h"
#include "pantomime/formats/csv.h"
#include "pantomime/formats/lines.h"

namespace pantomime::formats {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

double seconds(std::string_view text, const std::string& name, int64_t line) {
  text = trimmed(text);
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size() || value < 0 || value > 1e6)
    fail_at_line(name, line, "time {}, expected seconds from 0", shown(text));
  return std::isnan(value) ? 0 : value;
}

HumanMl3dCaption parse_line(std::string_view line, const std::string& name, int64_t number) {
  std::vector<std::string_view> fields;
  for (size_t at = 0;;) {
    const size_t mark = line.find('#', at);
    fields.push_back(line.substr(at, mark == std::string_view::npos ? mark : mark - at));
    if (mark == std::string_view::npos) break;
    at = mark + 1;
  }
  if (fields.size() != 4)
    fail_at_line(name, number, "{} fields, expected sentence#tokens#first#last", fields.size());
  HumanMl3dCaption caption;
  std::string_view sentence = trimmed(fields[0]);
  // The mark at a file's begin says nothing in front of a sentence either.
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  while (sentence.starts_with(kMark)) sentence = trimmed(sentence.substr(kMark.size()));
  caption.text = sentence;
  if (caption.text.empty()) fail_at_line(name, number, "no sentence");
  std::string_view tokens = trimmed(fields[1]);
  while (!tokens.empty()) {
    const size_t end = tokens.find(' ');
    const std::string_view token = tokens.substr(0, end);
    const size_t slash = token.rfind('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == token.size())
      fail_at_line(name, number, "token {}, expected word/TAG", shown(token));
    caption.tokens.emplace_back(token.substr(0, slash), token.substr(slash + 1));
    tokens = trimmed(tokens.substr(token.size()));
  }
  caption.first = seconds(fields[2], name, number);
  caption.last = seconds(fields[3], name, number);
  if (caption.last < caption.first)
    fail_at_line(name, number, "from {} to {} seconds", caption.first, caption.last);
  return caption;
}

}  // namespace

std::vector<HumanMl3dCaption> parse_humanml3d_captions(std::string_view text,
                                                       const std::string& name) {
  std::vector<HumanMl3dCaption> out;
  int64_t number = 0;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    ++number;
    const size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    if (!is_text(line)) fail_at_line(name, number, "bytes that are not UTF-8");
    out.push_back(parse_line(line, name, number));
  }
  return out;
}

std::string to_humanml3d_captions(const std::vector<HumanMl3dCaption>& captions) {
  std::string out;
  const auto check = [](std::string_view word, std::string_view without) {
    PANTOMIME_CHECK(!word.empty() && word.find_first_of(without) == std::string_view::npos,
                    "caption: {} is empty or has a mark of the format", shown(word));
  };
  for (const HumanMl3dCaption& caption : captions) {
    check(caption.text, "#\n\r");
    out += caption.text + "#";
    for (size_t i = 0; i < caption.tokens.size(); ++i) {
      const auto& [word, tag] = caption.tokens[i];
      check(word, "# \t\n\r");
      check(tag, "#/ \t\n\r");
      out += (i > 0 ? " " : "") + word + "/" + tag;
    }
    out += fmt::format("#{}#{}\n", caption.first, caption.last);
  }
  return out;
}

std::vector<std::string> parse_split_list(std::string_view text, const std::string& name) {
  Lines lines(text, name, 0);
  std::vector<std::string> out;
  std::set<std::string, std::less<>> seen;
  while (lines.next()) {
    lines.expect_words(1, "id of a motion");
    if (!seen.emplace(lines.words()[0]).second)
      lines.fail("{} is listed twice", shown(lines.words()[0]));
    out.emplace_back(lines.words()[0]);
  }
  return out;
}

}  // namespace pantomime::formats
