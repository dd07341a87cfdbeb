#include "batch/threads.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace tiffin {
namespace {

int UsableCpus() {
#if defined(__linux__)
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) == 0) return CPU_COUNT(&usable);
#endif
  return static_cast<int>(std::thread::hardware_concurrency());
}

// While it lives, threads begun here take no signals: those are for the thread that Python watches.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

int WorkerCount(int asked, std::size_t items) {
  const int wanted = asked > 0 ? asked : UsableCpus();
  return static_cast<int>(std::clamp<std::size_t>(items, 1, static_cast<std::size_t>(std::max(wanted, 1))));
}

void OnWorkers(int count, const std::function<void(int)>& work) {
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count));
  const auto guarded = [&](int worker) {
    try {
      work(worker);
    } catch (...) {  // rethrown below
      failures[static_cast<std::size_t>(worker)] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(count));
  {
    const SignalsBlocked blocked;
    try {
      for (int worker = 1; worker < count; ++worker) threads.emplace_back(guarded, worker);
    } catch (const std::system_error&) {
      // No more threads to be had: this one does what is left.
    }
  }
  guarded(0);
  for (int worker = static_cast<int>(threads.size()) + 1; worker < count; ++worker) guarded(worker);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

std::thread BeginThread(std::function<void()> work) {
  const SignalsBlocked blocked;
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error&) {
    return {};
  }
}

}  // namespace tiffin
