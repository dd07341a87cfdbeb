#include "batch/flusher.h"

#include <cerrno>
#include <chrono>
#include <thread>

#include "batch/batch.h"
#include "tests/scratch.h"

namespace tiffin {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class FlusherTest : public Scratch {};

TEST_F(FlusherTest, SyncsAndEndsWithoutWaitingForItsNextTurn) {
  Flusher flusher(Open("directory"));
  Write("directory/file", "text");
  std::this_thread::sleep_for(milliseconds(250));  // at least one turn
  EXPECT_EQ(flusher.Stop(), kOk);
  EXPECT_EQ(flusher.Stop(), kOk);
}

TEST_F(FlusherTest, EndsWhenItIsDestroyedBeforeItsFirstTurn) {
  const auto begin = steady_clock::now();
  for (int round = 0; round < 50; ++round) Flusher flusher(Open("directory"));
  EXPECT_LT(steady_clock::now() - begin, milliseconds(50 * 100));  // each would have waited so long for its turn
}

#ifdef __linux__
TEST_F(FlusherTest, RemembersThatASyncFailed) {
  int outcome = kOk;
  // Its turn comes after 100 ms, or later on a machine that has other things to do.
  for (int tries = 0; tries < 50 && outcome == kOk; ++tries) {
    Flusher flusher(-1);
    std::this_thread::sleep_for(milliseconds(200));
    outcome = flusher.Stop();
    EXPECT_EQ(flusher.Stop(), outcome);
  }
  EXPECT_EQ(outcome, EBADF);
}
#endif

}  // namespace
}  // namespace tiffin
