#include "pantomime/base/version.h"

#include <ATen/Parallel.h>
#include <sqlite3.h>
#include <torch/version.h>

#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"
#include "pantomime/commands/commands.h"

namespace pantomime::commands {

Run add_version(CLI::App&, Context& context) {
  return [&context] {
    context.terminal.print(fmt::format(
        "pantomime {}\nlibtorch {}, SQLite {}, {} {}\n{} threads by default, OMP_WAIT_POLICY {}",
        version(), TORCH_VERSION, sqlite3_libversion(),
#ifdef __clang__
        "clang",
#else
        "g++",
#endif
        __VERSION__, resolve_threads(0), std::getenv("OMP_WAIT_POLICY")));
  };
}

}  // namespace pantomime::commands
