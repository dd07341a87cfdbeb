#include "encode/evaluate.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rows/key.h"
#include "rows/log_bucket.h"

namespace tiffin::learn {
namespace {

// Ids row by row.
class Lists {
 public:
  explicit Lists(std::size_t rows) {
    found_.offsets.Reserve(rows + 1);
    found_.offsets.Push(0);
  }
  void Push(std::uint64_t id) {
    found_.ids.Reserve(1);
    found_.ids.Push(id);
  }
  void Push(std::uint64_t id, float value) {
    Push(id);
    found_.values.Reserve(1);
    found_.values.Push(value);
  }
  void EndRow() { found_.offsets.Push(static_cast<std::uint32_t>(found_.ids.size())); }
  // The ids since the last row are a bag: each is there once, ascending, and how often it was is its value.
  void EndBag() {
    std::uint64_t* const begin = found_.ids.data() + found_.offsets.back();
    std::uint64_t* const end = found_.ids.data() + found_.ids.size();
    std::sort(begin, end);
    std::uint64_t* to = begin;
    for (const std::uint64_t* at = begin; at < end;) {
      const std::uint64_t* next = at;
      while (next < end && *next == *at) ++next;
      found_.values.Reserve(1);
      found_.values.Push(static_cast<float>(next - at));
      *to++ = *at;
      at = next;
    }
    found_.ids.Shrink(static_cast<std::size_t>(to - found_.ids.data()));
    EndRow();
  }
  Values Take() { return std::move(found_); }

 private:
  Values found_;
};

// Letters, digits and whatever is not ASCII make words; they are split at the rest.
bool InWord(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

class Evaluation {
 public:
  Evaluation(const Batch& batch, std::size_t from, std::size_t to, Buffer<Flaw>& flaws)
      : batch_(batch), from_(from + batch.offset()), to_(to + batch.offset()), flaws_(flaws) {}

  Values Of(const Node& node) const {
    switch (node.op) {
      case Op::kCat: return Categories(batch_.column(node.column));
      case Op::kNum: return Numbers(batch_.column(node.column));
      case Op::kEach: return Elements(batch_.column(node.column));
      case Op::kSplit: return Bags(node, [&](std::string_view text, Lists& lists) { Split(text, node.text, lists); });
      case Op::kTokens: return Bags(node, [&](std::string_view text, Lists& lists) { Tokens(text, node.lower, lists); });
      case Op::kLog: return Mapped(node, [](double x) { return std::copysign(std::log1p(std::abs(x)), x); });
      case Op::kClip:
        return Mapped(node, [&](double x) { return std::min(std::max(x, node.numbers[0]), node.numbers[1]); });
      case Op::kScale: return Mapped(node, [&](double x) { return (x - node.numbers[1]) / node.numbers[0]; });
      case Op::kBucket:
        return Bucketed(node, [&](double x) {
          return static_cast<std::uint64_t>(std::ranges::upper_bound(node.numbers, x) - node.numbers.begin());
        });
      case Op::kLogBucket: return Bucketed(node, LogBucket);
      case Op::kCross: return Crossed(Ids(Of(node.inputs[0])), Ids(Of(node.inputs[1])));
      case Op::kText: break;  // read by what is applied to it
    }
    return {};
  }

 private:
  std::size_t size() const { return to_ - from_; }

  Values Categories(const Column& column) const {
    Buffer<std::uint64_t> ids;
    ids.Resize(size());
    column.Ids(from_, to_, ids.data());
    Lists lists(size());
    for (std::size_t row = 0; row < size(); ++row) {
      if (ids[row] != Column::kNone) lists.Push(ids[row]);
      lists.EndRow();
    }
    return lists.Take();
  }

  Values Numbers(const Column& column) const {
    Values found;
    found.is_number = true;
    found.numbers.Resize(size());
    column.Numbers(from_, to_, found.numbers.data());
    for (std::size_t row = 0; row < size(); ++row) {
      if (std::isinf(found.numbers[row])) flaws_[row] = Flaw::kInfinite;
    }
    return found;
  }

  Values Elements(const Column& column) const {
    Lists lists(size());
    if (column.family() == Family::kNull) {
      for (std::size_t row = 0; row < size(); ++row) lists.EndRow();
      return lists.Take();
    }
    Buffer<std::uint64_t> ids;
    for (std::size_t row = from_; row < to_; ++row) {
      const auto [begin, end] = column.ListAt(row);
      ids.Resize(end - begin);
      column.elements().Ids(begin, end, ids.data());
      for (std::size_t i = 0; i < end - begin; ++i) {
        if (ids[i] != Column::kNone) lists.Push(ids[i]);
      }
      lists.EndBag();
    }
    return lists.Take();
  }

  template <typename Take>
  Values Bags(const Node& node, Take take) const {
    Buffer<std::string_view> texts;
    texts.Resize(size());
    batch_.column(node.inputs[0].column).Texts(from_, to_, texts.data());
    Lists lists(size());
    for (std::size_t row = 0; row < size(); ++row) {
      take(texts[row], lists);
      lists.EndBag();
    }
    return lists.Take();
  }

  static void Split(std::string_view text, std::string_view separator, Lists& lists) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(separator, at), text.size());
      if (end > at) lists.Push(IdOf(text.substr(at, end - at)));
      at = end + separator.size();
    }
  }

