// Where the words of a text end, line by line.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parse/find_stops.h"

namespace tiffin::learn {

// Goes over some characters of a text, one after the other.  Thread-compatible.
class Stops {
 public:
  // REQUIRES: 1 to kMostStops characters; after the text kStopWindow more bytes may be read, which stay as they are.
  Stops(std::string_view text, std::string_view characters) noexcept
      : base_(text.data()), ahead_(text.data()), text_end_(text.data() + text.size()), end_(text_end_) {
    characters_.fill(characters.front());
    std::copy(characters.begin(), characters.end(), characters_.begin());
  }

  // Goes on in a line, or what is left of one.  REQUIRES: it begins where it already is, or after that.
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

  // Calls take(begin, end) for the words after `stop` as long as a blank ends them, or the line; gives what stands before
  // the first word it was not called for, or the line's end.  REQUIRES: Next gave `stop`.
  template <typename Take>
  const char* TakePlain(const char* stop, Take take) noexcept {
    for (const char* begin = stop + 1;;) {
      if (next_ == count_) Find();
      for (std::uint32_t next = next_;; ++next) {
        if (next == count_) {
          next_ = next;
          break;
        }
        const char* const end = base_ + places_[next];
        if (end >= end_) {
          next_ = next;
          take(begin, end_);
          return end_;
        }
        if (*end != ' ') {
          next_ = next;
          return begin - 1;
        }
        take(begin, end);
        begin = end + 1;
      }
    }
  }

 private:
  static constexpr std::size_t kWindows = 32;  // that are looked through before they are gone over

  // The next one of the text, or its end.
  const char* First() noexcept {
    if (next_ == count_) Find();
    return base_ + places_[next_];
  }

  // Finds more.  REQUIRES: all that were found are behind, and the end of the text is not among them.
  void Find() noexcept {
    const auto left = static_cast<std::size_t>(text_end_ - ahead_);
    const std::size_t windows = std::min(kWindows, (left + kStopWindow - 1) / kStopWindow);
    base_ = ahead_;
    next_ = 0;
    count_ = static_cast<std::uint32_t>(find_(base_, windows, characters_, places_));
    ahead_ += windows * kStopWindow;
    if (left > windows * kStopWindow) {
      if (count_ == 0) Find();
      return;
    }
    while (count_ > 0 && places_[count_ - 1] >= left) --count_;
    places_[count_++] = static_cast<std::uint32_t>(left);  // it is before no line's end, and so nobody goes past it
  }

  const StopFinder find_ = ChosenStopFinder();
  StopCharacters characters_;
  const char* base_;   // of places_
  const char* ahead_;  // up to where it was looked
  const char* const text_end_;
  const char* end_;  // of the line
  std::uint32_t next_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t places_[(kWindows + 1) * kStopWindow];
};

}  // namespace tiffin::learn
