#include "hash/dispatch.h"

#include <atomic>
#include <bit>
#include <cstring>
#include <string_view>

#include "hash/md5.h"

namespace tiffin {
namespace md5 {
namespace {

struct Word {
  using Vec = std::uint32_t;
  static constexpr int kLanes = 1;

  static Vec Load(const std::uint32_t* words) { return *words; }
  static void Store(std::uint32_t* words, Vec x) { *words = x; }
  static Vec Set(std::uint32_t word) { return word; }
  static Vec Add(Vec x, Vec y) { return x + y; }
  template <int n>
  static Vec Rotate(Vec x) {
    return std::rotl(x, n);
  }
  static Vec F(Vec x, Vec y, Vec z) { return z ^ (x & (y ^ z)); }
  static Vec G(Vec x, Vec y, Vec z) { return (x & z) + (y & ~z); }
  static Vec H(Vec x, Vec y, Vec z) { return (y ^ z) ^ x; }
  static Vec I(Vec x, Vec y, Vec z) { return y ^ (x | ~z); }

  static void LoadBlocks(const std::byte* const* data, std::size_t offset, Vec (&words)[16]) {
    std::memcpy(words, *data + offset, sizeof words);
    if constexpr (std::endian::native == std::endian::big) {
      for (Vec& word : words) word = __builtin_bswap32(word);
    }
  }
};

// Two lanes: the steps of one message wait for each other, so a processor has room for a second.
void AdvancePair(std::uint32_t* state, const std::byte* const* data, std::size_t blocks) {
  AdvanceLanes<Word, 2>(state, data, blocks);
}

constexpr Engine kScalar{"scalar", 2, AdvancePair, nullptr};

bool Runs(const Engine* engine) noexcept {
  if (engine == nullptr) return false;
#if defined(__x86_64__)
  if (engine == Avx512()) return __builtin_cpu_supports("avx512f");
  if (engine == Avx2()) return __builtin_cpu_supports("avx2");
#endif
  return true;
}

const Engine* Named(std::string_view name) noexcept {
  for (const Engine* engine : {Avx512(), Avx2(), Neon(), &kScalar}) {
    if (Runs(engine) && (name.empty() || name == engine->name)) return engine;
  }
  return nullptr;
}

std::atomic<const Engine*>& Choice() noexcept {
  static std::atomic<const Engine*> choice{Named("")};
  return choice;
}

}  // namespace

const Engine& Chosen() noexcept { return *Choice().load(std::memory_order_relaxed); }

void AdvanceOne(std::uint32_t* state, const std::byte* data, std::size_t blocks) noexcept {
  AdvanceLanes<Word, 1>(state, &data, blocks);
}

}  // namespace md5

std::string_view Md5Engine() noexcept { return md5::Chosen().name; }

int Md5Lanes() noexcept { return md5::Chosen().lanes; }

bool SelectMd5Engine(std::string_view name) noexcept {
  const md5::Engine* engine = md5::Named(name);
  if (engine == nullptr) return false;
  md5::Choice().store(engine, std::memory_order_relaxed);
  return true;
}

}  // namespace tiffin
