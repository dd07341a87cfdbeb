// Arrays in files, row by row: the npy format 1.0, as NumPy reads and writes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
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
  // rows: how many were appended.  Does not wait for the disk.
  void Finish(std::size_t rows);

 private:
  void Append(std::span<const std::byte> bytes) {
    const std::size_t at = buffer_.size();
    buffer_.Resize(at + bytes.size());
    std::memcpy(buffer_.data() + at, bytes.data(), bytes.size());
    if (buffer_.size() >= kBufferBytes) Flush();
  }
  void Flush();

  static constexpr std::size_t kBufferBytes = 1 << 18;

  const std::string path_;
  const char* const type_;
  const RowShape shape_;
  Descriptor file_;
  Buffer<std::byte> buffer_;
};

class NpyReader {
 public:
  // Throws SystemFault, and std::invalid_argument unless the file is as NpyWriter writes it.
  NpyReader(std::string path, const char* type, std::size_t rows, const RowShape& shape);

  // The next values, all of them finite.  REQUIRES: so many are left.  Throws SystemFault, std::invalid_argument.
  void Read(std::span<float> values);
  void Read(std::span<std::uint32_t> values) { ReadBytes(std::as_writable_bytes(values)); }
  void Read(std::span<std::uint64_t> values) { ReadBytes(std::as_writable_bytes(values)); }

 private:
  void ReadBytes(std::span<std::byte> bytes);

  const std::string path_;
  Descriptor file_;
  std::uint64_t offset_ = 0;
};

}  // namespace tiffin::learn
