// Memory that grows and is not cleared: what a parser fills millions of times a second.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>

namespace tiffin::learn {

// Like std::vector, but Push checks nothing and Resize leaves new elements as they are.
template <typename T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  T& operator[](std::size_t i) noexcept { return data_[i]; }
  const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  T& back() noexcept { return data_[size_ - 1]; }
  std::span<const T> span() const noexcept { return {data_.get(), size_}; }

  void Clear() noexcept { size_ = 0; }
  void Shrink(std::size_t size) noexcept { size_ = size; }
  // Makes room for `more` elements after those that are there.
  void Reserve(std::size_t more) {
    if (size_ + more <= capacity_) return;
    capacity_ = std::max(size_ + more, capacity_ + capacity_ / 2);
    auto grown = std::make_unique_for_overwrite<T[]>(capacity_);
    if (size_ > 0) std::memcpy(grown.get(), data_.get(), size_ * sizeof(T));
    data_ = std::move(grown);
  }
  void Resize(std::size_t size) {
    if (size > size_) Reserve(size - size_);
    size_ = size;
  }
  // REQUIRES: room was reserved.
  void Push(T value) noexcept { data_[size_++] = value; }

 private:
  std::unique_ptr<T[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tiffin::learn
