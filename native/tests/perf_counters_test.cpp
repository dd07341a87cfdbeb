#include "base/perf_counters.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <thread>

namespace tiffin {
namespace {

using Event = PerfCounters::Event;

constexpr Event kAll[] = {Event::kCycles, Event::kInstructions, Event::kCacheMisses, Event::kPageFaults};

// Memory that was not there before, a byte of each page of it written.
void TouchPages(std::size_t pages) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const memory = mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  madvise(memory, pages * page, MADV_NOHUGEPAGE);
  for (std::size_t i = 0; i < pages; ++i) static_cast<volatile char*>(memory)[i * page] = 1;
  munmap(memory, pages * page);
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

TEST(PerfCounters, PageFaultsAreThoseOfThisThreadAndOfItsLaterOnes) {
  constexpr std::size_t kPages = 500;
  const PerfCounters counters;
  const auto first = counters.Count(Event::kPageFaults);
  if (!first) GTEST_SKIP() << "the kernel counts nothing for us";
  TouchPages(kPages);
  const auto second = counters.Count(Event::kPageFaults);
  ASSERT_TRUE(second);
  EXPECT_GE(*second - *first, kPages);
  EXPECT_LT(*second - *first, 2 * kPages);
  std::thread([] { std::thread([] { TouchPages(kPages); }).join(); }).join();
  EXPECT_GE(*counters.Count(Event::kPageFaults) - *second, kPages);
}

TEST(PerfCounters, WhatThisMachineCountsGrows) {
  const PerfCounters counters;
  TouchPages(100);
  for (const Event event : {Event::kCycles, Event::kInstructions}) {
    const auto before = counters.Count(event);
    TouchPages(100);
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
