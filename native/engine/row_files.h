// Rows of a table as arrays in files, side by side: row i of each file is of the i-th row.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/npy.h"
#include "rows/buffer.h"

namespace tiffin::learn {

class RowFiles {
 public:
  // What a part of the rows adds to the files.
  class Part {
   public:
    template <typename T>
      requires std::is_arithmetic_v<T>
    void Append(std::size_t file, T value) {
      Append(file, std::span<const T>(&value, 1));
    }
    template <typename T>
    void Append(std::size_t file, std::span<const T> values) {
      Buffer<std::byte>& bytes = bytes_[file];
      const std::size_t at = bytes.size();
      bytes.Resize(at + values.size_bytes());
      std::memcpy(bytes.data() + at, values.data(), values.size_bytes());
    }
    // A row has all its numbers.
    void EndRow() {
      ++rows_;
      if (bytes_[0].size() >= kHeldBytes) hand_over_();
    }

   private:
    friend class RowFiles;
    // From so many bytes of a file on they are handed over before the part ends.
    static constexpr std::size_t kHeldBytes = std::size_t{1} << 20;

    std::vector<Buffer<std::byte>> bytes_;
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
