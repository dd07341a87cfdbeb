#include "engine/npy.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "files/fault.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kHeaderBytes = 128;  // whatever the number of rows, so that it can be written last

void Check(int outcome, const std::string& path) {
  if (outcome != kOk) throw SystemFault(outcome, path);
}

// Magic, length, and a Python dict padded with blanks to a line end.
std::string Header(const char* type, std::size_t rows, const RowShape& shape) {
  std::string sizes = std::to_string(rows) + ",";
  for (std::size_t i = 0; i < shape.size(); ++i) sizes += (i > 0 ? ", " : " ") + std::to_string(shape[i]);
  std::string text = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
  constexpr std::size_t kBefore = 10;
  text.append(kHeaderBytes - kBefore - 1 - text.size(), ' ');
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

}  // namespace

NpyWriter::NpyWriter(std::string path, const char* type, RowShape shape)
    : path_(std::move(path)),
      type_(type),
      shape_(std::move(shape)),
      file_(OpenAt(AT_FDCWD, path_.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666)) {
  if (!file_) throw SystemFault(errno, path_);
  Append(std::span<const char>(Header(type_, 0, shape_)));
}

void NpyWriter::Flush() {
  Check(WriteAll(file_.get(), std::span(buffer_.data(), buffer_.size())), path_);
  buffer_.Clear();
}

void NpyWriter::Finish(std::size_t rows) {
  Flush();
  if (lseek(file_.get(), 0, SEEK_SET) != 0) throw SystemFault(errno, path_);
  const std::string header = Header(type_, rows, shape_);
  Check(WriteAll(file_.get(), std::as_bytes(std::span(header))), path_);
  Check(file_.Close(), path_);
}

NpyReader::NpyReader(std::string path, const char* type, std::size_t rows, const RowShape& shape)
    : path_(std::move(path)), file_(OpenAt(AT_FDCWD, path_.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK)) {
  if (!file_) throw SystemFault(errno, path_);
  Stat stat;
  Check(StatOf(file_.get(), stat), path_);
  std::size_t bytes = rows * static_cast<std::size_t>(type[2] - '0');
  for (const std::size_t size : shape) bytes *= size;
  const auto wanted = static_cast<std::int64_t>(kHeaderBytes + bytes);
  if (!IsRegular(stat) || stat.size != wanted) {
    throw std::invalid_argument(path_ + ": expected " + std::to_string(wanted) + " bytes, found " +
                                std::to_string(stat.size));
  }
  const std::string header = Header(type, rows, shape);
  std::string found(kHeaderBytes, ' ');
  ReadBytes(std::as_writable_bytes(std::span(found)));
  if (found != header) throw std::invalid_argument(path_ + ": expected the npy header " + header.substr(10));
}

void NpyReader::Read(std::span<float> values) {
  ReadBytes(std::as_writable_bytes(values));
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::ranges::all_of(values, finite)) throw std::invalid_argument(path_ + ": a value is no finite number");
}

void NpyReader::ReadBytes(std::span<std::byte> bytes) {
  std::size_t got = 0;
  Check(ReadAt(file_.get(), bytes, offset_, got), path_);
  if (got != bytes.size()) throw std::invalid_argument(path_ + ": the file is cut off");
  offset_ += got;
}

}  // namespace tiffin::learn
