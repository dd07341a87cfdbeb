// Lets one thread stop all learners between two blocks.
#pragma once

#include <mutex>
#include <shared_mutex>
#include <utility>

namespace tiffin::learn {

class Pause {
 public:
  // For a learner: until what this gives is gone, the pause does not begin.
  std::shared_lock<std::shared_mutex> Enter() {
    // Learners come and go all the time: without the door, whoever wants the room empty might wait for ever.
    const std::scoped_lock door(door_);
    return std::shared_lock(room_);
  }
  // Returns when no learner is inside; none enters before End, which the same thread calls.
  void Begin() {
    door_.lock();
    room_.lock();
    held_ = true;
  }
  // Nothing happens where no pause began.
  void End() {
    if (!std::exchange(held_, false)) return;
    room_.unlock();
    door_.unlock();
  }

 private:
  std::mutex door_;
  std::shared_mutex room_;
  bool held_ = false;  // by the thread that calls Begin and End
};

}  // namespace tiffin::learn
