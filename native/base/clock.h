// How long things take.
#pragma once

#include <chrono>
#include <utility>

namespace tiffin {

class Clock {
 public:
  // Seconds since the last call, or since this was made.
  double Lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace tiffin
