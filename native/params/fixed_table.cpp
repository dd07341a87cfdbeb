#include "params/fixed_table.h"

#include <sys/mman.h>

#include <bit>
#include <new>

namespace tiffin::learn {
namespace {

constexpr std::size_t kLineFloats = 16;

// The next power of two up to a cache line, whole cache lines from there.
std::size_t Padded(std::size_t width) {
  return width <= kLineFloats ? std::bit_ceil(width) : (width + kLineFloats - 1) / kLineFloats * kLineFloats;
}

float* Map(std::size_t bytes) {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  // Rows are visited at random: without large pages each visit looks its page up anew.
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return static_cast<float*>(memory);
}

}  // namespace

FixedTable::FixedTable(int bits, std::size_t width)
    : bits_(bits), row_floats_(Padded(width)), data_(Map(bytes()), Unmap{bytes()}) {}

void FixedTable::Unmap::operator()(float* memory) const noexcept { munmap(memory, bytes); }

}  // namespace tiffin::learn
