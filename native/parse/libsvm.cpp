#include "parse/line.h"
#include "rows/key.h"

namespace tiffin::learn {
namespace {

bool AtRest(const Line& line) { return line.AtEnd() || *line.at == '#'; }

// A value after its ":", or 1.
const char* ReadValue(Line& line, float& value) {
  value = 1.0F;
  if (!line.Take(':')) return line.AtBreak() ? nullptr : "expected a blank or ':' after the feature";
  if (!ReadFloat(line.at, line.end, value)) return "expected a finite number as value";
  return line.AtBreak() ? nullptr : "expected a blank after the value";
}

const char* ReadLabel(Line& line, float& label) {
  line.SkipBlanks();
  if (!ReadFloat(line.at, line.end, label)) return "expected a number as label";
  return line.AtBreak() ? nullptr : "expected a blank after the label";
}

const char* ReadField(Line& line, std::uint64_t& field) {
  const char* const begin = line.at;
  if (!ReadWhole(line.at, line.end, field)) return "expected a whole number as field";
  if (field >= kMostFields) {
    line.at = begin;
    return "fields go up to 65535";
  }
  return line.Take(':') ? nullptr : "expected ':' after the field";
}

const char* ReadId(Line& line, std::uint64_t& id) {
  const char* const begin = line.at;
  if (!ReadWhole(line.at, line.end, id)) return "expected a whole number as feature";
  if (id > kIdMask) {
    line.at = begin;
    return "features go up to 281474976710655";
  }
  return nullptr;
}

template <bool kHasFields>
const char* ParseLine(Line& line, Rows& rows) {
  if (AtRest(line)) return nullptr;
  float label;
  if (const char* const what = ReadLabel(line, label)) return what;
  for (;;) {
    line.SkipBlanks();
    if (AtRest(line)) break;
    std::uint64_t field = 0;
    if constexpr (kHasFields) {
      if (const char* const what = ReadField(line, field)) return what;
    }
    std::uint64_t id;
    if (const char* const what = ReadId(line, id)) return what;
    float value;
    if (const char* const what = ReadValue(line, value)) return what;
    if (value != 0) rows.Push(Key(static_cast<std::uint32_t>(field), id), value);
  }
  rows.EndRow(label);
  return nullptr;
}

}  // namespace

void ParseLibsvm(std::string_view block, Rows& rows, std::vector<Fault>& faults) {
  ForEachLine(block, rows, faults, ParseLine<false>);
}

void ParseFfm(std::string_view block, Rows& rows, std::vector<Fault>& faults) {
  ForEachLine(block, rows, faults, ParseLine<true>);
}

}  // namespace tiffin::learn
