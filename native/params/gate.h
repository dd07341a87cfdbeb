// Many go in and out side by side; whoever wants to be alone waits until all are out, and no more come in meanwhile.
//
// A read-write lock that a stream of readers cannot keep a writer from, and whose readers may come and go in different
// functions.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace tiffin::learn {

class Gate {
 public:
  void Enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return wanted_ == 0; });
    ++inside_;
  }
  void Leave() noexcept {
    const std::scoped_lock lock(mutex_);
    if (--inside_ == 0 && wanted_ > 0) changed_.notify_all();
  }
  // Calls work() while nobody else is inside, nor alone.  REQUIRES: the calling thread is not inside.
  template <typename Work>
  void Alone(Work work) {
    std::unique_lock lock(mutex_);
    ++wanted_;
    const Ending ending{*this};  // before the lock ends
    changed_.wait(lock, [&] { return inside_ == 0; });
    work();
  }

 private:
  struct Ending {
    Gate& gate;
    ~Ending() {
      --gate.wanted_;
      gate.changed_.notify_all();
    }
  };

  std::mutex mutex_;  // held by who is alone
  std::condition_variable changed_;
  std::size_t inside_ = 0;
  std::size_t wanted_ = 0;  // threads that are alone or wait for it
};

}  // namespace tiffin::learn
