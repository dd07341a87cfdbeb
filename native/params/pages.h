// Zeroed memory straight from the system: what nobody touches is never there.
#pragma once

#include <cstddef>
#include <memory>

namespace tiffin::learn {

class Pages {
 public:
  Pages() = default;
  // Throws std::bad_alloc.
  explicit Pages(std::size_t bytes);

  // A thread begins to have so many bytes cleared by the system, or as many as are of use; the next Pages that are as
  // large as that, or larger, have as much of it as is there by then.  Where there is no memory nothing happens.
  static void GetReady(std::size_t bytes);

  // The memory as objects for which zero bytes are a value.
  template <typename T>
  T* as() const noexcept {
    return static_cast<T*>(memory_.get());
  }

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(void* memory) const noexcept;
  };

  std::unique_ptr<void, Unmap> memory_{nullptr, Unmap{0}};
};

// How many floats a row that has to hold `width` is given, so that it begins on a boundary of its own size or of a cache
// line, whichever is less.
std::size_t PaddedFloats(std::size_t width) noexcept;

}  // namespace tiffin::learn
