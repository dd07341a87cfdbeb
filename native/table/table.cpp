#include "table/table.h"

#include <algorithm>
#include <numeric>

namespace tiffin {
namespace {

// Walks two sorted tables side by side.  each(before_row, after_row): kNone where one of them lacks the path.
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

template <typename Each>
void Merge(const Table& before, const Table& after, Each each) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size() && j < after.size()) {
    const int order = before.path(i).compare(after.path(j));
    if (order == 0) {
      each(i++, j++);
    } else if (order < 0) {
      each(i++, kNone);
    } else {
      each(kNone, j++);
    }
  }
  while (i < before.size()) each(i++, kNone);
  while (j < after.size()) each(kNone, j++);
}

bool Unchanged(const Table& a, std::size_t i, const Table& b, std::size_t j) noexcept {
  return a.sizes[i] == b.sizes[j] && a.mtimes_ns[i] == b.mtimes_ns[j] && a.ctimes_ns[i] == b.ctimes_ns[j] &&
         a.inodes[i] == b.inodes[j] && a.devices[i] == b.devices[j] && a.sizes[i] >= 0;
}

bool AtOrBelow(std::string_view path, std::string_view directory) noexcept {
  if (directory.empty()) return true;
  if (!path.starts_with(directory)) return false;
  return path.size() == directory.size() || path[directory.size()] == '/';
}

}  // namespace

Stat Table::stat(std::size_t row) const noexcept {
  return {.size = sizes[row],
          .mtime_ns = mtimes_ns[row],
          .ctime_ns = ctimes_ns[row],
          .inode = inodes[row],
          .device = devices[row],
          .mode = modes[row]};
}

void Table::set_stat(std::size_t row, const Stat& stat) noexcept {
  sizes[row] = stat.size;
  mtimes_ns[row] = stat.mtime_ns;
  ctimes_ns[row] = stat.ctime_ns;
  inodes[row] = stat.inode;
  devices[row] = stat.device;
  modes[row] = stat.mode;
}

void Table::set_id(std::size_t row, const Digest& digest) noexcept {
  digests[row] = digest;
  flags[row] = kHasId;
}

std::size_t Table::Find(std::string_view path) const noexcept {
  std::size_t low = 0;
  std::size_t high = size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const int order = this->path(middle).compare(path);
    if (order == 0) return middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return size();
}

std::pair<std::size_t, std::size_t> Table::Range(std::string_view prefix) const noexcept {
  const auto first_row = [&](auto after) {
    std::size_t low = 0;
    std::size_t high = size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (after(path(middle))) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  };
  const std::size_t first = first_row([&](std::string_view path) { return path > prefix; });
  const std::size_t last = first_row([&](std::string_view path) { return path.substr(0, prefix.size()) > prefix; });
  return {first, last};
}

void Table::Append(std::string_view path, const Stat& stat, const Digest* digest) {
  blob.insert(blob.end(), path.begin(), path.end());
  offsets.push_back(blob.size());
  sizes.push_back(stat.size);
  mtimes_ns.push_back(stat.mtime_ns);
  ctimes_ns.push_back(stat.ctime_ns);
  inodes.push_back(stat.inode);
  devices.push_back(stat.device);
  modes.push_back(stat.mode);
  digests.push_back(digest == nullptr ? Digest{} : *digest);
  flags.push_back(digest == nullptr ? 0 : kHasId);
}

void Table::AppendRow(const Table& from, std::size_t row, std::string_view path) {
  Append(path, from.stat(row), &from.digests[row]);
  flags.back() = from.flags[row];
}

void Table::Reserve(std::size_t rows, std::size_t path_bytes) {
  blob.reserve(path_bytes);
  offsets.reserve(rows + 1);
  sizes.reserve(rows);
  mtimes_ns.reserve(rows);
  ctimes_ns.reserve(rows);
  inodes.reserve(rows);
  devices.reserve(rows);
  modes.reserve(rows);
  digests.reserve(rows);
  flags.reserve(rows);
}

Table Table::Under(std::string_view directory) const {
  if (directory.empty()) return *this;
  const std::string prefix = std::string(directory) + "/";
  const auto [first, last] = Range(prefix);
  Table result;
  result.Reserve(last - first, offsets[last] - offsets[first] - (last - first) * prefix.size());
  for (std::size_t row = first; row < last; ++row) result.AppendRow(*this, row, path(row).substr(prefix.size()));
  return result;
}

Table Table::ReplaceUnder(std::string_view directory, const Table& rows) const {
  if (directory.empty()) return rows;
  Table result;
  result.Reserve(size() + rows.size(), blob.size() + rows.blob.size() + rows.size() * (directory.size() + 1));
  std::string placed;
  std::size_t next = 0;
  const auto place = [&](std::size_t row) {
    placed.assign(directory);
    if (rows.path(row).empty()) return;
    placed += '/';
    placed += rows.path(row);
  };
  if (next < rows.size()) place(next);
  for (std::size_t row = 0; row < size(); ++row) {
    if (AtOrBelow(path(row), directory)) continue;
    while (next < rows.size() && std::string_view(placed) < path(row)) {
      result.AppendRow(rows, next, placed);
      if (++next < rows.size()) place(next);
    }
    result.AppendRow(*this, row, path(row));
  }
  while (next < rows.size()) {
    result.AppendRow(rows, next, placed);
    if (++next < rows.size()) place(next);
  }
  return result;
}

