// Memory that grows and is not cleared: what a parser fills millions of times a second.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace tiffin::learn {

// Like std::vector, but Push checks nothing and Resize leaves new elements as they are.
template <typename T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { Swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Swap(other);
    return *this;
  }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  T& operator[](std::size_t i) noexcept { return data_[i]; }
  const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  T& back() noexcept { return data_[size_ - 1]; }
  std::span<const T> span() const noexcept { return {data_, size_}; }

  void Clear() noexcept {
    data_ = memory_.get();
    size_ = 0;
  }
  void Shrink(std::size_t size) noexcept { size_ = size; }
  // Makes room for `more` elements after those that are there.
  void Reserve(std::size_t more) {
    if (size_ + more > capacity_) {
      const std::size_t capacity = std::max(size_ + more, capacity_ + capacity_ / 2);
      auto grown = std::make_unique_for_overwrite<T[]>(capacity);
      if (size_ > 0) std::memcpy(grown.get(), data_, size_ * sizeof(T));
      memory_ = std::move(grown);
      capacity_ = capacity;
    } else if (data_ != memory_.get() && size_ > 0) {
      std::memcpy(memory_.get(), data_, size_ * sizeof(T));
    }
    data_ = memory_.get();
  }
  // Stands for elements that lie elsewhere, and stay there.  They must not be written to before Own.
  void Borrow(std::span<const T> elements) noexcept {
    data_ = const_cast<T*>(elements.data());
    size_ = elements.size();
  }
  // Has its elements in its own memory.
  void Own() { Reserve(0); }
  void Resize(std::size_t size) {
    if (size > size_) Reserve(size - size_);
    size_ = size;
  }
  // REQUIRES: room was reserved.
  void Push(T value) noexcept { data_[size_++] = value; }

 private:
  void Swap(Buffer& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  std::unique_ptr<T[]> memory_;
  T* data_ = nullptr;  // the same, or what is borrowed
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tiffin::learn
