#include "rows/localise.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/prefetch.h"
#include "rows/key.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kAhead = 16;  // keys whose slot is asked for before it is needed
constexpr int kDigitBits = 11;      // of a radix sort
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
constexpr std::size_t kFew = 512;  // keys that are sorted faster by comparison

std::size_t SlotOf(std::uint64_t key, int bits) noexcept { return static_cast<std::size_t>(Mix(key) >> (64 - bits)); }

}  // namespace

void Localiser::Run(std::span<const std::uint64_t> keys, Buffer<std::uint64_t>& unique, Buffer<std::uint32_t>& index) {
  Number(keys, unique, index);
  Sort(unique);
  ranks_.Resize(unique.size());
  for (std::uint32_t rank = 0; rank < unique.size(); ++rank) {
    unique[rank] = entries_[rank].key;
    ranks_[entries_[rank].place] = rank;
  }
  for (std::size_t i = 0; i < index.size(); ++i) index[i] = ranks_[index[i]];
}

// Finds the different keys, as they come.
void Localiser::Number(std::span<const std::uint64_t> keys, Buffer<std::uint64_t>& unique,
                       Buffer<std::uint32_t>& index) {
  unique.Clear();
  index.Resize(keys.size());
  slots_.Resize(std::size_t{1} << bits_);
  std::memset(slots_.data(), 0, slots_.size() * sizeof(std::uint32_t));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i + kAhead < keys.size()) Prefetch(&slots_[SlotOf(keys[i + kAhead], bits_)]);
    std::size_t slot = SlotOf(keys[i], bits_);
    const std::size_t mask = slots_.size() - 1;
    while (slots_[slot] != 0 && unique[slots_[slot] - 1] != keys[i]) slot = (slot + 1) & mask;
    if (slots_[slot] == 0) {
      unique.Reserve(1);
      unique.Push(keys[i]);
      index[i] = static_cast<std::uint32_t>(unique.size() - 1);
      slots_[slot] = static_cast<std::uint32_t>(unique.size());
      if (unique.size() > slots_.size() / 2) Grow(unique);
    } else {
      index[i] = slots_[slot] - 1;
    }
  }
}

void Localiser::Grow(const Buffer<std::uint64_t>& unique) {
  bits_ += 2;
  slots_.Resize(std::size_t{1} << bits_);
  std::memset(slots_.data(), 0, slots_.size() * sizeof(std::uint32_t));
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t place = 0; place < unique.size(); ++place) {
    std::size_t slot = SlotOf(unique[place], bits_);
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(place + 1);
  }
}

// Makes entries_ those of all keys, ascending.
void Localiser::Sort(const Buffer<std::uint64_t>& unique) {
  const std::size_t count = unique.size();
  entries_.Resize(count);
  for (std::size_t place = 0; place < count; ++place) entries_[place] = {unique[place], static_cast<std::uint32_t>(place)};
  if (count <= kFew) {
    std::sort(entries_.data(), entries_.data() + count, [](const Entry& one, const Entry& other) { return one.key < other.key; });
    return;
  }
  // By one digit after the other, from the lowest; digits in which all keys agree are passed over.
  other_.Resize(count);
  for (int shift = 0; shift < 64; shift += kDigitBits) {
    std::array<std::uint32_t, kDigits> begins{};
    const auto digit = [shift](const Entry& entry) { return (entry.key >> shift) & (kDigits - 1); };
    for (std::size_t i = 0; i < count; ++i) ++begins[digit(entries_[i])];
    if (begins[digit(entries_[0])] == count) continue;
    std::uint32_t begin = 0;
    for (std::uint32_t& place : begins) begin += std::exchange(place, begin);
    for (std::size_t i = 0; i < count; ++i) other_[begins[digit(entries_[i])]++] = entries_[i];
    std::swap(entries_, other_);
  }
}

}  // namespace tiffin::learn
