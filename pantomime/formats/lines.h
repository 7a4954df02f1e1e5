// Words of a text file, line by line: for formats in which a line is a thing of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/base/error.h"

namespace pantomime::formats {

/// What a message quotes of a stranger's file: at most 40 bytes, nothing that would spoil the line.
std::string shown(std::string_view word);

/// ASCII letters small, everything else as it is.
std::string lower_case(std::string_view text);

/// Goes through the lines of a text that have words. The text must outlive this.
class Lines {
 public:
  /// `blanks`: what separates words, beside space, tab and carriage return. `comment`: a line is
  /// cut where this stands; 0: there are no comments. A byte order mark is skipped.
  Lines(std::string_view text, std::string name, char comment = '#', std::string blanks = {});

  /// Goes to the next line with words; false at the end (words() is then empty). Throws ParseError
  /// for a line of more than 65536 words.
  bool next();
  /// The next next() gives this line again.
  void again() { again_ = true; }
  const std::vector<std::string_view>& words() const { return words_; }
  int64_t line() const { return line_; }
  const std::string& name() const { return name_; }

  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    fail_at_line(name_, line_, format, std::forward<Args>(args)...);
  }
  /// Throws ParseError unless the line has exactly so many words.
  void expect_words(size_t count, const char* what) const;
  /// Word `at` as a number of at most 1e9 in size; ParseError naming `what` for anything else.
  double number(size_t at, const char* what) const;
  /// Word `at` as a whole number from `least` to `most`.
  int64_t whole(size_t at, const char* what, int64_t least, int64_t most) const;

 private:
  bool is_blank(char c) const;

  std::string_view rest_;
  std::string name_;
  char comment_;
  std::string blanks_;
  std::vector<std::string_view> words_;
  int64_t line_ = 0;
  bool again_ = false;
};

}  // namespace pantomime::formats
