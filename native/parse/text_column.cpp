#include "parse/text_column.h"

#include <algorithm>
#include <stdexcept>

#include "parse/number.h"

namespace tiffin::learn {
namespace {

constexpr std::string_view kBlanks = " \t";

bool IsNumber(std::string_view text, std::uint64_t& number) {
  const char* at = text.data();
  const char* const end = at + text.size();
  return ReadWhole(at, end, number) && at == end;
}

std::string_view UpTo(std::string_view text, std::string_view ends) { return text.substr(0, text.find_first_of(ends)); }

// Takes the next word off the text; "" at its end.
std::string_view TakeWord(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const std::string_view word = UpTo(text, kBlanks);
  text.remove_prefix(word.size());
  return word;
}

// What stands before the first ":", which is taken off the word with it.
std::string_view TakePart(std::string_view& word) {
  const std::string_view part = UpTo(word, ":");
  word.remove_prefix(std::min(part.size() + 1, word.size()));
  return part;
}

}  // namespace

TextColumn::TextColumn(std::string_view format, std::string_view name) : name_(name) {
  const auto refuse = [&](const char* what) {
    throw std::invalid_argument(std::string(format) + " files have no '" + name_ + "': " + what);
  };
  if (format == "criteo") {
    const std::uint64_t most = name.starts_with('I') ? 13 : 26;
    const bool known = (name.starts_with('I') || name.starts_with('C')) && IsNumber(name.substr(1), number_);
    if (!known || number_ < 1 || number_ > most) refuse("their columns are I1 to I13 and C1 to C26");
    if (name.starts_with('C')) number_ += 13;
    find_ = CellIn;
  } else if (format == "ffm") {
    if (!IsNumber(name, number_)) refuse("a field is a whole number");
    find_ = FieldIn;
  } else if (format == "libsvm") {
    if (!IsNumber(name, number_)) refuse("a feature is a whole number");
    find_ = FeatureIn;
  } else if (format == "vw") {
    if (name.find_first_of(" \t:|") != name.npos) refuse("the name of a namespace has no blank, ':' or '|'");
    find_ = NamespaceIn;
  } else {
    throw std::invalid_argument("no format '" + std::string(format) + "'");
  }
}

void TextColumn::In(std::string_view block, const Rows& rows, std::vector<std::string_view>& values) const {
  values.clear();
  std::size_t number = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (; number < rows.lines[row]; ++number) block.remove_prefix(block.find('\n') + 1);
    std::string_view line = UpTo(block, "\n");
    if (line.ends_with('\r')) line.remove_suffix(1);
    values.push_back(In(line));
  }
}

std::string_view TextColumn::CellIn(const TextColumn& column, std::string_view line) {
  for (std::uint64_t cell = 0; cell < column.number_; ++cell) line.remove_prefix(line.find('\t') + 1);
  return UpTo(line, "\t");
}

std::string_view TextColumn::FieldIn(const TextColumn& column, std::string_view line) {
  line = UpTo(line, "#");
  TakeWord(line);  // the label
  for (std::string_view word = TakeWord(line); !word.empty(); word = TakeWord(line)) {
    std::uint64_t field;
    if (IsNumber(TakePart(word), field) && field == column.number_) return TakePart(word);
  }
  return {};
}

std::string_view TextColumn::FeatureIn(const TextColumn& column, std::string_view line) {
  line = UpTo(line, "#");
  TakeWord(line);  // the label
  for (std::string_view word = TakeWord(line); !word.empty(); word = TakeWord(line)) {
    std::uint64_t feature;
    if (IsNumber(TakePart(word), feature) && feature == column.number_) return word.empty() ? "1" : word;
  }
  return {};
}

std::string_view TextColumn::NamespaceIn(const TextColumn& column, std::string_view line) {
  for (std::size_t bar = line.find('|'); bar != line.npos; bar = line.find('|')) {
    line.remove_prefix(bar + 1);
    std::string_view features = UpTo(line, "|");
    const bool named = !features.empty() && kBlanks.find(features.front()) == kBlanks.npos;
    const std::string_view name = named ? UpTo(TakeWord(features), ":") : std::string_view();
    if (name != column.name_) continue;
    const std::string_view first = UpTo(TakeWord(features), ":");
    if (!first.empty()) return first;
  }
  return {};
}

}  // namespace tiffin::learn
