#include "params/pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "base/prefetch.h"
#include "batch/threads.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kLargePage = std::size_t{1} << 21;
constexpr std::size_t kMostReady = std::size_t{1} << 28;  // which takes some 50 ms
constexpr std::size_t kReserved = std::size_t{1} << 32;   // addresses: memory that is taken may be larger

// nullptr: there is none.
void* Map(std::size_t bytes) noexcept {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
#ifdef MADV_HUGEPAGE
  // Rows are visited at random: without large pages each visit looks its page up anew.
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

// Memory that a thread has cleared, page after page, until somebody takes it.
class Ready {
 public:
  explicit Ready(std::size_t bytes) : bytes_(std::min(bytes, kMostReady)), memory_(static_cast<char*>(Map(kReserved))) {
    if (memory_ == nullptr) return;
    thread_ = BeginThread([this] {
      for (std::size_t at = 0; at < bytes_ && !stop_.load(std::memory_order_relaxed); at += kLargePage) {
        *const_cast<volatile char*>(memory_ + at) = 0;  // the system clears the page that it is on
      }
    });
  }
  ~Ready() {
    End();
    if (memory_ != nullptr) munmap(memory_, kReserved);
  }
  Ready(const Ready&) = delete;
  Ready& operator=(const Ready&) = delete;

  // nullptr: it does not fit.
  void* Take(std::size_t bytes) noexcept {
    End();
    if (memory_ == nullptr || bytes < bytes_ || bytes > kReserved || bytes % kLargePage != 0) return nullptr;
    if (bytes < kReserved) munmap(memory_ + bytes, kReserved - bytes);
    return std::exchange(memory_, nullptr);
  }

 private:
  void End() noexcept {
    stop_.store(true, std::memory_order_relaxed);
    if (thread_.joinable()) thread_.join();
  }

  const std::size_t bytes_;
  char* memory_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::mutex ready_mutex;
std::unique_ptr<Ready> ready;  // whoever is the first to want much memory takes it or ends it

void* NewMemory(std::size_t bytes) {
  std::unique_ptr<Ready> mine;
  if (bytes >= kLargePage) {
    const std::scoped_lock lock(ready_mutex);
    mine = std::move(ready);
  }
  void* memory = mine ? mine->Take(bytes) : nullptr;
  if (memory == nullptr) memory = Map(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

Pages::Pages(std::size_t bytes) : memory_(NewMemory(bytes), Unmap{bytes}) {}

void Pages::GetReady(std::size_t bytes) {
  auto made = std::make_unique<Ready>(bytes);
  const std::scoped_lock lock(ready_mutex);
  ready = std::move(made);
}

void Pages::Unmap::operator()(void* memory) const noexcept { munmap(memory, bytes); }

std::size_t PaddedFloats(std::size_t width) noexcept {
  return width <= kLineFloats ? std::bit_ceil(width) : (width + kLineFloats - 1) / kLineFloats * kLineFloats;
}

}  // namespace tiffin::learn
