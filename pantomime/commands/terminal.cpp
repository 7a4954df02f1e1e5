#include "pantomime/commands/terminal.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>

namespace pantomime::commands {
namespace {

constexpr auto kRewrite = std::chrono::milliseconds(100);
constexpr auto kNewLine = std::chrono::seconds(10);

std::atomic<Progress*> interrupted_work{nullptr};

void on_signal(int signal_number) {
  Progress* const work = interrupted_work.load();
  if (work == nullptr || work->stopped()) {
    // Asked twice: go down the default way, so that the caller sees why.
    ::signal(signal_number, SIG_DFL);
    ::raise(signal_number);
    return;
  }
  work->stop();
}

size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
  return size.ws_col;
}

}  // namespace

std::string clock_text(double seconds) {
  const auto all = static_cast<int64_t>(std::llround(std::max(0.0, std::min(seconds, 3.6e8))));
  const int64_t h = all / 3600, m = all / 60 % 60, s = all % 60;
  return h > 0 ? fmt::format("{}:{:02}:{:02}", h, m, s) : fmt::format("{}:{:02}", m, s);
}

std::string progress_text(const std::string& what, int64_t done, int64_t total,
                          const std::string& note, double eta) {
  std::string line =
      total > 0 ? fmt::format("{}  {}/{}", what, done, total) : fmt::format("{}  {}", what, done);
  if (!note.empty()) line += "  " + note;
  if (eta >= 0) line += "  eta " + clock_text(eta);
  return line;
}

Terminal::Terminal() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

void Terminal::catch_signals() {
  interrupted_work = this;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void Terminal::begin(const std::string& what, int64_t total) {
  what_ = what;
  note_.clear();
  done_ = 0;
  first_done_ = -1;
  total_ = total;
  begin_ = shown_ = Clock::now();
}

void Terminal::step(int64_t done, const std::string& note) {
  const auto now = Clock::now();
  if (first_done_ < 0) {
    // Work that goes on where it was (train --resume) must not count what others did.
    first_done_ = done > 1 && now - begin_ < kRewrite ? done : 0;
    if (first_done_ > 0) begin_ = now;
  }
  done_ = done;
  note_ = note;
  if (now - shown_ < (is_terminal_ ? Clock::duration(kRewrite) : Clock::duration(kNewLine))) return;
  shown_ = now;
  show(false);
}

void Terminal::end() {
  if (what_.empty()) return;
  show(true);
  what_.clear();
}

void Terminal::show(bool last) {
  if (talk_ == Talk::Quiet) return;
  const double spent = std::chrono::duration<double>(Clock::now() - begin_).count();
  const int64_t mine = done_ - std::max<int64_t>(first_done_, 0);
  const bool known = !last && total_ > 0 && mine > 0 && done_ < total_;
  const double eta =
      known ? spent * static_cast<double>(total_ - done_) / static_cast<double>(mine) : -1;
  std::string line = progress_text(what_, done_, total_, note_, eta);
  if (last) line += "  in " + clock_text(spent);
  if (!is_terminal_) {
    std::fprintf(stderr, "%s\n", line.c_str());
    return;
  }
  if (line.size() >= terminal_width()) line.resize(terminal_width() - 1);
  std::fprintf(stderr, "\r\x1b[K%s%s", line.c_str(), last ? "\n" : "");
  std::fflush(stderr);
  line_shown_ = !last;
}

void Terminal::clear_line() {
  if (!line_shown_) return;
  std::fputs("\r\x1b[K", stderr);
  line_shown_ = false;
}

void Terminal::note(const std::string& line) {
  if (talk_ != Talk::Quiet) complain(line);
}

void Terminal::print(const std::string& text) {
  clear_line();
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!text.ends_with('\n')) std::fputc('\n', stdout);
  std::fflush(stdout);
}

void Terminal::complain(const std::string& line) {
  clear_line();
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace pantomime::commands
