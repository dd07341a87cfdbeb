// Where the words of a text end, line by line.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "parse/find_stops.h"

namespace tiffin::learn {

// Goes over some characters of a text, one after the other.  Thread-compatible.
class Stops {
 public:
  // plain: most of them.  others: up to kMostOthers further ones; a line end is one of them.
  // REQUIRES: after the text kStopWindow more bytes may be read, which stay as they are.
  Stops(std::string_view text, char plain, std::string_view others) noexcept
      : base_(text.data()), ahead_(text.data()), text_end_(text.data() + text.size()), end_(text_end_) {
    characters_.plain = plain;
    characters_.others.fill(others.front());
    std::copy(others.begin(), others.end(), characters_.others.begin());
  }

  // Goes on in a line, or what is left of one.  REQUIRES: it begins where it already is, or after that; a line end or the
  // end of the text is behind it.
  void Enter(const char* begin, const char* end) noexcept {
    end_ = end;
    while (First() < begin) ++next_;
  }

  // The first one of the line that it did not give yet; the line's end if there is none.
  const char* Next() noexcept {
    const char* const stop = First();
    if (stop >= end_) return end_;
    ++next_;
    return stop;
  }

  // Takes the words after `stop` as long as the plain character ends them, or the line; gives what stands before the first
  // word that is left, or the line's end.  Calls take(begin, end) for one of them, or take_some(text, ends, count) for some,
  // each of which goes from after the place before its own, for the first one ends[-1], to its own.  REQUIRES: Next gave
  // `stop`.
  template <typename Take, typename TakeSome>
  const char* TakePlain(const char* stop, Take take, TakeSome take_some) noexcept {
    const char* begin = stop + 1;
    for (;;) {
      const char* const base = base_;
      const std::uint32_t* const places = found_.places;
      const std::uint32_t other = NextOther();
      if (next_ == 0 && other > 0) {  // where it begins was found before
        take(begin, base + places[0]);
        next_ = 1;
        begin = base + places[0] + 1;
      }
      const bool ends_here = next_ > 0 && other < count_ && base + places[other] == end_;
      if (next_ < other + ends_here) {
        take_some(base, places + next_, other + ends_here - next_);
        begin = base + places[other - 1 + ends_here] + 1;
      }
      next_ = other;
      if (ends_here) return end_;
      if (other < count_) break;
      Find();
    }
    if (base_ + found_.places[next_] < end_) return begin - 1;
    take(begin, end_);
    return end_;
  }

 private:
  static constexpr std::size_t kMoreEnds = 8;  // of words that are no words: they may be read
  static constexpr std::size_t kWindows = 32;  // that are looked through before they are gone over

  // The next one of the text, or its end.
  const char* First() noexcept {
    if (next_ == count_) Find();
    return base_ + found_.places[next_];
  }

  // The next one that is not the plain character, by number; how many there are if no such one was found.
  std::uint32_t NextOther() const noexcept {
    std::size_t word = next_ / 64;
    std::uint64_t left = found_.others[word] >> next_ % 64 << next_ % 64;
    while (left == 0 && 64 * (word + 1) < count_) left = found_.others[++word];
    return left == 0 ? count_ : static_cast<std::uint32_t>(64 * word) + static_cast<std::uint32_t>(std::countr_zero(left));
  }

  // Finds more.  REQUIRES: all that were found are behind, and the end of the text is not among them.
  void Find() noexcept {
    do {
      const auto left = static_cast<std::size_t>(text_end_ - ahead_);
      const std::size_t windows = std::min(kWindows, (left + kStopWindow - 1) / kStopWindow);
      base_ = ahead_;
      next_ = 0;
      std::fill(std::begin(found_.others), std::end(found_.others), 0);
      count_ = static_cast<std::uint32_t>(find_(base_, windows, characters_, found_.places, found_.others));
      ahead_ += windows * kStopWindow;
      if (left <= windows * kStopWindow) AddEnd(static_cast<std::uint32_t>(left));
    } while (count_ == 0);
    std::fill_n(found_.places + count_, kMoreEnds, 0);
  }

  // The end of the text in place of what was found behind it; it is before no line's end, and so nobody goes past it.
  void AddEnd(std::uint32_t left) noexcept {
    while (count_ > 0 && found_.places[count_ - 1] >= left) --count_;
    found_.places[count_] = left;
    found_.others[count_ / 64] |= std::uint64_t{1} << count_ % 64;
    ++count_;
  }

  const StopFinder find_ = ChosenStopFinder();
  StopCharacters characters_;
  const char* base_;   // of the places
  const char* ahead_;  // up to where it was looked
  const char* const text_end_;
  const char* end_;  // of the line
  std::uint32_t next_ = 0;
  std::uint32_t count_ = 0;
  StopPlaces<kWindows> found_;
};

}  // namespace tiffin::learn
