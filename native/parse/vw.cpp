#include <cmath>

#include "parse/line.h"
#include "parse/name_keys.h"
#include "parse/stops.h"
#include "parse/word.h"
#include "rows/key.h"

namespace tiffin::learn {
namespace {

// Whether a place of a line has a character.
bool IsAt(const Line& line, const char* place, char c) { return place != line.end && *place == c; }

constexpr char kBlank = ' ';
constexpr std::string_view kOtherStops = "\t:|\n";

// The number after the ":" at `stop`, which becomes what ends it.
const char* ReadNumber(Line& line, Stops& stops, const char*& stop, float& value) {
  line.at = stop + 1;
  if (!ReadFloat(line.at, line.end, value)) return "expected a finite number after ':'";
  stop = stops.Next();
  return line.at == stop && !IsAt(line, stop, ':') ? nullptr : "expected a blank after the number";
}

// A label of one digit before a bar, as most are; false, and nothing is taken, where it is anything else.
// REQUIRES: after the line 3 more bytes may be read.
bool TakeDigit(Line& line, float& label) {
  const bool minus = *line.at == '-';
  const char* const after = line.at + minus + 1;
  if (line.end - after < 2 || !IsDigit(after[-1]) || after[0] != ' ' || after[1] != '|') return false;
  label = static_cast<float>(after[-1] - '0') * (minus ? -1.0F : 1.0F);
  line.at = after + 1;
  return true;
}

const char* ParseHead(Line& line, float& label, float& weight) {
  label = kNoLabel;
  weight = 1.0F;
  if (TakeDigit(line, label)) return nullptr;
  float numbers[3];
  int count = 0;
  for (;;) {
    line.SkipBlanks();
    if (line.AtEnd()) return "expected '|' before the features";
    if (*line.at == '|') break;
    const char* const begin = line.at;
    float number;
    // What touches the bar is a tag, even if it is a number.
    if (*line.at != '\'' && ReadFloat(line.at, line.end, number) && line.AtBreak()) {
      if (count == 3) {
        line.at = begin;
        return "expected at most a label, an importance and an initial prediction";
      }
      numbers[count++] = number;
      continue;
    }
    // A tag: quoted, or whatever touches the first bar.
    line.at = begin;
    while (!line.AtBreak() && *line.at != '|') ++line.at;
    if (*begin != '\'' && (line.AtEnd() || *line.at != '|')) {
      line.at = begin;
      return "expected a number, a tag that begins with \"'\", or '|'";
    }
  }
  if (count > 0) label = numbers[0];
  if (count > 1) weight = numbers[1];
  if (weight < 0) return "the importance of an example is below 0";
  return nullptr;
}

// Words that are features without a value, which most are.
const char* TakeNames(Stops& stops, const char* stop, std::uint32_t field, Rows& rows) {
  static const NameKeyer keys_of = ChosenNameKeyer();
  std::uint64_t* key = rows.keys.data() + rows.keys.size();
  const auto take = [&](const char* begin, const char* end) {
    const std::string_view name(begin, end);
    if (!IsShort(name)) [[unlikely]] {  // or there are two blanks
      if (!name.empty()) *key++ = Key(field, IdOf(name));
      return;
    }
    *key++ = Key(field, IdOfShort(name));
  };
  stop = stops.TakePlain(stop, take, [&](const char* text, const std::uint32_t* ends, std::size_t count) {
    std::size_t i = keys_of == nullptr ? 0 : keys_of(text, ends, count, field, key);
    key += i;
    for (; i < count; ++i) take(text + ends[static_cast<std::ptrdiff_t>(i) - 1] + 1, text + ends[i]);
  });
  rows.keys.Shrink(static_cast<std::size_t>(key - rows.keys.data()));
  return stop;
}

const char* ParseVwLine(Line& line, Stops& stops, Rows& rows) {
  float label;
  float weight;
  if (const char* const what = ParseHead(line, label, weight)) return what;
  stops.Enter(line.at, line.end);
  const char* stop = stops.Next();  // the bar
  while (stop != line.end) {
    // The name of a namespace touches its bar.
    const char* begin = stop + 1;
    stop = stops.Next();
    std::uint32_t field = 0;
    float scale = 1.0F;
    if (stop != begin || IsAt(line, stop, ':')) {
      field = static_cast<std::uint32_t>(Hash({begin, stop}) >> kIdBits);
      if (IsAt(line, stop, ':')) {
        if (const char* const what = ReadNumber(line, stops, stop, scale)) return what;
      }
    }
    while (stop != line.end && *stop != '|') {
      if (scale == 1 && !rows.has_values()) {
        stop = TakeNames(stops, stop, field, rows);
        if (stop == line.end) break;
      }
      begin = stop + 1;
      stop = stops.Next();
      float value = scale;
      const std::string_view name(begin, stop);
      if (IsAt(line, stop, ':')) {
        if (const char* const what = ReadNumber(line, stops, stop, value)) return what;
        value *= scale;
        if (!std::isfinite(value)) return "the value times that of its namespace is no finite number";
      } else if (name.empty()) {
        continue;
      }
      if (value != 0) rows.Push(Key(field, IdOfWord(name)), value);
    }
  }
  rows.EndRow(label, weight);
  return nullptr;
}

}  // namespace

void ParseVw(std::string_view block, Rows& rows, std::vector<Fault>& faults) {
  Stops stops(block, kBlank, kOtherStops);
  ForEachLine(block, rows, faults, [&](Line& line, Rows& row) { return ParseVwLine(line, stops, row); });
}

}  // namespace tiffin::learn
