// One column of an Arrow batch, and the few ways in which features read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "encode/arrow.h"
#include "rows/buffer.h"

namespace tiffin::learn {

enum class Type : std::uint8_t {
  kNull, kBool, kInt8, kUInt8, kInt16, kUInt16, kInt32, kUInt32, kInt64, kUInt64, kFloat, kDouble,
  kText, kLargeText, kTextView, kList, kLargeList, kFixedList, kOther
};
// What features tell apart.
enum class Family : std::uint8_t { kNull, kNumber, kText, kList, kOther };

class Column {
 public:
  // REQUIRES: both are of one column, and outlive this.
  Column(const ArrowSchema& schema, const ArrowArray& array);

  // Of its values; a dictionary is what it stands for.
  Family family() const noexcept;
  // "text", "list of whole numbers", ..., for messages.
  std::string Describe() const;

  // The values of rows [from, to), written to `out`.
  void Numbers(std::size_t from, std::size_t to, double* out) const;  // a null is NaN.  REQUIRES: kNumber or kNull
  void Texts(std::size_t from, std::size_t to, std::string_view* out) const;  // a null is empty.  REQUIRES: kText or kNull
  // Categories: whole numbers stand for themselves, as in text; what is empty is no category, and kNone.  Other numbers,
  // true and false go by their text.  REQUIRES: not kList or kOther.
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  void Ids(std::size_t from, std::size_t to, std::uint64_t* out) const;

  // Where the elements of a list are in `elements()`; none for a null.  REQUIRES: kList.
  std::pair<std::size_t, std::size_t> ListAt(std::size_t row) const noexcept;
  const Column& elements() const noexcept { return *child_; }

 private:
  bool IsNull(std::size_t row) const noexcept {
    const std::size_t at = offset_ + row;
    return validity_ != nullptr && (validity_[at / 8] >> at % 8 & 1) == 0;
  }
  // Calls visit(values) with how a row's number is read, as std::int64_t, std::uint64_t or double.
  template <typename Visit>
  void WithNumbers(Visit visit) const;
  template <typename Read, typename Write>
  void Each(std::size_t from, std::size_t to, Read read, Write write) const;
  // Which value of the dictionary each row has; below 0 for a null.
  Buffer<std::int64_t> Indexes(std::size_t from, std::size_t to) const;
  std::string_view TextAt(std::size_t row) const noexcept;

  Type type_ = Type::kOther;
  bool indexed_ = false;  // child_ is a dictionary
  std::string format_;
  std::size_t offset_;
  std::size_t length_;
  std::size_t width_ = 0;  // of lists of a fixed size
  std::int64_t times_ = 1;  // points in time are multiplied and then divided, so that they are microseconds or days
  std::int64_t parts_ = 1;
  const std::uint8_t* validity_ = nullptr;
  const void* values_ = nullptr;
  const void* const* texts_ = nullptr;
  std::unique_ptr<const Column> child_;
};

}  // namespace tiffin::learn
