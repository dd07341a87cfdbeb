#include "batch/each.h"

#include <algorithm>
#include <atomic>

#include "batch/batch.h"
#include "batch/threads.h"

namespace tiffin {
namespace {

constexpr std::size_t kLargestBlock = 64;
constexpr std::size_t kBlocksPerThread = 8;

}  // namespace

void ForEach(std::span<int> outcomes, int threads, Control& control, const std::function<Each()>& begin) {
  std::ranges::fill(outcomes, kStopped);
  const int workers = WorkerCount(threads, outcomes.size());
  const std::size_t blocks = static_cast<std::size_t>(workers) * kBlocksPerThread;
  const std::size_t block = std::clamp<std::size_t>(outcomes.size() / blocks, 1, kLargestBlock);
  std::atomic<std::size_t> next{0};
  OnWorkers(workers, [&](int) {
    const Each each = begin();
    for (std::size_t start; (start = next.fetch_add(block, std::memory_order_relaxed)) < outcomes.size();) {
      for (std::size_t item = start; item < std::min(start + block, outcomes.size()); ++item) {
        if (control.stop.load(std::memory_order_relaxed)) return;
        outcomes[item] = each(item);
        control.files.fetch_add(1, std::memory_order_relaxed);
      }
    }
  });
}

}  // namespace tiffin
