#include "table/manifest.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "table/utf8.h"

namespace tiffin {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void AppendEscape(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHexDigits[(unit >> shift) & 0xF];
}

void AppendAscii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
        AppendEscape(out, static_cast<unsigned char>(c));
      } else {
        out += c;
      }
  }
}

bool NeedsNoEscape(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\';
}

void AppendJsonString(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t plain = at;
    while (at < text.size() && NeedsNoEscape(text[at])) ++at;
    out.append(text, plain, at - plain);
    if (at == text.size()) return;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      AppendAscii(out, text[at++]);
      continue;
    }
    const Utf8Char next = DecodeUtf8(text, at);
    if (!next.valid) throw std::invalid_argument("a manifest holds UTF-8 paths only, found " + std::string(text));
    if (next.code < 0x10000) {
      AppendEscape(out, next.code);
    } else {
      AppendEscape(out, 0xD800 + ((next.code - 0x10000) >> 10));
      AppendEscape(out, 0xDC00 + ((next.code - 0x10000) & 0x3FF));
    }
    at += next.size;
  }
}

// A walk never lists what Git and DVC keep their settings and hooks in; a listing from a stranger may.
bool HasMetadataPart(std::string_view path) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    start = end + 1;
    if (part.size() != 4 || part[0] != '.') continue;
    const std::array<char, 3> name = {lower(part[1]), lower(part[2]), lower(part[3])};
    if (name == std::array{'g', 'i', 't'} || name == std::array{'d', 'v', 'c'}) return true;
  }
  return false;
}

// Throws where a path is that of a file and of a directory too.
void RefuseClashes(const Table& table) {
  std::vector<std::string_view> above;  // paths that the one at hand begins with
  for (std::size_t row = 0; row < table.size(); ++row) {
    const std::string_view path = table.path(row);
    while (!above.empty() && !path.starts_with(above.back())) above.pop_back();
    for (const std::string_view file : above) {
      if (path[file.size()] == '/') {
        throw std::invalid_argument("both a file and a directory: " + std::string(file));
      }
    }
    above.push_back(path);
  }
}

class Reader {
 public:
  explicit Reader(std::string_view body) : body_(body) {}

  Table Read() {
    constexpr std::size_t kUsualEntry = 90;
    builder_.Reserve(body_.size() / kUsualEntry, body_.size() / 3);
    SkipBlanks();
    Expect('[');
    SkipBlanks();
    if (!Take(']')) {
      do {
        SkipBlanks();
        if (!TakeUsualEntry()) ReadEntry();
        SkipBlanks();
      } while (Take(','));
      Expect(']');
    }
    SkipBlanks();
    if (at_ != body_.size()) Fail("text after the end");
    Table table = builder_.Build();
    RefuseClashes(table);
    return table;
  }

 private:
  [[noreturn]] void Fail(std::string_view what) const { FailAt(at_, what); }
  [[noreturn]] static void FailAt(std::size_t offset, std::string_view what) {
    throw std::invalid_argument("manifest, byte " + std::to_string(offset) + ": " + std::string(what));
  }

  bool Take(char c) {
    if (at_ >= body_.size() || body_[at_] != c) return false;
    ++at_;
    return true;
  }
  void Expect(char c) {
    if (!Take(c)) Fail(std::string("expected '") + c + "'");
  }
  void SkipBlanks() {
    while (at_ < body_.size() && (body_[at_] == ' ' || body_[at_] == '\n' || body_[at_] == '\t' || body_[at_] == '\r'))
      ++at_;
  }

