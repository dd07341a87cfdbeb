#include "table/ignore.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "files/files.h"

namespace tiffin {
namespace {

std::string JoinParts(std::span<const std::string_view> parts) {
  std::string path;
  for (const std::string_view part : parts) {
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

}  // namespace

std::vector<std::string_view> SplitPath(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start < path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    if (end > start) parts.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

std::vector<IgnoreRule> ParseRules(std::string_view text, const std::string& file, Dialect dialect) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<IgnoreRule> rules;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (std::optional<Pattern> pattern = Pattern::Parse(line, dialect)) {
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
      rules.push_back({*std::move(pattern), file, number, std::string(line)});
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return rules;
}

const IgnoreRule* IgnoreLayer::Decide(std::span<const std::string_view> parts, bool is_dir) const {
  for (const IgnoreLayer* layer = this; layer != nullptr; layer = layer->above) {
    if (const IgnoreRule* rule = layer->Last(parts.subspan(layer->depth), is_dir)) return rule;
  }
  return nullptr;
}

void IgnoreLayer::Index() {
  constexpr std::size_t kFew = 16;
  if (rules.size() <= kFew) return;
  for (std::size_t rule = 0; rule < rules.size(); ++rule) {
    const std::string_view name = rules[rule].pattern.Name();
    (name.empty() ? unnamed : named[name]).push_back(rule);
  }
}

// A directory of many tracked files has a rule for each: trying all of them on every file would be quadratic.
const IgnoreRule* IgnoreLayer::Last(std::span<const std::string_view> below, bool is_dir) const {
  if (named.empty()) {
    const auto rule = std::find_if(rules.rbegin(), rules.rend(), [&](const IgnoreRule& candidate) {
      return candidate.pattern.Matches(below, is_dir);
    });
    return rule == rules.rend() ? nullptr : &*rule;
  }
  const IgnoreRule* last = nullptr;
  const auto try_all = [&](const std::vector<std::size_t>& candidates) {
    for (auto at = candidates.rbegin(); at != candidates.rend(); ++at) {
      const IgnoreRule* rule = &rules[*at];
      if (last != nullptr && rule <= last) return;
      if (rule->pattern.Matches(below, is_dir)) last = rule;
    }
  };
  try_all(unnamed);
  for (const std::string_view part : below) {
    if (const auto found = named.find(part); found != named.end()) try_all(found->second);
  }
  return last;
}

bool IgnoreLayer::Ignores(std::span<const std::string_view> parts, bool is_dir) const {
  const IgnoreRule* rule = Decide(parts, is_dir);
  return rule != nullptr && !rule->pattern.negated();
}

Ignore::Ignore(std::string root, std::vector<std::string> files, std::span<const std::string> builtin, Dialect dialect)
    : root_(std::move(root)), files_(std::move(files)), dialect_(dialect) {
  auto base = std::make_unique<IgnoreLayer>(IgnoreLayer{nullptr, 0, {}});
  for (const std::string& line : builtin) {
    if (std::optional<Pattern> pattern = Pattern::Parse(line, dialect)) {
      base->rules.push_back({*std::move(pattern), "", 0, line});
    }
  }
  base->Index();
  layers_.push_back(std::move(base));
}

const IgnoreLayer& Ignore::At(std::span<const std::string_view> directory) {
  std::string path = JoinParts(directory);
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = known_.find(path); found != known_.end()) return *found->second;
  }
  const IgnoreLayer& above = directory.empty() ? *layers_.front() : At(directory.first(directory.size() - 1));
  std::unique_ptr<IgnoreLayer> layer = Read(above, directory);
  const std::scoped_lock lock(mutex_);
  const auto [place, fresh] = known_.try_emplace(std::move(path), layer ? layer.get() : &above);
  if (fresh && layer) layers_.push_back(std::move(layer));
  return *place->second;
}

std::unique_ptr<IgnoreLayer> Ignore::Read(const IgnoreLayer& above, std::span<const std::string_view> directory) const {
  const std::string inside = directory.empty() ? "" : JoinParts(directory) + "/";
  auto layer = std::make_unique<IgnoreLayer>(IgnoreLayer{&above, directory.size(), {}});
  std::vector<std::string_view> parts(directory.begin(), directory.end());
  for (const std::string& name : files_) {
    parts.push_back(name);
    const bool hidden = dialect_ == Dialect::kDvc && above.Ignores(parts, false);
    parts.pop_back();
    if (hidden) continue;
    const std::optional<std::string> text = ReadFile(root_ + "/" + inside + name);
    if (!text) continue;
    std::vector<IgnoreRule> rules = ParseRules(*text, inside + name, dialect_);
    std::move(rules.begin(), rules.end(), std::back_inserter(layer->rules));
  }
  layer->Index();
  return layer->rules.empty() ? nullptr : std::move(layer);
}

const IgnoreRule* Ignore::Explain(std::string_view path, bool is_dir) {
  const std::vector<std::string_view> names = SplitPath(path);
  const std::span<const std::string_view> parts(names);
  for (std::size_t depth = 1; depth < parts.size(); ++depth) {
    const IgnoreRule* rule = At(parts.first(depth - 1)).Decide(parts.first(depth), true);
    if (rule != nullptr && !rule->pattern.negated()) return rule;
  }
  return parts.empty() ? nullptr : At(parts.first(parts.size() - 1)).Decide(parts, is_dir);
}

bool Ignore::Ignores(std::string_view path, bool is_dir) {
  const IgnoreRule* rule = Explain(path, is_dir);
  return rule != nullptr && !rule->pattern.negated();
}

}  // namespace tiffin
