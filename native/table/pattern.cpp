#include "table/pattern.h"

#include <algorithm>
#include <cstdint>

#include "table/utf8.h"

namespace tiffin {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";

std::string_view StripRight(std::string_view line, std::string_view blanks) {
  while (!line.empty() && blanks.find(line.back()) != std::string_view::npos) {
    std::size_t backslashes = 0;
    while (backslashes + 1 < line.size() && line[line.size() - 2 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 1) break;  // "\ " keeps its blank
    line.remove_suffix(1);
  }
  return line;
}

std::string_view Strip(std::string_view line, Dialect dialect) {
  if (dialect == Dialect::kGit) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return StripRight(line, " ");
  }
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  return StripRight(line, kBlanks);
}

// The character at `at`: for Git a byte, for DVC a code point.
Utf8Char CharAt(std::string_view text, std::size_t at, Dialect dialect) noexcept {
  if (dialect == Dialect::kGit) return {static_cast<unsigned char>(text[at]), 1, true};
  return DecodeUtf8(text, at);
}

bool InClass(std::string_view name, std::uint32_t code) {
  const auto in = [&](char low, char high) {
    return code >= static_cast<std::uint32_t>(low) && code <= static_cast<std::uint32_t>(high);
  };
  const bool lower = in('a', 'z');
  const bool upper = in('A', 'Z');
  const bool digit = in('0', '9');
  const bool blank = code == ' ' || code == '\t';
  const bool graph = in('!', '~');
  if (name == "alpha") return lower || upper;
  if (name == "digit") return digit;
  if (name == "alnum") return lower || upper || digit;
  if (name == "lower") return lower;
  if (name == "upper") return upper;
  if (name == "blank") return blank;
  if (name == "space") return blank || in('\n', '\r');
  if (name == "punct") return graph && !lower && !upper && !digit;
  if (name == "graph") return graph;
  if (name == "print") return graph || code == ' ';
  if (name == "cntrl") return code < 0x20 || code == 0x7F;
  if (name == "xdigit") return digit || in('a', 'f') || in('A', 'F');
  return false;
}

// Reads the set that starts after the "[" at `at - 1`; `end` is after its "]", or 0 where there is none.
struct SetResult {
  bool matched;
  std::size_t end;
};

SetResult MatchSet(std::string_view glob, std::size_t at, std::uint32_t code, Dialect dialect) {
  const bool negated = at < glob.size() && (glob[at] == '!' || glob[at] == '^');
  if (negated) ++at;
  const std::size_t first = at;
  bool matched = false;
  const auto member = [&](std::size_t& position) {
    if (dialect == Dialect::kGit && glob[position] == '\\' && position + 1 < glob.size()) ++position;
    const Utf8Char next = CharAt(glob, position, dialect);
    position += next.size;
    return next.code;
  };
  while (at < glob.size()) {
    if (glob[at] == ']' && at != first) return {matched != negated, at + 1};
    if (dialect == Dialect::kGit && glob.substr(at, 2) == "[:") {
      const std::size_t close = glob.find(":]", at + 2);
      if (close != std::string_view::npos) {
        matched = matched || InClass(glob.substr(at + 2, close - at - 2), code);
        at = close + 2;
        continue;
      }
    }
    const std::uint32_t low = member(at);
    std::uint32_t high = low;
    if (at + 1 < glob.size() && glob[at] == '-' && glob[at + 1] != ']') {
      ++at;
      high = member(at);
    }
    matched = matched || (low <= code && code <= high);
  }
  return {false, 0};
}

// Whether `glob` at `at`, not a star, takes the character `name[from]`; moves both past it.
bool TakeOne(std::string_view glob, std::size_t& at, std::string_view name, std::size_t& from, Dialect dialect) {
  const Utf8Char found = CharAt(name, from, dialect);
  const auto taken = [&](std::size_t next) {
    at = next;
    from += found.size;
    return true;
  };
  if (glob[at] == '?') return taken(at + 1);
  if (glob[at] == '[') {
    const SetResult set = MatchSet(glob, at + 1, found.code, dialect);
    return set.matched && taken(set.end);
  }
  const std::size_t literal = glob[at] == '\\' ? at + 1 : at;
  const Utf8Char wanted = CharAt(glob, literal, dialect);
  return wanted.code == found.code && wanted.valid == found.valid && taken(literal + wanted.size);
}

// Each star tried shortest first; only the last star ever needs to grow, so the time is at most |glob| x |name|.
bool GlobMatches(std::string_view glob, std::string_view name, Dialect dialect) {
  std::size_t at = 0;
  std::size_t from = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_from = 0;
  while (from < name.size()) {
    if (at < glob.size() && glob[at] == '*') {
      star = at++;
      star_from = from;
    } else if (at < glob.size() && TakeOne(glob, at, name, from, dialect)) {
      continue;
    } else if (star != std::string_view::npos) {
      star_from += CharAt(name, star_from, dialect).size;
      at = star + 1;
      from = star_from;
    } else {
      return false;
    }
  }
  while (at < glob.size() && glob[at] == '*') ++at;
  return at == glob.size();
}

bool WellFormed(std::string_view glob, Dialect dialect) {
  for (std::size_t at = 0; at < glob.size(); ++at) {
    if (glob[at] == '\\') {
      if (++at == glob.size()) return false;
      continue;
    }
    if (glob[at] != '[') continue;
    const SetResult set = MatchSet(glob, at + 1, 0, dialect);
    if (set.end == 0) return false;
    at = set.end - 1;
  }
  return true;
}

std::string Unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') ++at;
    plain += text[at];
  }
  return plain;
}

