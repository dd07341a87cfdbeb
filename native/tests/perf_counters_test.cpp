#include "base/perf_counters.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>

namespace tiffin {
namespace {

using Event = PerfCounters::Event;

constexpr Event kAll[] = {Event::kCycles, Event::kInstructions, Event::kCacheMisses};

void Work() {
  volatile int steps = 0;
  while (steps < 100'000) steps = steps + 1;
}

int FileOf(std::uint64_t count, std::uint64_t wanted, std::uint64_t counted) noexcept {
  std::FILE* const made = std::tmpfile();
  const std::uint64_t words[] = {count, wanted, counted};
  std::fwrite(words, sizeof words, 1, made);
  std::rewind(made);
  const int file = dup(fileno(made));
  std::fclose(made);
  return file;
}

TEST(PerfCounters, WhatThisMachineCountsGrows) {
  const PerfCounters counters;
  Work();
  for (const Event event : {Event::kCycles, Event::kInstructions}) {
    const auto before = counters.Count(event);
    Work();
    EXPECT_TRUE(!before || *counters.Count(event) > *before);
  }
}

TEST(PerfCounters, AKernelThatRefusesLeavesNothingToRead) {
  const PerfCounters counters([](Event) noexcept {
    errno = ENOENT;
    return -1;
  });
  for (const Event event : kAll) EXPECT_FALSE(counters.Count(event));
}

TEST(PerfCounters, SomeMayBeThereAndOthersNot) {
  const PerfCounters counters(
      [](Event event) noexcept { return event == Event::kCacheMisses ? FileOf(7, 10, 10) : -1; });
  EXPECT_EQ(counters.Count(Event::kCacheMisses), 7U);
  EXPECT_FALSE(counters.Count(Event::kCycles));
  EXPECT_FALSE(counters.Count(Event::kCacheMisses)) << "the file is at its end";
}

TEST(PerfCounters, EventsThatTakeTurnsAreScaled) {
  const PerfCounters counters([](Event event) noexcept {
    return event == Event::kCycles ? FileOf(100, 60, 20) : FileOf(100, 60, 0);
  });
  EXPECT_EQ(counters.Count(Event::kCycles), 300U);
  EXPECT_FALSE(counters.Count(Event::kInstructions)) << "its turn never came";
}

}  // namespace
}  // namespace tiffin