  // An entry as DVC and tiffin write it, with a path that needs no second look; false, and nothing taken, for any other.
  bool TakeUsualEntry() {
    constexpr std::string_view kBeforeId = "{\"md5\": \"";
    constexpr std::string_view kBeforePath = "\", \"relpath\": \"";
    constexpr std::size_t kIdSize = 2 * sizeof(Digest);
    const std::string_view rest = body_.substr(at_);
    if (!rest.starts_with(kBeforeId) || !rest.substr(std::min(rest.size(), kBeforeId.size() + kIdSize)).starts_with(kBeforePath)) {
      return false;
    }
    Digest id;
    if (!FromHex(rest.substr(kBeforeId.size(), kIdSize), id)) return false;
    const std::string_view path = UsualPath(rest.substr(kBeforeId.size() + kIdSize + kBeforePath.size()));
    if (path.empty()) return false;
    builder_.Add(path, id);
    at_ = static_cast<std::size_t>(path.data() + path.size() - body_.data()) + 2;
    return true;
  }

  // The path that `text` starts with, up to "}; empty where anything in it may be an escape, not ASCII, or a part that is
  // refused.
  static std::string_view UsualPath(std::string_view text) {
    bool part_starts = true;
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
      const char c = text[at];
      if (c == '"') return text[at + 1] == '}' && !part_starts ? text.substr(0, at) : std::string_view{};
      if (!IsPlain(c) || (part_starts && (c == '.' || c == '/'))) break;
      part_starts = c == '/';
    }
    return {};
  }

  void ReadEntry() {
    const std::size_t start = at_;
    bool has_id = false;
    bool has_path = false;
    Digest id{};
    Expect('{');
    SkipBlanks();
    if (!Take('}')) {
      do {
        SkipBlanks();
        ReadString(key_);
        SkipBlanks();
        Expect(':');
        SkipBlanks();
        if (key_ == "md5") {
          id = ReadId();
          has_id = true;
        } else if (key_ == "relpath") {
          ReadPath();
          has_path = true;
        } else {
          SkipValue();
        }
        SkipBlanks();
      } while (Take(','));
      Expect('}');
    }
    if (!has_id) FailAt(start, "entry without \"md5\"");
    if (!has_path) FailAt(start, "entry without \"relpath\"");
    builder_.Add(path_, id);
  }

  Digest ReadId() {
    const std::size_t start = at_;
    ReadString(text_);
    Digest id;
    if (!FromHex(text_, id)) FailAt(start, "\"md5\" is not 32 hexadecimal digits");
    return id;
  }

  void ReadPath() {
    const std::size_t start = at_;
    ReadString(path_);
    if (const auto fault = PathFault(path_)) FailAt(start, std::string(*fault) + ": " + path_);
    if (HasMetadataPart(path_)) FailAt(start, "a directory of Git or DVC in path: " + path_);
  }

  // Decodes the string at the cursor into `out`, as UTF-8.
  void ReadString(std::string& out) {
    out.clear();
    Expect('"');
    while (true) {
      const std::size_t run = at_;
      while (at_ < body_.size() && IsPlain(body_[at_])) ++at_;
      out.append(body_.substr(run, at_ - run));
      if (at_ >= body_.size()) Fail("string without end");
      const char c = body_[at_];
      if (c == '"') {
        ++at_;
        return;
      }
      if (c == '\\') {
        ReadEscape(out);
        continue;
      }
      if (static_cast<unsigned char>(c) < 0x20) Fail("control character in a string");
      const Utf8Char next = DecodeUtf8(body_, at_);
      if (!next.valid) Fail("not UTF-8");
      out.append(body_.substr(at_, next.size));
      at_ += next.size;
    }
  }

  static bool IsPlain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
  }

  void ReadEscape(std::string& out) {
    const std::size_t start = at_;
    ++at_;
    if (at_ >= body_.size()) Fail("string without end");
    const char c = body_[at_++];
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    if (const std::size_t known = kNames.find(c); known != std::string_view::npos) {
      out += kValues[known];
      return;
    }
    if (c != 'u') FailAt(start, "unknown escape");
    std::uint32_t code = ReadUnit();
    if (code >= 0xDC00 && code < 0xE000) FailAt(start, "half of a surrogate pair");
    if (code >= 0xD800 && code < 0xDC00) {
      if (!Take('\\') || !Take('u')) FailAt(start, "half of a surrogate pair");
      const std::uint32_t low = ReadUnit();
      if (low < 0xDC00 || low >= 0xE000) FailAt(start, "half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    AppendUtf8(out, code);
  }

  std::uint32_t ReadUnit() {
    std::uint32_t unit = 0;
    for (int i = 0; i < 4; ++i) {
      if (at_ >= body_.size()) Fail("string without end");
      const char c = body_[at_];
      const std::uint32_t digit = c >= '0' && c <= '9'   ? c - '0'
                                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                         : 16;
      if (digit == 16) Fail("expected four hexadecimal digits");
      unit = unit * 16 + digit;
      ++at_;
    }
    return unit;
  }

  // Skips one value of any kind.  Iterative, so that no depth of nesting can exhaust the stack.
  void SkipValue() {
    std::string open;
    do {
      SkipBlanks();
      if (at_ >= body_.size()) Fail("value without end");
      const char c = body_[at_];
      if (c == '{' || c == '[') {
        open += c;
        ++at_;
        SkipBlanks();
        if (at_ < body_.size() && body_[at_] == Closing(c)) {
          Close(open);
        } else if (c == '{') {
          SkipKey();
          continue;
        } else {
          continue;
        }
      } else if (c == '"') {
        ReadString(text_);
      } else {
        SkipScalar();
      }
      AfterValue(open);
    } while (!open.empty());
  }

  static char Closing(char c) { return c == '{' ? '}' : ']'; }

  void Close(std::string& open) {
    open.pop_back();
    ++at_;
  }

  // After a complete value: closes what ends here, or steps over the comma to the next value.
  void AfterValue(std::string& open) {
    while (!open.empty()) {
      SkipBlanks();
      if (Take(',')) {
        SkipBlanks();
        if (open.back() == '{') SkipKey();
        return;
      }
      if (at_ >= body_.size() || body_[at_] != Closing(open.back())) Fail("expected ',' or a closing bracket");
      Close(open);
    }
  }

  void SkipKey() {
    ReadString(text_);
    SkipBlanks();
    Expect(':');
  }

  void SkipScalar() {
    const std::size_t start = at_;
    while (at_ < body_.size() && IsScalar(body_[at_])) ++at_;
    const std::string_view word = body_.substr(start, at_ - start);
    if (word == "true" || word == "false" || word == "null") return;
    const bool number = !word.empty() && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9'));
    if (!number) FailAt(start, "expected a value");
  }

  static bool IsScalar(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' || c == 'E';
  }

  std::string_view body_;
  std::size_t at_ = 0;
  std::string key_;
  std::string path_;
  std::string text_;
  TableBuilder builder_;
};

void AppendEntry(std::string& body, const Table& table, std::size_t row) {
  if (!table.has_id(row)) throw std::invalid_argument("no id for " + std::string(table.path(row)));
  body += row > 0 ? ", {\"md5\": \"" : "{\"md5\": \"";
  for (const std::uint8_t byte : table.digests[row]) {
    body += kHexDigits[byte >> 4];
    body += kHexDigits[byte & 0xF];
  }
  body += "\", \"relpath\": \"";
  AppendJsonString(body, table.path(row));
  body += "\"}";
}

}  // namespace

std::string WriteManifest(const Table& table) {
  std::string body;
  body.reserve(table.blob.size() + table.size() * 64 + 2);
  body += '[';
  for (std::size_t row = 0; row < table.size(); ++row) AppendEntry(body, table, row);
  body += ']';
  return body;
}

Digest ManifestId(const Table& table) {
  constexpr std::size_t kPiece = 64 * 1024;
  Md5 md5;
  std::string piece = "[";
  piece.reserve(2 * kPiece);
  for (std::size_t row = 0; row < table.size(); ++row) {
    AppendEntry(piece, table, row);
    if (piece.size() < kPiece) continue;
    md5.Update(std::as_bytes(std::span(piece)));
    piece.clear();
  }
  piece += ']';
  md5.Update(std::as_bytes(std::span(piece)));
  return md5.Finish();
}

Table ReadManifest(std::string_view body) { return Reader(body).Read(); }

}  // namespace tiffin
