// The ignore files in effect below a root.
//
// Each directory may hold ignore files; their patterns are anchored there and come after those of the
// directories above.  The last pattern that speaks of a path decides; nothing below an ignored directory comes back.
// Files are read when a walk or a question first reaches their directory.  Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "table/pattern.h"

namespace tiffin {

struct IgnoreRule {
  Pattern pattern;
  std::string file;  // relative to the root; "" for the built-in ones
  int line;          // from 1; 0 for the built-in ones
  std::string text;
};

// The rules of one directory, and those above.
struct IgnoreLayer {
  const IgnoreLayer* above;
  std::size_t depth;  // parts of the directory's path below the root
  std::vector<IgnoreRule> rules;
  // Where there are many rules: those that name a name, by it, and the others; both as ascending indices of `rules`.
  std::unordered_map<std::string_view, std::vector<std::size_t>> named = {};
  std::vector<std::size_t> unnamed = {};

  // To be called once `rules` is as it stays.
  void Index();
  // The rule that decides about the entry at `parts` (below the root), or nullptr.  The directories above are
  // taken not to be ignored.
  const IgnoreRule* Decide(std::span<const std::string_view> parts, bool is_dir) const;
  bool Ignores(std::span<const std::string_view> parts, bool is_dir) const;

 private:
  const IgnoreRule* Last(std::span<const std::string_view> below, bool is_dir) const;
};

class Ignore {
 public:
  Ignore(std::string root, std::vector<std::string> files, std::span<const std::string> builtin, Dialect dialect);

  // What is in effect for the entries of `directory` ("" = the root), which is not itself ignored.
  const IgnoreLayer& At(std::span<const std::string_view> directory);

  // The rule that decided about the path or the first ignored directory above it, or nullptr.
  const IgnoreRule* Explain(std::string_view path, bool is_dir);
  bool Ignores(std::string_view path, bool is_dir);

 private:
  std::unique_ptr<IgnoreLayer> Read(const IgnoreLayer& above, std::span<const std::string_view> directory) const;

  std::string root_;
  std::vector<std::string> files_;
  Dialect dialect_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<IgnoreLayer>> layers_;  // layers_[0]: the built-in rules
  std::unordered_map<std::string, const IgnoreLayer*> known_;
};

// The parts of a path; "" has none.
std::vector<std::string_view> SplitPath(std::string_view path);

// One rule per line that says something.
std::vector<IgnoreRule> ParseRules(std::string_view text, const std::string& file, Dialect dialect);

}  // namespace tiffin
