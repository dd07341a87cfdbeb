#include <cmath>

#include "parse/line.h"
#include "parse/word.h"
#include "rows/key.h"

namespace tiffin::learn {
namespace {

// Whether a place of a line has a character.
bool IsAt(const Line& line, const char* place, char c) { return place != line.end && *place == c; }

using VwStops = Stops<' ', '\t', ':', '|'>;

// The number after the ":" at `stop`, which becomes what ends it.
const char* ReadNumber(Line& line, VwStops& stops, const char*& stop, float& value) {
  line.at = stop + 1;
  if (!ReadFloat(line.at, line.end, value)) return "expected a finite number after ':'";
  stop = stops.Next();
  return line.at == stop && !IsAt(line, stop, ':') ? nullptr : "expected a blank after the number";
}

const char* ParseHead(Line& line, float& label, float& weight) {
  label = kNoLabel;
  weight = 1.0F;
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

const char* ParseVwLine(Line& line, Rows& rows) {
  float label;
  float weight;
  if (const char* const what = ParseHead(line, label, weight)) return what;
  VwStops stops(line.at, line.end);
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
  ForEachLine(block, rows, faults, ParseVwLine);
}

}  // namespace tiffin::learn
