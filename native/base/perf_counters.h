// What the processor counts while a job runs.
//
// Of the thread that makes this, from then on, and of all threads that begin later, made by it or by one of those; only
// what they do in user space.  Nothing is done meanwhile: the kernel counts, and is asked at the end.
//
// Linux only, by perf_event_open.  Where the kernel refuses (kernel.perf_event_paranoid above 2, containers), where there
// are no such counters (virtual machines), and on other systems, there is nothing to read, and nothing fails.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tiffin {

class PerfCounters {
 public:
  enum class Event : unsigned char {
    kCycles,
    kInstructions,
    kCacheMisses,  // of the last level
  };
  static constexpr std::size_t kEvents = 3;

  // Begins to count an event: a file to read {count, ns it was wanted, ns it was counted} from; -1: there is none.
  using Open = int (*)(Event event) noexcept;

  PerfCounters() noexcept : PerfCounters(OpenEvent) {}
  explicit PerfCounters(Open open) noexcept;
  ~PerfCounters();
  PerfCounters(const PerfCounters&) = delete;
  PerfCounters& operator=(const PerfCounters&) = delete;

  // How often it happened since this was made; none: that is not counted here.  Where events take turns, as processors
  // have few counters, the time that one was not counted is taken to be like the rest.  Thread-safe.
  std::optional<std::uint64_t> Count(Event event) const noexcept;

 private:
  static int OpenEvent(Event event) noexcept;

  std::array<int, kEvents> files_;
};

}  // namespace tiffin
