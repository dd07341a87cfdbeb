// How many threads learn at the same time: as many as learn most together.
//
// Threads that write to the same rows wait for each other's caches. Where caches are near that costs a part of what one
// more thread gives. Where they are far, as between groups of cores or sockets, two threads may learn less than one does. It
// depends on the data and the machine, and changes when the system moves a thread; so it is tried out now and then, and
// when learning becomes much slower. For a few blocks half as many threads learn, or twice as many, and if they learn clearly
// more, it stays so. Else the next trial comes later, so that trials cost next to nothing where they change nothing.
//
// Who waits for a place has parsed its block already: only learning is one by one.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace tiffin::learn {

class Crowd {
 public:
  static constexpr int kBlocks = 8;            // that are measured together
  static constexpr int kLeastPatience = 8;     // so many of these from one trial to the next
  static constexpr int kMostPatience = 64;     // the same, after trials that changed nothing
  static constexpr double kClearlyMore = 1.2;  // times as much
  static constexpr double kMuchLess = 0.65;    // the same

  explicit Crowd(int threads) : threads_(threads), most_(threads), settled_(threads) {}

  // A thread's place among those that learn.  Thread-safe.
  class Place {
   public:
    // Waits until there is one.
    explicit Place(Crowd& crowd) : crowd_(crowd), trial_(crowd.Enter()) {}
    ~Place() { crowd_.Leave(trial_, features_, seconds_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // What was done here, and how long that took.
    void Did(std::size_t features, double seconds) noexcept {
      features_ = features;
      seconds_ = seconds;
    }

   private:
    Crowd& crowd_;
    const unsigned trial_;
    std::size_t features_ = 0;
    double seconds_ = 0;
  };

  int threads() const noexcept { return threads_; }
  // How many may learn now.  Thread-safe.
  int most() const;

 private:
  unsigned Enter();
  void Leave(unsigned trial, std::size_t features, double seconds) noexcept;
  void Judge() noexcept;
  void Allow(int most, bool is_trial) noexcept;
  int Other() noexcept;

  const int threads_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  int most_;     // that may be inside
  int settled_;  // the same, but for trials
  bool is_trial_ = false;
  bool fewer_ = false;  // was what was tried last
  int patience_ = kLeastPatience;
  int measured_ = 0;          // so often since the last trial
  double settled_speed_ = 0;  // features a second of all together, lately
  unsigned trial_ = 0;        // how often it was changed how many they are
  // Of what is being measured:
  int blocks_ = 0;
  double features_ = 0;
  double seconds_ = 0;  // of all threads
};

}  // namespace tiffin::learn
