// The program. The only catch is here.
#include <malloc.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include "pantomime/base/error.h"
#include "pantomime/commands/commands.h"

namespace {

constexpr int kFailed = 1;
constexpr int kCancelled = 130;  // what shells report for Ctrl-C

/// OpenMP reads its wait policy when it is loaded, before main: spinning threads would fight with
/// those of our own loops. So the program sets it and starts itself again, once.
void restart_with_passive_threads(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  ::setenv("OMP_WAIT_POLICY", "passive", 1);
  // A short spin before a thread sleeps: waking one takes as long as a layer of a single clip.
  ::setenv("GOMP_SPINCOUNT", "20000", 0);
  ::execv("/proc/self/exe", argv);  // without /proc it simply goes on
}

/// Memory that was used once is used again. Else glibc gives every large tensor back to the kernel
/// and gets it anew, page by page: a step of the graph judge took 4 to 10 times as long.
void keep_memory() {
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

int complain(const std::string& command, const std::string& message, int code) {
  const std::string name = command.empty() ? "pantomime" : "pantomime " + command;
  // Errors of libtorch carry a backtrace after their first line.
  const std::string line = message.substr(0, message.find('\n'));
  std::fprintf(stderr, "%s: %s\n", name.c_str(), line.c_str());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  restart_with_passive_threads(argv);
  keep_memory();
  std::string command;
  try {
    return pantomime::commands::run_program(argc, argv, command);
  } catch (const pantomime::Cancelled& cancelled) {
    return complain(command, cancelled.what(), kCancelled);
  } catch (const std::bad_alloc&) {
    return complain(command, "out of memory", kFailed);
  } catch (const std::exception& error) {
    return complain(command, error.what(), kFailed);
  }
}
