#include "encode/column.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

#include "rows/key.h"

namespace tiffin::learn {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kExact = 9007199254740992.0;  // 2^53: whole numbers up to here are exact

Type TypeOf(std::string_view format) {
  using enum Type;
  constexpr std::pair<std::string_view, Type> kKnown[] = {
      {"n", kNull},    {"b", kBool},   {"c", kInt8},   {"C", kUInt8},  {"s", kInt16},  {"S", kUInt16},
      {"i", kInt32},   {"I", kUInt32}, {"l", kInt64},  {"L", kUInt64}, {"f", kFloat},  {"g", kDouble},
      {"u", kText},    {"U", kLargeText}, {"vu", kTextView}, {"+l", kList}, {"+L", kLargeList}, {"tdD", kInt32},
      {"tdm", kInt64}, {"tts", kInt32}, {"ttm", kInt32}, {"ttu", kInt64}, {"ttn", kInt64}};
  for (const auto& [name, type] : kKnown) {
    if (format == name) return type;
  }
  if (format.starts_with("ts") || format.starts_with("tD")) return kInt64;
  return format.starts_with("+w:") ? kFixedList : kOther;
}

// Seconds, milliseconds, microseconds or nanoseconds to microseconds.
std::pair<std::int64_t, std::int64_t> ToMicroseconds(char unit) {
  switch (unit) {
    case 's': return {1'000'000, 1};
    case 'm': return {1'000, 1};
    case 'n': return {1, 1'000};
    default: return {1, 1};
  }
}

std::int64_t FloorDivide(std::int64_t value, std::int64_t by) {
  const std::int64_t quotient = value / by;
  return quotient - (value % by < 0 ? 1 : 0);
}

template <typename T>
std::uint64_t IdOfWhole(T value) {
  if (value >= 0 && static_cast<std::uint64_t>(value) <= kIdMask) return static_cast<std::uint64_t>(value);
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return Hash({text, static_cast<std::size_t>(end - text)}) & kIdMask;
}

// The shortest text that is this number and no other: files of text have the same.
template <typename T>
std::uint64_t IdOfNumber(T value) {
  if (std::isnan(value)) return Column::kNone;
  if (std::abs(value) <= kExact && value == std::floor(value)) return IdOfWhole(static_cast<std::int64_t>(value));
  char text[1100];  // the smallest number has 1,074 digits behind the point; most have fewer than 20
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr;
  return IdOf({text, static_cast<std::size_t>(end - text)});
}

// A value of a column of text views is four words: its size and up to 12 bytes of text; or its size, the text's begin,
// and which of the buffers has it where.
constexpr std::int32_t kInside = 12;

}  // namespace

Column::Column(const ArrowSchema& schema, const ArrowArray& array)
    : type_(TypeOf(schema.format)),
      format_(schema.format),
      offset_(static_cast<std::size_t>(array.offset)),
      length_(static_cast<std::size_t>(array.length)) {
  if (array.n_buffers > 0 && array.null_count != 0) validity_ = static_cast<const std::uint8_t*>(array.buffers[0]);
  if (array.n_buffers > 1) values_ = array.buffers[1];
  if (array.n_buffers > 2) texts_ = array.buffers + 2;
  const std::string_view format = format_;
  if (format == "tdm") parts_ = 86'400'000;
  if (format.starts_with("ts") || format.starts_with("tD") || format.starts_with("tt")) {
    std::tie(times_, parts_) = ToMicroseconds(format[2]);
  }
  if (type_ == Type::kFixedList) width_ = std::strtoul(format_.c_str() + 3, nullptr, 10);
  if (schema.dictionary != nullptr) {
    indexed_ = true;
    child_ = std::make_unique<const Column>(*schema.dictionary, *array.dictionary);
  } else if (schema.n_children == 1 && format.starts_with("+")) {
    child_ = std::make_unique<const Column>(*schema.children[0], *array.children[0]);
  }
}

Family Column::family() const noexcept {
  if (indexed_) return child_->family();
  switch (type_) {
    case Type::kNull: return Family::kNull;
    case Type::kText: case Type::kLargeText: case Type::kTextView: return Family::kText;
    case Type::kList: case Type::kLargeList: case Type::kFixedList: return Family::kList;
    case Type::kOther: return Family::kOther;
    default: return Family::kNumber;
  }
}

std::string Column::Describe() const {
  if (indexed_) return child_->Describe();
  switch (family()) {
    case Family::kNull: return "nothing but nulls";
    case Family::kText: return "text";
    case Family::kList: return "lists of " + child_->Describe();
    case Family::kOther: return "of a type that is not read (Arrow's '" + format_ + "')";
    case Family::kNumber: break;
  }
  if (type_ == Type::kBool) return "true and false";
  if (format_.starts_with("t")) return "points in time";
  return type_ == Type::kFloat || type_ == Type::kDouble ? "numbers" : "whole numbers";
}

template <typename Visit>
void Column::WithNumbers(Visit visit) const {
  const auto plain = [&]<typename As, typename T>(As, T) {
    const T* const values = static_cast<const T*>(values_) + offset_;
    if (times_ == 1 && parts_ == 1) {
      visit([values](std::size_t row) { return static_cast<As>(values[row]); });
    } else {
      visit([values, this](std::size_t row) {
        return FloorDivide(static_cast<std::int64_t>(values[row]) * times_, parts_);
      });
    }
  };
  using Signed = std::int64_t;
  using Unsigned = std::uint64_t;
  switch (type_) {
    case Type::kBool:
      return visit([this](std::size_t row) {
        const std::size_t at = offset_ + row;
        return static_cast<Signed>(static_cast<const std::uint8_t*>(values_)[at / 8] >> at % 8 & 1);
      });
    case Type::kInt8: return plain(Signed{}, std::int8_t{});
    case Type::kUInt8: return plain(Signed{}, std::uint8_t{});
    case Type::kInt16: return plain(Signed{}, std::int16_t{});
    case Type::kUInt16: return plain(Signed{}, std::uint16_t{});
    case Type::kInt32: return plain(Signed{}, std::int32_t{});
    case Type::kUInt32: return plain(Signed{}, std::uint32_t{});
    case Type::kInt64: return plain(Signed{}, std::int64_t{});
    case Type::kUInt64: return plain(Unsigned{}, std::uint64_t{});
    case Type::kFloat: return plain(float{}, float{});
    case Type::kDouble: return plain(double{}, double{});
    default: return;
  }
}

template <typename Read, typename Write>
void Column::Each(std::size_t from, std::size_t to, Read read, Write write) const {
  for (std::size_t row = from; row < to; ++row) {
    if (!IsNull(row)) write(row - from, read(row));
  }
}

Buffer<std::int64_t> Column::Indexes(std::size_t from, std::size_t to) const {
  Buffer<std::int64_t> found;
  found.Resize(to - from);
  std::fill_n(found.data(), to - from, -1);
  WithNumbers([&](auto read) {
    Each(from, to, read, [&](std::size_t i, auto index) {
      const auto at = static_cast<std::size_t>(index);
      if (at < child_->length_ && !child_->IsNull(at)) found[i] = static_cast<std::int64_t>(index);
    });
  });
  return found;
}

void Column::Numbers(std::size_t from, std::size_t to, double* out) const {
  std::fill_n(out, to - from, kNaN);
  if (indexed_) {
    const Buffer<std::int64_t> indexes = Indexes(from, to);
    for (std::size_t i = 0; i < indexes.size(); ++i) {
      const auto at = static_cast<std::size_t>(indexes[i]);
      if (indexes[i] >= 0) child_->Numbers(at, at + 1, out + i);
    }
    return;
  }
  WithNumbers([&](auto read) {
    Each(from, to, read, [&](std::size_t i, auto value) { out[i] = static_cast<double>(value); });
  });
}

std::string_view Column::TextAt(std::size_t row) const noexcept {
  const auto plain = [&](const auto* offsets) {
    const auto begin = offsets[offset_ + row];
    const auto size = static_cast<std::size_t>(offsets[offset_ + row + 1] - begin);
    return size == 0 ? std::string_view() : std::string_view(static_cast<const char*>(texts_[0]) + begin, size);
  };
  if (type_ == Type::kText) return plain(static_cast<const std::int32_t*>(values_));
  if (type_ == Type::kLargeText) return plain(static_cast<const std::int64_t*>(values_));
  const std::int32_t* const view = static_cast<const std::int32_t*>(values_) + 4 * (offset_ + row);
  const char* const text =
      view[0] <= kInside ? reinterpret_cast<const char*>(view + 1) : static_cast<const char*>(texts_[view[2]]) + view[3];
  return {text, static_cast<std::size_t>(view[0])};
}

void Column::Texts(std::size_t from, std::size_t to, std::string_view* out) const {
  std::fill_n(out, to - from, std::string_view());
  if (type_ == Type::kNull) return;
  if (indexed_) {
    const Buffer<std::int64_t> indexes = Indexes(from, to);
    for (std::size_t i = 0; i < indexes.size(); ++i) {
      if (indexes[i] >= 0) out[i] = child_->TextAt(static_cast<std::size_t>(indexes[i]));
    }
    return;
  }
  Each(from, to, [&](std::size_t row) { return TextAt(row); }, [&](std::size_t i, std::string_view text) { out[i] = text; });
}

void Column::Ids(std::size_t from, std::size_t to, std::uint64_t* out) const {
  std::fill_n(out, to - from, kNone);
  if (family() == Family::kText) {
    Buffer<std::string_view> texts;
    texts.Resize(to - from);
    Texts(from, to, texts.data());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (!texts[i].empty()) out[i] = IdOf(texts[i]);
    }
    return;
  }
  if (indexed_) {
    const Buffer<std::int64_t> indexes = Indexes(from, to);
    for (std::size_t i = 0; i < indexes.size(); ++i) {
      const auto at = static_cast<std::size_t>(indexes[i]);
      if (indexes[i] >= 0) child_->Ids(at, at + 1, out + i);
    }
    return;
  }
  if (type_ == Type::kBool) {
    WithNumbers([&](auto read) {
      Each(from, to, read, [&](std::size_t i, auto value) { out[i] = IdOf(value != 0 ? "true" : "false"); });
    });
    return;
  }
  WithNumbers([&](auto read) {
    Each(from, to, read, [&](std::size_t i, auto value) {
      if constexpr (std::is_floating_point_v<decltype(value)>) {
        out[i] = IdOfNumber(value);
      } else {
        out[i] = IdOfWhole(value);
      }
    });
  });
}

std::pair<std::size_t, std::size_t> Column::ListAt(std::size_t row) const noexcept {
  if (IsNull(row)) return {0, 0};
  const std::size_t at = offset_ + row;
  if (type_ == Type::kFixedList) return {at * width_, (at + 1) * width_};
  const auto plain = [&](const auto* offsets) {
    return std::pair(static_cast<std::size_t>(offsets[at]), static_cast<std::size_t>(offsets[at + 1]));
  };
  return type_ == Type::kList ? plain(static_cast<const std::int32_t*>(values_))
                              : plain(static_cast<const std::int64_t*>(values_));
}

}  // namespace tiffin::learn
