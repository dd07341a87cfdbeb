// The least that a pass over a table costs: table_loop KEYS FEATURES BITS PASSES
//
// KEYS is a file of 64-bit keys, FEATURES of them an example.  One thread adds up a weight for each of an example's
// features, and then writes to the weight and the number beside it: the memory that a pass of AdaGrad or FTRL touches, in
// its order, with next to nothing computed in between.  Prints features a second, of the fastest pass.
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

constexpr std::size_t kAhead = 8;  // examples
constexpr std::size_t kRow = 2;    // floats

std::vector<std::uint32_t> RowsOf(const char* path, int bits) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::vector<std::uint64_t> keys(static_cast<std::size_t>(file.tellg()) / sizeof(std::uint64_t));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(keys.data()), static_cast<std::streamsize>(keys.size() * sizeof(std::uint64_t)));
  std::vector<std::uint32_t> rows(keys.size());
  std::ranges::transform(keys, rows.begin(), [&](std::uint64_t key) {
    return static_cast<std::uint32_t>((key * 0x9E3779B97F4A7C15ULL) >> (64 - bits));
  });
  return rows;
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) return 2;
  const auto features = static_cast<std::size_t>(std::atoi(words[2]));
  const int bits = std::atoi(words[3]);
  const std::vector<std::uint32_t> rows = RowsOf(words[1], bits);
  const std::size_t bytes = (std::size_t{1} << bits) * kRow * sizeof(float);
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return 1;
#ifdef MADV_HUGEPAGE
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  auto* const table = static_cast<float*>(memory);
  const std::size_t examples = rows.size() / features;
  double best = 1e9;
  float total = 0;
  for (int pass = 0; pass < std::atoi(words[4]); ++pass) {
    const auto begun = std::chrono::steady_clock::now();
    for (std::size_t example = 0; example < examples; ++example) {
      const std::uint32_t* const its = rows.data() + example * features;
      if (example + kAhead < examples) {
        for (std::size_t i = 0; i < features; ++i) __builtin_prefetch(table + its[kAhead * features + i] * kRow, 1);
      }
      float sum = 0;
      for (std::size_t i = 0; i < features; ++i) sum += table[its[i] * kRow];
      for (std::size_t i = 0; i < features; ++i) {
        float* const row = table + its[i] * kRow;
        row[0] = sum * 1e-9F;
        row[1] += 1.0F;
      }
      total += sum;
    }
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  }
  std::printf("%.0f %g\n", static_cast<double>(examples * features) / best, static_cast<double>(total));
  return 0;
}
