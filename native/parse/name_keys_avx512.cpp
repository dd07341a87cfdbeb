#include "parse/name_keys.h"

#include <immintrin.h>

#include <algorithm>

#include "base/inline.h"
#include "rows/key.h"

namespace tiffin::learn::avx512 {
namespace {

TIFFIN_INLINE __m512i All(std::uint64_t word) { return _mm512_set1_epi64(static_cast<long long>(word)); }

// detail::Fold: both halves of 128-bit products, from those of 32-bit halves.
TIFFIN_INLINE __m512i Fold(__m512i a, __m512i b) {
  const __m512i a_high = _mm512_srli_epi64(a, 32);
  const __m512i b_high = _mm512_srli_epi64(b, 32);
  const __m512i low = _mm512_mul_epu32(a, b);
  const __m512i cross = _mm512_add_epi64(_mm512_mul_epu32(a_high, b), _mm512_srli_epi64(low, 32));
  const __m512i half = All(0xFFFFFFFF);
  const __m512i other = _mm512_add_epi64(_mm512_mul_epu32(a, b_high), _mm512_and_si512(cross, half));
  const __m512i high = _mm512_add_epi64(_mm512_add_epi64(_mm512_mul_epu32(a_high, b_high), _mm512_srli_epi64(cross, 32)),
                                        _mm512_srli_epi64(other, 32));
  const __m512i whole_low = _mm512_or_si512(_mm512_and_si512(low, half), _mm512_slli_epi64(other, 32));
  return _mm512_xor_si512(high, whole_low);
}

// The 16 bytes from after four places on, one beside the other.
TIFFIN_INLINE __m512i LoadFour(const char* text, const std::uint32_t* places, std::size_t step) {
  const auto load = [&](std::size_t i) TIFFIN_INLINE_LAMBDA {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + places[i * step] + 1));
  };
  __m512i four = _mm512_castsi128_si512(load(0));
  four = _mm512_inserti32x4(four, load(1), 1);
  four = _mm512_inserti32x4(four, load(2), 2);
  return _mm512_inserti32x4(four, load(3), 3);
}

// The words of eight bytes that have anything but digits where the mask is set.
TIFFIN_INLINE __mmask8 WithOthers(__m512i bytes, __m512i mask) {
  const __m512i digits = _mm512_sub_epi8(bytes, _mm512_set1_epi8('0'));
  return _mm512_test_epi64_mask(_mm512_subs_epu8(digits, _mm512_set1_epi8(9)), mask);
}

}  // namespace

std::size_t KeysOfNames(const char* text, const std::uint32_t* ends, std::size_t count, std::uint32_t field,
                        std::uint64_t* keys) {
  const __m512i one = All(1);
  const __m512i ones = All(~std::uint64_t{0});
  const __m512i its_field = All(static_cast<std::uint64_t>(field) << kIdBits);
  for (std::size_t done = 0; done < count; done += kNamesAtOnce) {
    const std::size_t some = std::min(kNamesAtOnce, count - done);
    const auto wanted = static_cast<__mmask8>((1U << some) - 1);
    const std::uint32_t* const before = ends + done - 1;
    const auto places = [&](std::size_t from) TIFFIN_INLINE_LAMBDA {
      return _mm512_cvtepu32_epi64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(before + from)));
    };
    const __m512i less = _mm512_sub_epi64(_mm512_sub_epi64(places(1), places(0)), _mm512_add_epi64(one, one));
    if ((_mm512_cmplt_epu64_mask(less, All(16)) & wanted) != wanted) return done;  // sizes less 1
    const __m512i size = _mm512_add_epi64(less, one);
    const __m512i bits = _mm512_slli_epi64(size, 3);
    const __m512i low_mask = _mm512_andnot_si512(_mm512_sllv_epi64(ones, bits), ones);
    const __m512i beyond = _mm512_max_epi64(_mm512_sub_epi64(bits, All(64)), _mm512_setzero_si512());
    const __m512i high_mask = _mm512_andnot_si512(_mm512_sllv_epi64(ones, beyond), ones);
    const __m512i even = LoadFour(text, before, 2);
    const __m512i odd = LoadFour(text, before + 1, 2);
    const __m512i low = _mm512_and_si512(_mm512_unpacklo_epi64(even, odd), low_mask);
    const __m512i high = _mm512_and_si512(_mm512_unpackhi_epi64(even, odd), high_mask);
    const auto names = static_cast<__mmask8>(WithOthers(low, low_mask) | WithOthers(high, high_mask));
    if ((names & wanted) != wanted) return done;
    const __m512i joined = Fold(_mm512_xor_si512(low, All(detail::kSecret[1])), _mm512_xor_si512(high, All(detail::kSecret[0])));
    const __m512i hash = Fold(_mm512_xor_si512(size, All(detail::kSecret[2])), joined);
    const __m512i key = _mm512_or_si512(_mm512_and_si512(hash, All(kIdMask)), its_field);
    _mm512_mask_storeu_epi64(keys + done, wanted, key);
  }
  return count;
}

}  // namespace tiffin::learn::avx512
