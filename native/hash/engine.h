// One way of running MD5 over several messages abreast, and the rounds all ways share.
//
// The vector engines are compiled with flags of their own, so this header includes nothing whose inline functions
// the linker might take from such a file and run on a lesser machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tiffin::md5 {

inline constexpr std::size_t kBlock = 64;
inline constexpr int kMaxLanes = 32;

struct Engine {
  const char* name;
  int lanes;
  // Runs each lane's state through `blocks` consecutive blocks that begin at data[lane].
  // state: 4 words x lanes, word-major, aligned to 64 bytes.
  void (*advance)(std::uint32_t* state, const std::byte* const* data, std::size_t blocks);
  const Engine* narrow;  // the same with fewer lanes, quicker when only these are filled; or nullptr
};

// nullptr where this build has no such engine.  That the machine can run it is for the caller to find out.
const Engine* Avx512();
const Engine* Avx2();
const Engine* Neon();

inline constexpr std::uint32_t kSines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
inline constexpr int kRotations[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

// Which of the block's 16 words step `i` adds.
constexpr int WordOfStep(int i) {
  if (i < 16) return i;
  if (i < 32) return (5 * i + 1) % 16;
  if (i < 48) return (3 * i + 5) % 16;
  return 7 * i % 16;
}

// Step I of the 64, for kGroups independent vectors of lanes: they hide each other's latency.
//
// V (a "vector unit") gives: Vec; Add(x, y); Rotate<n>(x); Set(word) in all lanes; and the four functions of the
// RFC, F G H I.
template <class V, int kGroups, int I>
[[gnu::always_inline]] inline void Step(typename V::Vec (&state)[kGroups][4],
                                        const typename V::Vec (&words)[kGroups][16]) {
  constexpr int a = (64 - I) % 4, b = (65 - I) % 4, c = (66 - I) % 4, d = (67 - I) % 4;
  constexpr int word = WordOfStep(I);
  for (int g = 0; g < kGroups; ++g) {
    auto& s = state[g];
    typename V::Vec mixed;
    if constexpr (I < 16) {
      mixed = V::F(s[b], s[c], s[d]);
    } else if constexpr (I < 32) {
      mixed = V::G(s[b], s[c], s[d]);
    } else if constexpr (I < 48) {
      mixed = V::H(s[b], s[c], s[d]);
    } else {
      mixed = V::I(s[b], s[c], s[d]);
    }
    // The two sums that do not wait for the step before come first.
    const auto ready = V::Add(s[a], V::Add(words[g][word], V::Set(kSines[I])));
    s[a] = V::Add(V::template Rotate<kRotations[I / 16][I % 4]>(V::Add(mixed, ready)), s[b]);
  }
}

template <class V, int kGroups, int I = 0>
[[gnu::always_inline]] inline void Steps(typename V::Vec (&state)[kGroups][4],
                                         const typename V::Vec (&words)[kGroups][16]) {
  if constexpr (I < 64) {
    Step<V, kGroups, I>(state, words);
    Steps<V, kGroups, I + 1>(state, words);
  }
}

// Engine::advance for kGroups vectors of V::kLanes lanes.  V also gives Load and Store of a vector of words, and
// LoadBlocks, which puts word w of the block at data[lane] + offset into lane `lane` of words[w].
template <class V, int kGroups>
[[gnu::always_inline]] inline void AdvanceLanes(std::uint32_t* state, const std::byte* const* data,
                                                std::size_t blocks) {
  constexpr int kLanes = V::kLanes * kGroups;
  typename V::Vec now[kGroups][4];
  for (int g = 0; g < kGroups; ++g) {
    for (int w = 0; w < 4; ++w) now[g][w] = V::Load(state + w * kLanes + g * V::kLanes);
  }
  for (std::size_t block = 0; block < blocks; ++block) {
    typename V::Vec words[kGroups][16];
    typename V::Vec before[kGroups][4];
    for (int g = 0; g < kGroups; ++g) {
      V::LoadBlocks(data + g * V::kLanes, block * kBlock, words[g]);
      for (int w = 0; w < 4; ++w) before[g][w] = now[g][w];
    }
    Steps<V, kGroups>(now, words);
    for (int g = 0; g < kGroups; ++g) {
      for (int w = 0; w < 4; ++w) now[g][w] = V::Add(now[g][w], before[g][w]);
    }
  }
  for (int g = 0; g < kGroups; ++g) {
    for (int w = 0; w < 4; ++w) V::Store(state + w * kLanes + g * V::kLanes, now[g][w]);
  }
}

}  // namespace tiffin::md5
