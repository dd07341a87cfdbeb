#include "engine/npy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

#include "files/fault.h"

namespace tiffin::learn {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 62;

void Check(int outcome, const std::string& path) {
  if (outcome != kOk) throw SystemFault(outcome, path);
}

// Magic, length, and a Python dict padded with blanks to a line end.
std::string Header(const char* type, std::size_t rows, const RowShape& shape) {
  std::string sizes = std::to_string(rows) + ",";
  for (std::size_t i = 0; i < shape.size(); ++i) sizes += (i > 0 ? ", " : " ") + std::to_string(shape[i]);
  std::string text = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
  constexpr std::size_t kBefore = 10;
  text.append(kNpyHeaderBytes - kBefore - 1 - text.size(), ' ');
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

// Throws std::invalid_argument for more than there can be.
std::size_t SizeOf(const std::string& path, const char* type, std::size_t rows, const RowShape& shape) {
  std::size_t bytes = static_cast<std::size_t>(type[2] - '0');
  bool fits = !__builtin_mul_overflow(bytes, rows, &bytes);
  for (const std::size_t size : shape) fits = fits && !__builtin_mul_overflow(bytes, size, &bytes);
  if (!fits || bytes > kMostBytes) throw std::invalid_argument(path + ": no array has so many rows");
  return kNpyHeaderBytes + bytes;
}

// Throws SystemFault, and std::invalid_argument unless the file is as NpyWriter writes it.
Descriptor OpenArray(const std::string& path, const char* type, std::size_t rows, const RowShape& shape) {
  Descriptor file = OpenAt(AT_FDCWD, path.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (!file) throw SystemFault(errno, path);
  Stat stat;
  Check(StatOf(file.get(), stat), path);
  const auto wanted = static_cast<std::int64_t>(SizeOf(path, type, rows, shape));
  if (!IsRegular(stat) || stat.size != wanted) {
    throw std::invalid_argument(path + ": expected " + std::to_string(wanted) + " bytes, found " +
                                std::to_string(stat.size));
  }
  const std::string header = Header(type, rows, shape);
  std::string found(kNpyHeaderBytes, ' ');
  std::size_t got = 0;
  Check(ReadAt(file.get(), std::as_writable_bytes(std::span(found)), 0, got), path);
  if (found != header) throw std::invalid_argument(path + ": expected the npy header " + header.substr(10));
  return file;
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

void NpyWriter::Write(std::span<const std::byte> bytes) {
  Check(WriteAll(file_.get(), buffer_.span()), path_);
  written_ += buffer_.size();
  buffer_.Clear();
  Check(WriteAll(file_.get(), bytes), path_);
  written_ += bytes.size();
  if (written_ - told_ >= kTellBytes) TellDisk();
}

void NpyWriter::TellDisk() noexcept {
#ifdef __linux__
  // Whether it can is found out by the sync, which waits for all of it.
  const std::size_t whole = (written_ - told_) / kTellBytes * kTellBytes;
  sync_file_range(file_.get(), static_cast<off_t>(told_), static_cast<off_t>(whole), SYNC_FILE_RANGE_WRITE);
  told_ += whole;
#endif
}

void NpyWriter::Finish(std::size_t rows) {
  Write({});
  if (lseek(file_.get(), 0, SEEK_SET) != 0) throw SystemFault(errno, path_);
  const std::string header = Header(type_, rows, shape_);
  Check(WriteAll(file_.get(), std::as_bytes(std::span(header))), path_);
  Check(file_.Close(), path_);
}

NpyArray::NpyArray(std::string path, const char* type, std::size_t rows, const RowShape& shape, bool mapped)
    : path_(std::move(path)), row_bytes_(SizeOf(path_, type, 1, shape) - kNpyHeaderBytes) {
  file_ = OpenArray(path_, type, rows, shape);
  if (!mapped) return;
  const std::size_t size = SizeOf(path_, type, rows, shape);
  void* const memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, file_.get(), 0);
  if (memory == MAP_FAILED) throw SystemFault(errno, path_);
  memory_ = {static_cast<const char*>(memory), Unmap{size}};
  begin_ = memory_.get() + kNpyHeaderBytes;
  file_ = {};
}

void NpyArray::Hold(std::size_t row, std::size_t count) {
  if (!file_) return;
  part_.Resize(count * row_bytes_);
  offset_ = row * row_bytes_;
  std::size_t got = 0;
  const std::span<char> part(part_.data(), part_.size());
  Check(ReadAt(file_.get(), std::as_writable_bytes(part), kNpyHeaderBytes + offset_, got), path_);
  if (got != part_.size()) throw std::invalid_argument(path_ + ": the file is cut off");
  begin_ = part_.data();
}

void NpyArray::Unmap::operator()(const char* memory) const noexcept { munmap(const_cast<char*>(memory), size); }

}  // namespace tiffin::learn