  static void Tokens(std::string_view text, bool lower, Lists& lists) {
    std::string word;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = at;
      while (end < text.size() && InWord(text[end])) ++end;
      if (end > at) {
        word.assign(text, at, end - at);
        if (lower) std::ranges::transform(word, word.begin(), Lower);
        lists.Push(IdOf(word));
      }
      at = end + 1;
    }
  }

  template <typename Map>
  Values Mapped(const Node& node, Map map) const {
    Values found = Of(node.inputs[0]);
    for (std::size_t row = 0; row < size(); ++row) {
      double& number = found.numbers[row];
      if (!std::isnan(number)) number = map(number);
      if (std::isinf(number)) flaws_[row] = Flaw::kInfinite;
    }
    return found;
  }

  template <typename Cut>
  Values Bucketed(const Node& node, Cut cut) const {
    const Values numbers = Of(node.inputs[0]);
    Lists lists(size());
    for (std::size_t row = 0; row < size(); ++row) {
      const double number = numbers.numbers[row];
      if (std::isfinite(number)) lists.Push(cut(number));
      lists.EndRow();
    }
    return lists.Take();
  }

  // A number is the id 0 with its value.
  Values Ids(Values found) const {
    if (!found.is_number) return found;
    Lists lists(size());
    for (std::size_t row = 0; row < size(); ++row) {
      if (!std::isnan(found.numbers[row])) lists.Push(0, static_cast<float>(found.numbers[row]));
      lists.EndRow();
    }
    return lists.Take();
  }

  Values Crossed(const Values& left, const Values& right) const {
    const bool valued = !left.values.empty() || !right.values.empty();
    const auto value = [](const Values& side, std::size_t i) { return side.values.empty() ? 1.0F : side.values[i]; };
    Lists lists(size());
    for (std::size_t row = 0; row < size(); ++row) {
      const std::size_t pairs =
          std::size_t{left.offsets[row + 1] - left.offsets[row]} * (right.offsets[row + 1] - right.offsets[row]);
      if (pairs > kMostPairs) flaws_[row] = Flaw::kManyPairs;
      const std::size_t end = pairs > kMostPairs ? left.offsets[row] : left.offsets[row + 1];
      for (std::size_t i = left.offsets[row]; i < end; ++i) {
        for (std::size_t j = right.offsets[row]; j < right.offsets[row + 1]; ++j) {
          const std::uint64_t id = Mix(left.ids[i], Mix(right.ids[j])) & kIdMask;
          if (valued) {
            const float product = value(left, i) * value(right, j);
            if (!std::isfinite(product)) flaws_[row] = Flaw::kInfinite;
            lists.Push(id, product);
          } else {
            lists.Push(id);
          }
        }
      }
      lists.EndRow();
    }
    return lists.Take();
  }

  const Batch& batch_;
  const std::size_t from_;
  const std::size_t to_;
  Buffer<Flaw>& flaws_;
};

}  // namespace

Values Evaluate(const Node& node, const Batch& batch, std::size_t from, std::size_t to, Buffer<Flaw>& flaws) {
  return Evaluation(batch, from, to, flaws).Of(node);
}

}  // namespace tiffin::learn
