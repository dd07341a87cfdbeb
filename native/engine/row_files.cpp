#include "engine/row_files.h"

#include <atomic>
#include <utility>

#include "base/turns.h"
#include "batch/threads.h"

namespace tiffin::learn {
namespace {

struct GivenUp {};

}  // namespace

std::size_t RowFiles::Add(std::string path, const char* type, RowShape shape) {
  files_.emplace_back(std::move(path), type, std::move(shape));
  return files_.size() - 1;
}

void RowFiles::Write(std::size_t parts, const std::function<void(std::size_t part, Part& to)>& gather) {
  Turns turns(0);
  std::atomic<std::size_t> next{0};
  OnWorkers(WorkerCount(0, parts), [&](int) {
    std::size_t number = 0;
    Part part;
    part.bytes_.resize(files_.size());
    part.hand_over_ = [&] {
      if (!turns.Wait(number)) throw GivenUp{};
      for (std::size_t i = 0; i < files_.size(); ++i) {
        files_[i].Append(part.bytes_[i].span());
        part.bytes_[i].Clear();
      }
      rows_ += std::exchange(part.rows_, 0);
      part.held_ = 0;
    };
    try {
      while ((number = next.fetch_add(1)) < parts) {
        gather(number, part);
        part.hand_over_();
        turns.Done();
      }
    } catch (const GivenUp&) {  // by another one, whose error is thrown
    } catch (...) {
      turns.GiveUp();
      throw;
    }
  });
}

std::size_t RowFiles::Finish() {
  for (NpyWriter& file : files_) file.Finish(rows_);
  return rows_;
}

}  // namespace tiffin::learn
