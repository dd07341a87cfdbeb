// One line of an ignore file, and whether it speaks of a path.
//
//   line := ["!"] ["/"] part ("/" part)* ["/"]        "#..." and blank lines say nothing
//   part := "**" | glob of literal characters, "\" + character, "*", "?", "[" set "]"
//
// A line with a "/" other than at its end is anchored to the directory of its file, any other matches at every depth.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tiffin {

// Where DVC (its pathspec library) and Git part ways: for DVC a line that matches a directory also speaks of all below
// it, so that "!keep" after "*" brings keep/file back, and "dir/**" matches dir itself.  A character is a code point
// for DVC, a byte for Git, which alone knows [:classes:] and "\\" inside a set.
enum class Dialect { kDvc, kGit };

class Pattern {
 public:
  // nullopt where the line says nothing: blank, a comment, or no valid pattern.
  static std::optional<Pattern> Parse(std::string_view line, Dialect dialect);

  // parts: of the path below the pattern's directory, at least one.
  bool Matches(std::span<const std::string_view> parts, bool is_dir) const;

  bool negated() const noexcept { return negated_; }
  // A name that every path it speaks of has among its parts; empty if there is none such.
  std::string_view Name() const noexcept;

 private:
  enum class Kind { kDeep, kLiteral, kSuffix, kAny, kGlob };  // kDeep: "**"; kSuffix: "*.txt"
  struct Part {
    Kind kind;
    std::string text;  // kLiteral: unescaped; kSuffix: after the star; kGlob: as written
  };
  static std::optional<Part> ParsePart(std::string_view text, Dialect dialect);
  bool PartMatches(const Part& part, std::string_view name) const;

  Dialect dialect_ = Dialect::kDvc;
  bool negated_ = false;
  bool dir_only_ = false;
  bool below_ = false;  // ends in "/**"
  std::vector<Part> parts_;
};

}  // namespace tiffin
