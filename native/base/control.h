// How a long native job is watched and stopped.
//
// Thread-safe: workers add to the counters and poll `stop`, the calling thread reads them.
#pragma once

#include <atomic>
#include <cstdint>

namespace tiffin {

struct Control {
  std::atomic<bool> stop{false};                   // set by the caller; workers return at the next file or chunk
  std::atomic<std::uint64_t> bytes{0};             // bytes handled so far
  std::atomic<std::uint64_t> files{0};             // files handled so far
  std::atomic<std::uint64_t> new_objects{0};       // of these: objects the destination store did not have
  std::atomic<std::uint64_t> new_object_bytes{0};  // and their bytes
};

}  // namespace tiffin
