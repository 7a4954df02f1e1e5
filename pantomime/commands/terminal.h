// The only place that knows a terminal: progress, messages, results, Ctrl-C.
#pragma once

#include <chrono>
#include <string>

#include "pantomime/base/progress.h"

namespace pantomime::commands {

/// Results go to stdout, everything else to stderr, so that pipes work. On a terminal progress is
/// one line that rewrites itself; elsewhere a line every ten seconds.
class Terminal : public Progress {
 public:
  enum class Talk { Quiet, Normal, Verbose };

  Terminal();
  void set_talk(Talk talk) { talk_ = talk; }
  bool verbose() const { return talk_ == Talk::Verbose; }
  /// From now on the first Ctrl-C (or SIGTERM) asks the running work to stop(); a second one kills.
  void catch_signals();

  void begin(const std::string& what, int64_t total) override;
  void step(int64_t done, const std::string& note = {}) override;
  void end() override;
  void note(const std::string& line) override;

  /// A result, to stdout.
  void print(const std::string& text);
  /// An error or warning, to stderr, also when quiet.
  void complain(const std::string& line);

 private:
  using Clock = std::chrono::steady_clock;
  void show(bool last);
  void clear_line();

  Talk talk_ = Talk::Normal;
  bool is_terminal_;
  bool line_shown_ = false;
  std::string what_, note_;
  int64_t done_ = 0, total_ = 0, first_done_ = -1;
  Clock::time_point begin_, shown_;
};

/// "0:07", "3:10", "1:02:03".
std::string clock_text(double seconds);

/// The line shown while working, e.g. "train  1200/5000  loss 0.0431  eta 3:10". `total` 0 means
/// that it isn't known; `eta` below 0 that it isn't either.
std::string progress_text(const std::string& what, int64_t done, int64_t total,
                          const std::string& note, double eta);

}  // namespace pantomime::commands
