// What the line parsers share: walking over a block, and over one line.
#pragma once

#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "parse/number.h"
#include "parse/text.h"

namespace tiffin::learn {

inline constexpr float kNoLabel = std::numeric_limits<float>::quiet_NaN();

// One line while it is read.
struct Line {
  const char* begin;
  const char* at;
  const char* end;  // the line end is not of it

  bool AtEnd() const noexcept { return at == end; }
  void SkipBlanks() noexcept {
    while (at < end && (*at == ' ' || *at == '\t')) ++at;
  }
  bool Take(char c) noexcept {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  // Whether a word ends here.
  bool AtBreak() const noexcept { return at == end || *at == ' ' || *at == '\t'; }
};

// Calls parse(line, rows), which returns what is wrong at line.at, or nullptr.  It ends its row itself.
template <typename ParseLine>
void ForEachLine(std::string_view block, Rows& rows, std::vector<Fault>& faults, ParseLine parse) {
  const char* at = block.data();
  const char* const end = at + block.size();
  // A row takes at least two bytes, and so does a feature.
  rows.Reserve(block.size() / 2 + 1, block.size() / 2 + 1);
  for (std::size_t number = 0; at < end; ++number) {
    const void* const found = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
    const char* const next = found == nullptr ? end : static_cast<const char*>(found);
    Line line{at, at, next > at && next[-1] == '\r' ? next - 1 : next};
    at = next == end ? end : next + 1;
    if (line.AtEnd()) continue;
    const std::size_t before = rows.size();
    if (const char* const what = parse(line, rows)) {
      rows.DropRow();
      faults.push_back({number, static_cast<std::size_t>(line.at - line.begin) + 1, what});
    } else if (rows.size() > before) {
      rows.lines.back() = static_cast<std::uint32_t>(number);
    }
  }
}

}  // namespace tiffin::learn