bool HasWildcard(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '*' || text[at] == '?' || text[at] == '[') {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<Pattern::Part> Pattern::ParsePart(std::string_view text, Dialect dialect) {
  if (text.empty() || !WellFormed(text, dialect)) return std::nullopt;
  if (text == "*") return Part{Kind::kAny, ""};
  if (text.find_first_not_of('*') == std::string_view::npos) return Part{Kind::kDeep, ""};  // Git takes "***" so, too
  if (!HasWildcard(text)) return Part{Kind::kLiteral, Unescaped(text)};
  const std::string_view rest = text.substr(1);
  if (text[0] == '*' && !HasWildcard(rest)) return Part{Kind::kSuffix, Unescaped(rest)};
  return Part{Kind::kGlob, std::string(text)};
}

std::optional<Pattern> Pattern::Parse(std::string_view line, Dialect dialect) {
  line = Strip(line, dialect);
  if (line.empty() || line[0] == '#') return std::nullopt;
  Pattern pattern;
  pattern.dialect_ = dialect;
  if (line[0] == '!') {
    pattern.negated_ = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    pattern.dir_only_ = true;
    line.remove_suffix(1);
  }
  const bool anchored = line.find('/') != std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  if (line.empty()) return std::nullopt;
  if (!anchored) pattern.parts_.push_back({Kind::kDeep, ""});
  while (true) {
    const std::size_t slash = line.find('/');
    std::optional<Part> part = ParsePart(line.substr(0, slash), dialect);
    if (!part) return std::nullopt;
    pattern.parts_.push_back(*std::move(part));
    if (slash == std::string_view::npos) break;
    line.remove_prefix(slash + 1);
  }
  if (pattern.parts_.back().kind == Kind::kDeep) {
    pattern.below_ = true;
    pattern.parts_.pop_back();
  }
  return pattern;
}

std::string_view Pattern::Name() const noexcept {
  const auto literal =
      std::find_if(parts_.rbegin(), parts_.rend(), [](const Part& part) { return part.kind == Kind::kLiteral; });
  return literal == parts_.rend() ? std::string_view() : literal->text;
}

bool Pattern::PartMatches(const Part& part, std::string_view name) const {
  switch (part.kind) {
    case Kind::kAny:
    case Kind::kDeep:
      return true;
    case Kind::kLiteral:
      return name == part.text;
    case Kind::kSuffix:
      return name.ends_with(part.text);
    case Kind::kGlob:
      return GlobMatches(part.text, name, dialect_);
  }
  return false;
}

bool Pattern::Matches(std::span<const std::string_view> parts, bool is_dir) const {
  if (dir_only_ && !is_dir) return false;
  const std::size_t count = parts.size();
  const bool open_end = dialect_ == Dialect::kDvc;
  // Whether a pattern whose parts took exactly the first `taken` speaks of the whole path.
  const auto complete = [&](std::size_t taken) {
    if (below_) return taken < count || (open_end && is_dir);
    return open_end || taken == count;
  };

  const bool floating = parts_.size() == 2 && parts_[0].kind == Kind::kDeep && parts_[1].kind != Kind::kDeep;
  if (floating) {
    const std::size_t first = open_end || below_ ? 0 : count - 1;
    for (std::size_t at = first; at < count; ++at) {
      if (complete(at + 1) && PartMatches(parts_[1], parts[at])) return true;
    }
    return false;
  }

  // reached[n]: the parts so far can have taken the first n names.
  std::vector<std::uint8_t> reached(count + 1, 0);
  reached[0] = 1;
  for (const Part& part : parts_) {
    if (part.kind == Kind::kDeep) {
      const auto from = std::find(reached.begin(), reached.end(), 1);
      std::fill(from, reached.end(), 1);
      continue;
    }
    for (std::size_t at = count; at > 0; --at) reached[at] = reached[at - 1] != 0 && PartMatches(part, parts[at - 1]);
    reached[0] = 0;
  }
  for (std::size_t taken = 0; taken <= count; ++taken) {
    if (reached[taken] != 0 && complete(taken)) return true;
  }
  return false;
}

}  // namespace tiffin
