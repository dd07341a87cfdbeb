// What a feature is called: 64 bits, the field in the upper 16 and the feature's id or hash in the lower 48.
//
// A whole number below 2^48 stands for itself, so that columns of ids stay readable in a model; any other text is
// hashed.  The hash multiplies to 128 bits and folds, as wyhash and its kin do; it is part of the model format
// (docs/formats/model.md) and gives the same on every machine.
#pragma once

#include <array>
#include <cstddef>
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

// A piece of up to 16 bytes as two little-endian words, zeros after its end.
struct alignas(16) Piece {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

inline Piece Load(const char* at, std::size_t size) noexcept {
  char bytes[16] = {};
  std::memcpy(bytes, at, size);
  Piece piece;
  std::memcpy(&piece.low, bytes, 8);
  std::memcpy(&piece.high, bytes + 8, 8);
  return piece;
}

inline std::uint64_t LoadWord(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// By size: the bytes of a piece that are there.
inline constexpr auto kMasks = [] {
  std::array<Piece, 17> masks{};
  for (std::size_t size = 1; size < masks.size(); ++size) {
    masks[size] = masks[size - 1];
    (size <= 8 ? masks[size].low : masks[size].high) |= std::uint64_t{0xFF} << (size - 1) % 8 * 8;
  }
  return masks;
}();

// The same of text after which 16 more bytes may be read.  No branch depends on the size.
inline Piece LoadPadded(const char* at, std::size_t size) noexcept {
  return {LoadWord(at) & kMasks[size].low, LoadWord(at + 8) & kMasks[size].high};
}

inline std::uint64_t Join(std::uint64_t state, const Piece& piece) noexcept {
  return Fold(piece.low ^ kSecret[1], piece.high ^ state);
}

inline std::uint64_t Finish(std::uint64_t state, std::size_t size) noexcept { return Fold(kSecret[2] ^ size, state); }

// Of text that is one piece.
inline std::uint64_t HashOf(const Piece& piece, std::size_t size) noexcept {
  return Finish(Join(kSecret[0], piece), size);
}

}  // namespace detail

// Pieces of 16 bytes, the last one filled up with zeros; text that is empty is one piece.
inline std::uint64_t Hash(std::string_view text, std::uint64_t seed = 0) noexcept {
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t state = seed ^ detail::kSecret[0];
  for (; left > 16; at += 16, left -= 16) state = detail::Join(state, detail::Load(at, 16));
  return detail::Finish(detail::Join(state, detail::Load(at, left)), text.size());
}

// The same of up to 16 bytes, after which 16 more may be read.
inline std::uint64_t HashShort(std::string_view text) noexcept {
  return detail::HashOf(detail::LoadPadded(text.data(), text.size()), text.size());
}

// Any text as an id: a whole number without leading zeros as itself.
inline std::uint64_t IdOf(std::string_view text) noexcept {
  if (!text.empty() && text.size() <= 15 && (text[0] != '0' || text.size() == 1)) {
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
