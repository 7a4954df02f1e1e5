// A parallel loop over independent items.
#pragma once

#include <cstdint>
#include <functional>

namespace pantomime {

/// Calls `body(i)` once for every i in [0, count) on up to `threads` threads (0: all cores). The
/// order is free, so `body` must write only to its own item; results then don't depend on the
/// number of threads. The first exception is rethrown after all threads stopped.
void parallel_for(int64_t count, int threads, const std::function<void(int64_t)>& body);

/// Number of threads meant by `threads`: itself, or the number of cores this process may use.
int resolve_threads(int threads);

}  // namespace pantomime
