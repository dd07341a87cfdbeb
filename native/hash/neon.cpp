#include "hash/engine.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace tiffin::md5 {
namespace {

struct Unit {
  using Vec = uint32x4_t;
  static constexpr int kLanes = 4;

  static Vec Load(const std::uint32_t* words) { return vld1q_u32(words); }
  static void Store(std::uint32_t* words, Vec x) { vst1q_u32(words, x); }
  static Vec Set(std::uint32_t word) { return vdupq_n_u32(word); }
  static Vec Add(Vec x, Vec y) { return vaddq_u32(x, y); }
  template <int n>
  static Vec Rotate(Vec x) {
    return vsriq_n_u32(vshlq_n_u32(x, n), x, 32 - n);
  }
  static Vec F(Vec x, Vec y, Vec z) { return vbslq_u32(x, y, z); }
  static Vec G(Vec x, Vec y, Vec z) { return vbslq_u32(z, x, y); }
  static Vec H(Vec x, Vec y, Vec z) { return veorq_u32(veorq_u32(y, z), x); }
  static Vec I(Vec x, Vec y, Vec z) { return veorq_u32(y, vornq_u32(x, z)); }

  // Transposes 4 x 4 words, once for each quarter of the blocks.
  static void LoadBlocks(const std::byte* const* data, std::size_t offset, Vec (&words)[16]) {
    for (int quarter = 0; quarter < 4; ++quarter) {
      Vec row[4];
      for (int i = 0; i < 4; ++i) {
        row[i] = vreinterpretq_u32_u8(vld1q_u8(reinterpret_cast<const std::uint8_t*>(data[i] + offset + 16 * quarter)));
      }
      const auto even01 = vreinterpretq_u64_u32(vtrn1q_u32(row[0], row[1]));
      const auto odd01 = vreinterpretq_u64_u32(vtrn2q_u32(row[0], row[1]));
      const auto even23 = vreinterpretq_u64_u32(vtrn1q_u32(row[2], row[3]));
      const auto odd23 = vreinterpretq_u64_u32(vtrn2q_u32(row[2], row[3]));
      words[4 * quarter] = vreinterpretq_u32_u64(vtrn1q_u64(even01, even23));
      words[4 * quarter + 1] = vreinterpretq_u32_u64(vtrn1q_u64(odd01, odd23));
      words[4 * quarter + 2] = vreinterpretq_u32_u64(vtrn2q_u64(even01, even23));
      words[4 * quarter + 3] = vreinterpretq_u32_u64(vtrn2q_u64(odd01, odd23));
    }
  }
};

template <int kGroups>
void Advance(std::uint32_t* state, const std::byte* const* data, std::size_t blocks) {
  AdvanceLanes<Unit, kGroups>(state, data, blocks);
}

constexpr Engine kNarrow{"neon", Unit::kLanes, Advance<1>, nullptr};
constexpr Engine kEngine{"neon", 2 * Unit::kLanes, Advance<2>, &kNarrow};

}  // namespace

const Engine* Neon() { return &kEngine; }

}  // namespace tiffin::md5

#else

namespace tiffin::md5 {
const Engine* Neon() { return nullptr; }
}  // namespace tiffin::md5

#endif
