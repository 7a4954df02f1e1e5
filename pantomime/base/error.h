// Errors: one line that says where, what was found, what was expected.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace pantomime {

/// Anything that stops a request. `what()` is one line without a final stop.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
};

/// Thrown when the user asked for the work to stop (Ctrl-C). Work done so far is saved.
class Cancelled : public Error {
 public:
  Cancelled() : Error("stopped by the user") {}
};

/// A file that can't be read: `file:line: found, expected` or `file@byte: found, expected`.
class ParseError : public Error {
 public:
  explicit ParseError(const std::string& message) : Error(message) {}
};

/// Throws Error with a formatted message.
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

/// Throws ParseError that points at a line (1-based) of a text file.
template <typename... Args>
[[noreturn]] void fail_at_line(const std::string& file, int64_t line,
                               fmt::format_string<Args...> format, Args&&... args) {
  throw ParseError(
      fmt::format("{}:{}: {}", file, line, fmt::format(format, std::forward<Args>(args)...)));
}

/// Throws ParseError that points at a byte offset of a binary file.
template <typename... Args>
[[noreturn]] void fail_at_byte(const std::string& file, uint64_t byte,
                               fmt::format_string<Args...> format, Args&&... args) {
  throw ParseError(
      fmt::format("{}@{}: {}", file, byte, fmt::format(format, std::forward<Args>(args)...)));
}

}  // namespace pantomime

/// A condition that must hold, in release builds too: PANTOMIME_CHECK(a == b, "got {}", a).
#define PANTOMIME_CHECK(condition, ...) \
  do {                                  \
    if (!(condition)) [[unlikely]]      \
      ::pantomime::fail(__VA_ARGS__);   \
  } while (false)
