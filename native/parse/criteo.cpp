#include "parse/line.h"
#include "parse/word.h"
#include "rows/key.h"
#include "rows/log_bucket.h"

namespace tiffin::learn {
namespace {

constexpr std::uint32_t kIntegers = 13;
constexpr std::uint32_t kCategories = 26;

// The buckets of small numbers, which most are.
class Buckets {
 public:
  Buckets() {
    for (int value = 0; value < kSmall; ++value) small_[value] = LogBucket(value);
  }
  std::uint64_t operator()(std::int64_t value) const {
    return value >= 0 && value < kSmall ? small_[value] : LogBucket(static_cast<double>(value));
  }

 private:
  static constexpr int kSmall = 1024;
  std::uint64_t small_[kSmall];
};

std::string_view ReadCell(Line& line) {
  const void* const found = std::memchr(line.at, '\t', static_cast<std::size_t>(line.end - line.at));
  const char* const end = found == nullptr ? line.end : static_cast<const char*>(found);
  const std::string_view cell(line.at, static_cast<std::size_t>(end - line.at));
  line.at = end;
  return cell;
}

const char* ParseCriteoLine(Line& line, Rows& rows) {
  static const Buckets buckets;
  float label = kNoLabel;
  if (*line.at != '\t' && !ReadFloat(line.at, line.end, label)) return "expected a number as label";
  for (std::uint32_t field = 0; field < kIntegers; ++field) {
    if (!line.Take('\t')) return field == 0 ? "expected a tab after the label" : "expected a tab and 13 integers";
    if (line.AtEnd() || *line.at == '\t') continue;
    const bool minus = line.Take('-');
    std::uint64_t number;
    if (!ReadWhole(line.at, line.end, number)) return "expected a whole number";
    rows.Push(Key(field, buckets(minus ? -static_cast<std::int64_t>(number) : static_cast<std::int64_t>(number))));
  }
  for (std::uint32_t field = kIntegers; field < kIntegers + kCategories; ++field) {
    if (!line.Take('\t')) return "expected a tab and 26 categories after the integers";
    const std::string_view cell = ReadCell(line);
    if (!cell.empty()) rows.Push(Key(field, cell.size() <= kShortWord ? HashShort(cell) : Hash(cell)));
  }
  if (!line.AtEnd()) return "expected the line to end after 26 categories";
  rows.EndRow(label);
  return nullptr;
}

}  // namespace

void ParseCriteo(std::string_view block, Rows& rows, std::vector<Fault>& faults) {
  ForEachLine(block, rows, faults, ParseCriteoLine);
}

}  // namespace tiffin::learn