Table Table::Select(std::span<const std::size_t> rows) const {
  std::vector<std::size_t> ordered(rows.begin(), rows.end());
  std::sort(ordered.begin(), ordered.end());
  ordered.erase(std::unique(ordered.begin(), ordered.end()), ordered.end());
  std::size_t bytes = 0;
  for (const std::size_t row : ordered) bytes += path(row).size();
  Table result;
  result.Reserve(ordered.size(), bytes);
  for (const std::size_t row : ordered) result.AppendRow(*this, row, path(row));
  return result;
}

Table Table::Merged(const Table& newer) const {
  Table result;
  result.Reserve(size() + newer.size(), blob.size() + newer.blob.size());
  std::size_t next = 0;
  for (std::size_t row = 0; row < size(); ++row) {
    while (next < newer.size() && newer.path(next) < path(row)) {
      result.AppendRow(newer, next, newer.path(next));
      ++next;
    }
    if (next < newer.size() && newer.path(next) == path(row)) continue;  // the newer row follows in the next round
    result.AppendRow(*this, row, path(row));
  }
  for (; next < newer.size(); ++next) result.AppendRow(newer, next, newer.path(next));
  return result;
}

Table Table::Without(std::span<const std::string> paths) const {
  Table result;
  result.Reserve(size(), blob.size());
  for (std::size_t row = 0; row < size(); ++row) {
    if (!std::binary_search(paths.begin(), paths.end(), path(row))) result.AppendRow(*this, row, path(row));
  }
  return result;
}

std::size_t Table::Adopt(const Table& known) noexcept {
  std::size_t missing = 0;
  Merge(known, *this, [&](std::size_t theirs, std::size_t mine) {
    if (mine == kNone || has_id(mine)) return;
    if (theirs == kNone || known.flags[theirs] != kHasId || !Unchanged(known, theirs, *this, mine)) {
      ++missing;
      return;
    }
    set_id(mine, known.digests[theirs]);
  });
  return missing;
}

Table TableBuilder::Build() {
  Table came = std::exchange(rows_, Table{});
  std::vector<std::size_t> order(came.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto by_path = [&](std::size_t a, std::size_t b) { return came.path(a) < came.path(b); };
  const bool sorted = std::is_sorted(order.begin(), order.end(), by_path);
  if (!sorted) std::sort(order.begin(), order.end(), by_path);
  for (std::size_t next = 1; next < order.size(); ++next) {
    const std::string_view path = came.path(order[next]);
    if (path == came.path(order[next - 1])) throw std::invalid_argument("path comes twice: " + std::string(path));
  }
  if (sorted) return came;
  Table table;
  table.Reserve(came.size(), came.blob.size());
  for (const std::size_t row : order) table.AppendRow(came, row, came.path(row));
  return table;
}

std::vector<Folder> Folders(const Table& table) {
  std::vector<Folder> folders;
  std::vector<std::size_t> above;  // those of the row before
  for (std::size_t row = 0; row < table.size(); ++row) {
    const std::string_view path = table.path(row);
    const auto is_above = [&](const Folder& folder) {
      return path.size() > folder.path.size() && path.starts_with(folder.path) && path[folder.path.size()] == '/';
    };
    // Rows of one directory lie together, so one that is left does not come back.
    while (!above.empty() && !is_above(folders[above.back()])) above.pop_back();
    const std::size_t known = above.empty() ? 0 : folders[above.back()].path.size() + 1;
    for (std::size_t slash = known; (slash = path.find('/', slash)) != path.npos; ++slash) {
      above.push_back(folders.size());
      folders.push_back({std::string(path.substr(0, slash))});
    }
    for (const std::size_t folder : above) {
      ++folders[folder].files;
      folders[folder].bytes += std::max<std::int64_t>(table.sizes[row], 0);
    }
  }
  return folders;
}

std::optional<std::string_view> PathFault(std::string_view path) noexcept {
  if (path.empty()) return "empty path";
  if (path.find('\0') != std::string_view::npos) return "NUL in path";
  if (path.front() == '/') return "absolute path";
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (part.empty()) return "empty part in path";
    if (part == "." || part == "..") return "\".\" or \"..\" in path";
    start = end + 1;
  }
  return std::nullopt;
}

Difference Compare(const Table& before, const Table& after) {
  Difference difference;
  Merge(before, after, [&](std::size_t old_row, std::size_t new_row) {
    if (old_row == kNone) {
      difference.added.push_back(new_row);
    } else if (new_row == kNone) {
      difference.deleted.push_back(old_row);
    } else if (before.has_id(old_row) && after.has_id(new_row) && before.digests[old_row] == after.digests[new_row]) {
      ++difference.same;
    } else {
      difference.modified.push_back(new_row);
    }
  });
  return difference;
}

}  // namespace tiffin
