#include "batch/flusher.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "batch/threads.h"

namespace tiffin {
namespace {

using Clock = std::chrono::steady_clock;
constexpr Clock::duration kPause = std::chrono::milliseconds(100);
// A disk that is slow to sync is left in peace for that many times as long.
constexpr int kRest = 2;

}  // namespace

Flusher::Flusher(int directory) : directory_(directory) {
#ifdef __linux__
  thread_ = BeginThread([this] { Run(); });
#endif
}

Flusher::~Flusher() { Stop(); }

int Flusher::Stop() {
  if (!thread_.joinable()) return outcome_;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_one();
  thread_.join();
  return outcome_;
}

void Flusher::Run() {
#ifdef __linux__
  std::unique_lock lock(mutex_);
  Clock::duration pause = kPause;
  while (!wake_.wait_for(lock, pause, [this] { return stopped_; })) {
    lock.unlock();
    const Clock::time_point begin = Clock::now();
    const int error = ::syncfs(directory_) == 0 ? 0 : errno;
    pause = std::max(kPause, kRest * (Clock::now() - begin));
    lock.lock();
    if (error != 0) outcome_ = error;
  }
#endif
}

}  // namespace tiffin
