// Rows of a table as arrays in files, side by side: row i of each file is of the i-th row.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "engine/npy.h"
#include "rows/buffer.h"

namespace tiffin::learn {

class RowFiles {
 public:
  // What a part of the rows adds to the files.
  class Part {
   public:
    // Room for so many numbers more of a file, until the next call.
    template <typename T>
    T* Append(std::size_t file, std::size_t count) {
      Buffer<std::byte>& bytes = bytes_[file];
      const std::size_t at = bytes.size();
      bytes.Resize(at + count * sizeof(T));
      held_ += count * sizeof(T);
      return reinterpret_cast<T*>(bytes.data() + at);
    }
    // So many rows more have all their numbers.
    void End(std::size_t rows) {
      rows_ += rows;
      if (held_ >= kHeldBytes) hand_over_();
    }

   private:
    friend class RowFiles;
    // From so many bytes on they are handed over before the part ends.
    static constexpr std::size_t kHeldBytes = std::size_t{1} << 22;

    std::vector<Buffer<std::byte>> bytes_;  // of each file
    std::size_t held_ = 0;                  // all of these
    std::size_t rows_ = 0;
    std::function<void()> hand_over_;
  };

  // A new file; its number, from 0.  Throws SystemFault.
  std::size_t Add(std::string path, const char* type, RowShape shape);

  // Calls gather(part, to) for so many parts, by several threads; the files have them in their order.  Throws SystemFault,
  // and what `gather` throws.
  void Write(std::size_t parts, const std::function<void(std::size_t part, Part& to)>& gather);

  // Ends the files; how many rows they have.  Does not wait for the disk.
  std::size_t Finish();

 private:
  std::vector<NpyWriter> files_;
  std::size_t rows_ = 0;
};

}  // namespace tiffin::learn
