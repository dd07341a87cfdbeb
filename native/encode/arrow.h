// Arrow's C data interface: the structs as its ABI has them, and owners.  See
// arrow.apache.org/docs/format/CDataInterface.html and CStreamInterface.html.
#pragma once

#include <cstdint>
#include <utility>

namespace tiffin::learn {

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};

struct ArrowArrayStream {
  int (*get_schema)(ArrowArrayStream*, ArrowSchema* out);
  int (*get_next)(ArrowArrayStream*, ArrowArray* out);
  const char* (*get_last_error)(ArrowArrayStream*);
  void (*release)(ArrowArrayStream*);
  void* private_data;
};

// Releases what a producer lent; `release` may be called on any thread.
template <typename T>
class Lent {
 public:
  Lent() = default;
  Lent(Lent&& other) noexcept : value_(std::exchange(other.value_, T{})) {}
  Lent& operator=(Lent&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Lent() {
    if (value_.release != nullptr) value_.release(&value_);
  }
  T* get() noexcept { return &value_; }
  const T& operator*() const noexcept { return value_; }
  const T* operator->() const noexcept { return &value_; }
  explicit operator bool() const noexcept { return value_.release != nullptr; }

 private:
  T value_{};
};

}  // namespace tiffin::learn
