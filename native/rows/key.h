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

// A piece of up to 16 bytes as two little-endian words, zeros after its end.
struct Piece {
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

// The same of text after which 16 more bytes may be read.  No branch depends on the size.
inline Piece LoadPadded(const char* at, std::size_t size) noexcept {
  Piece piece;
  std::memcpy(&piece.low, at, 8);
  std::memcpy(&piece.high, at + 8, 8);
  const auto mask = [](std::size_t bytes) {
    return bytes >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * bytes)) - 1;
  };
  piece.low &= mask(size);
  piece.high &= mask(size > 8 ? size - 8 : 0);
  return piece;
}

inline std::uint64_t Join(std::uint64_t state, const Piece& piece) noexcept {
  return Fold(piece.low ^ kSecret[1], piece.high ^ state);
}

inline std::uint64_t Finish(std::uint64_t state, std::size_t size) noexcept { return Fold(kSecret[2] ^ size, state); }

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
  const detail::Piece piece = detail::LoadPadded(text.data(), text.size());
  return detail::Finish(detail::Join(detail::kSecret[0], piece), text.size());
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
