// store_loop SRC_DIR DST_DIR: what storing files costs without hashing them, as a yardstick for the benchmarks.
//
// Two threads read every file below SRC_DIR, write it to a temporary file in one of 256 directories of DST_DIR, make it
// read-only and rename it.  Prints files, bytes and seconds (the listing of SRC_DIR not counted).
//
// Build: c++ -O2 -pthread store_loop.cpp -o store_loop
#include <fcntl.h>
#include <sys/stat.h>
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

std::uint64_t StoreOne(const std::string& source, const std::string& directory, std::size_t number,
                       std::vector<char>& buffer) {
  const std::string name = directory + "/" + std::to_string(number);
  const std::string temp = name + ".tmp";
  const int from = open(source.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) Fail(source);
  const int to = open(temp.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (to < 0) Fail(temp);
  std::uint64_t bytes = 0;
  for (ssize_t got; (got = read(from, buffer.data(), buffer.size())) != 0; bytes += static_cast<std::uint64_t>(got)) {
    if (got < 0) Fail(source);
    if (write(to, buffer.data(), static_cast<std::size_t>(got)) != got) Fail(temp);
  }
  close(from);
  close(to);
  if (chmod(temp.c_str(), 0444) != 0) Fail(temp);
  if (rename(temp.c_str(), name.c_str()) != 0) Fail(name);
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: store_loop SRC_DIR DST_DIR\n");
    return 2;
  }
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1])) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }

  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::string> directories;
  for (int prefix = 0; prefix < 256; ++prefix) {
    char name[3];
    std::snprintf(name, sizeof name, "%02x", static_cast<unsigned>(prefix));
    directories.push_back(std::string(argv[2]) + "/" + name);
    std::filesystem::create_directories(directories.back());
  }
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> bytes{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      std::vector<char> buffer(kBuffer);
      for (std::size_t i; (i = next.fetch_add(1)) < files.size();) {
        // A hash would scatter the files over the directories; so does this.
        bytes += StoreOne(files[i], directories[(i * 2654435761u >> 16) % 256], i, buffer);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf("%zu files %llu bytes %.4f s\n", files.size(), static_cast<unsigned long long>(bytes.load()),
              seconds.count());
}
