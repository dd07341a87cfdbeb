#include "params/admission.h"

#include <algorithm>
#include <stdexcept>

#include "params/key_index.h"

namespace tiffin::learn {
namespace {

constexpr unsigned kCountBits = 4;
constexpr std::uint16_t kCountMask = (1U << kCountBits) - 1;
constexpr std::uint64_t kSignatureMask = 0xFFF;
constexpr std::size_t kSteps = 32;  // cells that a key may be in: those of a cache line, if it begins there

// Never 0: a cell is used even when its count is 0.  The place of a key follows from its upper bits.
std::uint16_t SignatureOf(std::uint64_t scrambled) noexcept {
  return static_cast<std::uint16_t>(std::max<std::uint64_t>(scrambled & kSignatureMask, 1) << kCountBits);
}

}  // namespace

AdmissionFilter::AdmissionFilter(std::size_t bytes, int enough)
    : enough_(static_cast<unsigned>(enough)), cells_(std::max(bytes / sizeof(Cell) / kParts, kSteps)) {
  for (Pages& part : parts_) part = Pages((cells_ + kSteps) * sizeof(Cell));
}

AdmissionFilter::Place AdmissionFilter::Find(std::size_t part, std::uint64_t scrambled) const noexcept {
  const std::uint16_t signature = SignatureOf(scrambled);
  Cell* const home = parts_[part].as<Cell>() + PlaceOf(scrambled, cells_);
  for (std::size_t step = 0; step < kSteps; ++step) {
    const std::uint16_t value = home[step].load(std::memory_order_relaxed);
    if (value == 0 || (value & ~kCountMask) == signature) return {home + step, value};
  }
  return {nullptr, 0};
}

bool AdmissionFilter::Admit(std::uint64_t scrambled) noexcept {
  const std::uint16_t signature = SignatureOf(scrambled);
  for (;;) {
    auto [cell, value] = Find(newest_, scrambled);
    unsigned count = value & kCountMask;
    for (std::size_t back = 1; value == 0 && back < kParts; ++back) {
      const Place older = Find((newest_ + kParts - back) % kParts, scrambled);
      if (older.value == 0) continue;
      count = older.value & kCountMask;
      break;
    }
    const bool is_enough = count + 1 >= enough_;
    if (cell == nullptr) return is_enough;  // no room to note it
    const auto next = static_cast<std::uint16_t>(signature | (is_enough ? 0 : count + 1));
    if (!cell->compare_exchange_strong(value, next, std::memory_order_relaxed)) continue;  // another thread was there
    if (value == 0) used_.fetch_add(1, std::memory_order_relaxed);
    return is_enough;
  }
}

void AdmissionFilter::Forget() {
  if (!full()) return;
  const std::size_t oldest = (newest_ + 1) % kParts;
  parts_[oldest] = Pages();  // before there is another
  parts_[oldest] = Pages((cells_ + kSteps) * sizeof(Cell));
  newest_ = oldest;
  used_.store(0, std::memory_order_relaxed);
}

void AdmissionFilter::ForEachCount(const std::function<void(std::uint32_t)>& visit) const {
  constexpr std::size_t kMostGap = 0xFFFF;
  const std::size_t cells = cells_ + kSteps;
  std::size_t last = 0;
  for (std::size_t part = 0; part < kParts; ++part) {
    const Cell* const its = parts_[part].as<Cell>();
    for (std::size_t cell = 0; cell < cells; ++cell) {
      const std::uint16_t value = its[cell].load(std::memory_order_relaxed);
      if (value == 0) continue;
      const std::size_t at = part * cells + cell;
      for (; at - last > kMostGap; last += kMostGap) visit(static_cast<std::uint32_t>(kMostGap << 16));
      visit(static_cast<std::uint32_t>((at - last) << 16 | value));
      last = at;
    }
  }
}

bool AdmissionFilter::SetHead(const Sightings::Head& head) {
  if (head.cells != cells_) return false;
  if (head.newest >= kParts || head.used > cells_ + kSteps) throw std::invalid_argument("sightings of no table");
  added_ = 0;
  newest_ = static_cast<std::size_t>(head.newest);
  used_.store(static_cast<std::size_t>(head.used), std::memory_order_relaxed);
  return true;
}

void AdmissionFilter::AddCount(std::uint32_t count) {
  const std::size_t cells = cells_ + kSteps;
  added_ += count >> 16;
  if (added_ >= kParts * cells) throw std::invalid_argument("sightings of no table");
  Cell& cell = parts_[added_ / cells].as<Cell>()[added_ % cells];
  cell.store(static_cast<std::uint16_t>(count), std::memory_order_relaxed);
}

}  // namespace tiffin::learn
