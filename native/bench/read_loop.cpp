// read_loop DIR: what opening, reading and closing every file costs, as a yardstick for the benchmarks.
//
// Two threads take files from one list.  Prints files, bytes and seconds (the listing of DIR not counted).
//
// Build: c++ -O2 -pthread read_loop.cpp -o read_loop
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kThreads = 2;
constexpr std::size_t kBuffer = 256 * 1024;

[[noreturn]] void Fail(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

std::uint64_t ReadOne(const std::string& path, std::vector<char>& buffer) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) Fail(path);
  std::uint64_t bytes = 0;
  for (ssize_t got; (got = read(file, buffer.data(), buffer.size())) != 0; bytes += static_cast<std::uint64_t>(got)) {
    if (got < 0) Fail(path);
  }
  close(file);
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: read_loop DIR\n");
    return 2;
  }
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1])) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }

  const auto begin = std::chrono::steady_clock::now();
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> bytes{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      std::vector<char> buffer(kBuffer);
      for (std::size_t i; (i = next.fetch_add(1)) < files.size();) bytes += ReadOne(files[i], buffer);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf("%zu files %llu bytes %.4f s\n", files.size(), static_cast<unsigned long long>(bytes.load()),
              seconds.count());
}
