// MD5 (RFC 1321) of one message and of many at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tiffin {

using Digest = std::array<std::uint8_t, 16>;

// One message given piece by piece.  Thread-compatible.
class Md5 {
 public:
  void Update(std::span<const std::byte> data) noexcept;
  Digest Finish() noexcept;  // call once, last

 private:
  std::array<std::uint32_t, 4> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::uint64_t size_ = 0;
  std::array<std::byte, 64> block_{};
};

// The digests of `messages`, in order.  Runs Md5Lanes() messages abreast on the widest vector unit
// this machine has.  REQUIRES: equal sizes.
void Md5Many(std::span<const std::span<const std::byte>> messages, std::span<Digest> digests);

// What the run-time dispatch chose: "avx512", "avx2", "neon" or "scalar", and its number of lanes.
std::string_view Md5Engine() noexcept;
int Md5Lanes() noexcept;
// Makes another engine the chosen one, for tests and benchmarks; "" is the run-time choice.  False, and nothing
// changed, where this machine or build lacks it.
bool SelectMd5Engine(std::string_view name) noexcept;

std::string ToHex(const Digest& digest);
// False, and `digest` untouched, unless `hex` is 32 hexadecimal digits.
bool FromHex(std::string_view hex, Digest& digest) noexcept;

}  // namespace tiffin
