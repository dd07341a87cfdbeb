// Blocks that were parsed, on their way to the threads that learn from them.
//
// As many threads learn at a time as the crowd says, and one that does goes on with it: the rows that most examples have
// are in its processor's cache, and would have to be fetched by whoever took its place. Others parse meanwhile, and leave
// their blocks here. Who learns takes these first, and parses only when none is waiting; so no thread is idle unless those
// who learn cannot keep up, or the source cannot.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "engine/bad_rows.h"
#include "engine/crowd.h"
#include "rows/rows.h"
#include "source/source.h"

namespace tiffin::learn {

struct ParsedBlock {
  Block block;
  Rows rows;
  Buffer<float*> places;  // of features in the table, if they were found beforehand
  BadRows bad;
  // Seconds of the thread that parsed it.
  double read_s = 0;
  double parse_s = 0;
  double wait_s = 0;  // until it could leave the one before
};

class Handoff {
 public:
  static constexpr std::size_t kMostWaiting = 4;  // blocks, for each thread that learns

  // crowd: nullptr where each thread learns from its own blocks.
  explicit Handoff(Crowd* crowd) : crowd_(crowd) {}

  // A thread's part in it.
  class Member {
   public:
    explicit Member(Handoff& handoff) : handoff_(handoff) {}
    ~Member();
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    // For a block that this thread has parsed: whether it shall learn from it now.  If not, others will, and `parsed` is
    // free for the next one.  Waits while those who learn have enough before them.
    bool Keeps(ParsedBlock& parsed);
    // Whether it shall learn from what others parsed, which then is in `parsed`.
    bool Takes(ParsedBlock& parsed);
    // The same, of a thread that has nothing left to parse: once there is nothing to learn from either, another one may
    // learn in its place.
    bool TakesLast(ParsedBlock& parsed);
    // What was done to the block it learned from, as the crowd wants to know it.
    void Did(const Crowd::Work& work);
    // Whether it learns, as far as is known now.
    bool learns() const noexcept { return learns_ || handoff_.crowd_ == nullptr; }
    // How many blocks waited when it looked for the one it learns from.
    std::size_t waiting() const noexcept { return waiting_; }

   private:
    friend class Handoff;
    Handoff& handoff_;
    bool learns_ = false;
    std::size_t waiting_ = 0;
    unsigned trial_ = 0;  // of the crowd, when the block was begun
  };

  // Some thread failed: nobody waits any more, and what others parse is lost.
  void GiveUp();

 private:
  // The mutex is held.
  bool Joins(Member& member);
  void Leave(Member& member) noexcept;
  bool HasRoom() const noexcept;
  bool Gives(Member& member, ParsedBlock& parsed);

  Crowd* const crowd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int learners_ = 0;
  bool given_up_ = false;
  std::deque<ParsedBlock> waiting_;
  std::vector<ParsedBlock> unused_;  // memory of blocks that were learned from
};

}  // namespace tiffin::learn
