// stat_loop DIR: what looking at every file costs, as a yardstick for the benchmarks.
//
// Two threads take directories from a shared list, read them and stat every file.  Prints files and seconds.
//
// Build: c++ -O2 -pthread stat_loop.cpp -o stat_loop
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kThreads = 2;

// Directories still to be read.  Thread-safe.
class Directories {
 public:
  explicit Directories(std::string first) : waiting_{std::move(first)} {}

  void Add(std::string directory) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(directory));
    changed_.notify_one();
  }

  // False when all have been read.  `reading`: whether the caller had one, and is done with it.
  bool Next(bool& reading, std::string& directory) {
    std::unique_lock lock(mutex_);
    if (reading && --readers_ == 0) changed_.notify_all();
    reading = false;
    changed_.wait(lock, [&] { return !waiting_.empty() || (readers_ == 0 && started_); });
    if (waiting_.empty()) return false;
    directory = std::move(waiting_.back());
    waiting_.pop_back();
    ++readers_;
    reading = started_ = true;
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> waiting_;
  int readers_ = 0;
  bool started_ = false;
};

std::size_t Read(const std::string& path, Directories& directories) {
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) {
    std::perror(path.c_str());
    std::exit(1);
  }
  std::size_t files = 0;
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat stat;
    if (entry->d_type == DT_DIR) {
      directories.Add(path + "/" + name);
    } else if (fstatat(dirfd(directory), entry->d_name, &stat, 0) == 0) {
      ++files;
    }
  }
  closedir(directory);
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: stat_loop DIR\n");
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  Directories directories(argv[1]);
  std::size_t counts[kThreads] = {};
  std::vector<std::thread> threads;
  for (std::size_t& count : counts) {
    threads.emplace_back([&] {
      bool reading = false;
      for (std::string path; directories.Next(reading, path);) count += Read(path, directories);
    });
  }
  std::size_t files = 0;
  for (std::thread& thread : threads) thread.join();
  for (const std::size_t count : counts) files += count;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf("%zu files %.4f s\n", files, seconds.count());
}
