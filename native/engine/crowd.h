// How many threads learn at the same time: as many as make the pass quickest.
//
// Threads that write to the same rows wait for each other's caches. Where caches are near that costs a part of what one
// more thread gives. Where they are far, as between groups of cores or sockets, two threads may learn less than one does.
// And while some learn, others read and parse: where that takes as long, half of the threads learn as much as all do when
// these are in each other's way, and no thread is idle. It depends on the data and the machine, and changes when the system
// moves a thread; so it is tried out now and then, and when learning becomes much slower. For a few blocks half as many
// threads learn, or twice as many, and if the pass is clearly quicker, it stays so. Else the next trial comes later, so that
// trials cost next to nothing where they change nothing.
//
// Not thread-safe: who hands blocks to those that learn (engine/handoff.h) asks one at a time.
#pragma once

#include <limits>

namespace tiffin::learn {

class Crowd {
 public:
  static constexpr int kBlocks = 8;            // that are measured together
  static constexpr int kLeastPatience = 8;     // so many of these from one trial to the next
  static constexpr int kMostPatience = 64;     // the same, after trials that changed nothing
  static constexpr double kClearlyMore = 1.1;  // times as much
  static constexpr double kMuchLess = 0.65;    // the same
  static constexpr double kHoped = 0.75;       // of the time that learning takes, if half as many are in each other's way

  // Of one block, or of some by all threads together.
  struct Work {
    double features = 0;
    double seconds = 0;  // that learning took
    double before = 0;   // that reading and parsing did
  };

  explicit Crowd(int threads) : threads_(threads), most_(threads), settled_(threads) {}

  int threads() const noexcept { return threads_; }
  // How many may learn now.
  int most() const noexcept { return most_; }
  // The number of what is being tried; what was begun in another one says nothing of this.
  unsigned trial() const noexcept { return trial_; }
  // A block was learned from, begun in that trial.
  void Did(unsigned trial, const Work& work) noexcept;

 private:
  void Judge() noexcept;
  double SpeedOf(const Work& work, int learners) const noexcept;
  bool IsDue(const Work& work, int other) const noexcept;
  void Allow(int most, bool is_trial) noexcept;
  int Other() const noexcept;

  const int threads_;
  int most_;     // that may learn
  int settled_;  // the same, but for trials
  bool is_trial_ = false;
  bool fewer_ = false;  // was what was tried last
  int patience_ = kLeastPatience;
  int measured_ = 0;          // so often since the last trial
  double settled_speed_ = 0;  // features a second of the pass, lately
  double tried_before_ = std::numeric_limits<double>::infinity();  // seconds before a feature, in the last trial
  unsigned trial_ = 0;
  int blocks_ = 0;            // of what is being measured
  Work work_;                 // the same
};

}  // namespace tiffin::learn
