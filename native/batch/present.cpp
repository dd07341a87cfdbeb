#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "batch/batch.h"
#include "batch/object.h"
#include "batch/threads.h"

namespace tiffin {
namespace {

constexpr std::size_t kPrefixes = 256;
// From this many asked of one directory, listing it is cheaper than asking ...
constexpr std::size_t kListFrom = 32;
// ... unless it holds this many times more than was asked.
constexpr std::size_t kListRatio = 16;

using Items = std::span<const std::size_t>;

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

// The names in a directory, sorted; false where it holds more than `most`, or cannot be listed.
bool List(int store, const std::string& path, std::size_t most, std::vector<std::string>& names) {
  names.clear();
  Descriptor opened = OpenAt(store, path.c_str(), O_RDONLY | O_DIRECTORY);
  if (!opened) return false;
  const std::unique_ptr<DIR, CloseDirectory> directory(fdopendir(opened.get()));
  if (directory == nullptr) return false;
  opened.Release();  // closed with `directory`
  while (const dirent* entry = readdir(directory.get())) {
    if (names.size() == most) return false;
    names.emplace_back(entry->d_name);
  }
  std::ranges::sort(names);
  return true;
}

void AskOneByOne(int store, std::span<const Digest> digests, const std::string& suffix, Items items,
                 std::span<std::uint8_t> present) {
  for (const std::size_t item : items) {
    Stat stat;
    present[item] = StatAt(store, ObjectPath(digests[item], suffix).c_str(), false, stat) == kOk;
  }
}

}  // namespace

void PresentObjects(int store, std::span<const Digest> digests, const std::string& suffix,
                    std::span<std::uint8_t> present, int threads) {
  // The items in the order of their prefixes, and where each prefix begins.
  std::array<std::size_t, kPrefixes + 1> begins{};
  for (const Digest& digest : digests) ++begins[digest[0] + 1u];
  for (std::size_t prefix = 0; prefix < kPrefixes; ++prefix) begins[prefix + 1] += begins[prefix];
  std::vector<std::size_t> order(digests.size());
  std::array<std::size_t, kPrefixes + 1> ends = begins;
  for (std::size_t item = 0; item < digests.size(); ++item) order[ends[digests[item][0]]++] = item;

  std::atomic<std::size_t> next{0};
  OnWorkers(WorkerCount(threads, digests.size() / kListFrom), [&](int) {
    std::vector<std::string> names;
    for (std::size_t prefix; (prefix = next.fetch_add(1, std::memory_order_relaxed)) < kPrefixes;) {
      const Items items = Items(order).subspan(begins[prefix], begins[prefix + 1] - begins[prefix]);
      if (items.empty()) continue;
      const ObjectPath first(digests[items[0]], suffix);
      if (items.size() < kListFrom || !List(store, first.prefix(), kListRatio * items.size(), names)) {
        AskOneByOne(store, digests, suffix, items, present);
        continue;
      }
      for (const std::size_t item : items) {
        const ObjectPath path(digests[item], suffix);
        present[item] = std::ranges::binary_search(names, std::string_view(path.name()));
      }
    }
  });
}

}  // namespace tiffin
