#include "engine/crowd.h"

#include <algorithm>

namespace tiffin::learn {

int Crowd::most() const {
  const std::scoped_lock lock(mutex_);
  return most_;
}

unsigned Crowd::Enter() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return inside_ < most_; });
  ++inside_;
  return trial_;
}

void Crowd::Leave(unsigned trial, std::size_t features, double seconds) noexcept {
  const std::scoped_lock lock(mutex_);
  --inside_;
  if (trial == trial_) {  // else it began when others were inside
    features_ += static_cast<double>(features);
    seconds_ += seconds;
    if (++blocks_ == kBlocks) Judge();
  }
  changed_.notify_all();
}

void Crowd::Judge() noexcept {
  const double speed = seconds_ > 0 ? most_ * features_ / seconds_ : 0;
  blocks_ = 0;
  features_ = seconds_ = 0;
  if (!is_trial_) {
    const bool fell = speed < kMuchLess * settled_speed_;
    settled_speed_ = fell || settled_speed_ <= 0 ? speed : 0.75 * settled_speed_ + 0.25 * speed;
    if (++measured_ >= patience_ || fell) Allow(Other(), true);
    return;
  }
  if (speed > kClearlyMore * settled_speed_) {
    settled_ = most_;
    settled_speed_ = speed;
    patience_ = kLeastPatience;
  } else {
    patience_ = std::min(2 * patience_, kMostPatience);
  }
  Allow(settled_, false);
}

void Crowd::Allow(int most, bool is_trial) noexcept {
  is_trial_ = is_trial;
  most_ = most;
  measured_ = 0;
  ++trial_;
}

// Half as many or twice as many, in turn as far as there are both.
int Crowd::Other() noexcept {
  const int half = std::max(settled_ / 2, 1);
  const int twice = std::min(settled_ * 2, threads_);
  fewer_ = twice == settled_ || (half != settled_ && !fewer_);
  return fewer_ ? half : twice;
}

}  // namespace tiffin::learn
