#include "params/pages.h"

#include <sys/mman.h>

#include <bit>
#include <new>

#include "base/prefetch.h"

namespace tiffin::learn {
namespace {

void* Map(std::size_t bytes) {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  // Rows are visited at random: without large pages each visit looks its page up anew.
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

}  // namespace

Pages::Pages(std::size_t bytes) : memory_(Map(bytes), Unmap{bytes}) {}

void Pages::Unmap::operator()(void* memory) const noexcept { munmap(memory, bytes); }

std::size_t PaddedFloats(std::size_t width) noexcept {
  return width <= kLineFloats ? std::bit_ceil(width) : (width + kLineFloats - 1) / kLineFloats * kLineFloats;
}

}  // namespace tiffin::learn
