// Compiled with -mavx2: see engine.h.
#include "hash/engine.h"

#if defined(__AVX2__)
#include <immintrin.h>

namespace tiffin::md5 {
namespace {

struct Unit {
  using Vec = __m256i;
  static constexpr int kLanes = 8;

  static Vec Load(const std::uint32_t* words) { return _mm256_load_si256(reinterpret_cast<const Vec*>(words)); }
  static void Store(std::uint32_t* words, Vec x) { _mm256_store_si256(reinterpret_cast<Vec*>(words), x); }
  static Vec Set(std::uint32_t word) { return _mm256_set1_epi32(static_cast<int>(word)); }
  static Vec Add(Vec x, Vec y) { return _mm256_add_epi32(x, y); }
  template <int n>
  static Vec Rotate(Vec x) {
    return _mm256_or_si256(_mm256_slli_epi32(x, n), _mm256_srli_epi32(x, 32 - n));
  }
  static Vec F(Vec x, Vec y, Vec z) { return _mm256_xor_si256(z, _mm256_and_si256(x, _mm256_xor_si256(y, z))); }
  static Vec G(Vec x, Vec y, Vec z) { return _mm256_or_si256(_mm256_and_si256(x, z), _mm256_andnot_si256(z, y)); }
  static Vec H(Vec x, Vec y, Vec z) { return _mm256_xor_si256(_mm256_xor_si256(y, z), x); }
  static Vec I(Vec x, Vec y, Vec z) {
    return _mm256_xor_si256(y, _mm256_or_si256(x, _mm256_xor_si256(z, _mm256_set1_epi32(-1))));
  }

  // Transposes 8 x 8 words, once for each half of the blocks.
  static void LoadBlocks(const std::byte* const* data, std::size_t offset, Vec (&words)[16]) {
    for (int half = 0; half < 2; ++half) {
      Vec row[8], pair[8];
      for (int i = 0; i < 8; ++i) {
        row[i] = _mm256_loadu_si256(reinterpret_cast<const Vec*>(data[i] + offset + 32 * half));
      }
      for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm256_unpacklo_epi32(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_epi32(row[i], row[i + 1]);
      }
      for (int i = 0; i < 8; i += 4) {
        row[i] = _mm256_unpacklo_epi64(pair[i], pair[i + 2]);
        row[i + 1] = _mm256_unpackhi_epi64(pair[i], pair[i + 2]);
        row[i + 2] = _mm256_unpacklo_epi64(pair[i + 1], pair[i + 3]);
        row[i + 3] = _mm256_unpackhi_epi64(pair[i + 1], pair[i + 3]);
      }
      for (int w = 0; w < 4; ++w) {
        words[8 * half + w] = _mm256_permute2x128_si256(row[w], row[4 + w], 0x20);
        words[8 * half + w + 4] = _mm256_permute2x128_si256(row[w], row[4 + w], 0x31);
      }
    }
  }
};

template <int kGroups>
void Advance(std::uint32_t* state, const std::byte* const* data, std::size_t blocks) {
  AdvanceLanes<Unit, kGroups>(state, data, blocks);
}

constexpr Engine kNarrow{"avx2", Unit::kLanes, Advance<1>, nullptr};
constexpr Engine kEngine{"avx2", 2 * Unit::kLanes, Advance<2>, &kNarrow};

}  // namespace

const Engine* Avx2() { return &kEngine; }

}  // namespace tiffin::md5

#else

namespace tiffin::md5 {
const Engine* Avx2() { return nullptr; }
}  // namespace tiffin::md5

#endif
