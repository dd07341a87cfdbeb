#include "engine/crowd.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tiffin::learn {

void Crowd::Did(unsigned trial, const Work& work) noexcept {
  if (trial != trial_) return;
  work_.features += work.features;
  work_.seconds += work.seconds;
  work_.before += work.before;
  if (++blocks_ == kBlocks) Judge();
}

// Features a second of the pass: as many as those who learn take, and no more than all threads together read, parse and
// learn.
double Crowd::SpeedOf(const Work& work, int learners) const noexcept {
  if (work.seconds <= 0) return 0;
  return work.features * std::min(learners / work.seconds, threads_ / (work.before + work.seconds));
}

// Whether to try out so many threads, after those that are settled on did this.
bool Crowd::IsDue(const Work& work, int other) const noexcept {
  if (measured_ >= patience_) return true;
  // Patience is for what was tried.  At first nothing was, and a pass from the cache is not what the one from text was; it may
  // end before patience does.  So such a trial comes as soon as memory is warm, if the number may well do.
  if (measured_ < 2 || std::abs(work.before - tried_before_ * work.features) < work.seconds / 2) return false;
  const Work hoped = {work.features, work.seconds * (other < settled_ ? kHoped : 1 / kHoped), work.before};
  return SpeedOf(hoped, other) > kClearlyMore * SpeedOf(work, settled_);
}

void Crowd::Judge() noexcept {
  const Work work = std::exchange(work_, {});
  const double speed = SpeedOf(work, most_);
  blocks_ = 0;
  if (!is_trial_) {
    const bool fell = speed < kMuchLess * settled_speed_;
    settled_speed_ = fell || settled_speed_ <= 0 ? speed : 0.75 * settled_speed_ + 0.25 * speed;
    ++measured_;
    const int other = Other();
    if (!IsDue(work, other) && !fell) return;
    fewer_ = other < settled_;
    return Allow(other, true);
  }
  tried_before_ = work.before / work.features;
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
int Crowd::Other() const noexcept {
  const int half = std::max(settled_ / 2, 1);
  const int twice = std::min(settled_ * 2, threads_);
  return twice == settled_ || (half != settled_ && !fewer_) ? half : twice;
}

}  // namespace tiffin::learn
