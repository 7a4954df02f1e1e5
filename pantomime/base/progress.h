// How long work tells how far it is, and learns that it should stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "pantomime/base/error.h"

namespace pantomime {

/// Handed into every long function. The base class is silent; the terminal version lives in
/// commands/. Calls come from one thread.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void begin(const std::string& /*what*/, int64_t /*total*/) {}
  virtual void step(int64_t /*done*/, const std::string& /*note*/ = {}) {}
  virtual void end() {}
  /// One line for the user beside the bar, e.g. a file that could not be read.
  virtual void note(const std::string& /*line*/) {}

  /// True once stop() was called; long loops ask this between units of work.
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }
  /// Safe to call from a signal handler.
  void stop() { stopped_.store(true, std::memory_order_relaxed); }
  /// Throws Cancelled when the work should stop.
  void check() const {
    if (stopped()) throw Cancelled();
  }

 private:
  std::atomic<bool> stopped_{false};
};

}  // namespace pantomime
