// What a feature is called: 64 bits, the field in the upper 16 and the feature's id or hash in the lower 48.
//
// A whole number below 2^48 stands for itself, so that columns of ids stay readable in a model; any other text is
// hashed.  The hash multiplies to 128 bits and folds, as wyhash and its kin do; it is part of the model format
// (docs/formats/model.md) and gives the same on every machine.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tiffin::learn {

inline constexpr int kFieldBits = 16;
inline constexpr int kIdBits = 48;
inline constexpr std::uint64_t kIdMask = (std::uint64_t{1} << kIdBits) - 1;
inline constexpr std::uint32_t kMostFields = 1U << kFieldBits;

inline std::uint64_t Key(std::uint32_t field, std::uint64_t id) noexcept {
  return static_cast<std::uint64_t>(field) << kIdBits | (id & kIdMask);
}
inline std::uint32_t FieldOf(std::uint64_t key) noexcept { return static_cast<std::uint32_t>(key >> kIdBits); }

namespace detail {

inline constexpr std::uint64_t kSecret[3] = {0xA0761D6478BD642FULL, 0xE7037ED1A0B428DBULL, 0x8EBC6AF09C88C6E3ULL};

inline std::uint64_t Fold(std::uint64_t a, std::uint64_t b) noexcept {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <typename Word>
std::uint64_t Load(const char* at) noexcept {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace detail

inline std::uint64_t Hash(std::string_view text, std::uint64_t seed = 0) noexcept {
  using detail::Fold;
  using detail::kSecret;
  using detail::Load;
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t state = seed ^ kSecret[0];
  for (; left > 16; at += 16, left -= 16) {
    state = Fold(Load<std::uint64_t>(at) ^ kSecret[1], Load<std::uint64_t>(at + 8) ^ state);
  }
  // The rest from both ends, which overlap; the size tells what they have in common.
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (left >= 8) {
    first = Load<std::uint64_t>(at);
    last = Load<std::uint64_t>(at + left - 8);
  } else if (left >= 4) {
    first = Load<std::uint32_t>(at);
    last = Load<std::uint32_t>(at + left - 4);
  } else if (left > 0) {
    first = Load<std::uint8_t>(at) | Load<std::uint8_t>(at + left / 2) << 8;
    last = Load<std::uint8_t>(at + left - 1);
  }
  return Fold(kSecret[2] ^ text.size(), Fold(first ^ kSecret[1], last ^ state));
}

// Any text as an id: a whole number without leading zeros as itself.
inline std::uint64_t IdOf(std::string_view text) noexcept {
  if (!text.empty() && text.size() <= 14 && (text[0] != '0' || text.size() == 1)) {
    std::uint64_t number = 0;
    for (const char c : text) {
      const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
      if (digit > 9) return Hash(text) & kIdMask;
      number = number * 10 + digit;
    }
    if (number <= kIdMask) return number;
  }
  return Hash(text) & kIdMask;
}

// Scatters a key over all 64 bits: table rows and first values come from these.
inline std::uint64_t Mix(std::uint64_t key, std::uint64_t seed = 0) noexcept {
  return detail::Fold(key ^ detail::kSecret[1], seed ^ detail::kSecret[0]);
}

}  // namespace tiffin::learn
