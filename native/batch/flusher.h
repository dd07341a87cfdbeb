// Writes files out to the disk while more of them are being written, so that the sync at the end has little left to do.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

namespace tiffin {

class Flusher {
 public:
  // `directory`: open as long as this lives; its file system is synced every now and then, from a thread beside.
  explicit Flusher(int directory);
  ~Flusher();
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;

  // Ends the thread.  kOk, or the errno of a sync: what failed here is told to nobody who syncs later.
  int Stop();

 private:
  void Run();

  int directory_;
  int outcome_ = 0;
  bool stopped_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace tiffin
