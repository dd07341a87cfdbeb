#include "base/perf_counters.h"

#include <unistd.h>

#if defined(__linux__)
#include <linux/perf_event.h>
#include <sys/syscall.h>
#endif

namespace tiffin {

PerfCounters::PerfCounters(Open open) noexcept {
  for (std::size_t i = 0; i < kEvents; ++i) files_[i] = open(static_cast<Event>(i));
}

PerfCounters::~PerfCounters() {
  for (const int file : files_) {
    if (file >= 0) close(file);
  }
}

std::optional<std::uint64_t> PerfCounters::Count(Event event) const noexcept {
  const int file = files_[static_cast<std::size_t>(event)];
  if (file < 0) return {};
  struct {
    std::uint64_t count;
    std::uint64_t wanted_ns;
    std::uint64_t counted_ns;
  } found;
  if (read(file, &found, sizeof found) != static_cast<ssize_t>(sizeof found) || found.counted_ns == 0) return {};
  if (found.counted_ns >= found.wanted_ns) return found.count;
  const double share = static_cast<double>(found.counted_ns) / static_cast<double>(found.wanted_ns);
  return static_cast<std::uint64_t>(static_cast<double>(found.count) / share);
}

#if defined(__linux__)
int PerfCounters::OpenEvent(Event event) noexcept {
  perf_event_attr wanted{};
  wanted.size = sizeof wanted;
  wanted.type = PERF_TYPE_HARDWARE;
  switch (event) {
    case Event::kCycles:
      wanted.config = PERF_COUNT_HW_CPU_CYCLES;
      break;
    case Event::kInstructions:
      wanted.config = PERF_COUNT_HW_INSTRUCTIONS;
      break;
    case Event::kCacheMisses:
      wanted.config = PERF_COUNT_HW_CACHE_MISSES;
      break;
  }
  wanted.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  wanted.inherit = 1;
  wanted.exclude_kernel = 1;
  wanted.exclude_hv = 1;
  constexpr int kCallingThread = 0;
  constexpr int kAnyProcessor = -1;
  constexpr int kNoGroup = -1;
  return static_cast<int>(
      syscall(SYS_perf_event_open, &wanted, kCallingThread, kAnyProcessor, kNoGroup, PERF_FLAG_FD_CLOEXEC));
}
#else
int PerfCounters::OpenEvent(Event) noexcept { return -1; }
#endif

}  // namespace tiffin
