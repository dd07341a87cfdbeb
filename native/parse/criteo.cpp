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
  Stops<'\t'> tabs(line.at, line.end);
  const char* stop = tabs.Next();
  if (stop != line.at) return "expected a tab and 26 categories after the integers";
  for (std::uint32_t field = kIntegers; field < kIntegers + kCategories; ++field) {
    line.at = stop;
    if (!line.Take('\t')) return "expected a tab and 26 categories after the integers";
    stop = tabs.Next();
    const std::string_view cell(line.at, stop);
    if (!cell.empty()) rows.Push(Key(field, cell.size() <= kShortWord ? HashShort(cell) : Hash(cell)));
  }
  line.at = stop;
  if (!line.AtEnd()) return "expected the line to end after 26 categories";
  rows.EndRow(label);
  return nullptr;
}

}  // namespace

void ParseCriteo(std::string_view block, Rows& rows, std::vector<Fault>& faults) {
  ForEachLine(block, rows, faults, ParseCriteoLine);
}

}  // namespace tiffin::learn
