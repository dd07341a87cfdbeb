// Arrays in files, row by row: the npy format 1.0, as NumPy reads and writes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "batch/posix.h"
#include "rows/buffer.h"

namespace tiffin::learn {

// The types there are, as the format calls them.
template <typename T>
inline constexpr const char* kNpyType = nullptr;
template <>
inline constexpr const char* kNpyType<float> = "<f4";
template <>
inline constexpr const char* kNpyType<std::uint32_t> = "<u4";
template <>
inline constexpr const char* kNpyType<std::uint64_t> = "<u8";
inline constexpr const char* kNpyHalf = "<f2";
inline constexpr const char* kNpyByte = "|i1";

inline constexpr std::size_t kNpyHeaderBytes = 128;  // whatever the number of rows, so that it can be written last

// Sizes of an array without the first, which is the number of rows.
using RowShape = std::vector<std::size_t>;

class NpyWriter {
 public:
  // A new file.  Throws SystemFault.
  NpyWriter(std::string path, const char* type, RowShape shape);

  template <typename T>
  void Append(std::span<const T> values) {
    Append(std::as_bytes(values));
  }
  template <typename T>
    requires std::is_arithmetic_v<T>
  void Append(T value) {
    Append(std::as_bytes(std::span(&value, 1)));
  }
  void Append(std::span<const std::byte> bytes) {
    if (buffer_.size() + bytes.size() >= kBufferBytes) return Write(bytes);
    const std::size_t at = buffer_.size();
    buffer_.Resize(at + bytes.size());
    std::memcpy(buffer_.data() + at, bytes.data(), bytes.size());
  }
  // rows: how many were appended.  Does not wait for the disk.
  void Finish(std::size_t rows);

 private:
  // What was kept back, and then these.
  void Write(std::span<const std::byte> bytes);
  // Has the disk begin with what it was not told of yet: a sync at the end then has little left to do.
  void TellDisk() noexcept;

  static constexpr std::size_t kBufferBytes = 1 << 15;  // what is smaller is written with what comes after it
  static constexpr std::size_t kTellBytes = 1 << 19;    // that the disk is told of at once

  const std::string path_;
  const char* const type_;
  const RowShape shape_;
  Descriptor file_;
  Buffer<std::byte> buffer_;
  std::size_t written_ = 0;
  std::size_t told_ = 0;  // of these
};

// An array in its file: mapped into memory, or read a part at a time.
//
// What cannot be read any more when it is asked for, as the file was cut off or the disk fails, ends the process if it
// is mapped, and is an error else.  A file that is replaced by another one stays as it was.
class NpyArray {
 public:
  NpyArray() = default;  // no file
  // Throws SystemFault, and std::invalid_argument unless the file is as NpyWriter writes it.
  NpyArray(std::string path, const char* type, std::size_t rows, const RowShape& shape, bool mapped);

  explicit operator bool() const noexcept { return !path_.empty(); }
  const std::string& path() const noexcept { return path_; }
  // Has so many rows from one on there until the next call, and no others; all are there where it is mapped.  Throws
  // SystemFault, std::invalid_argument.
  void Hold(std::size_t row, std::size_t count);
  // From an element on, counted from the first of the array.  REQUIRES: it is there.
  template <typename T>
  const T* at(std::size_t element) const noexcept {
    return reinterpret_cast<const T*>(begin_ + (element * sizeof(T) - offset_));
  }

 private:
  struct Unmap {
    std::size_t size;
    void operator()(const char* memory) const noexcept;
  };

  std::string path_;
  std::size_t row_bytes_ = 0;
  const char* begin_ = nullptr;  // of what is there,
  std::size_t offset_ = 0;       // so many bytes after the first element
  std::unique_ptr<const char, Unmap> memory_{nullptr, Unmap{0}};
  Descriptor file_;  // unless it is mapped
  Buffer<char> part_;
};

}  // namespace tiffin::learn
