#include "pantomime/formats/lines.h"

#include <charconv>
#include <cmath>

namespace pantomime::formats {
namespace {

constexpr size_t kMaxWords = 65536;
constexpr double kMaxNumber = 1e9;  // beyond it float positions mean nothing

}  // namespace

std::string shown(std::string_view word) {
  std::string out = "\"";
  for (const char c : word.substr(0, 40)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (word.size() > 40 ? "…\"" : "\"");
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

Lines::Lines(std::string_view text, std::string name, char comment, std::string blanks)
    : rest_(text), name_(std::move(name)), comment_(comment), blanks_(std::move(blanks)) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
}

bool Lines::is_blank(char c) const {
  return c == ' ' || c == '\t' || c == '\r' || blanks_.find(c) != std::string::npos;
}

bool Lines::next() {
  if (again_) {
    again_ = false;
    return !words_.empty();
  }
  words_.clear();
  while (!rest_.empty() && words_.empty()) {
    ++line_;
    const size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (comment_ != 0) line = line.substr(0, line.find(comment_));
    for (size_t at = 0; at < line.size();) {
      if (is_blank(line[at])) {
        ++at;
        continue;
      }
      const size_t begin = at;
      while (at < line.size() && !is_blank(line[at])) ++at;
      if (words_.size() == kMaxWords) fail("more than {} words in a line", kMaxWords);
      words_.push_back(line.substr(begin, at - begin));
    }
  }
  return !words_.empty();
}

void Lines::expect_words(size_t count, const char* what) const {
  if (words_.size() != count) fail("{}: {} words, expected {}", what, words_.size(), count);
}

double Lines::number(size_t at, const char* what) const {
  if (at >= words_.size()) fail("{} is missing", what);
  std::string_view word = words_[at];
  if (word.size() > 1 && word[0] == '+') word.remove_prefix(1);
  double value = 0;
  const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  // Numbers too small for a double are as good as zero.
  const bool tiny = error == std::errc::result_out_of_range && word.size() < 64 &&
                    (word.find("e-") != word.npos || word.find("E-") != word.npos);
  if ((error != std::errc() && !tiny) || rest != word.data() + word.size() ||
      !(std::abs(value) <= kMaxNumber))
    fail("{} is {}, expected a number of at most {:g}", what, shown(words_[at]), kMaxNumber);
  return value;
}

int64_t Lines::whole(size_t at, const char* what, int64_t least, int64_t most) const {
  if (at >= words_.size()) fail("{} is missing", what);
  const std::string_view word = words_[at];
  int64_t value = 0;
  const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || rest != word.data() + word.size() || value < least || value > most)
    fail("{} is {}, expected a whole number from {} to {}", what, shown(word), least, most);
  return value;
}

}  // namespace pantomime::formats
