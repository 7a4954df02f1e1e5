#include "pantomime/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "pantomime/base/error.h"
#include "pantomime/base/progress.h"

namespace pantomime {
namespace {

TEST(Parallel, CallsEveryItemOnce) {
  for (const int threads : {0, 1, 2, 7}) {
    for (const int64_t count : {0, 1, 2, 1000}) {
      std::vector<int> calls(static_cast<size_t>(count));
      parallel_for(count, threads, [&](int64_t i) { ++calls[static_cast<size_t>(i)]; });
      for (const int c : calls) ASSERT_EQ(c, 1);
    }
  }
}

TEST(Parallel, RethrowsAnErrorAfterAllThreadsStopped) {
  for (const int threads : {1, 4}) {
    std::atomic<int> running{0};
    EXPECT_THROW(parallel_for(100, threads,
                              [&](int64_t i) {
                                ++running;
                                if (i == 13) {
                                  --running;
                                  throw Error("thirteen");
                                }
                                --running;
                              }),
                 Error);
    EXPECT_EQ(running, 0);
  }
}

TEST(Parallel, ResolvesThreads) {
  EXPECT_EQ(resolve_threads(3), 3);
  EXPECT_GE(resolve_threads(0), 1);
}

TEST(Progress, ChecksThrowOnceStopped) {
  Progress progress;
  progress.check();
  progress.stop();
  EXPECT_THROW(progress.check(), Cancelled);
}

}  // namespace
}  // namespace pantomime
