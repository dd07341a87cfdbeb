// Numbers as data files write them.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace tiffin::learn {

inline bool IsDigit(char c) noexcept { return static_cast<unsigned char>(c - '0') < 10; }

// Reads a whole number below 2^63 at `at` and moves past it.  False where there is none, or it is larger.
inline bool ReadWhole(const char*& at, const char* end, std::uint64_t& number) noexcept {
  const char* const begin = at;
  std::uint64_t value = 0;
  for (; at < end && IsDigit(*at); ++at) value = value * 10 + static_cast<std::uint64_t>(*at - '0');
  number = value;
  return at != begin && (at - begin <= 18 || (at - begin == 19 && value >> 63 == 0));
}

// Reads a decimal number at `at` and moves past it.  False where there is none, or it is no finite number.
inline bool ReadFloat(const char*& at, const char* end, float& number) noexcept {
  constexpr float kTenths[] = {1e0F, 1e1F, 1e2F, 1e3F, 1e4F, 1e5F, 1e6F, 1e7F, 1e8F, 1e9F, 1e10F};
  const char* here = at;
  const bool minus = here < end && *here == '-';
  if (here < end && (*here == '-' || *here == '+')) ++here;
  const char* const begin = here;
  std::uint64_t digits = 0;
  for (; here < end && IsDigit(*here); ++here) digits = digits * 10 + static_cast<std::uint64_t>(*here - '0');
  std::ptrdiff_t count = here - begin;
  std::ptrdiff_t decimals = 0;
  if (here < end && *here == '.') {
    const char* const point = here++;
    for (; here < end && IsDigit(*here); ++here) digits = digits * 10 + static_cast<std::uint64_t>(*here - '0');
    decimals = here - point - 1;
    count += decimals;
  }
  const bool plain = count > 0 && (here == end || (*here != 'e' && *here != 'E'));
  // Both are exact in a float up to here, so one division is rounded as it should be.
  if (plain && digits < (1U << 24) && count <= 18 && decimals <= 10) {
    const float value = static_cast<float>(digits) / kTenths[decimals];
    number = minus ? -value : value;
    at = here;
    return true;
  }
  if (count == 0) return false;  // no "inf" and no "nan"
  double value = 0;
  const char* const start = *at == '+' ? at + 1 : at;
  const auto [stop, error] = std::from_chars(start, end, value);
  if (error == std::errc::result_out_of_range) {
    // With a negative exponent it is too near to zero for a double, and zero; else there is no telling, and no number.
    if (std::find(begin, stop, '-') == stop) return false;
  } else if (error != std::errc{}) {
    return false;
  }
  number = static_cast<float>(value);
  at = stop;
  return std::isfinite(number);
}

}  // namespace tiffin::learn
