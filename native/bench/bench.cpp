// tiffin_bench [DIR]: MD5 in GB/s a core, by engine and length; and, in DIR, storing, placing and transferring files,
// in microseconds a file, wall time and processor time.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "batch/batch.h"
#include "hash/md5.h"

namespace {

using namespace tiffin;

constexpr int kRounds = 20;

double Now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double ProcessorSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void BenchMd5() {
  for (const char* engine : {"scalar", "neon", "avx2", "avx512"}) {
    if (!SelectMd5Engine(engine)) continue;
    for (const std::size_t length : {180, 1000, 16384}) {
      const std::size_t count = 512 * 1024 / length;
      const std::vector<std::byte> bytes(count * length, std::byte{42});
      std::vector<std::span<const std::byte>> messages;
      for (std::size_t i = 0; i < count; ++i) messages.emplace_back(bytes.data() + i * length, length);
      std::vector<Digest> digests(count);
      double best = 1e9;
      for (int round = 0; round < kRounds; ++round) {
        const double begin = Now();
        Md5Many(messages, digests);
        best = std::min(best, Now() - begin);
      }
      std::printf("md5 %-7s %6zu bytes: %6.2f GB/s %8.1f ns each\n", engine, length,
                  static_cast<double>(bytes.size()) / best * 1e-9, best / static_cast<double>(count) * 1e9);
    }
  }
  SelectMd5Engine("");
}

void Measure(const char* what, std::size_t files, const std::function<void()>& work) {
  const double begin = Now();
  const double processor = ProcessorSeconds();
  work();
  const double each = 1e6 / static_cast<double>(files);
  std::printf("  %-22s %8.2f us wall %8.2f us processor\n", what, (Now() - begin) * each,
              (ProcessorSeconds() - processor) * each);
}

void Expect(std::span<const int> outcomes) {
  for (const int outcome : outcomes) {
    if (outcome == kOk) continue;
    std::fprintf(stderr, "outcome %d\n", outcome);
    std::exit(1);
  }
}

int OpenDirectory(const std::filesystem::path& path) {
  std::filesystem::create_directories(path);
  return open(path.c_str(), O_RDONLY | O_DIRECTORY);
}

void BenchFiles(const std::filesystem::path& directory, std::size_t count, std::size_t size) {
  std::printf("%zu files of %zu bytes\n", count, size);
  std::filesystem::remove_all(directory);
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string parent = std::to_string(i / 400);
    if (i % 400 == 0) std::filesystem::create_directories(directory / "source" / parent);
    paths.push_back(parent + "/" + std::to_string(i));
    std::string content(size, static_cast<char>(i));
    content.replace(0, std::min<std::size_t>(size, 8), std::to_string(1000000 + i));
    std::ofstream(directory / "source" / paths.back()) << content;
  }
  const int source = OpenDirectory(directory / "source");
  const int store = OpenDirectory(directory / "store");
  const int other = OpenDirectory(directory / "other");
  const int workspace = OpenDirectory(directory / "workspace");
  std::vector<Digest> digests(count);
  std::vector<Stat> stats(count);
  std::vector<int> outcomes(count);
  std::vector<std::uint8_t> present(count);
  const Link copy[] = {Link::kCopy};
  const Link hardlink[] = {Link::kHardlink};
  Control control;
  Measure("hash", count, [&] { HashFiles(source, paths, digests, stats, outcomes, 0, control); });
  Expect(outcomes);
  Measure("store", count, [&] { StoreFiles(source, paths, store, copy, digests, stats, {}, outcomes, 0, control); });
  Expect(outcomes);
  Measure("store, all there", count,
          [&] { StoreFiles(source, paths, store, copy, digests, stats, {}, outcomes, 0, control); });
  Expect(outcomes);
  Measure("present", count, [&] { PresentObjects(store, digests, "", present, 0); });
  Measure("verify", count, [&] { VerifyObjects(store, digests, "", outcomes, 0, control); });
  Expect(outcomes);
  Measure("transfer", count, [&] { TransferObjects(store, other, digests, "", outcomes, 0, control); });
  Expect(outcomes);
  Measure("transfer, all there", count, [&] { TransferObjects(store, other, digests, "", outcomes, 0, control); });
  Expect(outcomes);
  Measure("place (copy)", count,
          [&] { PlaceObjects(store, digests, workspace, paths, {}, copy, stats, {}, outcomes, 0, control); });
  Expect(outcomes);
  Measure("place (hardlink)", count,
          [&] { PlaceObjects(store, digests, workspace, paths, {}, hardlink, stats, {}, outcomes, 0, control); });
  Expect(outcomes);
  for (const int descriptor : {source, store, other, workspace}) close(descriptor);
  std::filesystem::remove_all(directory);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2) {
    std::fprintf(stderr, "usage: tiffin_bench [DIR]\n");
    return 2;
  }
  if (argc == 1) {
    BenchMd5();
    return 0;
  }
  const std::filesystem::path directory = std::filesystem::path(argv[1]) / "tiffin-bench";
  BenchFiles(directory, 20000, 180);
  BenchFiles(directory, 2000, 100'000);
  BenchFiles(directory, 200, 1'000'000);
}
