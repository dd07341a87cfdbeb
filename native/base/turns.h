// Work of many threads that is done one piece after the other, in the order of their numbers.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace tiffin {

class Turns {
 public:
  explicit Turns(std::uint64_t next) : next_(next) {}

  // Until it is the turn of a number; false once all was given up.
  bool Wait(std::uint64_t number) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return given_up_ || next_ == number; });
    return !given_up_;
  }
  void Done() {
    const std::scoped_lock lock(mutex_);
    ++next_;
    changed_.notify_all();
  }
  void GiveUp() {
    const std::scoped_lock lock(mutex_);
    given_up_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_;
  bool given_up_ = false;
};

}  // namespace tiffin
