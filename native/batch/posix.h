// The system calls the batch functions make, with EINTR handled and errors as outcomes: kOk or an errno.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "batch/batch.h"

namespace tiffin {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Close();
      value_ = std::exchange(other.value_, -1);
    }
    return *this;
  }
  ~Descriptor() { Close(); }

  int get() const { return value_; }
  explicit operator bool() const { return value_ >= 0; }
  int Release() { return std::exchange(value_, -1); }
  int Close();  // an outcome: some file systems report a failed write only now

 private:
  int value_ = -1;
};

// Not valid, and errno set, where it cannot be opened.
Descriptor OpenAt(int directory, const char* path, int flags, unsigned mode = 0);

int StatOf(int descriptor, Stat& stat);
int StatAt(int directory, const char* path, bool follow, Stat& stat);
bool IsRegular(const Stat& stat);
// Whether a file with these two stats, of one descriptor, may be taken as not written to in between.
bool Unchanged(const Stat& before, const Stat& after);

// Reads until `buffer` is full or the file ends; `got` is how much.
int ReadAt(int descriptor, std::span<std::byte> buffer, std::uint64_t offset, std::size_t& got);
// Fills `buffer` from what is in memory of the file; false where that is not all of it, or the system cannot say.
bool ReadIfThere(int descriptor, std::span<std::byte> buffer, std::uint64_t offset);
int WriteAll(int descriptor, std::span<const std::byte> data);
// Makes `to` share the blocks of `from`.
int Clone(int from, int to);

// A fresh name for a file while it is written.  What a kill leaves under such a name is nobody's data: nobody else makes
// names of this form, for they end with a sum of what is before it.
std::string TempName();
bool IsTempName(std::string_view name);

// A new file in `directory`/`prefix` (prefix: "" or "ab/"), removed again unless it was renamed.  Thread-compatible.
class TempFile {
 public:
  TempFile() = default;
  TempFile(TempFile&& other) noexcept { *this = std::move(other); }
  TempFile& operator=(TempFile&& other) noexcept {
    if (this != &other) {
      Remove();
      file_ = std::move(other.file_);
      directory_ = std::exchange(other.directory_, -1);
      kept_ = std::move(other.kept_);
      name_ = std::move(other.name_);
      linked_ = other.linked_;
    }
    return *this;
  }
  ~TempFile() { Remove(); }

  // The ways to begin; each an outcome.  `directory` is borrowed.
  int Create(int directory, const std::string& prefix, unsigned mode);
  int Link(int from_directory, const char* from, int directory, const std::string& prefix);
  int Symlink(const std::string& target, int directory);
  // Under the name it is to have, where nobody looks yet: it stays once it is kept.  EEXIST where there is one.
  int CreateAs(int directory, const char* name, unsigned mode);
  // The directory that was given may be closed from here on: the file keeps it open.
  int KeepDirectory();

  int get() const { return file_.get(); }
  int directory() const { return directory_; }
  explicit operator bool() const { return directory_ >= 0; }
  const char* name() const { return name_.c_str(); }
  int Close() { return file_.Close(); }
  // The new name takes the place of what has it, or (RenameNew) must be new: EEXIST.  The file stays open.
  int Rename(const char* name);
  int RenameNew(const char* name);
  void Keep() { directory_ = -1; }

 private:
  template <class Make>
  int Begin(int directory, const std::string& prefix, Make make);
  void Remove();

  Descriptor file_;
  int directory_ = -1;
  Descriptor kept_;  // the same directory, if it is ours to close
  std::string name_;
  bool linked_ = false;
};

}  // namespace tiffin
