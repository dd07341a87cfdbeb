// The least that a pass over a table costs: table_loop KEYS FEATURES BITS PASSES THREADS
//
// KEYS is a file of 64-bit keys, FEATURES of them an example.  A thread adds up a weight for each of an example's
// features, and then writes to the weight and the number beside it: the memory that a pass of AdaGrad or FTRL touches, in
// its order, with next to nothing computed in between.  Threads share the table without locks, and take some thousand
// examples at a time.  Prints features by seconds of all threads, of the fastest pass.
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kAhead = 8;      // examples
constexpr std::size_t kBlock = 4096;   // the same
constexpr std::size_t kRow = 2;        // floats

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

double Now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

float Visit(const std::vector<std::uint32_t>& rows, std::size_t features, std::size_t begin, std::size_t end, float* table) {
  float total = 0;
  for (std::size_t example = begin; example < end; ++example) {
    const std::uint32_t* const its = rows.data() + example * features;
    if (example + kAhead < end) {
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
  return total;
}

}  // namespace

int main(int count, char** words) {
  if (count != 6) return 2;
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
  double total = 0;
  for (int pass = 0; pass < std::atoi(words[4]); ++pass) {
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    double seconds = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < std::atoi(words[5]); ++thread) {
      threads.emplace_back([&] {
        const double begun = Now();
        double found = 0;
        for (std::size_t begin; (begin = next.fetch_add(kBlock)) < examples;) {
          found += Visit(rows, features, begin, std::min(begin + kBlock, examples), table);
        }
        const double spent = Now() - begun;
        const std::scoped_lock lock(mutex);
        seconds += spent;
        total += found;
      });
    }
    for (std::thread& thread : threads) thread.join();
    best = std::min(best, seconds);
  }
  std::printf("%.0f %g\n", static_cast<double>(examples * features) / best, total);
  return 0;
}
