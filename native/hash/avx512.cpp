// Compiled with -mavx512f: see engine.h.
#include "hash/engine.h"

#if defined(__AVX512F__)
#include <immintrin.h>

namespace tiffin::md5 {
namespace {

struct Unit {
  using Vec = __m512i;
  static constexpr int kLanes = 16;

  static Vec Load(const std::uint32_t* words) { return _mm512_load_si512(words); }
  static void Store(std::uint32_t* words, Vec x) { _mm512_store_si512(words, x); }
  static Vec Set(std::uint32_t word) { return _mm512_set1_epi32(static_cast<int>(word)); }
  static Vec Add(Vec x, Vec y) { return _mm512_add_epi32(x, y); }
  template <int n>
  static Vec Rotate(Vec x) {
    return _mm512_rol_epi32(x, n);
  }
  // The constants are truth tables over (x, y, z).
  static Vec F(Vec x, Vec y, Vec z) { return _mm512_ternarylogic_epi32(x, y, z, 0xca); }
  static Vec G(Vec x, Vec y, Vec z) { return _mm512_ternarylogic_epi32(x, y, z, 0xe4); }
  static Vec H(Vec x, Vec y, Vec z) { return _mm512_ternarylogic_epi32(x, y, z, 0x96); }
  static Vec I(Vec x, Vec y, Vec z) { return _mm512_ternarylogic_epi32(x, y, z, 0x39); }

  // Transposes 16 x 16 words: pairs of words, pairs of pairs, then the 128-bit quarters twice.
  static void LoadBlocks(const std::byte* const* data, std::size_t offset, Vec (&words)[16]) {
    Vec row[16], pair[16];
    for (int i = 0; i < 16; ++i) row[i] = _mm512_loadu_si512(data[i] + offset);
    for (int i = 0; i < 16; i += 2) {
      pair[i] = _mm512_unpacklo_epi32(row[i], row[i + 1]);
      pair[i + 1] = _mm512_unpackhi_epi32(row[i], row[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
      row[i] = _mm512_unpacklo_epi64(pair[i], pair[i + 2]);
      row[i + 1] = _mm512_unpackhi_epi64(pair[i], pair[i + 2]);
      row[i + 2] = _mm512_unpacklo_epi64(pair[i + 1], pair[i + 3]);
      row[i + 3] = _mm512_unpackhi_epi64(pair[i + 1], pair[i + 3]);
    }
    // row[4 * r + w] now holds words w, w + 4, w + 8, w + 12 (a quarter each) of the lanes 4 * r to 4 * r + 3.
    for (int w = 0; w < 4; ++w) {
      const Vec low01 = _mm512_shuffle_i32x4(row[w], row[4 + w], 0x44);
      const Vec high01 = _mm512_shuffle_i32x4(row[w], row[4 + w], 0xee);
      const Vec low23 = _mm512_shuffle_i32x4(row[8 + w], row[12 + w], 0x44);
      const Vec high23 = _mm512_shuffle_i32x4(row[8 + w], row[12 + w], 0xee);
      words[w] = _mm512_shuffle_i32x4(low01, low23, 0x88);
      words[w + 4] = _mm512_shuffle_i32x4(low01, low23, 0xdd);
      words[w + 8] = _mm512_shuffle_i32x4(high01, high23, 0x88);
      words[w + 12] = _mm512_shuffle_i32x4(high01, high23, 0xdd);
    }
  }
};

template <int kGroups>
void Advance(std::uint32_t* state, const std::byte* const* data, std::size_t blocks) {
  AdvanceLanes<Unit, kGroups>(state, data, blocks);
}

constexpr Engine kNarrow{"avx512", Unit::kLanes, Advance<1>, nullptr};
constexpr Engine kEngine{"avx512", 2 * Unit::kLanes, Advance<2>, &kNarrow};

}  // namespace

const Engine* Avx512() { return &kEngine; }

}  // namespace tiffin::md5

#else

namespace tiffin::md5 {
const Engine* Avx512() { return nullptr; }
}  // namespace tiffin::md5

#endif
