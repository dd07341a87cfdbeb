#include "engine/handoff.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

namespace tiffin::learn {
namespace {

using std::chrono::milliseconds;

// What one learner does is more than what two do together.
constexpr Crowd::Work kAlone = {1000, 1000, 1000};
constexpr Crowd::Work kTogether = {1000, 4000, 1000};

// One that lets one thread learn.
void Shrink(Crowd& crowd) {
  while (crowd.most() != 1) crowd.Did(crowd.trial(), kTogether);
  for (int block = 0; block < Crowd::kBlocks; ++block) crowd.Did(crowd.trial(), kAlone);  // the trial is a success
}

ParsedBlock Parsed(std::uint64_t number) {
  ParsedBlock parsed;
  parsed.block.number = number;
  return parsed;
}

// Of two threads, the first one of which has learned from block 0.
class OneLearns : public testing::Test {
 protected:
  OneLearns() {
    Shrink(crowd);
    EXPECT_TRUE(first.Keeps(its));
  }

  Crowd crowd{2};
  Handoff handoff{&crowd};
  Handoff::Member first{handoff};
  Handoff::Member second{handoff};
  ParsedBlock its = Parsed(0);
};

TEST(Handoff, WithoutACrowdEachThreadKeepsItsOwn) {
  Handoff handoff(nullptr);
  Handoff::Member first(handoff);
  Handoff::Member second(handoff);
  ParsedBlock parsed = Parsed(7);
  for (Handoff::Member* const member : {&first, &second}) {
    EXPECT_TRUE(member->learns());
    EXPECT_TRUE(member->Keeps(parsed));
    EXPECT_FALSE(member->Takes(parsed));
    EXPECT_FALSE(member->TakesLast(parsed));
  }
  EXPECT_EQ(parsed.block.number, 7U);
}

TEST_F(OneLearns, WhoLearnsGoesOnAndTakesWhatOthersParsed) {
  EXPECT_EQ(its.block.number, 0U);
  EXPECT_TRUE(first.learns());
  for (const std::uint64_t number : {1, 2}) {
    ParsedBlock others = Parsed(number);
    EXPECT_FALSE(second.Keeps(others));
    EXPECT_FALSE(second.learns());
    EXPECT_FALSE(second.Takes(others));
  }
  EXPECT_TRUE(first.Takes(its));
  EXPECT_EQ(its.block.number, 1U);
  EXPECT_EQ(first.waiting(), 2U);
  EXPECT_TRUE(first.Takes(its));
  EXPECT_EQ(its.block.number, 2U);
  EXPECT_EQ(first.waiting(), 1U);
  EXPECT_FALSE(first.Takes(its));
  its = Parsed(3);
  EXPECT_TRUE(first.Keeps(its));
}

TEST_F(OneLearns, WhoHasNothingLeftMakesPlaceForAnother) {
  ParsedBlock others = Parsed(1);
  EXPECT_FALSE(second.Keeps(others));
  EXPECT_TRUE(first.TakesLast(its));
  EXPECT_EQ(its.block.number, 1U);
  EXPECT_FALSE(first.TakesLast(its));
  EXPECT_FALSE(first.learns());
  others = Parsed(2);
  EXPECT_TRUE(second.Keeps(others));
}

TEST_F(OneLearns, ASecondOneLearnsOnceItMay) {
  ParsedBlock others = Parsed(1);
  EXPECT_FALSE(second.Keeps(others));
  while (crowd.most() == 1) crowd.Did(crowd.trial(), kAlone);  // in the end two are tried
  others = Parsed(2);
  EXPECT_TRUE(second.Keeps(others));
  EXPECT_EQ(others.block.number, 2U);
  while (crowd.most() == 2) crowd.Did(crowd.trial(), kTogether);
  EXPECT_FALSE(first.Takes(its));  // both look; one of them has to leave
  EXPECT_TRUE(second.Takes(others));
  EXPECT_EQ(others.block.number, 1U);
}

TEST_F(OneLearns, WhoParsesWaitsUntilThereIsRoom) {
  std::atomic<std::uint64_t> left{0};
  std::thread other([&] {
    for (std::uint64_t number = 1; number <= Handoff::kMostWaiting + 1; ++number) {
      ParsedBlock parsed = Parsed(number);
      EXPECT_FALSE(second.Keeps(parsed));
      left = number;
    }
  });
  while (left < Handoff::kMostWaiting) std::this_thread::yield();
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(left, Handoff::kMostWaiting);
  EXPECT_TRUE(first.Takes(its));
  other.join();
  EXPECT_EQ(left, Handoff::kMostWaiting + 1);
}

TEST_F(OneLearns, NobodyWaitsForOneThatFailed) {
  std::thread other([&] {
    for (std::uint64_t number = 1; number < 100; ++number) {
      ParsedBlock parsed = Parsed(number);
      EXPECT_FALSE(second.Keeps(parsed));
    }
  });
  std::this_thread::sleep_for(milliseconds(20));
  handoff.GiveUp();
  other.join();
}

// Threads that take numbers, and hand them to those who learn: each is learned from once, and never by more threads at a
// time than may.
TEST(Handoff, AllIsLearnedFromOnce) {
  constexpr std::uint64_t kAll = 4'000;
  for (const int threads : {2, 3, 8}) {
    Crowd crowd(threads);
    const int passes = threads == 2 ? 4 : 3;
    for (int pass = 0; pass < passes; ++pass) {
      const bool is_tried = pass < 3;  // else one of two learns all the time
      if (!is_tried) Shrink(crowd);
      Handoff handoff(&crowd);
      std::atomic<std::uint64_t> next{0};
      std::atomic<int> learners{0};
      std::atomic<int> most{0};
      std::vector<std::atomic<int>> seen(kAll);
      std::vector<std::thread> running;
      for (int i = 0; i < threads; ++i) {
        running.emplace_back([&, i] {
          std::mt19937 random(static_cast<unsigned>(i));
          Handoff::Member member(handoff);
          ParsedBlock parsed;
          const auto learn = [&] {
            const int now = ++learners;
            for (int seen_most = most; now > seen_most && !most.compare_exchange_weak(seen_most, now);) {
            }
            ++seen[parsed.block.number];
            if (random() % 8 == 0) std::this_thread::yield();
            if (is_tried) member.Did(random() % 2 == 0 ? kAlone : kTogether);  // so that there are many trials
            --learners;
          };
          while ((parsed.block.number = next++) < kAll) {
            if (random() % 8 == 0) std::this_thread::yield();
            for (bool some = member.Keeps(parsed); some; some = member.Takes(parsed)) learn();
          }
          while (member.TakesLast(parsed)) learn();
        });
      }
      for (std::thread& thread : running) thread.join();
      for (const std::atomic<int>& count : seen) ASSERT_EQ(count, 1);
      EXPECT_LE(most, is_tried ? threads : 1);
    }
  }
}

}  // namespace
}  // namespace tiffin::learn
