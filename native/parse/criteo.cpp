#include "parse/line.h"
#include "parse/stops.h"
#include "parse/word.h"
#include "rows/key.h"
#include "rows/log_bucket.h"

namespace tiffin::learn {
namespace {

constexpr std::uint32_t kIntegers = 13;
constexpr std::uint32_t kCategories = 26;
constexpr const char* kMoreIntegers = "expected a tab and 13 integers";
constexpr const char* kMoreCategories = "expected a tab and 26 categories after the integers";

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

const char* ParseCriteoLine(Line& line, Stops& tabs, Rows& rows) {
  static const Buckets buckets;
  float label = kNoLabel;
  if (*line.at != '\t' && !ReadFloat(line.at, line.end, label)) return "expected a number as label";
  tabs.Enter(line.at, line.end);
  const char* stop = tabs.Next();
  if (stop != line.at || line.AtEnd()) return "expected a tab after the label";
  // Nobody can guess which cells are empty: all have a key, and the next one takes the place of one that is.
  std::uint64_t* key = rows.keys.data() + rows.keys.size();
  for (std::uint32_t field = 0; field < kIntegers; ++field) {
    line.at = stop;
    if (!line.Take('\t')) return kMoreIntegers;
    stop = tabs.Next();
    const bool is_empty = line.at == stop;
    const bool minus = line.Take('-');
    std::uint64_t number;
    if (minus || !WholeOfWord({line.at, stop}, number)) {
      if (!ReadWhole(line.at, line.end, number)) return "expected a whole number";
      if (line.at != stop) return field + 1 < kIntegers ? kMoreIntegers : kMoreCategories;
    }
    *key = Key(field, buckets(minus ? -static_cast<std::int64_t>(number) : static_cast<std::int64_t>(number)));
    key += !is_empty;
  }
  for (std::uint32_t field = kIntegers; field < kIntegers + kCategories; ++field) {
    line.at = stop;
    if (!line.Take('\t')) return kMoreCategories;
    stop = tabs.Next();
    const std::string_view cell(line.at, stop);
    *key = Key(field, cell.size() <= kShortWord ? HashShort(cell) : Hash(cell));
    key += !cell.empty();
  }
  rows.keys.Shrink(static_cast<std::size_t>(key - rows.keys.data()));
  line.at = stop;
  if (!line.AtEnd()) return "expected the line to end after 26 categories";
  rows.EndRow(label);
  return nullptr;
}

}  // namespace

void ParseCriteo(std::string_view block, Rows& rows, std::vector<Fault>& faults) {
  Stops tabs(block, '\t', "\n");
  ForEachLine(block, rows, faults, [&](Line& line, Rows& row) { return ParseCriteoLine(line, tabs, row); });
}

}  // namespace tiffin::learn
